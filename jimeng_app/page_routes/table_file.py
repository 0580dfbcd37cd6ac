"""The table of the page as a file: CSV that spreadsheet programs open, or JSON."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jimeng_app.call_context import context_of
from jimeng_app.client_pool import ClientPool
from jimeng_app.frames import to_csv, to_frame

from .look_ups import read_object


def table_route(pool: ClientPool) -> Route:
    """The route: a request has `rows`, as look-ups returned them, and `format`: csv or json."""

    async def serve(request: Request) -> Response:
        values = await read_object(request, context_of(pool, request))
        rows: Any = values.get("rows")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise HTTPException(400)
        if values.get("format") == "json":
            text = to_frame(rows).to_json(orient="records", force_ascii=False, indent=2)
            return Response(text, media_type="application/json")
        # With a byte order mark, Excel reads it as UTF-8.
        content = to_csv(rows, spreadsheet=True).encode("utf-8-sig")
        return Response(content, media_type="text/csv")

    return Route("/page/table", serve, methods=["POST"])
