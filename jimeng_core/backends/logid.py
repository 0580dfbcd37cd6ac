"""The id that an upstream gives its own response, for logs: its support finds a request by it."""

from contextvars import ContextVar
from typing import Final

LOGID: Final[ContextVar[str | None]] = ContextVar("LOGID", default=None)
"""Of the last response in this context."""
MAX_LENGTH: Final = 100


def note(value: str | None) -> None:
    """Store the id of a response."""
    LOGID.set(value and value[:MAX_LENGTH])
