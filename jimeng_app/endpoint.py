"""A named endpoint: its parameters, its call, and the form of its errors."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from jimeng_core.errors import JimengError
from jimeng_core.problems import from_pydantic
from jimeng_core.rows import Row

from .argument_reading import is_left_out, read_id
from .background_tasks import with_timeout
from .call_context import CallContext, handle_errors
from .request_builders import InputParameter

EndpointResult = Row | list[Row] | dict[str, Any]
"""A row, a list of rows, or an object of its own with an `error`."""
Values = Mapping[str, Any]


SUBMITTED_ID = InputParameter(
    "task_id", str, "The id that the submission returned.", {"type": "string"}, read=read_id
)
"""The parameter of an endpoint that looks up one task."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A named endpoint."""

    name: str
    summary: str
    parameters: tuple[InputParameter, ...]
    run: Callable[[CallContext, Values], Awaitable[EndpointResult]]
    """Takes the call and the values by name, in which those that were read are not left out."""
    returns: object = Row
    looks_up: bool = False
    """Whether its parameter is an id, or a list of ids where it returns a list of rows."""
    waits: bool = True
    """Whether a call can last, and takes a slot of the server."""
    changes: bool = False
    """Whether a call can change something at the upstream, or cost something there."""

    async def call(
        self, call: CallContext, arguments: Values, *, deadline: float | None = None
    ) -> EndpointResult:
        """The result of a call; never raises.

        Args:
            call: The call at the door.
            arguments: JSON values by the names of the parameters, not validated yet.
            deadline: Seconds after which to return what is known, while the work continues.
        """
        values: dict[str, Any] = {}

        async def run() -> EndpointResult:
            values.update(self._read(arguments))
            with call.slot() if self.waits else nullcontext():
                return await self.run(call, values)

        def on_error(error: JimengError) -> EndpointResult:
            return self._error_rows(call, call.submission_error(error), values)

        def on_timeout() -> EndpointResult:
            known = call.known_so_far()
            return on_error(known) if isinstance(known, JimengError) else call.task_row(known)

        work = handle_errors(run, on_error)
        return await (with_timeout(deadline, work, on_timeout) if deadline else work)

    def by_position(self, values: Sequence[Any]) -> dict[str, Any]:
        """Values by the names of the parameters; those beyond have names that none has.

        A default counts as left out, so that the model's own applies: Gradio's clients fill in the
        defaults of what their callers leave out.
        """
        names = [parameter.name for parameter in self.parameters]
        names += [f"data[{i}]" for i in range(len(names), len(values))]
        defaults = {parameter.name: parameter.default for parameter in self.parameters}
        named = {
            name: value
            for name, value in zip(names, values, strict=False)
            if value is not None and (name not in defaults or value != defaults[name])
        }
        if "task_id" not in named and "://" not in str(named.get("callback_url", "://")):
            # A list as it was before there was `callback_url`.
            named["task_id"] = named.pop("callback_url")
        return named

    def _read(self, arguments: Values) -> dict[str, Any]:
        """The values by name.

        Raises:
            InvalidRequest: There is no such parameter, one is missing, or a value does not fit.
        """
        names = [parameter.name for parameter in self.parameters]
        if unknown := [name for name in arguments if name not in names]:
            raise from_pydantic([{"type": "extra_forbidden", "loc": unknown[:1]}])
        required = (each for each in self.parameters if each.read and each.is_required)
        if missing := [each.name for each in required if is_left_out(arguments.get(each.name))]:
            raise from_pydantic([{"type": "missing", "loc": missing[:1]}])
        values = dict(arguments)
        for name, _, _, _, _, read in self.parameters:
            if read and is_left_out(values.get(name)):
                values.pop(name, None)
            elif read:
                values[name] = read(values[name], name)
        return values

    def _error_rows(self, call: CallContext, error: JimengError, values: Values) -> EndpointResult:
        """The result of a call that failed: the error's row, or for a look-up one per id."""
        if not (self.looks_up and values):
            return [call.error_row(error)] if self.returns == list[Row] else call.error_row(error)
        [ids] = values.values()
        return (
            error_rows(call, error, ids)
            if self.returns == list[Row]
            else error_rows(call, error, [ids])[0]
        )


def error_rows(call: CallContext, error: JimengError, ids: Sequence[str]) -> list[Row]:
    """The rows of a look-up that failed as a whole: the same error for each id."""
    return [call.error_row(error.about(task_id)) for task_id in ids]
