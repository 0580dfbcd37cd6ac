"""Where a credential could leak: errors and their chains, logs, the `repr` of objects."""

import logging
from collections.abc import Iterator

import pytest

from tests.core.web.fake_site import SECRETS

LOGGERS = ("", "jimeng_core", "httpx", "httpcore", "stamina", "asyncio")
"""The loggers that are read, at their lowest level."""


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, its causes and its contexts."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        yield one
        waiting += [one.__cause__, one.__context__]
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else []


def text_of(error: BaseException | None) -> str:
    """All text of an error and its chain."""
    return "\n".join(f"{one!s} {one!r} {one.args!r}" for one in chain(error))


def logged(records: list[logging.LogRecord]) -> str:
    """All text of log records, including what only a structured log would print."""
    return "\n".join(f"{record.getMessage()} {vars(record)!r}" for record in records)


def shown(client: object, depth: int = 4) -> str:
    """The repr of an object and of its parts."""
    text = repr(client)
    if depth and type(client).__module__.startswith(("jimeng_core", "httpx")):
        slots = getattr(client, "__slots__", ())
        names = [*getattr(client, "__dict__", {}), *slots]
        parts = [getattr(client, name, None) for name in names if not name.startswith("__")]
        # The token itself is one of these; printing it is deliberate.
        own = [part for part in parts if not isinstance(part, str | bytes)]
        text += "\n".join(shown(part, depth - 1) for part in own)
    return text


def assert_no_secret(text: str) -> None:
    """Assert that a text has no credential."""
    found = [text[max(at - 200, 0) :][:500] for one in SECRETS if (at := text.find(one)) >= 0]
    if found:
        pytest.fail(f"a credential can be read: {found}")
