"""How the page's events are declared."""

from typing import Any

Values = dict[Any, Any]
"""What an event brings, by component; what it changes, by component."""

EVENT: dict[str, Any] = {
    # The page's own events are no endpoints. (That hides them; access is decided by each call.)
    "api_visibility": "private",
    "show_progress": "hidden",
    # Handlers wait for the upstream, not for a processor: no visitor is to wait for another one's.
    # (Gradio's default is one call at a time for each function.)
    "concurrency_limit": None,
}
"""How every event of the page is declared."""
RAW_EVENT: dict[str, Any] = EVENT | {
    # Values as they arrive (see `RawInputBlocks`): the requests check them and report what is wrong
    # at its field. Gradio would open pictures itself, and answer a wrong value with a toast that
    # names no field. Every event that takes a credential is declared so.
    "preprocess": False,
}
"""How events are declared that take a form's values."""
