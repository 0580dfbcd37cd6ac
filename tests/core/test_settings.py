from pathlib import Path
from typing import Any

import platformdirs
import pytest

from jimeng_core import InvalidRequest
from jimeng_core.settings import BackendName, Settings, load_settings
from tests.each import each

SECRET = "0123456789abcdef0123456789abcdef"

EVERY = (
    ("JIMENG_BACKEND", "chosen_backend", "ark", BackendName.ARK),
    ("JIMENG_BASE_URL", "base_url", "http://127.0.0.1:9/x/", "http://127.0.0.1:9/x"),
    ("ARK_BASE_URL", "ark_base_url", "https://ark.example", "https://ark.example"),
    ("JIMENG_TIMEOUT", "timeout", "7.5", 7.5),
    ("JIMENG_DEMO_PACE", "demo_pace", "0", 0.0),
    ("JIMENG_DATA_DIR", "data_dir", "files", Path("files")),
    ("JIMENG_HOST", "host", "0.0.0.0", "0.0.0.0"),  # noqa: S104 - an example
    ("JIMENG_PORT", "port", "8000", 8000),
    ("JIMENG_SHARE_CREDENTIAL", "share_credential", "1", True),
    ("JIMENG_TRUSTED_PROXIES", "trusted_proxies", "2", 2),
    ("JIMENG_ALLOW_PRIVATE_URLS", "allow_private_urls", "1", True),
)
"""The settings of contract 5: variable, field, text, value."""


@pytest.fixture(autouse=True)
def _no_data_dir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JIMENG_DATA_DIR")


def env_file(text: str, encoding: str = "utf-8") -> None:
    """Write `.env` in the test's directory."""
    Path(".env").write_bytes(text.encode(encoding))


def test_defaults() -> None:
    """The defaults are those of contract 5."""
    settings = load_settings()
    assert settings.backend is BackendName.DEMO
    assert settings.token.get_secret_value() == settings.ark_api_key.get_secret_value() == ""
    assert settings.base_url is settings.ark_base_url is None
    assert (settings.timeout, settings.demo_pace) == (30, 1)
    assert (settings.host, settings.port) == ("127.0.0.1", 7860)
    assert settings.share_credential is settings.allow_private_urls is False
    data = Path(platformdirs.user_data_dir("jimeng-studio", appauthor=False))
    assert settings.data_dir == data


@each(("variable", "field", "text", "value"), EVERY)
def test_environment(
    variable: str, field: str, text: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each variable sets its setting."""
    monkeypatch.setenv(variable, text)
    assert getattr(load_settings(), field) == value


@each(("variable", "field", "text", "value"), EVERY)
def test_env_file(variable: str, field: str, text: str, value: object) -> None:
    """Each variable can be in `.env`, too."""
    env_file(f"{variable}={text}\n# 注释\nSOMETHING_ELSE=1\n")
    assert getattr(load_settings(), field) == value


@each(
    ("variable", "field", "argument", "in_env", "in_file"),
    [
        ("JIMENG_TIMEOUT", "timeout", 1, 2, 3),
        ("JIMENG_DEMO_PACE", "demo_pace", 1, 2, 3),
        ("JIMENG_BACKEND", "chosen_backend", "demo", "web", "ark"),
        ("JIMENG_BASE_URL", "base_url", "http://one", "http://two", "http://three"),
        ("JIMENG_DATA_DIR", "data_dir", Path("one"), Path("two"), Path("three")),
        ("JIMENG_HOST", "host", "one", "two", "three"),
        ("JIMENG_PORT", "port", 1, 2, 3),
    ],
)
def test_precedence(
    variable: str,
    field: str,
    argument: Any,
    in_env: Any,
    in_file: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An argument overrides the environment, which overrides `.env`."""
    env_file(f"{variable}={in_file}")
    assert getattr(load_settings(), field) == in_file
    monkeypatch.setenv(variable, str(in_env))
    assert getattr(load_settings(), field) == in_env
    assert getattr(load_settings(**{field: argument}), field) == argument
    assert getattr(load_settings(**{field: None}), field) == in_env


def test_secrets_have_precedence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token as an argument overrides the environment's, which overrides that of `.env`."""
    env_file("JIMENG_TOKEN=three")
    assert load_settings().token.get_secret_value() == "three"
    monkeypatch.setenv("JIMENG_TOKEN", "two")
    assert load_settings().token.get_secret_value() == "two"
    assert load_settings(token="one").token.get_secret_value() == "one"


def test_base_stands_for_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `base` replaces the environment; single values of it can be replaced."""
    monkeypatch.setenv("JIMENG_TOKEN", SECRET)
    monkeypatch.setenv("JIMENG_TIMEOUT", "9")
    base = load_settings()
    monkeypatch.setenv("JIMENG_TIMEOUT", "11")
    monkeypatch.setenv("JIMENG_BACKEND", "ark")
    again = load_settings(base, demo_pace=0)
    assert (again.timeout, again.demo_pace) == (9, 0)
    assert again.token.get_secret_value() == SECRET
    assert again.backend is BackendName.WEB


@each("variable", [name for name, *_ in EVERY] + ["JIMENG_TOKEN", "ARK_API_KEY"])
def test_empty_is_not_set(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable counts as not set."""
    plain = load_settings()
    monkeypatch.setenv(variable, "")
    assert load_settings() == plain
    env_file(f"{variable}=\n")
    assert load_settings() == plain


@each(
    ("variables", "backend"),
    [
        ({}, "demo"),
        ({"JIMENG_TOKEN": SECRET}, "web"),
        ({"ARK_API_KEY": SECRET}, "ark"),
        ({"JIMENG_TOKEN": SECRET, "ARK_API_KEY": SECRET}, "web"),
        ({"JIMENG_TOKEN": SECRET, "JIMENG_BACKEND": "demo"}, "demo"),
        ({"ARK_API_KEY": SECRET, "JIMENG_BACKEND": "web"}, "web"),
    ],
)
def test_backend_follows_credential(
    variables: dict[str, str], backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend is the chosen one, else the one whose credential is set, else demo."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert load_settings().backend == backend


def test_spaces_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio's own variables set host and port, as on Spaces, unless ours do."""
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")  # noqa: S104 - as on Spaces
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7861")
    assert (load_settings().host, load_settings().port) == ("0.0.0.0", 7861)  # noqa: S104
    monkeypatch.setenv("JIMENG_HOST", "192.0.2.1")
    assert load_settings().host == "192.0.2.1"
    monkeypatch.setenv("JIMENG_PORT", "8000")
    assert load_settings().port == 8000
    monkeypatch.setenv("JIMENG_PORT", "")
    assert load_settings().port == 7861


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither repr nor str nor a dump as text shows a credential."""
    monkeypatch.setenv("JIMENG_TOKEN", SECRET)
    monkeypatch.setenv("ARK_API_KEY", SECRET)
    settings = load_settings()
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert SECRET not in text


def test_frozen() -> None:
    """Settings are comparable and immutable."""
    settings = load_settings()
    assert settings == Settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.timeout = 5  # type: ignore[misc] # that it is refused is the point


@each(
    ("variable", "bad"),
    [
        ("JIMENG_BACKEND", "cloud"),
        ("JIMENG_BASE_URL", "ftp://secret-host"),
        ("ARK_BASE_URL", "secret-host"),
        ("JIMENG_TIMEOUT", "secret"),
        ("JIMENG_TIMEOUT", "-4711"),
        ("JIMENG_TIMEOUT", "nan"),
        ("JIMENG_DEMO_PACE", "-4711"),
        ("JIMENG_PORT", "99999"),
        ("JIMENG_SHARE_CREDENTIAL", "perhaps"),
        ("JIMENG_ALLOW_PRIVATE_URLS", "perhaps"),
    ],
)
def test_unfit_values(variable: str, bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that does not fit is one sentence that names the setting and never the value."""
    monkeypatch.setenv(variable, bad)
    with pytest.raises(InvalidRequest, match=variable) as caught:
        load_settings()
    assert variable in caught.value.message_zh
    assert bad not in str(caught.value)
    assert bad not in caught.value.message_zh
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_unfit_argument() -> None:
    """An argument that does not fit is named by the setting it belongs to."""
    with pytest.raises(InvalidRequest, match=r"(?i)timeout"):
        load_settings(timeout=-1)


def test_env_file_of_windows() -> None:
    """A `.env` that Windows' Notepad saved, with a byte order mark, is read like any other."""
    env_file("\ufeffJIMENG_TIMEOUT=7\r\nJIMENG_PORT=8000\r\n")
    assert (load_settings().timeout, load_settings().port) == (7, 8000)


def test_unreadable_env_file() -> None:
    """A `.env` in another encoding is refused without showing its content."""
    env_file(f"JIMENG_TOKEN={SECRET}", "utf-16")
    with pytest.raises(InvalidRequest, match=r"\.env.+UTF-8") as caught:
        load_settings()
    assert "UTF-8" in caught.value.message_zh
    assert caught.value.__suppress_context__


def test_values_with_quotes_and_comments() -> None:
    """A `.env` may quote its values and explain them."""
    env_file("JIMENG_TOKEN='abc%7Cdef' # from the browser\nexport JIMENG_PORT=8000\n")
    assert load_settings().token.get_secret_value() == "abc%7Cdef"
    assert load_settings().port == 8000
