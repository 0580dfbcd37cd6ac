"""Redaction of what upstreams send from the logs of httpx and httpcore.

At DEBUG httpcore logs the headers of every response, and a site may set the session's token as a
cookie or name it in an address; httpx logs the response's reason phrase at INFO.
"""

import logging
from typing import Final

import httpx

LOGGERS: Final = (
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "httpx",
)
"""Filters are not inherited: each logger needs its own."""


def install() -> None:
    """Redact the logs of httpx and httpcore in this process; a second call changes nothing."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(redact)


def redact(record: logging.LogRecord) -> bool:
    """Remove what an upstream sent from a record; every record passes.

    httpx keeps the status, with the standard's reason phrase. httpcore's `receive_…` events keep
    their names, and of an exception its class: its text may quote the response.
    """
    if record.name == "httpx":
        if isinstance(record.args, tuple) and str(record.msg).endswith('%d %s"'):
            *request, status, _ = record.args
            phrase = httpx.codes.get_reason_phrase(status) if isinstance(status, int) else ""
            record.args = (*request, status, phrase)
    else:
        event, _, details = record.getMessage().partition(" ")
        if event.startswith("receive_") and not details.startswith("request="):
            details = "" if details.startswith("return_value") else details.partition("(")[0]
            record.msg, record.args = f"{event} {details}".rstrip(), ()
    return True
