"""Nothing is lost: this browser keeps the id of every task, from before the task is sent.

The list lives in the browser alone (`kept.js`). It reaches the server only as the ids of a look-up,
and holds no credential.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

import gradio as gr

from jimeng_core.requests import AnyRequest

from .events import EVENT

MAX_ENTRIES = 200
"""Tasks that a browser keeps, the newest: as many as one look-up takes."""


MAX_PROMPT_LENGTH = 200
"""Characters of a prompt that are kept: enough to know the task by."""

STORAGE_KEY = "jimeng-studio-tasks"


# Fixed, or the list could not be read after the server started anew. It protects nothing: every
# visitor's page is given it. Nobody but this browser has the list.
STORAGE_SECRET = "jimeng-studio"  # noqa: S105


class HistoryEntry(TypedDict):
    """A task as the browser keeps it."""

    id: str
    backend: str
    """Where it runs; another backend does not know it."""
    mode: str
    prompt: str
    at: str
    """When it was submitted (ISO 8601)."""


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The list, and where it is shown."""

    store: gr.BrowserState
    view: gr.HTML


def history_entry(task_id: str, backend: str, request: AnyRequest, now: datetime) -> HistoryEntry:
    """What is kept of a request that is about to be sent."""
    prompt = " ".join(request.prompt.split())[:MAX_PROMPT_LENGTH]
    return {
        "id": task_id,
        "backend": backend,
        "mode": request.mode.value,
        "prompt": prompt,
        "at": now.isoformat(timespec="seconds"),
    }


def build_store() -> gr.BrowserState:
    """The list itself, and an ear for the other windows that have this page open."""
    store = gr.BrowserState([], storage_key=STORAGE_KEY, secret=STORAGE_SECRET)
    # In the page from the start, whichever tab is open.
    ear = gr.HTML(html_template="", visible="hidden", js_on_load="jimeng.listen(props, trigger)")
    ear.input(None, ear, store, js="(heard) => [heard]", **EVENT)
    return store


def build_history(store: gr.BrowserState) -> HistoryView:
    """The button that looks all of them up, and the list to forget from."""
    view = gr.HTML(
        [],
        html_template="",  # drawn by the script alone
        js_on_load="jimeng.kept(element, props, trigger, watch)",
        apply_default_css=False,
        elem_id="query-kept",
    )
    view.input(None, view, store, js="(kept) => [kept]", **EVENT)
    return HistoryView(store, view)


def bind_history(kept: HistoryView, blocks: gr.Blocks) -> None:
    """Show what is stored, as the page opens and as it changes."""
    show: dict[str, Any] = {"js": "(kept) => [kept ?? []]", "trigger_mode": "always_last", **EVENT}
    kept.store.change(None, kept.store, kept.view, **show)
    blocks.load(None, kept.store, kept.view, **show)
