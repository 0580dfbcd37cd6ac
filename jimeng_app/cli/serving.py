"""`jimeng serve`: the page and the doors, as `app.py` starts them."""

from typing import Annotated

import typer

from jimeng_app.address import AddressTaken
from jimeng_app.starting import start
from jimeng_core import InvalidRequest

from .printing import note
from .session import Status, session_of


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Where to listen; else JIMENG_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="On which port; else JIMENG_PORT.")] = None,
    share: Annotated[
        bool, typer.Option("--share", help="Make a public link through Gradio.")
    ] = False,
) -> None:
    """Serve the page and the named endpoints until Ctrl-C."""
    session = session_of(context)
    try:
        start(share=share, host=host, port=port, backend=session.backend)
    except InvalidRequest as error:
        session.tell(error)
        raise typer.Exit(Status.MISUSED) from None
    except AddressTaken as error:
        note(str(error))
        raise typer.Exit(Status.FAILED) from None
