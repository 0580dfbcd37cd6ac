"""Errors in Ark's format, with the statuses that programs for Ark expect."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from jimeng_core import ErrorCode, RateLimited, new_task_id
from jimeng_core.errors import ERROR_CLASSES
from tests.each import each
from tests.http.ark_client import TASKS, WORDS, FailingClient, failing_app

STATUSES = {
    "invalid_request": 400,
    "invalid_task_id": 400,
    "not_found": 404,
    "expired": 404,
    "unauthorized": 401,
    "insufficient_credits": 403,
    "permission_denied": 403,
    "risk_control": 403,
    "rate_limited": 429,
    "too_many_running": 429,
    "daily_limit": 429,
    "content_refused": 400,
    "image_rejected": 400,
    "upload_failed": 502,
    "upstream_error": 502,
    "upstream_unreadable": 502,
    "network_error": 503,
    "submit_unconfirmed": 424,
    "generation_failed": 502,
    "generation_timeout": 504,
    "wait_timeout": 504,
}
SAFE_TO_RETRY = {"rate_limited", "too_many_running", "network_error", "upload_failed"}
TASK = new_task_id()
CREATE = {"content": [WORDS]}

Request = Callable[[TestClient], Any]
CALLS: dict[str, Request] = {
    "create": lambda client: client.post(TASKS, json=CREATE),
    "get": lambda client: client.get(f"{TASKS}/{TASK}"),
    "delete": lambda client: client.delete(f"{TASKS}/{TASK}"),
}


Respond = Callable[..., Any]


@pytest.fixture(scope="module")
def response_to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Respond]:
    """The response to a call that raises an error."""
    failing = FailingClient(RuntimeError())
    with TestClient(failing_app(failing, data_dir=tmp_path_factory.mktemp("data"))) as client:

        def respond(call: str, error: Exception, language: str = "") -> Any:
            failing.error = error
            client.headers["accept-language"] = language
            return CALLS[call](client)

        yield respond


@each("call", CALLS)
@each("code", ErrorCode)
def test_every_code(code: ErrorCode, call: str, response_to: Respond) -> None:
    """Each code has its status; the body has Ark's fields and ours."""
    error = ERROR_CLASSES[code](upstream_code="77", task_id=TASK)
    response = response_to(call, error)
    assert response.status_code == STATUSES[code]
    assert response.json() == {
        "error": {
            "code": code,
            "message": error.message,
            "type": HTTPStatus(STATUSES[code]).phrase.replace(" ", ""),
            "param": None,
            "message_zh": error.message_zh,
            "upstream_code": "77",
            "retryable": error.retryable,
            "id": TASK,
        }
    }
    no_retry = call == "create" and code not in SAFE_TO_RETRY
    assert response.headers.get("x-should-retry") == ("false" if no_retry else None)
    assert ("www-authenticate" in response.headers) == (code is ErrorCode.UNAUTHORIZED)


@each("call", CALLS)
def test_unexpected_error(
    call: str, response_to: Respond, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected error has the same format, and nothing of it is in the response.

    After it a create may have been accepted: its error has the id to look up.
    """
    response = response_to(call, RuntimeError("secret"))
    error = response.json()["error"]
    unconfirmed = call == "create"
    assert response.status_code == (424 if unconfirmed else 502)
    assert error["code"] == ("submit_unconfirmed" if unconfirmed else "upstream_error")
    assert bool(error["id"]) is unconfirmed
    assert "secret" not in response.text
    assert "secret" in caplog.text


def test_retry_after(response_to: Respond) -> None:
    """The upstream's `Retry-After` is passed on."""
    error = RateLimited()
    error.retry_after = 1.2
    response = response_to("get", error)
    assert response.headers["retry-after"] == "2"


@each(("language", "chinese"), [("zh-CN,zh;q=0.9", True), ("en", False), ("", False)])
def test_language(language: str, chinese: bool, response_to: Respond) -> None:
    """The message is Chinese if the caller's first language is."""
    error = ERROR_CLASSES[ErrorCode.NOT_FOUND]()
    for call in CALLS:
        message = response_to(call, error, language).json()["error"]["message"]
        assert message == (error.message_zh if chinese else error.message)


@each(
    ("method", "path", "body", "status", "param", "message"),
    [
        ("POST", "", "", 400, None, "not JSON"),
        ("POST", "", '{"content": [', 400, None, "not JSON"),
        ("POST", "", b"\xff", 400, None, "not JSON"),
        ("POST", "", "[" * 100_000, 400, None, "not JSON"),
        ("POST", "", '{"content": "\\ud800"}', 400, None, "not JSON"),
        ("POST", "", "[" + "1," * 100_000 + "1]", 400, None, "more values"),
        ("POST", "", "[]", 400, "body", "must be an object"),
        ("POST", "", "{}", 400, "content", "content is missing"),
        ("POST", "", '{"content": 1}', 400, "content", "must be a list"),
        ("POST", "", '{"content": []}', 400, "content", "prompt"),
        ("POST", "/x", "{}", 405, None, "POST"),
        ("PUT", "", "{}", 405, None, "PUT"),
        ("DELETE", "", "", 405, None, "DELETE"),
        ("GET", "", "", 400, None, "filter.task_ids"),
        ("GET", "?filter.task_ids=,", "", 400, None, "filter.task_ids"),
        ("GET", "?filter.task_ids=a&page_size=0", "", 400, "page_size", "too small"),
        ("GET", "?filter.task_ids=a&page_size=501", "", 400, "page_size", "too large"),
        ("GET", "?filter.task_ids=a&page_num=0", "", 400, "page_num", "too small"),
        ("GET", "?filter.task_ids=a&page_num=x", "", 400, "page_num", "whole number"),
        (
            *("GET", "?filter.task_ids=a&filter.service_tier=flex", ""),
            *(400, "filter.service_tier", "can only be 'default'"),
        ),
        ("GET", "/nonsense", "", 400, None, "not a task id"),
        ("GET", "/cgt-20260901120000-abcde", "", 400, None, "where it was submitted"),
        ("GET", "/01a20000-0000-7000-8000-000000000000", "", 404, None, "task"),
    ],
)
def test_invalid_requests(
    method: str,
    path: str,
    body: str | bytes,
    status: int,
    param: str | None,
    message: str,
    app_url: str,
) -> None:
    """Every invalid request to the real app gets an error in Ark's format."""
    response = httpx.request(method, f"{app_url}{TASKS}{path}", content=body)
    assert response.status_code == status
    assert list(response.json()) == ["error"]
    error = response.json()["error"]
    assert error["param"] == param
    assert message in error["message"]
    assert error["message_zh"].isascii() is False
