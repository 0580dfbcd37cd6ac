"""The commands of `jimeng`, and the options that come before a command."""

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Final

import typer

from jimeng_core import BackendName

from .output import out
from .session import Language, open_session

_COMMANDS: Final = {
    "submit": ("submit", "submit_commands", "Submit a request and print its task id."),
    "check": ("submit", "check_commands", "Check a request without sending it."),
    "get": ("get", "get", ""),
    "wait": ("wait", "wait", ""),
    "download": ("download", "download", ""),
    "last-frame": ("last_frame", "last_frame", ""),
    "credits": ("get", "credits_", ""),
    "serve": ("serve", "serve", ""),
    "batch": ("batch", "batch", "Submit a table, and save the results in a folder."),
    "worker": ("batch", "worker", ""),
}
"""Of each command: its module and its function; of a group, what makes it, and its help."""
_OPTIONS: Final = ("--backend", "--lang")
_EPILOG: Final = (
    "Exit status: 0 success; 1 a task failed, or a submission was refused or is"
    " unconfirmed; 2 invalid options or an invalid request; 3 a look-up failed, or a task has not"
    " ended; 130 interrupted by Ctrl-C. For several ids, the highest of their statuses."
)


def build_app(command: str = "") -> typer.Typer:
    """The commands; only one of them if it is named, since each loads modules of its own."""
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        epilog=_EPILOG,
    )
    app.callback()(options)
    for name in [command] if command in _COMMANDS else _COMMANDS:
        module, function, group = _COMMANDS[name]
        found = getattr(import_module(f"{__package__}.{module}"), function)
        if group:
            commands = found if isinstance(found, typer.Typer) else found()
            app.add_typer(commands, name=name, help=group)
        else:
            app.command(name)(found)
    return app


def command_of(arguments: Sequence[str]) -> str:
    """The command that arguments begin with, behind the options that come before it."""
    words = iter(arguments)
    for word in words:
        if word in _OPTIONS:
            next(words, None)
        elif not word.startswith(tuple(f"{option}=" for option in _OPTIONS)):
            return word
    return ""


def _print_version(requested: bool) -> None:
    if requested:
        from jimeng_app.version import project_version  # noqa: PLC0415 - only here

        out(f"jimeng {project_version()}\n")
        raise typer.Exit


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
