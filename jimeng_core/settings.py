"""The settings, read once from the environment and `.env`."""

import os
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

from .errors import InvalidRequest


class BackendName(StrEnum):
    """Where tasks run."""

    DEMO = "demo"
    WEB = "web"
    ARK = "ark"


_NO_SECRET = SecretStr("")


def _user_data_dir() -> Path:
    try:
        return Path(platformdirs.user_data_dir("jimeng-studio", appauthor=False))
    except RuntimeError:  # the user has no home, which matters only where a folder is needed
        return Path("~")


class Settings(BaseModel):
    """Every setting of the library and the app (contract 5).

    An argument overrides the environment, which overrides `.env`. An empty variable is not set.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    chosen_backend: Annotated[BackendName | None, Field(alias="JIMENG_BACKEND")] = None
    token: Annotated[SecretStr, Field(alias="JIMENG_TOKEN")] = _NO_SECRET
    """The site's `sessionid`."""
    base_url: Annotated[str | None, Field(alias="JIMENG_BASE_URL")] = None
    """Replaces the addresses of the site and of ImageX, for a proxy or a test server."""
    ark_api_key: Annotated[SecretStr, Field(alias="ARK_API_KEY")] = _NO_SECRET
    ark_base_url: Annotated[str | None, Field(alias="ARK_BASE_URL")] = None
    timeout: Annotated[float, Field(alias="JIMENG_TIMEOUT", gt=0, le=3600)] = 30
    """The timeout of one upstream request, in seconds."""
    demo_pace: Annotated[float, Field(alias="JIMENG_DEMO_PACE", ge=0, le=1000)] = 1
    """How long demo tasks run: 1: about 10 s, 0: no time."""
    data_dir: Annotated[Path, Field(alias="JIMENG_DATA_DIR")] = Field(
        default_factory=_user_data_dir
    )
    """Where the demo backend and the app keep files; see `data_folder`."""
    host: Annotated[
        str, Field(validation_alias=AliasChoices("JIMENG_HOST", "GRADIO_SERVER_NAME"))
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Field(validation_alias=AliasChoices("JIMENG_PORT", "GRADIO_SERVER_PORT"), ge=0, le=65535),
    ] = 7860
    share_credential: Annotated[bool, Field(alias="JIMENG_SHARE_CREDENTIAL")] = False
    """Whether anyone who reaches the page may spend the server's own credential."""
    trusted_proxies: Annotated[int | None, Field(alias="JIMENG_TRUSTED_PROXIES", ge=0, le=100)] = (
        None
    )
    """How many proxies in front of the app add to `X-Forwarded-For`; None: 1, unless the address at
    the other end of the connection is a public one."""
    allow_private_urls: Annotated[bool, Field(alias="JIMENG_ALLOW_PRIVATE_URLS")] = False
    """Whether URLs of pictures and results may point to private addresses."""

    def __init__(self, _env_file: str | None = ".env", **values: Any) -> None:  # noqa: ANN401
        # Not by pydantic-settings, whose import takes as long as a look-up.
        super().__init__(**_from_environment(type(self), _env_file, values.keys()), **values)

    @field_validator("base_url", "ark_base_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            message = "must start with http:// or https://"
            raise ValueError(message)
        return value.rstrip("/") if value else None

    def data_folder(self, name: str) -> Path:
        """The path of a folder in the data folder; creates nothing.

        Raises:
            InvalidRequest: `JIMENG_DATA_DIR` is not set, and the user has no home folder.
        """
        try:
            return self.data_dir.expanduser().resolve() / name
        except (OSError, RuntimeError) as error:  # no home; the working directory was deleted
            raise unusable_data_dir(error) from None

    @property
    def backend(self) -> BackendName:
        """The chosen backend, else the one whose credential is set, else `demo`."""
        if self.chosen_backend:
            return self.chosen_backend
        if self.token.get_secret_value():
            return BackendName.WEB
        if self.ark_api_key.get_secret_value():
            return BackendName.ARK
        return BackendName.DEMO

    def credential(self, backend: BackendName) -> str:
        """The credential of a backend; empty where it is not set, and on demo."""
        of_backend = {BackendName.WEB: self.token, BackendName.ARK: self.ark_api_key}
        return of_backend.get(backend, _NO_SECRET).get_secret_value()


def _from_environment(
    kind: type[BaseModel], env_file: str | None, chosen: Collection[str]
) -> dict[str, str]:
    """The variables of the environment, else of a file, that set the fields not in `chosen`."""
    variables: dict[str, str | None] = {}
    if env_file and Path(env_file).is_file():
        from dotenv import dotenv_values  # noqa: PLC0415 - most folders have no such file

        values = dotenv_values(env_file, encoding="utf-8-sig")
        variables |= {name.upper(): text for name, text in values.items() if text}
    variables |= {name.upper(): text for name, text in os.environ.items() if text}
    found: dict[str, str] = {}
    for name, field in kind.model_fields.items():
        alias = field.validation_alias
        names = alias.choices if isinstance(alias, AliasChoices) else [alias]
        for variable in names if name not in chosen else ():
            if text := variables.get(str(variable)):
                found.setdefault(str(names[0]), text)
    return found


def unusable_data_dir(error: Exception | None = None) -> InvalidRequest:
    """The error of a data folder that cannot be used, with the system's reason if there is one."""
    reason = error.strerror if isinstance(error, OSError) else None
    en, zh = (f" ({reason})", f"（{reason}）") if reason else ("", "")
    return InvalidRequest(
        f"The data folder cannot be used{en}; set JIMENG_DATA_DIR to one that can.",
        f"数据文件夹无法使用{zh}，请把 JIMENG_DATA_DIR 设为可写的文件夹。",
    )


def load_settings(base: Settings | None = None, **values: Any) -> Settings:  # noqa: ANN401 - pydantic checks each
    """The settings of the environment and `.env`, with some replaced.

    Args:
        base: Settings to use instead of the environment and `.env`.
        values: The replacements, by field name; None counts as left out.

    Raises:
        InvalidRequest: A value does not fit (the message names the setting, never the value), or
            `.env` is not readable UTF-8 text.
    """
    values = {name: value for name, value in values.items() if value is not None}
    try:
        return Settings(**{**(base.model_dump() if base else {}), **values})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = ".".join(str(part) for part in first["loc"]).replace("chosen_backend", "backend")
        raise InvalidRequest(
            f"The setting {name} does not fit: {first['msg']}.",
            f"设置 {name} 不符合要求：{first['msg']}。",
        ) from None
    except UnicodeDecodeError:
        raise InvalidRequest(
            "The file .env is not UTF-8 text; save it as UTF-8.",
            "文件 .env 不是 UTF-8 文本，请另存为 UTF-8。",
        ) from None
    except OSError:
        raise InvalidRequest(
            "The file .env cannot be read; make it readable, or start in another folder.",
            "无法读取文件 .env，请修改其权限，或在其他文件夹中启动。",
        ) from None
