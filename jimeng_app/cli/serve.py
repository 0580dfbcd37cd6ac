"""`jimeng serve`: run the server, as `app.py` does."""

from typing import Annotated

import typer

from jimeng_app.startup import AddressInUse, start
from jimeng_core import InvalidRequest

from .session import Status, session_of


def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="Host to listen on; default: JIMENG_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; default: JIMENG_PORT, else 7860.")
    ] = None,
    share: Annotated[
        bool, typer.Option("--share", help="Make a public link through Gradio.")
    ] = False,
) -> None:
    """Serve the web page and the APIs until Ctrl-C."""
    session = session_of(context)
    try:
        start(share=share, host=host, port=port, backend=session.backend)
    except InvalidRequest as error:
        session.print_error(error)
        in_use = isinstance(error, AddressInUse)
        raise typer.Exit(Status.FAILED if in_use else Status.USAGE_ERROR) from None
