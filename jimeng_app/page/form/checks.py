"""What a form says while it is filled in: what does not fit, at its field, and the price."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import gradio as gr

from jimeng_app.call_context import CallContext, handle_errors
from jimeng_app.page.components import RAW_EVENT, Values
from jimeng_app.page.connection import Connection
from jimeng_app.page.i18n import translate
from jimeng_app.page.rendering import message, render
from jimeng_app.request_builders import build_request
from jimeng_core import InvalidRequest
from jimeng_core.backends.base import Price
from jimeng_core.errors import Problem
from jimeng_core.requests import AnyRequest
from jimeng_core.validation import problems

from .layout import Form
from .pending_submissions import PendingSubmissions, refuse_data_uris
from .problems import problem_text, section_of


class TypingCheck:
    """The check of a form after a pause in typing; `form_hints.js` says when.

    What is still empty is not reported: the button does that.
    """

    def __init__(self, connection: Connection, form: Form, pending: PendingSubmissions) -> None:
        self._connection = connection
        self._form = form
        self._pending = pending

    def bind(self) -> None:
        """Bind the check to the form's fields."""
        form = self._form
        inputs: set[Any] = {*self._connection.caller, *form.inputs}
        outputs = [*form.messages.values(), form.price]
        form.summary.check(self.check, inputs, outputs, trigger_mode="always_last", **RAW_EVENT)

    async def check(self, values: Values, request: gr.Request, event: gr.EventData) -> Values:
        """The problems of a form, by section, and its price.

        Args:
            values: Those of the form.
            request: The event's.
            event: Has `pictures`: whether these may have changed, so that they are read.
        """
        call = self._connection.call(request, values)
        fields = self._form.request_fields(values)
        read = bool(event.pictures)
        price: Price | None = None
        built, found = self._build(call, fields)
        if built:
            unreadable = {_name(problem) for problem in found}
            others, price = await handle_errors(
                lambda: self._ask(call, built, read=read),
                lambda _error: (_rules(call, built), None),
            )
            found += [each for each in others if _name(each) not in unreadable]
        texts: dict[str, list[str]] = {}
        for problem in _of_filled(found, fields, least=self._form.pictures.least):
            text = problem_text(problem, chinese=call.chinese)
            texts.setdefault(section_of(problem.field), []).append(text)
        return {
            html: message(*texts.get(section, ()))
            for section, html in self._form.messages.items()
            if read or section != "pictures" or section in texts
        } | {self._form.price: _price(price, call)}

    def _build(
        self, call: CallContext, fields: dict[str, Any]
    ) -> tuple[AnyRequest | None, list[Problem]]:
        """The request without the fields that cannot be read, if there is one; their problems."""
        found: list[Problem] = []
        with suppress(InvalidRequest):
            refuse_data_uris(fields)
            try:
                return build_request(self._form.mode, call.pool.uploads, fields), found
            except InvalidRequest as error:
                found += error.problems
            unreadable = {_name(problem) for problem in found}
            fields = {name: value for name, value in fields.items() if name not in unreadable}
            return build_request(self._form.mode, call.pool.uploads, fields), found
        return None, found

    async def _ask(
        self, call: CallContext, request: AnyRequest, *, read: bool
    ) -> tuple[Sequence[Problem], Price | None]:
        """The problems and the price of a request. Sends nothing.

        Raises:
            JimengError: This caller cannot use the backend.
        """
        async with call.jimeng() as jimeng:
            price = await jimeng.estimate(request)
            if not read:
                return _rules(call, request), price
            async with self._pending.loading(call.caller.visitor):
                return await jimeng.check(request), price


def _name(problem: Problem) -> str:
    """The name of the field in which a problem is, without a place in a list."""
    return problem.field.partition("[")[0]


def _rules(call: CallContext, request: AnyRequest) -> Sequence[Problem]:
    return problems(request, call.backend or call.pool.settings.backend)


def _of_filled(
    found: Sequence[Problem], fields: dict[str, Any], *, least: int
) -> Iterator[Problem]:
    """The problems of what was filled in: a form that is not finished has others."""
    for problem in found:
        name, rest = _name(problem), problem.field.partition("[")[2]
        value = fields.get(name)
        empty = len(value) < least if isinstance(value, list) else value in (None, "")
        if isinstance(value, list) and rest.endswith("image"):
            index = int(rest.partition("]")[0])
            empty = not (index < len(value) and value[index].get("image"))
        if name != "mode" and (not empty or name == "first_frame"):
            yield problem


def _price(price: Price | None, call: CallContext) -> str:
    if price is None or not price.amount:
        return ""
    amount = price.range_text(lambda amount: f"{amount:,.2f}".rstrip("0").rstrip("."))
    text = translate(f"price_{price.unit}", chinese=call.chinese, amount=amount)
    return render("price.html", text=text, basis=price.basis_zh if call.chinese else price.basis)
