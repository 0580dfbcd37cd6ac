"""What happens when a form is submitted, the same in every tab: keep its id, send, tell."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from jimeng_app.calls import Call, attempt
from jimeng_app.endpoints import submit
from jimeng_app.given import BUILDERS
from jimeng_core import InvalidRequest, JimengError, SubmitUnconfirmed, Unauthorized, VideoRequest
from jimeng_core.requests import Mode, pictures_of
from jimeng_core.tasks import Row

from .desk import Desk
from .events import QUICK, RAW, Values
from .examples import lay_example
from .kept import minted
from .show import message, status_line
from .texts import label, say

PLACES = ("pictures", "prompt", "settings")
"""Where a form has room for messages; what belongs nowhere stands beside the button."""


@dataclass(frozen=True, slots=True)
class Result:
    """The right-hand side of a form: what became of the task."""

    example: gr.Button
    task_id: gr.Textbox
    status: gr.HTML
    look_up: gr.Button


@dataclass(frozen=True, slots=True)
class Form:
    """One tab's form, laid out."""

    mode: Mode
    inputs: Sequence[gr.components.Component]
    given: Callable[[Values], dict[str, Any]]
    """The request's fields out of the components' values."""
    messages: dict[str, gr.HTML]
    """Where problems are told, by the names of `PLACES`."""
    button: gr.Button
    beside: gr.HTML
    result: Result
    prompt: gr.Textbox | None
    """Where the prompt stands, if it is one."""

    def attach(self, desk: Desk) -> None:
        """Make the button work, in four steps of which the browser takes two.

        So the id is in the browser before the submission leaves: if the answer is lost, the page
        closed or the server stopped, the task is found all the same.
        """
        # What passes between the steps: the task under way, and the id that came to nothing.
        sending, nothing = gr.JSON(visible=False), gr.JSON(visible=False)
        told = [self.button, desk.connection, self.beside, *self.messages.values()]
        result = [self.result.task_id, self.result.status, self.result.look_up]
        inputs: set[Any] = {*desk.who, *self.inputs}

        async def begin(values: Values, request: gr.Request) -> Values:
            call = desk.call(request, values[desk.backend], values[desk.token])
            kept = await attempt(lambda: self._reserve(call, values), lambda error: error)
            if isinstance(kept, JimengError):
                return self._refused(call, kept) | _opened(desk, kept) | {sending: None}
            return self._busy(say("checking", chinese=call.chinese)) | {sending: kept}

        async def send(values: Values, request: gr.Request) -> AsyncIterator[Values]:
            if not (task_id := _id_of(values[sending])):
                yield {nothing: None}
                return
            call = desk.call(request, values[desk.backend], values[desk.token])
            wanted = self._request(call, values)
            yield self._busy(_sending(wanted, chinese=call.chinese))
            sent = await attempt(lambda: submit(call, wanted, task_id), lambda error: error)
            if not isinstance(sent, JimengError):
                yield self._accepted(call, sent) | {sending: None, nothing: None}
                return
            lost = isinstance(sent, SubmitUnconfirmed)
            yield (
                self._refused(call, sent)
                | _opened(desk, sent)
                | {sending: None, nothing: None if lost else {"id": task_id}}
            )

        store = desk.store
        self.button.click(
            begin, inputs, [*told, *result, sending], trigger_mode="once", **RAW
        ).then(
            None,
            [sending, store],
            store,
            js="(minted, kept) => [studio.keep(minted, kept)]",
            **QUICK,
        ).then(send, {*inputs, sending}, [*told, *result, sending, nothing], **RAW).then(
            None, [nothing, store], store, js="(gone, kept) => [studio.forget(gone, kept)]", **QUICK
        )

    def _request(self, call: Call, values: Values) -> VideoRequest:
        return BUILDERS[self.mode](call.studio.uploads, **self.given(values))

    async def _reserve(self, call: Call, values: Values) -> dict[str, Any]:
        request = self._request(call, values)
        async with call.jimeng() as jimeng:
            return dict(minted(jimeng.reserve(), call.access.backend, request, datetime.now(UTC)))

    def _busy(self, doing: str) -> Values:
        return {
            self.button: gr.Button(doing, interactive=False),
            self.beside: "",
            **dict.fromkeys(self.messages.values(), ""),
        }

    def _ready(self) -> Values:
        return {self.button: gr.Button(label("submit"), interactive=True)}

    def _accepted(self, call: Call, row: Row) -> Values:
        return {
            **self._ready(),
            self.beside: message(say("sent", chinese=call.chinese), "hint"),
            self.result.task_id: row["id"],
            self.result.status: status_line(row, chinese=call.chinese),
            self.result.look_up: gr.Button(interactive=True),
        }

    def _refused(self, call: Call, error: JimengError) -> Values:
        problems = error.problems if isinstance(error, InvalidRequest) else ()
        told: dict[str, str] = {}
        for problem in problems:
            place = place_of(problem.field)
            words = message(problem.message_zh if call.chinese else problem.message)
            told[place] = told.get(place, "") + words
        changes: Values = {
            **self._ready(),
            **{html: told.pop(place, "") for place, html in self.messages.items()},
            self.beside: "".join(told.values()) if problems else message(call.say(error)),
        }
        if error.task_id:  # the answer was lost: the id finds the task if there is one
            changes |= {
                self.result.task_id: error.task_id,
                self.result.status: message(say("unconfirmed", chinese=call.chinese), "warning"),
                self.result.look_up: gr.Button(interactive=True),
            }
        return changes


def _opened(desk: Desk, error: JimengError) -> Values:
    """Where a credential is asked for, opened when that is what is wrong."""
    return {desk.connection: gr.Accordion(open=True)} if isinstance(error, Unauthorized) else {}


def _id_of(kept: object) -> str | None:
    """The id of what the browser says is under way."""
    given = kept.get("id") if isinstance(kept, dict) else None
    return given if isinstance(given, str) else None


def _sending(request: VideoRequest, *, chinese: bool) -> str:
    count = len(pictures_of(request))
    return (
        say("sending_pictures", chinese=chinese, count=count)
        if count
        else say("sending", chinese=chinese)
    )


def place_of(field: str) -> str:
    """Where on a form a field's problem belongs: `frames[2].duration` among the pictures."""
    if field == "prompt":
        return "prompt"
    start = field.partition("[")[0]
    return "pictures" if start in {"first_frame", "last_frame", "images", "frames"} else "settings"


def lay_message(place: str, mode: Mode) -> gr.HTML:
    """Room for what is wrong with the fields above it."""
    return gr.HTML(elem_id=f"{mode.replace('_', '-')}-{place}-problem", elem_classes="message")


def lay_prompt(mode: Mode, example: str) -> tuple[gr.Textbox, gr.HTML]:
    """The words of a form, and room for what is wrong with them; `example` names a text."""
    prompt = gr.Textbox(
        label=label("prompt"),
        placeholder=label(example),
        lines=3,
        max_lines=10,
        elem_id=f"{mode.replace('_', '-')}-prompt",
    )
    return prompt, lay_message("prompt", mode)


def lay_button(mode: Mode) -> tuple[gr.Button, gr.HTML]:
    """The one primary button of a form, and room for a sentence beside it."""
    name = mode.replace("_", "-")
    button = gr.Button(label("submit"), variant="primary", elem_id=f"{name}-submit")
    return button, gr.HTML(elem_id=f"{name}-problem", elem_classes="message")


def lay_result(mode: Mode) -> Result:
    """The right-hand side, which invites before there is a task."""
    name = mode.replace("_", "-")
    with gr.Column(scale=2, min_width=320, elem_classes="result"):
        task_id = gr.Textbox(
            label=label("task_id"),
            placeholder=label("task_id_none"),
            interactive=False,
            buttons=["copy"],
            elem_id=f"{name}-task-id",
        )
        status = gr.HTML(label("invite"), elem_id=f"{name}-status", elem_classes="status")
        look_up = gr.Button(label("look_up_this"), interactive=False, elem_id=f"{name}-look-up")
        example = lay_example(mode)
    return Result(example, task_id, status, look_up)
