"""The tasks of this browser: it stores the id of each, before the request is sent.

The list is in the browser alone (`history.js`) and holds no credential; the server sees only the
ids of a look-up.
"""

from datetime import datetime
from typing import Any, TypedDict

import gradio as gr

from jimeng_core.requests import AnyRequest

from .components import EVENT, script_element

MAX_ENTRIES = 200
"""Tasks that a browser stores, the newest: as many as one look-up takes."""

MAX_PROMPT_LENGTH = 200
"""Characters of a prompt that are stored: enough to recognise the task."""

STORAGE_KEY = "jimeng-studio-tasks"

# Fixed, or the list could not be read after a restart of the server. It protects nothing: every
# visitor's page contains it. Only this browser has the list.
STORAGE_SECRET = "jimeng-studio"  # noqa: S105


class HistoryEntry(TypedDict):
    """A task as the browser stores it."""

    id: str
    backend: str
    """Where it runs; another backend does not know it."""
    mode: str
    prompt: str
    at: str
    """When it was submitted (ISO 8601)."""


def history_entry(task_id: str, backend: str, request: AnyRequest, now: datetime) -> HistoryEntry:
    """What the browser stores of a request."""
    return {
        "id": task_id,
        "backend": backend,
        "mode": request.mode.value,
        "prompt": " ".join(request.prompt.split())[:MAX_PROMPT_LENGTH],
        "at": now.isoformat(timespec="seconds"),
    }


def build_store() -> gr.BrowserState:
    """The list, updated when another window of the page changes it."""
    store = gr.BrowserState([], storage_key=STORAGE_KEY, secret=STORAGE_SECRET)
    # Outside the tabs, so that it is in the page from the start.
    listener = script_element("jimeng.listen(props, trigger)", visible="hidden")
    listener.input(None, listener, store, js="(history) => [history]", **EVENT)
    return store


def build_history(store: gr.BrowserState) -> gr.HTML:
    """The button that looks all of the tasks up, and the list to remove them from."""
    view = script_element(
        "jimeng.history(element, props, trigger, watch)", value=[], elem_id="query-history"
    )
    view.input(None, view, store, js="(history) => [history]", **EVENT)
    return view


def bind_history(store: gr.BrowserState, view: gr.HTML, blocks: gr.Blocks) -> None:
    """Show what is stored, as the page opens and as it changes."""
    show: dict[str, Any] = {"js": "(history) => [history ?? []]", "trigger_mode": "always_last"}
    store.change(None, store, view, **show, **EVENT)
    blocks.load(None, store, view, **show, **EVENT)
