"""What the tabs share: where tasks go, who asks, and how an event is declared."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from jimeng_app.access import OFFERED, may_spend
from jimeng_app.calls import Call, call_of
from jimeng_app.gradio_doors import web_request
from jimeng_app.studio import Studio
from jimeng_core.settings import BackendName

from .show import message
from .texts import label, say

Values = dict[Any, Any]
"""What an event brings, by component; what it changes, by component."""

QUICK: dict[str, Any] = {
    # The page's own events are no endpoints. (That hides them; access is decided by each call.)
    "api_visibility": "private",
    "show_progress": "hidden",
    # Handlers wait for the upstream, not for a processor: no visitor is to wait for another one's.
    # (Gradio's default is one call at a time for each function.)
    "concurrency_limit": None,
}
"""How every event of the page is declared."""
RAW: dict[str, Any] = QUICK | {
    # Values as they arrive (see `Doors`): the requests check them, and say what is wrong at its
    # field. Gradio would open pictures itself, and answer a wrong value with a toast that names no
    # field. Every event that takes a credential is declared so.
    "preprocess": False,
}
"""How events are declared that take a form's values."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts at the top of the page, and what is behind it."""

    studio: Studio
    backend: gr.Radio
    token: gr.Textbox
    about: gr.HTML
    connection: gr.Accordion

    @property
    def who(self) -> list[gr.components.Component]:
        """The inputs that every call needs."""
        return [self.backend, self.token]

    def call(self, request: gr.Request, backend: object, token: object) -> Call:
        """The call behind an event."""
        # The field is hidden while the demo is chosen: what stands in it is not meant then.
        typed = "" if backend == BackendName.DEMO else str(token or "")
        return call_of(self.studio, web_request(request), backend=str(backend or ""), token=typed)


def lay_desk(studio: Studio) -> Desk:
    """The title, and the fold with backend and credential."""
    with gr.Row(elem_id="top"):
        with gr.Column(scale=3, min_width=260):
            gr.Markdown("# " + label("title"), elem_id="title")
            gr.HTML(label("tagline"), elem_id="tagline")
        with (
            gr.Column(scale=2, min_width=300),
            gr.Accordion(label("connection"), open=False, elem_id="connection") as connection,
        ):
            backend = gr.Radio(
                [(label(f"backend_{name.value}"), name.value) for name in OFFERED],
                value=BackendName.DEMO.value,
                label=label("backend"),
                elem_id="backend",
            )
            about = gr.HTML(elem_id="backend-about")
            token = gr.Textbox(
                label=label("token"),
                info=label("token_info"),
                type="password",
                visible=False,
                elem_id="token",
                # Keeps browsers from offering to store it as this site's password.
                html_attributes=gr.InputHTMLAttributes(autocomplete="one-time-code"),
            )
    return Desk(studio, backend, token, about, connection)


def connect(desk: Desk, blocks: gr.Blocks) -> None:
    """Say where tasks go, as the page opens and as the choice changes."""

    def opening(request: gr.Request) -> Values:
        call = desk.call(request, None, None)
        own = may_spend(desk.studio.settings, call.caller, public=desk.studio.public)
        meant = desk.studio.settings.backend
        backend = meant if own and meant in OFFERED else BackendName.DEMO
        # What stays as it is is left alone: the reader may have been quicker than this answer.
        moved = {} if backend is BackendName.DEMO else {desk.backend: gr.Radio(value=backend.value)}
        return {**moved, **_shown(desk, call, backend)}

    def chosen(backend: str, request: gr.Request) -> Values:
        return _shown(desk, desk.call(request, None, None), backend)

    shown = [desk.about, desk.token, desk.connection]
    blocks.load(opening, None, [desk.backend, *shown], **QUICK)
    desk.backend.input(chosen, desk.backend, shown, trigger_mode="always_last", **QUICK)


def _shown(desk: Desk, call: Call, backend: str) -> Values:
    settings = desk.studio.settings
    own = bool(settings.token.get_secret_value()) and may_spend(
        settings, call.caller, public=desk.studio.public
    )
    about = say(f"backend_{backend}_about", chinese=call.chinese)
    if own and backend != BackendName.DEMO:
        about = f"{about} {say('token_server', chinese=call.chinese)}"
    where = say(f"backend_{backend}", chinese=call.chinese)
    return {
        desk.about: message(about, "about"),
        desk.token: gr.Textbox(visible=backend != BackendName.DEMO),
        desk.connection: gr.Accordion(label=f"{say('connection', chinese=call.chinese)} · {where}"),
    }
