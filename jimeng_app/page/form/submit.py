"""What a form's button does: check the request, store its id in the browser, send it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

import gradio as gr

from jimeng_app.background_tasks import UploadCount, stream_progress
from jimeng_app.call_context import CallContext, handle_errors
from jimeng_app.endpoints import submit
from jimeng_app.page.components import EVENT, RAW_EVENT, Values
from jimeng_app.page.connection import Connection
from jimeng_app.page.credential_check import balance_of
from jimeng_app.page.history import HistoryEntry, history_entry
from jimeng_app.page.i18n import label, translate
from jimeng_app.page.rendering import message
from jimeng_app.request_builders import build_request
from jimeng_core import JimengError, SubmitUnconfirmed, Unauthorized
from jimeng_core.backends.base import OnUpload
from jimeng_core.requests import AnyRequest
from jimeng_core.rows import Row
from jimeng_core.settings import BackendName

from .checks import TypingCheck
from .choices import choices_for
from .layout import Form
from .pending_submissions import CheckedSubmission, PendingSubmissions, refuse_data_uris
from .problems import by_section

_ADD_ENTRY = "(entry) => jimeng.addEntry(entry)"
_END = "(end) => jimeng.endSubmission(end)"


def bind_submit(connection: Connection, forms: Sequence[Form]) -> None:
    """Make the forms' buttons work."""
    pending = PendingSubmissions()
    for form in forms:
        Submission(connection, form, pending).bind()
        TypingCheck(connection, form, pending).bind()


class SubmissionEnd(TypedDict):
    """What the browser is told when a submission has ended."""

    mode: str
    entry: dict[str, Any] | None
    """What it has stored; None: nothing, as the request was refused before."""
    row: Row | None
    """The task, also one whose submission was not confirmed; None: surely nothing was sent."""
    needs_credential: bool


class Submission:
    """What a form's button does, in four steps: two on the server, each followed by the browser's.

    The browser stores the id before the request is sent, so the task is found even when the answer
    is lost, the page is closed or the server stops.

    Args:
        connection: Where tasks run, and who asks.
        form: The form.
        pending: Requests between the two steps.
    """

    def __init__(
        self,
        connection: Connection,
        form: Form,
        pending: PendingSubmissions,
    ) -> None:
        self._connection = connection
        self._form = form
        self._pending = pending
        # Between the steps: the entry of the task under way, and the end.
        self._sending, self._end = gr.JSON(visible=False), gr.JSON(visible=False)

    def bind(self) -> None:
        """Bind the four steps to the button, and to that which sends the form to the demo."""
        form, connection = self._form, self._connection
        inputs: set[Any] = {*connection.caller, *form.inputs}
        outputs = [
            *(form.button, form.demo_button, *form.messages.values(), form.result.task_id),
            *(connection.panel, self._sending, self._end),
        ]
        for button, check in ((form.button, self.check), (form.demo_button, self.check_for_demo)):
            button.click(check, inputs, outputs, trigger_mode="once", **RAW_EVENT).then(
                None, self._sending, None, js=_ADD_ENTRY, **EVENT
            ).then(self.send, {self._sending}, outputs, **RAW_EVENT).then(
                None, self._end, None, js=_END, **EVENT
            ).then(self.read_balance, {*connection.caller}, connection.balance, **RAW_EVENT)

    async def check_for_demo(self, values: Values, request: gr.Request) -> AsyncIterator[Values]:
        """Check the request for the demo, with a model that it has."""
        model = self._form.settings.by_name["model"]
        choices = choices_for(self._form.mode, BackendName.DEMO, values[model])
        caller = dict(zip(self._connection.caller, (BackendName.DEMO.value, ""), strict=True))
        async for changes in self.check(values | caller | {model: choices.model}, request):
            yield changes

    async def check(self, values: Values, request: gr.Request) -> AsyncIterator[Values]:
        """Check the request, and reserve the id that the browser stores."""
        call = self._connection.call(request, values)
        yield self._busy(translate("checking", chinese=call.chinese))
        entry = await handle_errors(lambda: self._reserve(call, values), lambda error: error)
        if isinstance(entry, JimengError):
            yield self._refused(call, entry) | {self._sending: None, **self._ended(error=entry)}
        else:
            yield {self._sending: dict(entry)}

    async def send(self, values: Values, request: gr.Request) -> AsyncIterator[Values]:
        """Send the checked request under that id, and say how far that is."""
        entry = values[self._sending]
        if not isinstance(entry, dict):  # the request was refused
            yield {self._sending: None}
            return
        task_id = str(entry.get("id"))
        checked = self._pending.pop(task_id)
        if not checked:  # the server was restarted since: an unchecked request is not sent
            text = translate("not_sent", chinese=self._connection.call(request).chinese)
            yield {
                **self._ready(),
                self._form.messages["form"]: message(text),
                **self._ended(entry),
            }
            return
        call = checked.call
        shown = translate("sending", chinese=call.chinese)
        yield self._busy(shown)
        async for update in stream_progress(
            lambda on_upload: handle_errors(
                lambda: _submit(checked, task_id, on_upload), lambda error: error
            )
        ):
            if isinstance(update, UploadCount):
                text = _upload_text(update, chinese=call.chinese)
                if text != shown:  # a large file is reported more often than it can be shown
                    shown = text
                    yield self._busy(text)
            elif isinstance(update, JimengError):
                # An unconfirmed task may exist: the browser keeps its id.
                ended = call.submission_error(update)
                lost = isinstance(ended, SubmitUnconfirmed) and ended.task_id
                row = call.error_row(ended) if lost else None
                yield self._refused(call, ended) | self._ended(entry, row, error=ended)
                if lost:
                    yield {self._form.result.task_id: lost}
            else:
                yield self._accepted(call, update) | self._ended(entry, update)

    async def read_balance(self, values: Values, request: gr.Request) -> int | None:
        """The balance after a submission, where the backend tells."""
        return await balance_of(self._connection.call(request, values))

    async def _reserve(self, call: CallContext, values: Values) -> HistoryEntry:
        fields = self._form.request_fields(values)
        refuse_data_uris(fields)
        request = build_request(self._form.mode, call.pool.uploads, fields)
        entered = {name: values[field] for name, field in self._form.by_name.items()}
        with call.slot(page=True):
            return await self._prepare(call, request, entered)

    async def _prepare(
        self, call: CallContext, request: AnyRequest, entered: Mapping[str, Any]
    ) -> HistoryEntry:
        async with self._pending.loading(call.caller.visitor), call.jimeng() as jimeng:
            prepared = await jimeng.prepare(request)
            task_id = jimeng.reserve()
            self._pending.add(task_id, call, prepared)
        return history_entry(task_id, call.access.backend, request, entered, datetime.now(UTC))

    def _busy(self, text: str) -> Values:
        messages = dict.fromkeys(self._form.messages.values(), "")
        return {
            self._form.button: gr.Button(text, interactive=False),
            self._form.demo_button: gr.Button(interactive=False),
            **messages,
        }

    def _ready(self) -> Values:
        return {
            self._form.button: gr.Button(label("submit"), interactive=True),
            self._form.demo_button: gr.Button(interactive=True),
        }

    def _accepted(self, call: CallContext, row: Row) -> Values:
        text = message(translate("sent", chinese=call.chinese), kind="hint")
        return {
            **self._ready(),
            self._form.messages["form"]: text,
            self._form.result.task_id: row["id"],
        }

    def _refused(self, call: CallContext, error: JimengError) -> Values:
        messages = self._form.messages
        texts = by_section(error, chinese=call.chinese, with_credential=bool(call.token))
        changes = self._ready() | {
            html: message(*texts.pop(section, ())) for section, html in messages.items()
        }
        for rest in texts.values():  # of a section that this form does not have
            changes[messages["form"]] += message(*rest)
        if isinstance(error, Unauthorized):
            changes[self._connection.panel] = gr.Accordion(open=True)
        return changes

    def _ended(
        self,
        entry: dict[str, Any] | None = None,
        row: Row | None = None,
        *,
        error: JimengError | None = None,
    ) -> Values:
        end: SubmissionEnd = {
            "mode": self._form.mode.value,
            "entry": entry,
            "row": row,
            "needs_credential": isinstance(error, Unauthorized),
        }
        return {self._sending: None, self._end: dict(end)}


async def _submit(checked: CheckedSubmission, task_id: str, on_upload: OnUpload) -> Row:
    with checked.call.slot(page=True):
        return await submit(checked.call, checked.request, task_id, on_upload)


def _upload_text(count: UploadCount, *, chinese: bool) -> str:
    if count.done < count.of:
        percent = 100 * count.done // count.of
        return translate("sending_files", chinese=chinese, percent=percent)
    return translate("sending", chinese=chinese)
