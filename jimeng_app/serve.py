"""Serving: the studio, the page and the routes on one port, until asked to stop."""

import os
import signal
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jimeng_core.backends.demo import media_folder
from jimeng_core.settings import Settings

MOST_AT_ONCE = 500
"""Calls that run side by side. Gradio holds every queued handler to this number, async ones too,
and `generate_…` calls wait for minutes: the default of 40 would let a few callers block the page."""
LARGEST_UPLOAD = "30mb"


class PortTaken(Exception):
    """The address cannot be listened on."""


def serve(settings: Settings, *, share: bool) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        PortTaken: Somebody listens there already, or the address is not this machine's.
    """
    _reserve(settings.host, settings.port)
    # Before Gradio is imported, which reads it once: it asks no other host then.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from gradio.utils import get_upload_folder

    from .media import routes
    from .page.build import build_page
    from .page.look import CSS, HEAD, theme
    from .page.texts import translations
    from .studio import Studio

    studio = Studio(
        settings, Path(get_upload_folder()), public=share or bool(os.environ.get("SPACE_ID"))
    )

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:  # noqa: ANN401 - the app
        yield
        await studio.aclose()

    page = build_page(studio)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    page.launch(
        server_name=settings.host,
        server_port=settings.port,
        share=share,
        prevent_thread_lock=True,  # returns; waiting is done here, and ends without a traceback
        max_threads=MOST_AT_ONCE,
        max_file_size=LARGEST_UPLOAD,
        show_error=False,
        run_history=False,  # it would keep every value, the credential too, in the browser
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=True,
        footer_links=["api"],
        i18n=translations(),
        theme=theme(),
        css=CSS,
        head=HEAD,
        app_kwargs={"routes": routes(media_folder(settings)), "lifespan": lifespan},
    )
    stop.wait()
    page.close(verbose=False)


def _reserve(host: str, port: int) -> None:
    """Find out before anything is loaded whether the port is free."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        raise PortTaken from None
