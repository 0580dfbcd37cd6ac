import logging
from pathlib import Path

import pytest
from starlette.requests import Request

from jimeng_app.call_context import UnexpectedError, context_of, handle_errors
from jimeng_app.client_pool import ClientPool
from jimeng_app.language import is_chinese
from jimeng_core import JimengError, NotFound, Settings, SubmitUnconfirmed
from tests.each import each

pytestmark = pytest.mark.anyio


def request(path: str = "/x", **headers: str) -> Request:
    """A request with these headers to an app that is mounted in another."""
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "root_path": "/gradio_api/mcp",
            "app_root_path": "/studio",
            "query_string": b"",
            "headers": pairs,
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 7860),
        }
    )


def test_context_of_a_request(tmp_path: Path) -> None:
    """The context has the caller's credential, backend, language and base URL."""
    call = context_of(
        ClientPool(Settings(_env_file=None), tmp_path),
        request(
            host="127.0.0.1:7860",
            accept_language="zh-CN,en;q=0.5",
            x_jimeng_token="secret",
            x_jimeng_backend="web",
        ),
    )
    assert (call.backend, call.token, call.chinese) == ("web", "secret", True)
    assert call.base_url == "http://127.0.0.1:7860/studio"
    assert "secret" not in repr(call)
    assert call.error_row(NotFound())["error"] == {
        "code": "not_found",
        "message": NotFound().message_zh,
        "upstream_code": None,
        "retryable": False,
    }


def test_values_of_the_page(tmp_path: Path) -> None:
    """Values from the page take precedence over headers."""
    pool = ClientPool(Settings(_env_file=None), tmp_path)
    call = context_of(pool, request(x_jimeng_backend="web"), backend="demo", token="typed")
    assert (call.backend, call.token) == ("demo", "typed")


def test_unexpected_error_of_a_submission(tmp_path: Path) -> None:
    """After an unexpected error a task may exist under the id that the call had sent."""
    call = context_of(ClientPool(Settings(_env_file=None), tmp_path), request())
    error = UnexpectedError()
    assert call.submission_error(error) is error
    call.submitted.task_id = "sent"
    unconfirmed = call.submission_error(error)
    assert isinstance(unconfirmed, SubmitUnconfirmed)
    assert unconfirmed.task_id == "sent"
    assert isinstance(call.submission_error(NotFound()), NotFound)


@each(
    ("header", "chinese"),
    [("zh-CN,zh;q=0.9,en;q=0.8", True), ("zh", True), ("en-US,zh;q=0.5", False), ("", False)],
)
def test_language(header: str, chinese: bool) -> None:
    """Sentences are Chinese if the first accepted language is."""
    assert is_chinese(header) is chinese


async def test_library_errors() -> None:
    """A `JimengError` is passed to the error handler."""

    async def fail() -> str:
        raise NotFound

    assert await handle_errors(fail, lambda error: error.code) == "not_found"


async def test_unexpected_errors(caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error is logged, and the caller sees nothing of it."""

    async def fail() -> str:
        raise KeyError("the secret of /etc/passwd")

    def describe(error: JimengError) -> str:
        return f"{error.code} {error.message} {error.message_zh}"

    with caplog.at_level(logging.ERROR):
        answer = await handle_errors(fail, describe)
    assert answer.startswith("upstream_error Unexpected error")
    assert "passwd" not in answer
    assert "passwd" in caplog.text
