"""Direct HTTP calls of the endpoints, in Gradio's form but without its sessions.

Gradio would build a session for each call, with a description of every element of the page, and
answer an unknown parameter with a bare status 500.
"""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from jimeng_core.errors import InvalidRequest

from .background_tasks import call_later
from .call_context import CallContext, context_of
from .client_pool import ClientPool
from .endpoint import Endpoint
from .endpoints import registry
from .json_body import TooLarge, parse_json, read_body

PREFIX: Final = "/gradio_api"
MAX_EVENTS: Final = 500
"""Calls at a time whose results are fetched later."""
MAX_VISITOR_EVENTS: Final = 100
"""Those of one visitor."""
MAX_RESULT_BYTES: Final = 32 * 2**20
"""Bytes of all results that wait for their callers; the oldest is dropped first."""
UNREAD_SECONDS: Final = 60.0
"""Seconds that a result waits for its caller."""
HEARTBEAT_SECONDS: Final = 15.0
"""Seconds between the signs of life of a call that is still running."""


class EndpointRoutes:
    """The calls of the endpoints: at once, or by an event id as through Gradio's queue."""

    def __init__(self, pool: ClientPool) -> None:
        self._pool = pool
        self._endpoints = {endpoint.name: endpoint for endpoint in registry()}
        self._events = _Events()

    def routes(self) -> list[BaseRoute]:
        """The routes, which must come before Gradio's own."""
        return [
            Route(f"{PREFIX}/run/{{name}}", self.run, methods=["POST"]),
            Route(f"{PREFIX}/api/{{name}}", self.run, methods=["POST"]),
            Route(f"{PREFIX}/call/v2/{{name}}", self.start_named, methods=["POST"]),
            Route(f"{PREFIX}/call/v2/{{name}}/{{event_id}}", self.fetch),
            Route(f"{PREFIX}/call/{{name}}", self.start, methods=["POST"]),
            Route(f"{PREFIX}/call/{{name}}/{{event_id}}", self.fetch),
        ]

    async def run(self, request: Request) -> Response:
        """Call an endpoint with values by position; returns its result."""
        start = time.monotonic()
        endpoint, call = self._endpoint(request), context_of(self._pool, request)
        result = await endpoint.call(call, _by_position(endpoint, await _body(request, call)))
        seconds = time.monotonic() - start
        return JSONResponse(
            {
                "data": [result],
                "is_generating": False,
                "duration": seconds,
                "average_duration": seconds,
                "render_config": None,
                "changed_state_ids": [],
            }
        )

    async def start(self, request: Request) -> Response:
        """Call an endpoint with values by position; returns an event id for `fetch`."""
        endpoint, call = self._endpoint(request), context_of(self._pool, request)
        return self._started(endpoint, call, _by_position(endpoint, await _body(request, call)))

    async def start_named(self, request: Request) -> Response:
        """Call an endpoint with values by name; returns an event id for `fetch`."""
        endpoint, call = self._endpoint(request), context_of(self._pool, request)
        return self._started(endpoint, call, await _body(request, call))

    async def fetch(self, request: Request) -> Response:
        """The result of a call, as an event stream."""
        self._endpoint(request)
        event_id = request.path_params["event_id"]
        if event_id not in self._events:
            raise HTTPException(404, "There is no such event; call the endpoint again.")
        return StreamingResponse(self._events.stream(event_id), media_type="text/event-stream")

    def _endpoint(self, request: Request) -> Endpoint:
        endpoint = self._endpoints.get(request.path_params["name"])
        if endpoint is None:
            raise HTTPException(404, f"The endpoints are {', '.join(self._endpoints)}.")
        return endpoint

    def _started(
        self, endpoint: Endpoint, call: CallContext, arguments: Mapping[str, Any]
    ) -> Response:
        async def work() -> bytes:
            return json.dumps([await endpoint.call(call, arguments)], ensure_ascii=False).encode()

        return JSONResponse({"event_id": self._events.start(work(), call.caller.visitor)})


async def _body(request: Request, call: CallContext) -> dict[str, Any]:
    """The object in a request's body."""
    try:
        body = parse_json(await read_body(request))
    except InvalidRequest as error:
        raise HTTPException(
            413 if isinstance(error, TooLarge) else 400, call.error_message(error)
        ) from None
    return body if isinstance(body, dict) else {"body": body}


def _by_position(endpoint: Endpoint, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments in the list `data` of a body."""
    data = body.get("data")
    if isinstance(data, dict):
        return data
    if not isinstance(data, list):
        return {name: value for name, value in body.items() if name != "session_hash"}
    return endpoint.by_position(data)


@dataclass(slots=True)
class _Event:
    """A call whose result is fetched later."""

    visitor: str
    task: asyncio.Task[bytes]


class _Events:
    """Calls whose results are fetched later."""

    def __init__(self) -> None:
        self._events: dict[str, _Event] = {}

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._events

    def start(self, work: Coroutine[Any, Any, bytes], visitor: str) -> str:
        """Start a call; returns its id."""
        own = sum(event.visitor == visitor for event in self._events.values())
        if len(self._events) >= MAX_EVENTS or own >= MAX_VISITOR_EVENTS:
            work.close()
            raise HTTPException(503, "Too many calls are waiting; try again later.")
        event_id = secrets.token_hex(16)
        task = asyncio.create_task(work)
        self._events[event_id] = _Event(visitor, task)
        task.add_done_callback(lambda _: self._ended(event_id))
        return event_id

    async def stream(self, event_id: str) -> AsyncIterator[bytes]:
        """The server-sent events of a call; its result is forgotten when it was sent."""
        task = self._events[event_id].task
        while not (await asyncio.wait({task}, timeout=HEARTBEAT_SECONDS))[0]:
            yield b"event: heartbeat\ndata: null\n\n"
        yield b"event: complete\ndata: " + task.result() + b"\n\n"
        self._events.pop(event_id, None)

    def _ended(self, event_id: str) -> None:
        """Limit for how long, and how many bytes of results are stored."""
        call_later(UNREAD_SECONDS, self._events.pop, event_id, None)
        sizes = {
            name: len(event.task.result())
            for name, event in self._events.items()
            if event.task.done()
        }
        while sum(sizes.values()) > MAX_RESULT_BYTES:
            oldest = next(iter(sizes))
            del self._events[oldest], sizes[oldest]
