"""`jimeng submit` and `jimeng check`: one command for each mode, with the mode's own options."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from inspect import Parameter, Signature, getdoc
from typing import Annotated, Any

import typer

from jimeng_core import (
    InvalidRequest,
    JimengError,
    SubmitUnconfirmed,
    Task,
    build_row,
)
from jimeng_core.requests import AnyRequest

from .options import MODES, ModeOptions, parameter
from .output import out, out_json
from .session import Session, Status, run, session_of, status_of

Build = Callable[[], AnyRequest]
"""Makes the request; raises InvalidRequest where what was given makes none."""


def submit_commands() -> typer.Typer:
    """`jimeng submit MODE …`."""
    return _commands(
        _submit,
        parameter(
            "task_id",
            Annotated[
                str | None,
                typer.Option(
                    metavar="ID",
                    help="An id from an earlier try of this very request: it is looked up first,"
                    " and sent only when nothing is there.",
                ),
            ],
            None,
        ),
        parameter(
            "as_json",
            Annotated[bool, typer.Option("--json", help="The row instead of the id, in one line.")],
            False,  # noqa: FBT003 - a parameter's default
        ),
    )


def check_commands() -> typer.Typer:
    """`jimeng check MODE …`."""
    return _commands(
        _check,
        parameter(
            "as_json",
            Annotated[bool, typer.Option("--json", help="The problems as a JSON array.")],
            False,  # noqa: FBT003 - a parameter's default
        ),
    )


def _commands(act: Callable[..., None], *more: Parameter) -> typer.Typer:
    """A group with a command for each mode, which ends in `act`."""
    group = typer.Typer(no_args_is_help=True)
    for mode, options in MODES.items():
        group.command(mode.replace("_", "-"))(_command(options, act, more))
    return group


def _command(
    mode: ModeOptions, act: Callable[..., None], more: tuple[Parameter, ...]
) -> Callable[..., None]:
    own = {parameter.name for parameter in more}

    def command(context: typer.Context, **values: Any) -> None:  # noqa: ANN401 - typer checked each
        options = {name: values.pop(name) for name in own}
        act(session_of(context), partial(mode.build, **values), **options)

    context = Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    # This is what typer reads the options from.
    command.__signature__ = Signature([context, *mode.parameters, *more])  # type: ignore[attr-defined]
    command.__doc__ = getdoc(mode.request)
    return command


def _submit(session: Session, build: Build, *, task_id: str | None, as_json: bool) -> None:
    """Print the id of the new task, also where its answer was lost."""

    async def act() -> Status:
        try:
            task = await _send(session, build(), task_id)
        except JimengError as error:
            resumable = error.task_id if isinstance(error, SubmitUnconfirmed) else None
            _print_one(session, resumable, None, error, as_json=as_json)
            session.print_error(error, resumable)
            return status_of(error, Status.FAILED)
        _print_one(session, task.id, task, None, as_json=as_json)
        return Status.OK

    run(session, act, failure=Status.FAILED)


async def _send(session: Session, request: AnyRequest, task_id: str | None) -> Task:
    async with session.client() as client:
        prepared = await client.prepare(request)
        if task_id is None:
            task_id = client.reserve()
            # Printed before anything is sent, so that an interrupted command loses no task.
            if not client.assigns_ids:
                session.print_message(
                    f"its id, if it is accepted: {task_id}", f"如果提交成功，任务 ID 为 {task_id}"
                )
        return await client.submit(prepared, task_id=task_id)


def _print_one(
    session: Session,
    task_id: str | None,
    task: Task | None,
    error: JimengError | None,
    *,
    as_json: bool,
) -> None:
    if as_json:
        now = session.environment.clock.now()
        out_json(build_row(task_id, task, error, now, chinese=session.chinese))
    elif task_id:
        out(f"{task_id}\n")


def _check(session: Session, build: Build, *, as_json: bool) -> None:
    """Tell every problem; send nothing."""

    async def act() -> Status:
        try:
            request = build()
        except InvalidRequest as error:
            problems = [*error.problems]
        else:
            async with session.client() as client:
                problems = await client.check(request)
        if as_json:
            out_json([asdict(problem) for problem in problems])
        session.print_problems(problems)
        return Status.USAGE_ERROR if problems else Status.OK

    run(session, act, failure=Status.FAILED)
