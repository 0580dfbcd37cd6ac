"""What the tabs share: where tasks go, and who asks."""

from dataclasses import dataclass

import gradio as gr

from jimeng_app.access import may_spend
from jimeng_app.call_context import CallContext, context_of
from jimeng_app.client_pool import ClientPool
from jimeng_app.gradio_api import web_request
from jimeng_core.settings import BackendName

from .events import EVENT, Values
from .formatting import message
from .i18n import label, translate


@dataclass(frozen=True, slots=True)
class Connection:
    """The parts at the top of the page, and what is behind it."""

    pool: ClientPool
    backend: gr.Radio
    token: gr.Textbox
    about: gr.HTML
    connection: gr.Accordion
    store: gr.BrowserState
    """The tasks that the visitor's browser keeps."""

    @property
    def who(self) -> list[gr.components.Component]:
        """The inputs that every call needs."""
        return [self.backend, self.token]

    def call(self, request: gr.Request, backend: object, token: object) -> CallContext:
        """The call behind an event."""
        # The field is hidden while the demo is chosen: what stands in it is not meant then.
        typed = "" if backend == BackendName.DEMO else str(token or "")
        return context_of(self.pool, web_request(request), backend=str(backend or ""), token=typed)


def build_connection(pool: ClientPool, store: gr.BrowserState) -> Connection:
    """The title, and the chip that says where tasks go and opens backend and credential."""
    with gr.Row(elem_id="top"):
        with gr.Column(scale=3, min_width=260):
            gr.Markdown("# " + label("title"), elem_id="title")
            gr.HTML(label("tagline"), elem_id="tagline")
        with (
            gr.Column(scale=2, min_width=300),
            gr.Accordion(label("chip_demo"), open=False, elem_id="connection") as connection,
        ):
            backend = gr.Radio(
                [(label(f"backend_{name.value}"), name.value) for name in BackendName],
                value=BackendName.DEMO.value,
                label=label("backend"),
                elem_id="backend",
            )
            about = gr.HTML(elem_id="backend-about")
            token = gr.Textbox(
                label=label("token_web"),
                info=label("token_web_info"),
                type="password",
                visible=False,
                elem_id="token",
                # Keeps browsers from offering to store it as this site's password.
                html_attributes=gr.InputHTMLAttributes(autocomplete="one-time-code"),
            )
    return Connection(pool, backend, token, about, connection, store)


def bind_connection(connection: Connection, blocks: gr.Blocks) -> None:
    """Say where tasks go, as the page opens and as the choice changes."""

    def opening(request: gr.Request) -> Values:
        call = connection.call(request, None, None)
        own = may_spend(connection.pool.settings, call.caller, public=connection.pool.public)
        meant = connection.pool.settings.backend
        backend = meant if own else BackendName.DEMO
        # What stays as it is is left alone: the reader may have been quicker than this answer.
        moved = (
            {}
            if backend is BackendName.DEMO
            else {connection.backend: gr.Radio(value=backend.value)}
        )
        return {**moved, **_shown(connection, call, backend)}

    def chosen(backend: str, request: gr.Request) -> Values:
        return _shown(connection, connection.call(request, None, None), BackendName(backend))

    shown = [connection.about, connection.token, connection.connection]
    blocks.load(opening, None, [connection.backend, *shown], **EVENT)
    connection.backend.change(
        None,
        connection.backend,
        None,
        js="(backend) => { jimeng.choose(backend); return []; }",
        **EVENT,
    )
    connection.backend.input(chosen, connection.backend, shown, trigger_mode="always_last", **EVENT)


def _shown(connection: Connection, call: CallContext, backend: BackendName) -> Values:
    settings = connection.pool.settings
    own = bool(settings.credential(backend)) and may_spend(
        settings, call.caller, public=connection.pool.public
    )
    keys = [f"backend_{backend}_about"]
    token = gr.Textbox(visible=False, value="")
    if backend is not BackendName.DEMO:
        keys += ["token_server", "token_wrong"] if own else ["token_wrong"]
        # A credential of one backend is none of the other's business: the field starts empty.
        token = gr.Textbox(
            label=label(f"token_{backend}"),
            info=label(f"token_{backend}_info"),
            value="",
            visible=True,
        )
    return {
        connection.about: "".join(
            message(translate(key, chinese=call.chinese), "about") for key in keys
        ),
        connection.token: token,
        connection.connection: gr.Accordion(
            label=translate(f"chip_{backend}", chinese=call.chinese)
        ),
    }
