"""What the logs of httpx and httpcore still say once they are masked."""

import importlib
import logging
import pkgutil

import httpcore
import httpx
import pytest

from jimeng_core import AsyncJimeng
from jimeng_core.backends import log_redaction

HEADERS = [
    (b"Set-Cookie", b"sessionid=s3cret"),
    (b"Content-Length", b"120"),
    (b"Retry-After", b"7"),
    (b"X-Number", b"12345678901"),
    (b"Server", b"s3cret"),
]


@pytest.fixture(autouse=True)
def _masked(caplog: pytest.LogCaptureFixture) -> None:
    """Log everything, through the mask."""
    log_redaction.install()
    caplog.set_level(logging.DEBUG)
    for name in log_redaction.LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)


def said(caplog: pytest.LogCaptureFixture, name: str, message: str, *args: object) -> str:
    """What is logged of a message."""
    logging.getLogger(name).debug(message, *args)
    return caplog.messages[-1]


def test_every_logger_is_masked() -> None:
    """Each logger of the installed httpx and httpcore has the filter, once."""
    names = set()
    for package in (httpx, httpcore):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if module.name != "httpx._main":  # its command line, which wants more packages
                try:
                    found = vars(importlib.import_module(module.name)).get("logger")
                except ImportError:  # of a kind that is not installed, as HTTP/2
                    continue
                names |= {found.name} if isinstance(found, logging.Logger) else set()
    assert "httpcore.http11" in names
    assert names <= set(log_redaction.LOGGERS)
    log_redaction.install()
    for name in log_redaction.LOGGERS:
        filters = logging.getLogger(name).filters
        assert [isinstance(one, log_redaction.Mask) for one in filters].count(True) == 1


@pytest.mark.parametrize(
    "value", [(b"HTTP/1.1", 200, b"s3cret", HEADERS), (200, HEADERS)], ids=["http1", "http2"]
)
def test_headers_of_an_answer(caplog: pytest.LogCaptureFixture, value: object) -> None:
    """Status, names and short numbers are shown; every other value is hidden."""
    message = f"receive_response_headers.complete return_value={value!r}"
    text = said(caplog, "httpcore.http11", message)
    assert text == (
        "receive_response_headers.complete return_value=(200, [(b'Set-Cookie', b'(hidden)'),"
        " (b'Content-Length', b'120'), (b'Retry-After', b'7'), (b'X-Number', b'(hidden)'),"
        " (b'Server', b'(hidden)')])"
    )


@pytest.mark.parametrize("value", ["", "s3cret", "(s3cret", "(1, [s3cret])", "[]", "5", "(1, [1])"])
def test_what_cannot_be_read_is_hidden(caplog: pytest.LogCaptureFixture, value: str) -> None:
    """A form that nobody foresaw shows nothing."""
    message = f"receive_response_headers.complete return_value={value}"
    text = said(caplog, "httpcore.http2", message)
    assert text == "receive_response_headers.complete return_value=(hidden)"


def test_an_error_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """Of what could not be received the kind of the error is shown, and not what it quotes."""
    error = httpcore.RemoteProtocolError("illegal status line: s3cret")
    text = said(caplog, "httpcore.http11", f"receive_response_headers.failed exception={error!r}")
    assert text == "receive_response_headers.failed exception=RemoteProtocolError"


@pytest.mark.parametrize(
    "message",
    [
        "connect_tcp.failed exception=ConnectError(OSError('no route'))",
        "send_request_headers.started request=<Request [b'POST']>",
        "receive_response_body.started request=<Request [b'POST']>",
        "receive_response_body.complete",
    ],
)
def test_the_rest_is_as_it_was(caplog: pytest.LogCaptureFixture, message: str) -> None:
    """What is our own, or says why there is no connection, helps to find a fault and stays."""
    assert said(caplog, "httpcore.http11", message) == message


def test_the_reason_phrase(caplog: pytest.LogCaptureFixture) -> None:
    """The words behind a status are the standard's, whatever an upstream wrote."""
    line = 'HTTP Request: %s %s "%s %d %s"'
    text = said(caplog, "httpx", line, "POST", "https://x.example/", "HTTP/1.1", 502, "s3cret")
    assert text == 'HTTP Request: POST https://x.example/ "HTTP/1.1 502 Bad Gateway"'
    text = said(caplog, "httpx", line, "POST", "https://x.example/", "HTTP/1.1", 299, "s3cret")
    assert text == 'HTTP Request: POST https://x.example/ "HTTP/1.1 299 "'


@pytest.mark.anyio
@pytest.mark.parametrize("backend", ["web", "demo"])
async def test_a_client_masks(monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    """The mask is there as soon as a client is, whichever its backend."""
    calls: list[str] = []
    monkeypatch.setattr(log_redaction, "install", lambda: calls.append(backend))
    async with AsyncJimeng(backend, "a-token"):
        assert calls == [backend]
