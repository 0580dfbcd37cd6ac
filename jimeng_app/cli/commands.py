"""The program `jimeng`, put together: its commands, and the options before them."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from jimeng_core import BackendName

from .download import download
from .get import credits_, get
from .output import out
from .serve import serve
from .session import Language, open_session
from .submit import check_commands, submit_commands
from .wait import wait

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit status: 0 all well; 1 a task failed, or a submission was refused or is"
    " unconfirmed; 2 wrong use, or a request that may not be sent; 3 a look-up failed, or a task"
    " has not ended. Of several ids the highest counts. 130 after Ctrl-C.",
)


def _version(wanted: bool) -> None:
    if wanted:
        out(f"jimeng {_installed()}\n")
        raise typer.Exit


def _installed() -> str:
    """The version that is installed; in a checkout, the one that would be."""
    try:
        return version("jimeng-studio")
    except PackageNotFoundError:
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
        return str(project["project"]["version"])


@app.callback()
def options(
    context: typer.Context,
    backend: Annotated[
        BackendName | None, typer.Option(help="Where tasks run; else as JIMENG_BACKEND says.")
    ] = None,
    lang: Annotated[
        Language | None,
        typer.Option(help="What sentences are written in; else as the locale says."),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Tell the version.")
    ] = False,
) -> None:
    """Submit JiMeng videos, get a task id at once, ask for one or many later.

    Results go to standard output, everything else to standard error. Credentials come from the
    environment or .env (JIMENG_TOKEN, ARK_API_KEY) and never from an option: every user of the
    machine can read those.
    """
    open_session(context, backend, lang)


app.add_typer(submit_commands(), name="submit", help="Submit a video and print its task id.")


app.add_typer(check_commands(), name="check", help="Tell what to change; send nothing.")


app.command()(get)


app.command()(wait)


app.command()(download)


app.command("credits")(credits_)


app.command()(serve)
