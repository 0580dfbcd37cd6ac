"""The tasks of this browser: it stores the id of each, before the request is sent.

The list is in the browser alone (`store.js`) and holds no credential; the server sees only the
ids of a look-up. Where the browser has no storage, the list lasts as long as the page is open.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from jimeng_core.requests import AnyRequest

MAX_PROMPT_LENGTH = 200
"""Characters of a prompt that are stored: enough to recognise the task."""


class HistoryEntry(TypedDict):
    """A task as the browser stores it."""

    id: str
    backend: str
    """Where it runs; another backend does not know it."""
    mode: str
    prompt: str
    at: str
    """When it was submitted (ISO 8601)."""
    fields: dict[str, Any]
    """What stood in the form, by the names of the request's fields."""


def history_entry(
    task_id: str, backend: str, request: AnyRequest, fields: Mapping[str, Any], now: datetime
) -> HistoryEntry:
    """What the browser stores of a request."""
    return {
        "id": task_id,
        "backend": backend,
        "mode": request.mode.value,
        "prompt": " ".join(request.prompt.split())[:MAX_PROMPT_LENGTH],
        "at": now.isoformat(timespec="seconds"),
        "fields": dict(fields),
    }
