"""`jimeng get` and `jimeng credits`, and what other commands need for ids and look-ups."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Annotated

import typer

from jimeng_core import AsyncJimeng, Completed, CompletedImages, Failed, JimengError, Lookup
from jimeng_core.ids import extract_ids
from jimeng_core.pasted_text import decode

from .arguments import AsCsv, AsJson, ForExcel, Ids, output_format
from .output import OutputFormat, out, out_json, out_rows
from .session import Session, Status, run, session_of


def get(
    context: typer.Context,
    ids: Ids = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    for_excel: ForExcel = False,
    cost: Annotated[
        bool,
        typer.Option(
            "--cost", help="Also look up what completed tasks cost, in the site's ledger."
        ),
    ] = False,
) -> None:
    """Look up tasks once and print their state.

    Many ids are looked up together. If a look-up fails, the row of its id shows the error.
    """
    session, task_ids = session_of(context), ids_of(ids)
    form = output_format(as_json=as_json, as_csv=as_csv, for_excel=for_excel)

    async def act() -> Status:
        with error_in_each_row(session, task_ids, form):
            async with session.client() as client:
                lookups = await client.get_many(task_ids)
                if cost:
                    lookups = [await _with_cost(session, client, each) for each in lookups]
        out_lookups(session, lookups, form)
        return max(map(outcome, lookups))

    run(session, act, failure=Status.LOOKUP_FAILED)


async def _with_cost(session: Session, client: AsyncJimeng, lookup: Lookup) -> Lookup:
    """The look-up with what its completed task cost; the error of the ledger is a message."""
    task = lookup.task
    if not isinstance(task, Completed | CompletedImages) or task.cost:
        return lookup
    try:
        cost = await client.cost(lookup.id)
    except JimengError as error:
        session.print_error(error, lookup.id)
        return lookup
    return replace(lookup, task=replace(task, cost=cost))


def credits_(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the account's balance, if the backend has one."""
    session = session_of(context)

    async def act() -> Status:
        async with session.client() as client:
            balance = asdict(await client.credits())
        if as_json:
            out_json(balance)
        else:
            known = {name: value for name, value in balance.items() if value is not None}
            out("".join(f"{name} {value}\n" for name, value in known.items()))
        return Status.OK

    run(session, act, failure=Status.LOOKUP_FAILED)


def ids_of(arguments: Sequence[str] | None) -> list[str]:
    """The ids among the arguments; `-`, or no argument, stands for those on standard input.

    Raises:
        typer.BadParameter: No id is given.
    """
    if not arguments and sys.stdin.isatty():
        raise typer.BadParameter("Give task ids, or pipe them in.")
    texts = (
        decode(sys.stdin.buffer.read()) if text == "-" else text for text in arguments or ["-"]
    )
    if ids := [task_id for text in texts for task_id in extract_ids(text)]:
        return ids
    raise typer.BadParameter("There is no task id among the arguments or on standard input.")


def outcome(lookup: Lookup) -> Status:
    """The exit status of one look-up."""
    if lookup.error:
        return Status.LOOKUP_FAILED
    return Status.FAILED if isinstance(lookup.task, Failed) else Status.OK


@contextmanager
def error_in_each_row(session: Session, ids: Iterable[str], form: OutputFormat) -> Iterator[None]:
    """Print an error that ends the command in the row of each id, then raise it."""
    try:
        yield
    except JimengError as error:
        now = session.environment.clock.now()
        lookups = [Lookup(task_id, None, error.about(task_id), now) for task_id in ids]
        out_lookups(session, lookups, form)
        raise


def out_lookups(session: Session, lookups: Iterable[Lookup], form: OutputFormat) -> None:
    """Print one row for each look-up."""
    out_rows([lookup.row(chinese=session.chinese) for lookup in lookups], form)
