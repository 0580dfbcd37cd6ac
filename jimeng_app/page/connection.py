"""What the tabs share: where tasks run, and who asks."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import gradio as gr

from jimeng_app.access import may_spend
from jimeng_app.call_context import CallContext, context_of
from jimeng_app.client_pool import ClientPool
from jimeng_app.gradio_api import web_request
from jimeng_core.settings import BackendName

from .components import EVENT, RAW_EVENT, Values, script_element
from .credential_check import balance_of, try_credential
from .i18n import label, translate
from .rendering import message, render


@dataclass(frozen=True, slots=True)
class Connection:
    """The panel at the top of the page, and the clients behind it."""

    pool: ClientPool
    panel: gr.Accordion
    backend: gr.Radio
    about: gr.HTML
    token: gr.Textbox
    test: gr.Button
    """Tries the credential."""
    tested: gr.HTML
    """What the test found."""
    balance: gr.JSON
    """The account's credits, where the backend tells; the forms show them."""

    @property
    def caller(self) -> list[gr.components.Component]:
        """The inputs that say who asks, and where."""
        return [self.backend, self.token]

    def call(self, request: gr.Request, values: Values | None = None) -> CallContext:
        """The call behind an event.

        Args:
            request: The event's.
            values: Of an event that has `caller` among its inputs.
        """
        backend, token = (values[component] for component in self.caller) if values else ("", "")
        # The field is hidden while the demo is selected: its content is not meant then.
        typed = "" if backend == BackendName.DEMO else str(token or "")
        return context_of(self.pool, web_request(request), backend=str(backend or ""), token=typed)


def build_connection(pool: ClientPool) -> Connection:
    """The title, and the chip that says where tasks run and opens backend and credential."""
    with gr.Row(elem_id="top"):
        with gr.Column(scale=3, min_width=260):
            gr.Markdown("# " + label("title"), elem_id="title")
            gr.HTML(label("tagline"), elem_id="tagline")
        with (
            gr.Column(scale=2, min_width=300),
            gr.Accordion(label("chip_demo"), open=False, elem_id="connection") as panel,
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
            test = gr.Button(
                label("test"), size="sm", min_width=90, visible=False, elem_id="connection-test"
            )
            tested = gr.HTML(elem_id="connection-tested", elem_classes="message")
            balance = gr.JSON(visible=False)
    return Connection(pool, panel, backend, about, token, test, tested, balance)


def bind_connection(
    connection: Connection, blocks: gr.Blocks, demo_buttons: Sequence[gr.Button]
) -> None:
    """Say where tasks run, as the page opens and as the selection changes.

    Args:
        connection: The panel.
        blocks: The page.
        demo_buttons: Buttons that send a form to the demo: shown while another backend is selected.
    """

    def load(request: gr.Request) -> Values:
        call = connection.call(request)
        own = _may_spend(connection, call)
        backend = connection.pool.settings.backend if own else BackendName.DEMO
        shown = describe(call, backend)
        # An unchanged selection is left alone: the reader may have been quicker than this answer.
        if backend is not BackendName.DEMO:
            shown[connection.backend] = gr.Radio(value=backend.value)
        return shown

    def select(backend: str, request: gr.Request) -> Values:
        return describe(connection.call(request), BackendName(backend))

    def describe(call: CallContext, backend: BackendName) -> Values:
        paid = backend is not BackendName.DEMO
        buttons = dict.fromkeys(demo_buttons, gr.Button(visible=paid))
        return _describe(connection, call, backend) | buttons

    radio = connection.backend
    shown = [connection.about, connection.token, connection.panel]
    shown += [connection.test, connection.tested, connection.balance, *demo_buttons]
    restorer = script_element("jimeng.bindBackend(trigger) /* 'restore' */", elem_classes="hidden")
    blocks.load(load, None, [radio, *shown], **EVENT).then(
        None, None, None, js="() => jimeng.ready.then(() => jimeng.restoreBackend())", **EVENT
    )
    saved = "() => [jimeng.store.settings.backend]"
    restorer.restore(None, None, radio, js=saved, **EVENT).then(select, radio, shown, **EVENT)
    # At once: a change event comes after the page has been drawn.
    choose = "(backend) => { jimeng.chooseBackend(backend); return [backend]; }"
    radio.input(select, radio, shown, js=choose, trigger_mode="always_last", **EVENT)
    _bind_balance(connection)


def _bind_balance(connection: Connection) -> None:
    """Read the balance as the backend changes, and when the credential is tested."""

    async def test(values: Values, request: gr.Request) -> AsyncIterator[Values]:
        call = connection.call(request, values)
        text = translate("testing", chinese=call.chinese)
        yield {connection.tested: message(text, kind="hint"), connection.balance: None}
        balance, result = await try_credential(call)
        yield {connection.tested: result, connection.balance: balance}

    async def read_balance(values: Values, request: gr.Request) -> int | None:
        return await balance_of(connection.call(request, values))

    radio = connection.backend
    set_backend = "(backend) => jimeng.ready.then(() => jimeng.setBackend(backend))"
    radio.change(None, radio, None, js=set_backend, **EVENT).then(
        read_balance, {*connection.caller}, connection.balance, **RAW_EVENT
    )
    outputs = [connection.tested, connection.balance]
    for trigger in (connection.test.click, connection.token.submit):
        trigger(test, {*connection.caller}, outputs, **RAW_EVENT)
    # What was said of another credential.
    connection.token.change(None, None, outputs, js="() => ['', null]", **EVENT)
    show_balance = "(balance) => jimeng.ready.then(() => jimeng.setBalance(balance))"
    connection.balance.change(None, connection.balance, None, js=show_balance, **EVENT)


def _may_spend(connection: Connection, call: CallContext) -> bool:
    return may_spend(connection.pool.settings, call.caller, public=connection.pool.public)


def _describe(connection: Connection, call: CallContext, backend: BackendName) -> Values:
    keys = [f"backend_{backend}_about"]
    token = gr.Textbox(visible=False, value="")
    if paid := backend is not BackendName.DEMO:
        if connection.pool.settings.credential(backend) and _may_spend(connection, call):
            keys.append("token_server")
        keys.append("token_wrong")
        # Emptied: a credential of one backend does not go to another.
        token = gr.Textbox(
            label=label(f"token_{backend}"),
            info=label(f"token_{backend}_info"),
            value="",
            visible=True,
        )
    texts = [translate(key, chinese=call.chinese) for key in keys]
    chip = translate(f"chip_{backend}", chinese=call.chinese)
    steps = translate(f"token_{backend}_steps", chinese=call.chinese) if paid else ""
    about = render("about.html", kind="about", texts=texts, steps=steps.splitlines())
    return {
        connection.about: about,
        connection.token: token,
        connection.panel: gr.Accordion(label=chip),
        connection.test: gr.Button(visible=paid),
        connection.tested: "",
        connection.balance: None,
    }
