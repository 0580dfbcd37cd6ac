"""The server: the page and all routes on one port."""

import asyncio
import gc
import logging
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi.exceptions import RequestValidationError
from gradio import Blocks
from gradio.routes import App, templates
from gradio.utils import get_upload_folder
from jinja2 import BaseLoader
from starlette.middleware import Middleware

from jimeng_core.backends.demo import media_folder
from jimeng_core.settings import Settings

from .access import describe_lending
from .ark_http.routes import routes as ark_routes
from .browser_headers import BrowserHeaders
from .client_pool import ClientPool
from .connection_limits import limit_connections
from .endpoint_routes import EndpointRoutes
from .endpoints import registry
from .event_limits import EventLimits, UnreadResults, forget_unused, keep_no_statistics
from .file_input import MAX_BYTES_OF
from .gradio_routes import OtherRoutes
from .json_logs import log_as_json
from .lenient_routes import LenientRoutes
from .mcp_server import McpServer
from .memory import return_freed_memory
from .packed_page import PackedPage
from .page.browser_scripts import script_route
from .page.build import build_page
from .page.head import HeadLoader
from .page.i18n import I18N
from .page.theme import CSS, theme
from .page_routes.archive import archive_route
from .page_routes.last_frame import last_frame_route
from .page_routes.look_ups import look_up_route
from .page_routes.table_file import table_route
from .request_guard import RequestGuard, refuse_invalid
from .static_routes import routes
from .stop_signal import StopSignal
from .upload_quota import UploadQuota
from .uploads import upload_routes
from .window_states import OpenWindows, WindowStates

MAX_CONCURRENT_CALLS = 500
"""Calls that run at once. Gradio limits every queued handler to this number, async ones too, and
`generate_…` calls wait for minutes: with its default of 40, a few callers could block the page."""

QUEUE_POLL_SECONDS = 0.05
"""Seconds between two polls of Gradio's event queue; its default of 1 ms burns 5 % of a core."""

SHUTDOWN_SECONDS = 2
"""Seconds that calls have to end when the server is stopped."""


def serve(settings: Settings, port: int, *, share: bool) -> None:
    """Run the server until Ctrl-C or SIGTERM; see `jimeng_app.startup.start`."""
    if os.environ.get("JIMENG_LOG") == "json":
        log_as_json()
    public = share or bool(os.environ.get("SPACE_ID"))
    pool = ClientPool(settings, Path(get_upload_folder()), public=public)
    limit_connections()
    page = build_page(pool)
    templates.env.loader = HeadLoader(templates.env.loader or BaseLoader())
    queue = page._queue  # noqa: SLF001 - Gradio has no public setting for it
    keep_no_statistics(queue)
    queue.sleep_when_free = queue.progress_update_sleep_when_free = QUEUE_POLL_SECONDS
    stop = StopSignal()
    page.launch(
        server_name=settings.host,
        server_port=port,
        share=share,
        prevent_thread_lock=True,  # return; `_wait` keeps the process running
        max_threads=MAX_CONCURRENT_CALLS,
        max_file_size=max(MAX_BYTES_OF.values()),
        show_error=False,
        run_history=False,  # it stores every value in the browser, the credential too
        enable_monitoring=False,
        ssr_mode=False,
        _frontend=False,  # no check whether it answers within 3 s: a busy machine does not
        mcp_server=False,  # `McpServer` takes its place
        footer_links=["api"],
        i18n=I18N,
        theme=theme(),
        css=CSS,
        app_kwargs=_app_options(page, pool, media_folder(settings)),
    )
    _announce(settings, public=public)
    # What the start has made lives until the end; its collections would hold the event loop.
    gc.collect()
    gc.freeze()
    _wait(stop, page, pool)


def _app_options(page: Blocks, pool: ClientPool, media: Path) -> dict[str, Any]:
    """The arguments of Gradio's FastAPI application: our routes, which come before Gradio's."""
    mcp = McpServer(pool)

    @asynccontextmanager
    async def lifespan(app: App) -> AsyncIterator[None]:
        app.state_holder = states = WindowStates(page)
        _wrap(app, pool, states)
        async with pool, mcp.running():
            unread = UnreadResults(page._queue)  # noqa: SLF001 - as above
            expired = (unread.forget, states.forget, lambda _now: return_freed_memory())
            expiring = asyncio.create_task(forget_unused(*expired))
            await pool.batches.resume()
            yield
            expiring.cancel()

    lenient = LenientRoutes(
        [
            *EndpointRoutes(pool).routes(),
            *mcp.routes(),
            *routes(media),
            script_route(),
            look_up_route(pool),
            archive_route(pool, media),
            table_route(pool),
            last_frame_route(pool),
            *upload_routes(pool.uploads),
        ]
    )
    return {
        "routes": [*ark_routes(pool), pool.batches, lenient, OtherRoutes()],
        "lifespan": lifespan,
        "middleware": [Middleware(RequestGuard)],
        "exception_handlers": {RequestValidationError: refuse_invalid},
    }


def _wait(stop: StopSignal, page: Blocks, pool: ClientPool) -> None:
    """Wait for the signal to stop, let calls end, and close the server."""
    page.server.config.timeout_graceful_shutdown = SHUTDOWN_SECONDS
    stop.wait()
    pool.end_waits()
    deadline = time.monotonic() + SHUTDOWN_SECONDS
    jobs = page._queue.active_jobs  # noqa: SLF001 - as above
    while any(jobs) and time.monotonic() < deadline:  # `close` would cancel them
        time.sleep(QUEUE_POLL_SECONDS)
    # Uvicorn reports calls that outlast SHUTDOWN_SECONDS as errors, each with a traceback.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    page.close(verbose=False)
    page.server.thread.join()  # `close` waits for 5 s only, which a busy machine exceeds


def _wrap(app: App, pool: ClientPool, states: WindowStates) -> None:
    """Put this app's middleware around Gradio's; `launch` would put Gradio's around it."""
    if app.middleware_stack:
        limited = EventLimits(app.middleware_stack, pool.call_limiter, endpoints=len(registry()))
        app.middleware_stack = BrowserHeaders(
            PackedPage(UploadQuota(OpenWindows(limited, states), pool)),
            lends_credential=pool.lends_credential,
        )


def _announce(settings: Settings, *, public: bool) -> None:
    """Print who may spend the server's credentials, if anyone may."""
    if lending := describe_lending(settings, public=public):
        sys.stdout.write(f"* {lending}\n")
        sys.stdout.flush()
