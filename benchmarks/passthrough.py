"""A bare pass-through to the upstream: the least that an HTTP server in its place can do.

`python -m benchmarks.passthrough UPSTREAM PORT` serves until it is terminated.
"""

import sys

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

LOOK_UP = "/mweb/v1/get_history_by_ids"
"""The upstream's path, here too."""


def app(base_url: str) -> Starlette:
    """An app that sends each look-up on and returns what comes back."""
    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=30)

    async def pass_on(request: Request) -> Response:
        response = await client.post(f"{base_url}{LOOK_UP}", content=await request.body())
        return Response(response.content, media_type="application/json")

    return Starlette(routes=[Route(LOOK_UP, pass_on, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(app(sys.argv[1]), port=int(sys.argv[2]), log_level="warning")
