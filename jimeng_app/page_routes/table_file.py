"""The table of the page as a file: CSV that spreadsheet programs open, or JSON."""

from collections.abc import Sequence
from typing import Any

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jimeng_app.call_context import context_of
from jimeng_app.client_pool import ClientPool
from jimeng_app.frames import to_csv, to_frame
from jimeng_core.rows import Row

from .look_ups import read_object


def table_route(pool: ClientPool) -> Route:
    """The route: a request has `rows`, as look-ups returned them, and `format`: csv or json."""

    async def serve(request: Request) -> Response:
        values = await read_object(request, context_of(pool, request))
        rows: Any = values.get("rows")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise HTTPException(400)
        is_json = values.get("format") == "json"
        # In a thread: thousands of rows would hold the event loop.
        content = await anyio.to_thread.run_sync(_json if is_json else _csv, rows)
        return Response(content, media_type="application/json" if is_json else "text/csv")

    return Route("/page/table", serve, methods=["POST"])


def _json(rows: Sequence[Row]) -> bytes:
    text = to_frame(rows).to_json(orient="records", force_ascii=False, indent=2)
    return str(text).encode()


def _csv(rows: Sequence[Row]) -> bytes:
    """The table with a byte order mark, by which Excel reads it as UTF-8."""
    return to_csv(rows, spreadsheet=True).encode("utf-8-sig")
