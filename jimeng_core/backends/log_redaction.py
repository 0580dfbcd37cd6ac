"""What upstreams send stays out of the logs of the HTTP libraries.

At DEBUG httpcore writes down the headers of every answer, and a site may well set the session's
token as a cookie or name it in an address; httpx writes its reason phrase at INFO. `install` puts
a filter on these libraries' loggers, for the whole process: of an answer they show its status, the
names of its headers, and those of their values that are short numbers. `open_backend` calls it, so
that it is there before the first request.
"""

import ast
import http
import logging
from typing import Final

LOGGERS: Final = (
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "httpx",
)
"""Filters are not inherited: each logger needs its own."""


LONGEST: Final = 10
"""Digits of a header's value that is shown: a length or a pause, and too short for a credential."""


HIDDEN: Final = b"(hidden)"


class Mask(logging.Filter):
    """Takes out of a record what came from an upstream; lets every record through."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask one record, in place."""
        if record.name == "httpx":
            _mask_reason(record)
        else:
            _mask_event(record)
        return True


def install() -> None:
    """Mask the logs of httpx and httpcore from now on; a second time changes nothing."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_MASK)


_MASK: Final = Mask()


def _mask_reason(record: logging.LogRecord) -> None:
    """Httpx: `HTTP Request: POST https://… "HTTP/1.1 200 OK"`. The words are the upstream's."""
    if not isinstance(record.args, tuple) or len(record.args) < len(("version", "status", "words")):
        return
    *first, status, _ = record.args
    known = {int(each): each.phrase for each in http.HTTPStatus}
    record.args = (*first, status, known.get(status, "") if isinstance(status, int) else "")


def _mask_event(record: logging.LogRecord) -> None:
    """Httpcore: `receive_response_headers.complete return_value=(…)`, all of it one text."""
    event, _, told = record.getMessage().partition(" ")
    if not event.startswith("receive_"):
        return
    kind, _, value = told.partition("=")
    if kind == "return_value":
        value = _harmless(value)
    elif kind == "exception":  # its text may hold the line that could not be read
        value = value.partition("(")[0]
    else:
        return
    record.msg, record.args = f"{event} {kind}={value}", ()


def _harmless(value: str) -> str:
    """The status and the headers in a value that is written as Python writes it."""
    try:
        parts = ast.literal_eval(value)
        status = next(part for part in parts if isinstance(part, int))
        headers = next(part for part in parts if isinstance(part, list))
        shown = [(name, told if _is_short_number(told) else HIDDEN) for name, told in headers]
    except (ValueError, SyntaxError, TypeError, AttributeError, StopIteration, RecursionError):
        return HIDDEN.decode()
    return repr((status, shown))


def _is_short_number(told: bytes) -> bool:
    return told.isdigit() and len(told) <= LONGEST
