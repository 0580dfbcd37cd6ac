"""Settings of batches: the database, and the accounts with their limits."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from jimeng_core import BackendName, InvalidRequest, Settings
from jimeng_core.credentials import clean_credential, missing_credential, read_credential
from jimeng_core.settings import load_settings

DEFAULT_ACCOUNT: Final = "default"
"""The account of the settings' own backend and credential."""
DEMO_ACCOUNT: Final = "demo"
"""The account of the demo, which is always there."""
KEYRING_SERVICE: Final = "jimeng-studio"


class BatchSettings(Settings):
    """The settings of the app, and those of batches only."""

    database_url: Annotated[SecretStr | None, Field(alias="DATABASE_URL")] = None
    """`postgresql://…`; None: an SQLite file in the data folder."""
    accounts_file: Annotated[Path | None, Field(alias="JIMENG_ACCOUNTS")] = None
    """The settings file of the accounts; None: `accounts.toml` in the data folder, if there."""
    webhook_secret: Annotated[SecretStr | None, Field(alias="JIMENG_WEBHOOK_SECRET")] = None
    """Signs webhooks: `whsec_` and base64."""
    worker: Annotated[bool, Field(alias="JIMENG_BATCH_WORKER")] = True
    """Whether the app runs a worker of its own."""
    log: Annotated[Literal["text", "json"], Field(alias="JIMENG_LOG")] = "text"
    """The form of log lines."""
    metrics_token: Annotated[SecretStr | None, Field(alias="JIMENG_METRICS_TOKEN")] = None
    """The bearer that opens `/metrics` from other machines; None: loopback only."""

    @classmethod
    def load(cls, base: Settings | None = None, **values: Any) -> Self:  # noqa: ANN401 - pydantic checks each
        """The settings of the environment and `.env`, with those of `base`, and some replaced.

        Raises:
            InvalidRequest: A value does not fit.
        """
        base = base or load_settings()
        try:
            return cls(**{**base.model_dump(), **values})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            name = ".".join(map(str, first["loc"]))
            raise InvalidRequest(
                f"The setting {name} does not fit: {first['msg']}.",
                f"设置 {name} 不符合要求：{first['msg']}。",
            ) from None

    def database(self) -> str:
        """The URL of the database, with the driver that SQLAlchemy uses.

        Raises:
            InvalidRequest: It is neither SQLite's nor Postgres's, or there is no data folder.
        """
        url = self.database_url.get_secret_value().strip() if self.database_url else ""
        if not url:
            return f"sqlite:///{self.data_folder('batches') / 'batches.sqlite3'}"
        scheme, separator, rest = url.partition("://")
        if separator and scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
            # Text is UTF-8, also in a database that was created without a locale (SQL_ASCII).
            encoding = "" if "client_encoding=" in rest else "client_encoding=utf8"
            mark = encoding and "&?"["?" not in rest]
            return f"postgresql+psycopg://{rest}{mark}{encoding}"
        if separator and scheme == "sqlite":
            return url
        raise InvalidRequest(
            "DATABASE_URL must begin with postgresql:// (or be left out, for a file); correct it.",
            "DATABASE_URL 应以 postgresql:// 开头，或不设置（使用本地文件），请改正。",
        )


class Account(BaseModel):
    """An account that batches spend, with its limits. It names its secret, and does not hold it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    backend: BackendName
    secret: str = ""
    """`env:NAME`, a variable of the environment, or `keyring:NAME`, an entry of the system's
    keyring; empty: the credential of the settings."""
    running: int = Field(5, ge=1, le=10_000)
    """Tasks that wait or run at the upstream at a time."""
    per_minute: int = Field(20, ge=1, le=100_000)
    """Submissions in any minute."""

    def settings(self, base: Settings) -> Settings:
        """The settings of a client of this account.

        Raises:
            Unauthorized: The secret is missing, or cannot be a credential of the backend.
        """
        settings = base.model_copy(update={"chosen_backend": self.backend})
        if not self.secret:
            read_credential(settings, "environment")
            return settings
        source, _, name = self.secret.partition(":")
        value = _from_keyring(name) if source == "keyring" else os.environ.get(name, "")
        credential = clean_credential(self.backend, value)
        if not credential and self.backend is not BackendName.DEMO:
            raise missing_credential(self.backend, "environment")
        field = "ark_api_key" if self.backend is BackendName.ARK else "token"
        return settings.model_copy(update={field: SecretStr(credential)})


def _from_keyring(name: str) -> str:
    import keyring  # noqa: PLC0415 - reads the system's services
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        return keyring.get_password(KEYRING_SERVICE, name) or ""
    except KeyringError as error:
        raise InvalidRequest(
            f"The system's keyring cannot be read ({type(error).__name__}); use env:NAME instead.",
            f"无法读取系统密钥环（{type(error).__name__}），请改用 env:名称。",
        ) from None


def load_accounts(settings: BatchSettings) -> dict[str, Account]:
    """The accounts by name: those of the settings file, `default`, and one for each backend.

    Raises:
        InvalidRequest: The file cannot be read, or a value in it does not fit.
    """
    own = {name.value: Account(name=name.value, backend=name) for name in BackendName}
    own[DEMO_ACCOUNT] = own[DEMO_ACCOUNT].model_copy(update={"per_minute": 600})
    own[DEFAULT_ACCOUNT] = own[settings.backend].model_copy(update={"name": DEFAULT_ACCOUNT})
    path = settings.accounts_file or settings.data_folder("accounts.toml")
    if settings.accounts_file is None and not path.is_file():
        return own
    try:
        tables = tomllib.loads(path.expanduser().read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _bad_accounts(f"{path.name} ({type(error).__name__})") from None
    accounts = own
    for name, table in tables.items():
        try:
            accounts[name] = Account(**{**table, "name": name})
        except (TypeError, ValidationError) as error:
            fields = [each["loc"] for each in error.errors()] if hasattr(error, "errors") else []
            where = ".".join(map(str, fields[0])) if fields else ""
            raise _bad_accounts(f"{path.name} [{name}] {where}".strip()) from None
    return accounts


def _bad_accounts(place: str) -> InvalidRequest:
    return InvalidRequest(
        f"The accounts' settings do not fit at {place}; each is a table with backend, secret"
        " (env:NAME or keyring:NAME), running and per_minute.",
        f"账号设置有误：{place}；每个账号是一个表，含 backend、secret（env:名称 或 keyring:名称）、"
        "running、per_minute。",
    )
