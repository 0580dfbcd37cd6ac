"""`jimeng get` and `jimeng credits`: one question, one answer. Ids may come from a pipe."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from jimeng_core import Failed, JimengError, Lookup

from .options import AsCsv, AsJson, Ids, output_format
from .output import OutputFormat, out, out_json, out_rows
from .session import Session, Status, run, session_of


def get(
    context: typer.Context, ids: Ids = None, as_json: AsJson = False, as_csv: AsCsv = False
) -> None:
    """Ask for tasks once, in as few requests as the upstream takes.

    An id that has no answer stands in the table with its reason.
    """
    session, form, asked = (
        session_of(context),
        output_format(as_json=as_json, as_csv=as_csv),
        ids_of(ids),
    )

    async def act() -> Status:
        with error_in_each_row(session, asked, form):
            async with session.client() as client:
                found = await client.get_videos(asked)
        out_lookups(session, found, form)
        return max(map(outcome, found))

    run(session, act, failure=Status.LOOKUP_FAILED)


def credits_(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Tell the account's balance, where the backend has one."""
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


def ids_of(given: Sequence[str] | None) -> list[str]:
    """The ids that were given, those of standard input in the place of `-`.

    Raises:
        typer.BadParameter: There are none.
    """
    if not given and sys.stdin.isatty():
        raise typer.BadParameter("Give task ids, or pipe them in.")
    # Commas too: `jimeng get a,b` is what people try.
    if ids := [word for text in given or ["-"] for word in _words(text)]:
        return ids
    raise typer.BadParameter("There is no task id in what was given.")


def _words(text: str) -> Iterable[str]:
    read = sys.stdin.buffer.read().decode(errors="replace") if text == "-" else text
    return read.replace(",", " ").split()


def outcome(found: Lookup) -> Status:
    """What one look-up comes to."""
    if found.error:
        return Status.LOOKUP_FAILED
    return Status.FAILED if isinstance(found.task, Failed) else Status.OK


@contextmanager
def error_in_each_row(session: Session, ids: Iterable[str], form: OutputFormat) -> Iterator[None]:
    """Let an error that ends the command stand in the row of each id first."""
    try:
        yield
    except JimengError as error:
        now = session.environment.clock.now()
        out_lookups(session, [Lookup(one, None, error.about(one), now) for one in ids], form)
        raise


def out_lookups(session: Session, found: Iterable[Lookup], form: OutputFormat) -> None:
    """Print one row for each look-up."""
    out_rows([one.row(chinese=session.chinese) for one in found], form)
