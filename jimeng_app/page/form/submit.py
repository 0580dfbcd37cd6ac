"""What happens when a form is submitted, the same in every tab: keep its id, send, tell."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import gradio as gr

from jimeng_app.background_tasks import UploadCount, stream_progress
from jimeng_app.call_context import CallContext, handle_errors
from jimeng_app.endpoints import submit
from jimeng_app.page.connection import Connection
from jimeng_app.page.events import EVENT, RAW_EVENT, Values
from jimeng_app.page.formatting import message, status_line
from jimeng_app.page.history import history_entry
from jimeng_app.page.i18n import label, translate
from jimeng_app.request_builders import build_request
from jimeng_core import InvalidRequest, JimengError, SubmitUnconfirmed, Unauthorized
from jimeng_core.requests import AnyRequest
from jimeng_core.rows import Row

from .layout import Form


def bind_submit(connection: Connection, form: Form) -> None:
    """Make a form's button work, in four steps of which the browser takes two.

    So the id is in the browser before the submission leaves: if the answer is lost, the page closed
    or the server stopped, the task is found all the same.
    """
    submission = Submission(connection, form)
    store = connection.store
    inputs: set[Any] = {*connection.who, *form.inputs}
    outputs = submission.outputs
    sending, nothing = submission.sending, submission.nothing
    form.button.click(submission.begin, inputs, outputs, trigger_mode="once", **RAW_EVENT).then(
        None,
        [sending, store],
        store,
        js="(minted, kept) => [jimeng.keep(minted, kept)]",
        **EVENT,
    ).then(submission.send, {sending}, outputs, **RAW_EVENT).then(
        None, [nothing, store], store, js="(gone, kept) => [jimeng.forget(gone, kept)]", **EVENT
    ).then(None, None, None, js=f"() => jimeng.refocus('{form.spec.name}-submit')", **EVENT)


MAX_WAITING = 1000
"""Requests that wait for the browser to keep their ids; it answers within a moment, or never."""


class CheckedSubmission(NamedTuple):
    """What was checked, and who is to pay: the form may have changed by the time it is sent."""

    call: CallContext
    request: AnyRequest


class Submission:
    """The two steps that the server takes, and what the form shows of them."""

    def __init__(self, connection: Connection, form: Form) -> None:
        self._connection = connection
        self._form = form
        # What passes between the steps: the task under way, and the id that came to nothing.
        self.sending, self.nothing = gr.JSON(visible=False), gr.JSON(visible=False)
        self._checked: dict[str, CheckedSubmission] = {}  # by id, in the order they came

    @property
    def outputs(self) -> list[Any]:
        """All that a step may change."""
        form, result = self._form, self._form.result
        told = [form.button, self._connection.connection, form.beside, *form.messages.values()]
        return [
            *told,
            *(result.task_id, result.status, result.look_up),
            *(self.sending, self.nothing),
        ]

    async def begin(self, values: Values, request: gr.Request) -> Values:
        """Check the form, and mint the id that the browser is to keep."""
        call = self._call(values, request)
        kept = await handle_errors(lambda: self._reserve(call, values), lambda error: error)
        if isinstance(kept, JimengError):
            return self._refused(call, kept) | {self.sending: None}
        return self._busy(translate("checking", chinese=call.chinese)) | {self.sending: kept}

    async def send(self, values: Values, request: gr.Request) -> AsyncIterator[Values]:
        """Send it under that id, and say how far that is."""
        task_id = _id_of(values[self.sending])
        if not task_id:  # refused before
            yield {self.nothing: None}
            return
        checked = self._checked.pop(task_id, None)
        if not checked:  # the server was started anew meanwhile: what nobody checked is not sent
            yield self._unsent(request) | {self.sending: None, self.nothing: {"id": task_id}}
            return
        call, wanted = checked
        yield self._busy(translate("sending", chinese=call.chinese))
        async for news in stream_progress(
            lambda tell: handle_errors(
                lambda: submit(call, wanted, task_id, tell), lambda error: error
            )
        ):
            if isinstance(news, UploadCount):
                yield self._busy(_sending(news, chinese=call.chinese))
            elif isinstance(news, JimengError):
                lost = isinstance(news, SubmitUnconfirmed)
                gone = {self.sending: None, self.nothing: None if lost else {"id": task_id}}
                yield self._refused(call, news) | gone
            else:
                yield self._accepted(call, news) | {self.sending: None, self.nothing: None}

    def _call(self, values: Values, request: gr.Request) -> CallContext:
        return self._connection.call(request, *(values[part] for part in self._connection.who))

    def _request(self, call: CallContext, values: Values) -> AnyRequest:
        fields = self._form.request_fields(values)
        return build_request(self._form.spec.mode, call.pool.uploads, fields)

    async def _reserve(self, call: CallContext, values: Values) -> dict[str, Any]:
        wanted = self._request(call, values)
        async with call.jimeng() as jimeng:
            task_id = jimeng.reserve()
        self._checked[task_id] = CheckedSubmission(call, wanted)
        if len(self._checked) > MAX_WAITING:
            del self._checked[next(iter(self._checked))]
        return dict(history_entry(task_id, call.access.backend, wanted, datetime.now(UTC)))

    def _busy(self, doing: str) -> Values:
        form = self._form
        return {
            form.button: gr.Button(doing, interactive=False),
            form.beside: "",
            **dict.fromkeys(form.messages.values(), ""),
        }

    def _ready(self) -> Values:
        return {self._form.button: gr.Button(label("submit"), interactive=True)}

    def _unsent(self, request: gr.Request) -> Values:
        chinese = self._connection.call(request, None, None).chinese
        return {**self._ready(), self._form.beside: message(translate("not_sent", chinese=chinese))}

    def _accepted(self, call: CallContext, row: Row) -> Values:
        form = self._form
        return {
            **self._ready(),
            form.beside: message(translate("sent", chinese=call.chinese), "hint"),
            form.result.task_id: row["id"],
            form.result.status: status_line(row, chinese=call.chinese),
            form.result.look_up: gr.Button(interactive=True),
        }

    def _refused(self, call: CallContext, error: JimengError) -> Values:
        form = self._form
        problems = error.problems if isinstance(error, InvalidRequest) else ()
        told: dict[str, str] = {}
        for problem in problems:
            place = place_of(problem.field)
            words = message(problem.message_zh if call.chinese else problem.message)
            told[place] = told.get(place, "") + words
        changes: Values = {
            **self._ready(),
            **{html: told.pop(place, "") for place, html in form.messages.items()},
            form.beside: "".join(told.values()) if problems else message(call.error_message(error)),
        }
        if error.task_id:  # the answer was lost: the id finds the task if there is one
            changes |= {
                form.result.task_id: error.task_id,
                form.result.status: message(
                    translate("unconfirmed", chinese=call.chinese), "warning"
                ),
                form.result.look_up: gr.Button(interactive=True),
            }
        if isinstance(error, Unauthorized):  # where a credential is asked for
            changes[self._connection.connection] = gr.Accordion(open=True)
        return changes


def _id_of(kept: object) -> str | None:
    """The id of what the browser says is under way."""
    given = kept.get("id") if isinstance(kept, dict) else None
    return given if isinstance(given, str) else None


def _sending(count: UploadCount, *, chinese: bool) -> str:
    if count.done < count.of:
        return translate("sending_picture", chinese=chinese, n=count.done + 1, count=count.of)
    return translate("sending", chinese=chinese)


def place_of(field: str) -> str:
    """Where on a form a field's problem belongs: `frames[2].duration` among the pictures."""
    if field == "prompt":
        return "prompt"
    start = field.partition("[")[0]
    return "pictures" if start in {"first_frame", "last_frame", "images", "frames"} else "settings"
