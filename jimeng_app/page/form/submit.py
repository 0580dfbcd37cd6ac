"""What a form's button does: check the request, store its id in the browser, send it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from jimeng_app.background_tasks import UploadCount, stream_progress
from jimeng_app.call_context import CallContext, handle_errors
from jimeng_app.endpoints import submit
from jimeng_app.page.components import EVENT, RAW_EVENT, Values, element_id
from jimeng_app.page.connection import Connection
from jimeng_app.page.history import HistoryEntry, history_entry
from jimeng_app.page.i18n import label, translate
from jimeng_app.page.rendering import message, status_line
from jimeng_app.request_builders import build_request
from jimeng_core import JimengError, SubmitUnconfirmed, Unauthorized
from jimeng_core.backends.base import OnUpload
from jimeng_core.requests import AnyRequest
from jimeng_core.rows import Row

from .layout import Form
from .pending_submissions import CheckedSubmission, PendingSubmissions, refuse_data_uris
from .problems import by_section

_ADD_ENTRY = "(entry) => jimeng.addEntry(entry)"
_REMOVE_ENTRY = "(entry) => jimeng.removeEntry(entry)"


def bind_submit(connection: Connection, forms: Sequence[Form]) -> None:
    """Make the forms' buttons work."""
    pending = PendingSubmissions()
    for form in forms:
        Submission(connection, form, pending).bind()


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
        # Between the steps: the entry of the task under way, and that of one that failed.
        self._sending, self._failed = gr.JSON(visible=False), gr.JSON(visible=False)

    def bind(self) -> None:
        """Bind the four steps to the button."""
        form, result = self._form, self._form.result
        inputs: set[Any] = {*self._connection.caller, *form.inputs}
        outputs = [
            *(form.button, *form.messages.values(), result.task_id, result.status, result.look_up),
            *(self._connection.panel, self._sending, self._failed),
        ]
        focus = f"() => jimeng.restoreFocus('{element_id(form.mode, 'submit')}')"
        form.button.click(self.check, inputs, outputs, trigger_mode="once", **RAW_EVENT).then(
            None, self._sending, None, js=_ADD_ENTRY, **EVENT
        ).then(self.send, {self._sending}, outputs, **RAW_EVENT).then(
            None, self._failed, None, js=_REMOVE_ENTRY, **EVENT
        ).then(None, None, None, js=focus, **EVENT)

    async def check(self, values: Values, request: gr.Request) -> AsyncIterator[Values]:
        """Check the request, and reserve the id that the browser stores."""
        call = self._connection.call(request, values)
        yield self._busy(translate("checking", chinese=call.chinese))
        entry = await handle_errors(lambda: self._reserve(call, values), lambda error: error)
        if isinstance(entry, JimengError):
            yield self._refused(call, entry) | {self._sending: None}
        else:
            yield {self._sending: dict(entry)}

    async def send(self, values: Values, request: gr.Request) -> AsyncIterator[Values]:
        """Send the checked request under that id, and say how far that is."""
        entry = values[self._sending]
        if not isinstance(entry, dict):  # the request was refused
            yield {self._failed: None}
            return
        task_id = str(entry.get("id"))
        checked = self._pending.pop(task_id)
        if not checked:  # the server was restarted since: an unchecked request is not sent
            text = translate("not_sent", chinese=self._connection.call(request).chinese)
            ended = {self._sending: None, self._failed: entry}
            yield {**self._ready(), self._form.messages["form"]: message(text), **ended}
            return
        call = checked.call
        yield self._busy(translate("sending", chinese=call.chinese))
        async for update in stream_progress(
            lambda on_upload: handle_errors(
                lambda: _submit(checked, task_id, on_upload), lambda error: error
            )
        ):
            if isinstance(update, UploadCount):
                yield self._busy(_upload_text(update, chinese=call.chinese))
            elif isinstance(update, JimengError):
                # An unconfirmed task may exist: its entry stays in the browser.
                failed = None if isinstance(update, SubmitUnconfirmed) else entry
                yield self._refused(call, update) | {self._sending: None, self._failed: failed}
            else:
                yield self._accepted(call, update) | {self._sending: None, self._failed: None}

    async def _reserve(self, call: CallContext, values: Values) -> HistoryEntry:
        fields = self._form.request_fields(values)
        refuse_data_uris(fields)
        request = build_request(self._form.mode, call.pool.uploads, fields)
        entered = {name: values[field] for name, field in self._form.by_name.items()}
        with call.seat():
            return await self._prepare(call, request, entered)

    async def _prepare(
        self, call: CallContext, request: AnyRequest, entered: Mapping[str, Any]
    ) -> HistoryEntry:
        async with call.jimeng() as jimeng:
            prepared = await jimeng.prepare(request)
            task_id = jimeng.reserve()
        self._pending.add(task_id, call, prepared)
        return history_entry(task_id, call.access.backend, request, entered, datetime.now(UTC))

    def _busy(self, text: str) -> Values:
        messages = dict.fromkeys(self._form.messages.values(), "")
        return {self._form.button: gr.Button(text, interactive=False), **messages}

    def _ready(self) -> Values:
        return {self._form.button: gr.Button(label("submit"), interactive=True)}

    def _accepted(self, call: CallContext, row: Row) -> Values:
        text = message(translate("sent", chinese=call.chinese), kind="hint")
        status = status_line(row, chinese=call.chinese)
        return {
            **self._ready(),
            self._form.messages["form"]: text,
            **self._result(row["id"], status),
        }

    def _refused(self, call: CallContext, error: JimengError) -> Values:
        messages = self._form.messages
        texts = by_section(error, chinese=call.chinese, with_credential=bool(call.token))
        changes = self._ready() | {
            html: message(*texts.pop(section, ())) for section, html in messages.items()
        }
        for rest in texts.values():  # of a section that this form does not have
            changes[messages["form"]] += message(*rest)
        if error.task_id:  # the answer was lost: the id finds the task if there is one
            text = translate("unconfirmed", chinese=call.chinese)
            changes |= self._result(error.task_id, message(text, kind="warning"))
        if isinstance(error, Unauthorized):
            changes[self._connection.panel] = gr.Accordion(open=True)
        return changes

    def _result(self, task_id: str | None, status: str) -> Values:
        result = self._form.result
        return {
            result.task_id: task_id,
            result.status: status,
            result.look_up: gr.Button(interactive=True),
        }


async def _submit(checked: CheckedSubmission, task_id: str, on_upload: OnUpload) -> Row:
    with checked.call.seat():
        return await submit(checked.call, checked.request, task_id, on_upload)


def _upload_text(count: UploadCount, *, chinese: bool) -> str:
    if count.done < count.of:
        return translate("sending_picture", chinese=chinese, n=count.done + 1, count=count.of)
    return translate("sending", chinese=chinese)
