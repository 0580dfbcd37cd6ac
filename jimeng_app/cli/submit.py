"""`jimeng submit` and `jimeng check`: one command for each mode, with its own options."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from inspect import Parameter, Signature, getdoc, signature
from typing import Annotated, Any, Final

import typer

from jimeng_core import InvalidRequest, JimengError, SubmitUnconfirmed, Task, build_row
from jimeng_core.requests import AnyRequest

from .dry_run import Build, rehearse
from .options import MODES, ModeOptions
from .output import out, out_json
from .session import Session, Status, run, session_of, status_of

TaskId = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="Id of an earlier attempt to submit the same request; it is sent again only if no"
        " task with this id exists.",
    ),
]
AsRow = Annotated[
    bool,
    typer.Option(
        "--json", help="Print the row of the task instead of its id, as JSON on one line."
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Print what would be sent and what it would probably cost; send nothing."
    ),
]
AsProblems = Annotated[
    bool, typer.Option("--json", help="Print the problems as a JSON array on one line.")
]

LARGE_UPLOAD: Final = 2**20
"""Bytes of files from which their upload has a progress bar."""


def submit_commands() -> typer.Typer:
    """`jimeng submit MODE …`."""
    return _commands(_submit)


def check_commands() -> typer.Typer:
    """`jimeng check MODE …`."""
    return _commands(_check)


def _commands(act: Callable[..., None]) -> typer.Typer:
    """A group with a command for each mode, which calls `act` and has its keywords as options."""
    group = typer.Typer(no_args_is_help=True)
    for mode, options in MODES.items():
        group.command(mode.replace("_", "-"))(_command(options, act))
    return group


def _command(mode: ModeOptions, act: Callable[..., None]) -> Callable[..., None]:
    _session, _build, *keywords = signature(act).parameters.values()

    def command(context: typer.Context, **values: Any) -> None:  # noqa: ANN401 - typer checked each
        options = {keyword.name: values.pop(keyword.name) for keyword in keywords}
        act(session_of(context), partial(mode.build, **_chosen(context, mode, values)), **options)

    context = Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    # Typer reads the options from the signature.
    command.__signature__ = Signature([context, *mode.parameters, *keywords])  # type: ignore[attr-defined]
    command.__doc__ = getdoc(mode.request)
    return command


def _chosen(context: typer.Context, mode: ModeOptions, values: dict[str, Any]) -> dict[str, Any]:
    """The options without those that were left out: the model has defaults of its own."""
    optional = {n for n, field in mode.request.model_fields.items() if not field.is_required()}
    sources = {name: context.get_parameter_source(name) for name in optional & values.keys()}
    left_out = {name for name, source in sources.items() if source and source.name == "DEFAULT"}
    return {name: value for name, value in values.items() if name not in left_out}


def _submit(
    session: Session,
    build: Build,
    *,
    task_id: TaskId = None,
    as_json: AsRow = False,
    dry_run: DryRun = False,
) -> None:
    """Submit a request and print the task's id, or the id to look up if the response was lost."""
    if dry_run:
        rehearse(session, build, as_json=as_json)

    async def act() -> Status:
        task: Task | None = None
        error: JimengError | None = None
        try:
            task = await _send(session, build(), task_id)
            known_id: str | None = task.id
        except JimengError as caught:
            error = caught
            known_id = error.task_id if isinstance(error, SubmitUnconfirmed) else None
        if as_json:
            now = session.environment.clock.now()
            out_json(build_row(known_id, task, error, now, chinese=session.chinese))
        elif known_id:
            out(f"{known_id}\n")
        if error is None:
            return Status.OK
        session.print_error(error, known_id)
        return status_of(error, Status.FAILED)

    run(session, act, failure=Status.FAILED)


async def _send(session: Session, request: AnyRequest, task_id: str | None) -> Task:
    async with session.client() as client:
        prepared = await client.prepare(request)
        if task_id is None:
            task_id = client.reserve()
            # Printed before anything is sent, so that an interrupted command loses no task.
            if not client.assigns_ids:
                session.print_message(
                    f"Task id, if the submission is accepted: {task_id}",
                    f"如果提交成功，任务 ID 为 {task_id}",
                )
        size = sum(len(file.data) for file in prepared.files)
        if client.assigns_ids or size < LARGE_UPLOAD:
            return await client.submit(prepared, task_id=task_id)
        from .terminal import ProgressBars  # noqa: PLC0415 - rich is slow to import

        with ProgressBars.of_bytes([task_id]) as bars:
            on_upload = partial(bars.show, task_id)
            return await client.submit(prepared, task_id=task_id, on_upload=on_upload)


def _check(session: Session, build: Build, *, as_json: AsProblems = False) -> None:
    """Print every problem of a request; nothing is sent."""

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
