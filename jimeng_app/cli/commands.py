"""The commands of `jimeng`, and the options that come before a command."""

from typing import Annotated

import typer

from jimeng_app.version import project_version
from jimeng_core import BackendName

from .batch import batch, worker
from .download import download
from .get import credits_, get
from .last_frame import last_frame
from .output import out
from .serve import serve
from .session import Language, open_session
from .submit import check_commands, submit_commands
from .wait import wait

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit status: 0 success; 1 a task failed, or a submission was refused or is"
    " unconfirmed; 2 invalid options or an invalid request; 3 a look-up failed, or a task has not"
    " ended; 130 interrupted by Ctrl-C. For several ids, the highest of their statuses.",
)


def _print_version(requested: bool) -> None:
    if requested:
        out(f"jimeng {project_version()}\n")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    backend: Annotated[
        BackendName | None,
        typer.Option(help="Backend to use; default: JIMENG_BACKEND, else by the credential set."),
    ] = None,
    lang: Annotated[
        Language | None, typer.Option(help="Language of messages; default: by the locale.")
    ] = None,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Submit JiMeng videos and images, and look up the tasks by their ids.

    Results go to standard output, everything else to standard error. Credentials are read from the
    environment or .env (JIMENG_TOKEN, ARK_API_KEY). There is no option for them, because other
    users of the machine can see the options of a running command.
    """
    open_session(context, backend, lang)


app.add_typer(submit_commands(), name="submit", help="Submit a request and print its task id.")
app.add_typer(check_commands(), name="check", help="Check a request without sending it.")
app.command()(get)
app.command()(wait)
app.command()(download)
app.command("last-frame")(last_frame)
app.command("credits")(credits_)
app.command()(serve)
app.add_typer(batch, name="batch", help="Submit a table, and save the results in a folder.")
app.command()(worker)
