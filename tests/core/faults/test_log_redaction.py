"""What the logs of httpx and httpcore contain once they are redacted."""

import importlib
import logging
import pkgutil

import httpcore
import httpx
import pytest

from jimeng_core import AsyncJimeng
from jimeng_core.backends import log_redaction
from tests.each import each

HEADERS = [(b"Set-Cookie", b"sessionid=s3cret"), (b"Server", b"s3cret")]


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Log everything, redacted."""
    log_redaction.install()
    caplog.set_level(logging.DEBUG)
    for name in log_redaction.LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)


def logged(caplog: pytest.LogCaptureFixture, name: str, message: str, *args: object) -> str:
    """The text that is logged of a message."""
    logging.getLogger(name).debug(message, *args)
    return caplog.messages[-1]


def test_every_logger_is_redacted() -> None:
    """Each logger of the installed httpx and httpcore has the filter, once."""
    names = set()
    for package in (httpx, httpcore):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if module.name != "httpx._main":  # its command line, which needs more packages
                try:
                    found = vars(importlib.import_module(module.name)).get("logger")
                except ImportError:  # of a kind that is not installed, as HTTP/2
                    continue
                names |= {found.name} if isinstance(found, logging.Logger) else set()
    assert "httpcore.http11" in names
    assert names <= set(log_redaction.LOGGERS)
    log_redaction.install()
    for name in log_redaction.LOGGERS:
        assert logging.getLogger(name).filters.count(log_redaction.redact) == 1


@each("logger", ["httpcore.http11", "httpcore.http2"])
@each(
    "value",
    [(b"HTTP/1.1", 200, b"s3cret", HEADERS), (200, HEADERS), "s3cret", "request=(s3cret", [], ""],
)
def test_the_head_of_a_response(
    caplog: pytest.LogCaptureFixture, logger: str, value: object
) -> None:
    """Nothing of a response's status line and headers is shown, in whatever form it is logged."""
    message = f"receive_response_headers.complete return_value={value}"
    assert logged(caplog, logger, message) == "receive_response_headers.complete"


def test_an_error_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """Of a failed response the class of the error is shown, and not what it quotes."""
    error = httpcore.RemoteProtocolError("illegal status line: s3cret")
    text = logged(caplog, "httpcore.http11", f"receive_response_headers.failed exception={error!r}")
    assert text == "receive_response_headers.failed exception=RemoteProtocolError"


@each(
    "message",
    [
        "connect_tcp.failed exception=ConnectError(OSError('no route'))",
        "send_request_headers.started request=<Request [b'POST']>",
        "receive_response_body.started request=<Request [b'POST']>",
        "receive_response_body.complete",
    ],
)
def test_other_events_are_unchanged(caplog: pytest.LogCaptureFixture, message: str) -> None:
    """Requests, and the reasons why there is no connection, are logged in full."""
    assert logged(caplog, "httpcore.http11", message) == message


def test_the_reason_phrase(caplog: pytest.LogCaptureFixture) -> None:
    """The reason phrase is the standard's, whatever the upstream sent."""
    line = 'HTTP Request: %s %s "%s %d %s"'
    text = logged(caplog, "httpx", line, "POST", "https://x.example/", "HTTP/1.1", 502, "s3cret")
    assert text == 'HTTP Request: POST https://x.example/ "HTTP/1.1 502 Bad Gateway"'
    text = logged(caplog, "httpx", line, "POST", "https://x.example/", "HTTP/1.1", 299, "s3cret")
    assert text == 'HTTP Request: POST https://x.example/ "HTTP/1.1 299 "'


@pytest.mark.anyio
@each("backend", ["web", "demo"])
async def test_a_client_redacts(monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    """Opening a client of any backend installs the redaction."""
    calls: list[str] = []
    monkeypatch.setattr(log_redaction, "install", lambda: calls.append(backend))
    async with AsyncJimeng(backend, "a-token"):
        assert calls == [backend]
