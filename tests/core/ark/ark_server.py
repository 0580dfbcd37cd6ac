"""Ark on this machine: a real ASGI server, written from docs/protocol, that buys no video.

It is as strict as the facts say that Ark is: it knows the fields of a create, checks their values
and the roles, and refuses what it does not know. Tests move its tasks by hand.
"""

import base64
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]
PATH: Final = "/api/v3/contents/generations/tasks"
VIDEO: Final = b"\x00\x00\x00\x18ftypisom, as far as this test goes"

FIELDS: Final = {
    "model": lambda value: isinstance(value, str),
    "content": lambda value: isinstance(value, list),
    "resolution": lambda value: value in {"480p", "720p", "1080p", "4k"},
    "ratio": lambda value: value in {"16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"},
    "duration": lambda value: type(value) is int and (2 <= value <= 30 or value == -1),
    "seed": lambda value: type(value) is int and -1 <= value < 2**31,
    "watermark": lambda value: isinstance(value, bool),
    "generate_audio": lambda value: isinstance(value, bool),
    "execution_expires_after": lambda value: type(value) is int and 3600 <= value <= 259_200,
}
"""The fields that this client may send, and their values (Ark protocol A4)."""
ROLES: Final = (
    [],
    ["first_frame"],
    ["first_frame", "last_frame"],
    *([["reference_image"] * count for count in range(1, 10)]),
)
"""Which roles go together (Ark protocol A5, A6)."""
_DATA_URI = re.compile(r"data:image/(jpeg|png|webp|bmp|tiff|gif);base64,(.+)", re.DOTALL)


class Refused(Exception):
    """A refusal: HTTP status and code (Ark protocol A10)."""


class StandIn:
    """An account's Ark.

    Attributes:
        key: The API key that it takes.
        tasks: Records by id.
        bodies: The body of each create that was taken, by id.
        seen: Method, path and query of each request, with the moment (monotonic seconds).
        lose: How many further creates are taken and answered 500.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.tasks: dict[str, Json] = {}
        self.bodies: dict[str, Json] = {}
        self.seen: list[tuple[str, str, str, float]] = []
        self.lose = 0
        self.base_url = ""
        self.app = Starlette(
            routes=[
                Route(PATH, self._create, methods=["POST"]),
                Route(PATH, self._list, methods=["GET"]),
                Route(PATH + "/{name}", self._get, methods=["GET"]),
                Route(PATH + "/{name}", self._delete, methods=["DELETE"]),
                Route("/video/{name}", lambda _: Response(VIDEO, media_type="video/mp4")),
            ],
            exception_handlers={Refused: _refusal},
        )

    def finish(self, name: str) -> None:
        """Let a task succeed."""
        body = self.bodies[name]
        ratio = "1:1" if body["ratio"] == "adaptive" else body["ratio"]
        self.tasks[name] |= {
            "status": "succeeded",
            "updated_at": int(time.time()),
            "content": {"video_url": f"{self.base_url.removesuffix('/api/v3')}/video/{name}"},
            "resolution": body["resolution"],
            "ratio": ratio,
            "duration": body["duration"],
            "framespersecond": 24,
            "seed": 7,
            "usage": {"completion_tokens": 1, "total_tokens": 1},
        }

    def _enter(self, request: Request) -> None:
        self.seen.append((request.method, request.url.path, request.url.query, time.monotonic()))
        if request.headers.get("authorization") != f"Bearer {self.key}":
            raise Refused(401, "AuthenticationError")

    async def _create(self, request: Request) -> Response:
        self._enter(request)
        body = json.loads(await request.body())
        _judge(body)
        now = datetime.now(UTC)
        stamp = now.astimezone(timezone(timedelta(hours=8))).strftime("%Y%m%d%H%M%S")
        name = f"cgt-{stamp}-{secrets.token_hex(3)[:5]}"
        self.bodies[name] = body
        self.tasks[name] = {
            "id": name,
            "model": body["model"],
            "status": "queued",
            "created_at": int(now.timestamp()),
            "updated_at": int(now.timestamp()),
            "service_tier": "default",
            "execution_expires_after": body.get("execution_expires_after", 172_800),
        }
        if self.lose:
            self.lose -= 1
            raise Refused(500, "InternalServiceError")
        return JSONResponse({"id": name})

    async def _get(self, request: Request) -> Response:
        self._enter(request)
        return JSONResponse(self._task(request))

    async def _list(self, request: Request) -> Response:
        self._enter(request)
        query = request.query_params
        page, size = int(query.get("page_num", "1")), int(query.get("page_size", "20"))
        if not (1 <= page <= 500 and 1 <= size <= 500):
            raise Refused(400, "InvalidParameter.PageSize")
        wanted = query.getlist("filter.task_ids")
        items = [
            task for name, task in reversed(self.tasks.items()) if not wanted or name in wanted
        ]
        shown = items[(page - 1) * size : page * size]
        return JSONResponse({"total": len(items), "items": shown})

    async def _delete(self, request: Request) -> Response:
        self._enter(request)
        task = self._task(request)
        if task["status"] in {"running", "cancelled"}:
            raise Refused(400, "OperationDenied.TaskStatus")
        if task["status"] == "queued":
            task["status"] = "cancelled"
        else:
            del self.tasks[task["id"]]
        return JSONResponse({})

    def _task(self, request: Request) -> Json:
        task = self.tasks.get(request.path_params["name"])
        if task is None:
            raise Refused(404, "NotFound.Task")
        return task


def _judge(body: Json) -> None:
    """Refuse what Ark would (Ark protocol A4, A5, A6).

    Raises:
        Refused: With the code of the field.
    """
    for name in ("model", "content"):
        if name not in body:
            raise Refused(400, f"MissingParameter.{name}")
    for name, value in body.items():
        if name not in FIELDS or not FIELDS[name](value):
            raise Refused(400, f"InvalidParameter.{name}")
    if not body["model"].startswith("doubao-seedance-"):
        raise Refused(404, "InvalidEndpointOrModel.NotFound")
    newer = "seedance-2-" in body["model"]
    if newer and "seed" in body:
        raise Refused(400, "InvalidParameter.seed")
    roles = _roles(body["content"])
    if roles not in ROLES or (roles[:1] == ["reference_image"] and not newer):
        raise Refused(400, "InvalidParameter.content")
    if "2-5" in body["model"] and roles[:1] == ["first_frame"] and body["ratio"] != "adaptive":
        raise Refused(400, "InvalidParameter.TaskTypeConstraint")


def _roles(content: list[Json]) -> list[str | None]:
    """The roles of the pictures in order.

    Raises:
        Refused: A picture is none.
    """
    roles = []
    for part in content:
        if part["type"] == "text":
            continue
        found = _DATA_URI.fullmatch(part["image_url"]["url"])
        if found is None or not base64.b64decode(found[2], validate=True):
            raise Refused(400, "InvalidImageURL.InvalidFormat")
        roles.append(part.get("role"))
    return roles


async def _refusal(_: Request, error: Exception) -> Response:
    status, code = error.args
    told = {"code": code, "message": "No. Request id: 0217", "param": "", "type": ""}
    return JSONResponse({"error": told}, status)


@contextmanager
def served(stand_in: StandIn) -> Iterator[StandIn]:
    """Serve it on a free port of this machine, in a thread, until the block ends."""
    config = uvicorn.Config(
        stand_in.app, host="127.0.0.1", port=0, log_level="warning", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.005)
            assert thread.is_alive()
        port = server.servers[0].sockets[0].getsockname()[1]
        stand_in.base_url = f"http://127.0.0.1:{port}/api/v3"
        yield stand_in
    finally:
        server.should_exit = True
        thread.join(30)
