"""Where a credential could be read: errors and their chains, logs, the `repr` of objects."""

import logging
from collections.abc import Iterator

import pytest

from tests.core.web.fake_site import SECRETS

LOGGERS = ("", "jimeng_core", "httpx", "httpcore", "stamina", "asyncio")
"""Whose words are read, as many as they have."""


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what caused it, and what it came from."""
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


def told_by(error: BaseException | None) -> str:
    """All that an error and its chain say of themselves."""
    return "\n".join(f"{one!s} {one!r} {one.args!r}" for one in chain(error))


def logged(records: list[logging.LogRecord]) -> str:
    """All that log records hold, what only a structured log would print included."""
    return "\n".join(f"{record.getMessage()} {vars(record)!r}" for record in records)


def shown(client: object, depth: int = 4) -> str:
    """The repr of an object and of its parts."""
    text = repr(client)
    if depth and type(client).__module__.startswith(("jimeng_core", "httpx")):
        slots = getattr(client, "__slots__", ())
        names = [*getattr(client, "__dict__", {}), *slots]
        parts = [getattr(client, name, None) for name in names if not name.startswith("__")]
        # The one place where the token itself is; whoever prints that has asked for it.
        own = [part for part in parts if not isinstance(part, str | bytes)]
        text += "\n".join(shown(part, depth - 1) for part in own)
    return text


def no_secret_in(text: str) -> None:
    """See that a text holds no credential."""
    found = [text[max(at - 200, 0) :][:500] for one in SECRETS if (at := text.find(one)) >= 0]
    if found:
        pytest.fail(f"a credential can be read: {found}")
