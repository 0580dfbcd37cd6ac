"""The page's look-ups: one request for all tasks that it follows or shows."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import zip_longest
from typing import Any

import pandas as pd
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jimeng_app.absolute_urls import with_absolute_urls
from jimeng_app.argument_reading import MAX_IDS
from jimeng_app.call_context import CallContext, context_of, handle_errors
from jimeng_app.client_pool import ClientPool
from jimeng_app.endpoints import look_up
from jimeng_app.frames import to_frame
from jimeng_app.json_body import parse_json, read_body
from jimeng_core import ErrorCode, InvalidRequest
from jimeng_core.polling import next_interval
from jimeng_core.rows import Lookup

from .pasted_ids import ids_in_text

DEFAULT_INTERVAL = 5.0
"""Seconds between two look-ups where the upstream suggests none."""
MAX_INTERVAL = 60.0
"""Seconds between two look-ups, whatever the upstream suggests."""
_FINAL = frozenset({ErrorCode.EXPIRED, ErrorCode.INVALID_TASK_ID})
"""Errors after which an id is not looked up again."""


def look_up_route(pool: ClientPool) -> Route:
    """The route: a request has `ids`, or a `text` that contains some; the response has rows.

    A request may have `known`: for each id in order the `digest` of the row that its caller has, or
    null. The rows that are still the same are left out of the response.

    - `rows`: a row for each id, in order, with `interval`: seconds until another look-up can bring
      news, or null, `ended`: whether it is never to be looked up again, and `digest`;
    - `interval`: the shortest of all; `counts`: how many rows there are of each state;
      `left_out`: how many ids were too many.
    """

    async def serve(request: Request) -> Response:
        call = context_of(pool, request)
        values = await read_object(request, call)
        ids = ids_of(values)
        found = await _look_up(call, ids[:MAX_IDS])
        known = values.get("known")
        if isinstance(known, list):
            pairs = zip_longest(found["rows"], known[: len(found["rows"])])
            found["rows"] = [row for row, digest in pairs if row["digest"] != digest]
        return JSONResponse(found | {"left_out": max(0, len(ids) - MAX_IDS)})

    return Route("/page/look-ups", serve, methods=["POST"])


async def read_object(request: Request, call: CallContext) -> dict[str, Any]:
    """The object in the body of a request.

    Raises:
        HTTPException: It is something else.
    """
    try:
        values = parse_json(await read_body(request))
    except InvalidRequest as error:
        raise HTTPException(400, call.error_message(error)) from None
    if not isinstance(values, dict):
        raise HTTPException(400)
    return values


def ids_of(values: Mapping[str, Any]) -> list[str]:
    """The ids of a request, or those in its text.

    Raises:
        HTTPException: It has none, or a list of something else.
    """
    ids = values.get("ids")
    if isinstance(text := values.get("text"), str):
        ids = ids_in_text(text)
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise HTTPException(400, "The body is an object with a list of ids.")
    return ids


async def _look_up(call: CallContext, ids: Sequence[str]) -> dict[str, Any]:
    now = datetime.now(UTC)
    lookups = await handle_errors(
        lambda: look_up(call, ids),
        lambda error: [Lookup(task_id, None, error, now) for task_id in ids],
    )
    lookups = [with_absolute_urls(lookup, call.base_url) for lookup in lookups]
    frame = to_frame([lookup.row(chinese=call.chinese) for lookup in lookups])
    intervals: list[object] = [
        next_interval([lookup], default=DEFAULT_INTERVAL, maximum=MAX_INTERVAL)
        for lookup in lookups
    ]
    frame["interval"] = pd.Series(intervals, dtype=object)
    frame["ended"] = pd.Series([_has_ended(lookup) for lookup in lookups], dtype=object)
    counts = frame["state"].fillna("unknown").value_counts()
    rows = frame.to_dict("records")
    return {
        "rows": [{**row, "digest": _digest(row)} for row in rows],
        "counts": {str(state): int(count) for state, count in counts.items()},
        "interval": next_interval(lookups, default=DEFAULT_INTERVAL, maximum=MAX_INTERVAL),
    }


def _digest(row: Mapping[Any, Any]) -> str:
    """A short hash of a row; when it was read does not count."""
    content = {name: value for name, value in row.items() if name != "checked_at"}
    return blake2b(json.dumps(content).encode(), digest_size=6).hexdigest()


def _has_ended(lookup: Lookup) -> bool:
    return bool(lookup.ended) or (lookup.error is not None and lookup.error.code in _FINAL)
