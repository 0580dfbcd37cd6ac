"""What happens when a form is submitted, the same in every tab: check, send, tell."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from jimeng_app.calls import Call, attempt
from jimeng_app.endpoints import submit
from jimeng_app.given import BUILDERS
from jimeng_core import InvalidRequest, JimengError, Unauthorized, VideoRequest
from jimeng_core.checks import refusal
from jimeng_core.requests import Mode
from jimeng_core.tasks import Row

from .desk import RAW, Desk, Values
from .show import message, status_line
from .texts import label, say

PLACES = ("pictures", "prompt", "seconds", "settings")
"""Where a form has room for messages; what belongs nowhere stands beside the button."""


@dataclass(frozen=True, slots=True)
class Result:
    """The right-hand side of a form: what became of the task."""

    task_id: gr.Textbox
    status: gr.HTML
    look_up: gr.Button


@dataclass(frozen=True, slots=True)
class Form:
    """One tab's form, laid out."""

    mode: Mode
    inputs: Sequence[gr.components.Component]
    given: Callable[[Values], dict[str, Any]]
    """The request's fields out of the components' values; may raise `InvalidRequest`."""
    messages: dict[str, gr.HTML]
    """Where problems are told, by the names of `PLACES`."""
    button: gr.Button
    beside: gr.HTML
    result: Result

    def attach(self, desk: Desk) -> None:
        """Make the button work."""

        async def press(values: Values, request: gr.Request) -> AsyncIterator[Values]:
            call = desk.call(request, values[desk.backend], values[desk.token])
            yield self._busy("checking", call)
            checked = await attempt(lambda: self._check(call, values), lambda error: error)
            if isinstance(checked, JimengError):
                yield self._refused(call, checked) | _opened(desk, checked)
                return
            yield self._busy("sending", call)
            sent = await attempt(lambda: submit(call, checked), lambda error: error)
            yield (
                self._refused(call, sent) | _opened(desk, sent)
                if isinstance(sent, JimengError)
                else self._accepted(call, sent)
            )

        self.button.click(
            press,
            {*desk.who, *self.inputs},
            [
                self.button,
                desk.connection,
                self.beside,
                *self.messages.values(),
                self.result.task_id,
                self.result.status,
                self.result.look_up,
            ],
            trigger_mode="once",
            **RAW,
        )

    async def _check(self, call: Call, values: Values) -> VideoRequest:
        request = BUILDERS[self.mode](call.studio.uploads, **self.given(values))
        async with call.jimeng() as jimeng:
            if problems := await jimeng.check(request):
                raise refusal(problems)
        return request

    def _busy(self, doing: str, call: Call) -> Values:
        return {
            self.button: gr.Button(say(doing, chinese=call.chinese), interactive=False),
            self.beside: "",
            **dict.fromkeys(self.messages.values(), ""),
        }

    def _ready(self) -> Values:
        return {self.button: gr.Button(label("submit"), interactive=True)}

    def _accepted(self, call: Call, row: Row) -> Values:
        return {
            **self._ready(),
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


def place_of(field: str) -> str:
    """Where on a form a field's problem belongs: `frames[2].duration` at the seconds."""
    start, end = field.partition("[")[0], field.rpartition(".")[2]
    if end == "prompt":
        return "prompt"
    if start in {"first_frame", "last_frame", "images", "frames"}:
        return "seconds" if end == "duration" else "pictures"
    return "settings"


def lay_message(place: str, mode: Mode) -> gr.HTML:
    """Room for what is wrong with the fields above it."""
    return gr.HTML(elem_id=f"{mode.replace('_', '-')}-{place}-problem", elem_classes="message")


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
    return Result(task_id, status, look_up)
