"""What the page's modules share: how events are declared, and elements that a script draws."""

from typing import Any

import gradio as gr

from jimeng_core.requests import Mode

Values = dict[Any, Any]
"""The values of an event's inputs, or the changes to its outputs, by component."""

EVENT: dict[str, Any] = {
    # The page's own events are not endpoints. This hides them; each call decides about access.
    "api_visibility": "private",
    "show_progress": "hidden",
    # By default at all outputs: Gradio's page then updates every output of every earlier event at
    # each message of the server, which is a quarter of what a press costs the browser.
    "show_progress_on": [],
    # Handlers wait for the upstream, not for a processor, so visitors do not wait for each other.
    # (By default Gradio runs one call of a function at a time.)
    "concurrency_limit": None,
}
"""How every event of the page is declared."""
RAW_EVENT: dict[str, Any] = EVENT | {
    # Values as they arrive (see `RawInputBlocks`): the requests check them and report a problem at
    # its field. Gradio would open pictures itself, and answer a wrong value with a toast that names
    # no field. Every event that takes a credential is declared so.
    "preprocess": False,
}
"""How events that take a form's values are declared."""


def html_name(mode: Mode) -> str:
    """A mode's name as ids of elements contain it."""
    return mode.replace("_", "-")


def element_id(mode: Mode, part: str) -> str:
    """The id of an element of a mode's form."""
    return f"{html_name(mode)}-{part}"


def script_element(call: str, **options: Any) -> gr.HTML:  # noqa: ANN401 - Gradio's, and the script's
    """An element that one of the page's scripts draws.

    Args:
        call: The JavaScript that draws it, once the scripts have loaded.
        options: Of `gr.HTML`; the script reads those that Gradio does not know as properties.
    """
    script = f"jimeng.ready.then(() => {call})"
    return gr.HTML(html_template="", js_on_load=script, apply_default_css=False, **options)
