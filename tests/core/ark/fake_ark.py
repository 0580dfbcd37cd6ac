"""A fake Ark with the four calls of `docs/protocol/ark.md`, as a transport or on a real port.

It is as strict as the protocol page says that Ark is: it knows the fields of a create, checks their
values and the roles of pictures, and refuses anything else.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import respx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jimeng_core.clock import Clock

KEY = "ark-0123456789abcdef-key-of-a-test"
PATH = "/api/v3/contents/generations/tasks"
TASKS = f"https://ark.cn-beijing.volces.com{PATH}"
FAST = "doubao-seedance-2-0-fast-260128"
START = datetime(2026, 9, 1, 12, tzinfo=UTC)
"""When `FakeClock` starts."""
ID = "cgt-20260901200000-aaaaa"
"""The id of a task that was created at `START`."""
VIDEO = b"\x00\x00\x00\x18ftypisom, enough for a test"

Json = dict[str, Any]

FIELDS = {
    "model": lambda value: re.match("(doubao-|dreamina-)?seedance-|ep-", value) is not None,
    "content": lambda value: isinstance(value, list),
    "resolution": lambda value: value in {"480p", "720p", "1080p", "4k"},
    "ratio": lambda value: value in {"16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"},
    "duration": lambda value: type(value) is int and (2 <= value <= 30 or value == -1),
    "seed": lambda value: type(value) is int and -1 <= value < 2**31,
    "return_last_frame": lambda value: isinstance(value, bool),
    "service_tier": lambda value: value in {"default", "flex"},
    "priority": lambda value: type(value) is int and 0 <= value <= 9,
    "draft": lambda value: isinstance(value, bool),
    "omni_reference_task_type": lambda value: value in {"auto", "reference", "edit", "extend"},
    "camera_fixed": lambda value: isinstance(value, bool),
    "safety_identifier": lambda value: isinstance(value, str) and len(value) <= 64,
    "watermark": lambda value: isinstance(value, bool),
    "generate_audio": lambda value: isinstance(value, bool),
    "execution_expires_after": lambda value: type(value) is int and 3600 <= value <= 259_200,
}
"""The fields that this client may send, and their values (Ark protocol A4)."""
OF_THE_TASK = {"execution_expires_after", "safety_identifier", "priority", "service_tier"}
"""The fields that do not concern the video."""
ROLES = (
    [],
    ["first_frame"],
    ["first_frame", "last_frame"],
    *([["reference_image"] * count for count in range(1, 31)]),
)
"""Which roles go together (Ark protocol A5, A6)."""
_DATA_URI = re.compile(
    r"data:(image/(?:jpeg|png|webp|bmp|tiff|gif)|audio/(?:mp3|wav));base64,(.+)", re.DOTALL
)


def ark_id(number: int, age: timedelta = timedelta(0)) -> str:
    """The id of a task that was created `age` before `START`."""
    created = (START - age).astimezone(timezone(timedelta(hours=8)))
    return f"cgt-{created:%Y%m%d%H%M%S}-{number:05x}"


def record(status: str = "running", age: float = 60, **changes: object) -> Json:
    """A record as get returns it (Ark protocol A8), created `age` seconds before `START`."""
    created = int(START.timestamp() - age)
    fields: Json = {
        "id": ID,
        "model": FAST,
        "status": status,
        "error": None,
        "created_at": created,
        "updated_at": created + 50,
        "service_tier": "default",
        "execution_expires_after": 172800,
    }
    return fields | changes


def succeeded(age: float = 60, **changes: object) -> Json:
    """The record of a video that can be downloaded."""
    effective = {
        "content": {"video_url": "https://v.example/a.mp4?sign=1"},
        "usage": {"completion_tokens": 38830, "total_tokens": 38830},
        "seed": 88034,
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 5,
        "framespersecond": 24,
        "generate_audio": False,
    }
    return record("succeeded", age, **(effective | changes))


def refused(status: int, code: str, retry_after: str | None = None) -> httpx.Response:
    """A refusal (Ark protocol A10)."""
    error = {"code": code, "message": "No. Request id: 021", "param": "", "type": ""}
    headers = {"Retry-After": retry_after} if retry_after else {}
    return httpx.Response(status, json={"error": error}, headers=headers)


def sent_json(request: httpx.Request) -> Json:
    """The body of a create."""
    body = json.loads(request.content)
    assert isinstance(body, dict)
    return body


class FakeArk:
    """The Ark of one account, and an ASGI app that responds like it.

    Attributes:
        records: The record of each task by id.
        bodies: The body of each accepted create by id.
        requests: Everything that was sent, in order.
        base_url: Where `served` serves it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.records: dict[str, Json] = {}
        self.bodies: dict[str, Json] = {}
        self.requests: list[httpx.Request] = []
        self.base_url = ""
        self.router = router = respx.MockRouter(assert_all_called=False)
        self.create = router.post(path=PATH)
        self.list = router.get(path=PATH)
        self.get = router.get(path__startswith=f"{PATH}/")
        self.delete = router.delete(path__startswith=f"{PATH}/")
        router.get(path__startswith="/video/").respond(content=VIDEO)
        self.reset()

    def reset(self) -> None:
        """Forget all tasks and requests, and respond as Ark does."""
        self.records.clear()
        self.bodies.clear()
        self.requests.clear()
        self.create.mock(side_effect=self.accept)
        self.list.mock(side_effect=self.list_records)
        self.get.mock(side_effect=self.get_record)
        self.delete.mock(side_effect=self.delete_record)

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """Replaces the network."""
        return httpx.MockTransport(self.handle)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """The response to a request."""
        self.requests.append(request)
        authorized = request.headers.get("authorization") == f"Bearer {KEY}"
        if request.url.path.startswith(PATH) and not authorized:
            return refused(401, "AuthenticationError")
        return await self.router.async_handler(request)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request over ASGI."""
        incoming = Request(scope, receive)
        response = await self.handle(
            httpx.Request(
                incoming.method,
                str(incoming.url),
                headers=incoming.headers.raw,
                content=await incoming.body(),
            )
        )
        media_type = response.headers.get("content-type")
        await Response(response.content, response.status_code, media_type=media_type)(
            scope, receive, send
        )

    def add(self, body: Json, **changes: object) -> str:
        """Add a queued task of a create; returns its id."""
        now = self._clock.now()
        task_id = ark_id(len(self.bodies) + 1, START - now)
        self.bodies[task_id] = body
        self.records[task_id] = {
            "id": task_id,
            "model": body["model"],
            "status": "queued",
            "created_at": int(now.timestamp()),
            "updated_at": int(now.timestamp()),
            "service_tier": body.get("service_tier", "default"),
            "execution_expires_after": body["execution_expires_after"],
        } | changes
        return task_id

    def finish(self, task_id: str) -> None:
        """Let a task succeed."""
        body = self.bodies[task_id]
        self.records[task_id] |= {
            "status": "succeeded",
            "updated_at": int(self._clock.now().timestamp()),
            "content": self._content(task_id),
            "resolution": body["resolution"],
            "ratio": "1:1" if body["ratio"] == "adaptive" else body["ratio"],
            "duration": body["duration"],
            "framespersecond": 24,
            "seed": 7,
            "usage": {"completion_tokens": 1, "total_tokens": 1},
        }

    def _content(self, task_id: str) -> Json:
        url = f"{self.base_url.removesuffix('/api/v3')}/video/{task_id}"
        last = {"last_frame_url": f"{url}.png"}
        return {"video_url": url, **(last if self.bodies[task_id].get("return_last_frame") else {})}

    def accept(self, request: httpx.Request) -> httpx.Response:
        """Respond to create."""
        body = sent_json(request)
        for code in faults_of(body):
            return refused(400, code)
        return httpx.Response(200, json={"id": self.add(body)})

    def accept_and_lose(
        self, answer: httpx.Response | type[Exception], **changes: object
    ) -> Callable[[httpx.Request], httpx.Response]:
        """Create the task, and respond with something else."""

        def reply(request: httpx.Request) -> httpx.Response:
            self.add(sent_json(request), **changes)
            if isinstance(answer, httpx.Response):
                return answer
            raise answer("lost")

        return reply

    def get_record(self, request: httpx.Request) -> httpx.Response:
        """Respond to get."""
        found = self.records.get(request.url.path.rpartition("/")[2])
        return refused(404, "NotFound.Task") if found is None else httpx.Response(200, json=found)

    def list_records(self, request: httpx.Request) -> httpx.Response:
        """Respond to list: the newest first, without unknown ids, of one tier (Ark protocol A2)."""
        query = request.url.params
        page, size = int(query.get("page_num", "1")), int(query.get("page_size", "20"))
        if not (1 <= page <= 500 and 1 <= size <= 500):
            return refused(400, "InvalidParameter.PageSize")
        ids = query.get_list("filter.task_ids") or list(self.records)
        tier = query.get("filter.service_tier", "default")
        found = [each for name, each in reversed(self.records.items()) if name in ids]
        items = [each for each in found if each.get("service_tier", tier) == tier]
        shown = items[(page - 1) * size : page * size]
        return httpx.Response(200, json={"total": len(items), "items": shown})

    def delete_record(self, request: httpx.Request) -> httpx.Response:
        """Respond to delete."""
        task_id = request.url.path.rpartition("/")[2]
        if task_id not in self.records:
            return refused(404, "NotFound.Task")
        status = self.records[task_id]["status"]
        if status in {"running", "cancelled"}:
            return refused(400, "OperationDenied.TaskStatus")
        if status == "queued":
            self.records[task_id]["status"] = "cancelled"
        else:
            del self.records[task_id]
        return httpx.Response(200, json={})


def faults_of(body: Json) -> Iterator[str]:
    """The codes for which Ark refuses a create, the first one first (Ark protocol A4, A5, A6)."""
    for field in ("model", "content"):
        if field not in body:
            yield f"MissingParameter.{field}"
    for field, value in body.items():
        if field not in FIELDS or not FIELDS[field](value):
            yield f"InvalidParameter.{field}"
    if any(part["type"] == "draft_task" for part in body["content"]):
        if len(body["content"]) > 1 or body.keys() - {"model", "content", *OF_THE_TASK}:
            yield "InvalidParameter.content"
    else:
        yield from _faults_of_video(body)


def _faults_of_video(body: Json) -> Iterator[str]:
    """What does not go together in the create of a video that is no draft's."""
    yield from _faults_of_model(body)
    newer = "seedance-2-" in body["model"]
    files = [part for part in body["content"] if part["type"] != "text"]
    for file in files:
        url = file[file["type"]]["url"]
        data = _DATA_URI.fullmatch(url)
        as_base64 = data is not None and base64.b64decode(data[2], validate=True)
        by_url = file["type"] != "image_url" and url.startswith("https://")
        if not by_url and not (as_base64 and file["type"] != "video_url"):
            yield "InvalidImageURL.InvalidFormat"
    clips = [file["role"] for file in files if file["type"] != "image_url"]
    roles = [file.get("role") for file in files if file["type"] == "image_url"]
    if clips and (set(roles) - {"reference_image"} or not newer):
        yield "InvalidParameter.content"
    if roles not in ROLES or (roles[:1] == ["reference_image"] and not newer):
        yield "InvalidParameter.content"
    if "2-5" in body["model"] and roles[:1] == ["first_frame"] and body["ratio"] != "adaptive":
        yield "InvalidParameter.TaskTypeConstraint"


def _faults_of_model(body: Json) -> Iterator[str]:
    """The fields that the model does not have (Ark protocol A4)."""
    newer = "seedance-2-" in body["model"]
    if newer and "seed" in body:
        yield "InvalidParameter.seed"
    if newer and body.get("service_tier") == "flex":
        yield "InvalidParameter.UnsupportedParameter"
    if body.get("draft") and body.get("resolution") != "480p":
        yield "InvalidParameter.resolution"


@contextmanager
def served(ark: FakeArk) -> Iterator[FakeArk]:
    """Serve a fake Ark on a free port of this machine, in a thread."""
    config = uvicorn.Config(
        ark, host="127.0.0.1", port=0, log_level="warning", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.005)
            assert thread.is_alive()
        port = server.servers[0].sockets[0].getsockname()[1]
        ark.base_url = f"http://127.0.0.1:{port}/api/v3"
        yield ark
    finally:
        server.should_exit = True
        thread.join(100)
