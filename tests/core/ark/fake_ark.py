"""An Ark that answers as told: the four calls of docs/protocol, under respx, without a network."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import respx

from tests.core.web.fake_site import FakeClock

KEY = "ark-0123456789abcdef-key-of-a-test"
TASKS = "https://ark.cn-beijing.volces.com/api/v3/contents/generations/tasks"
FAST = "doubao-seedance-2-0-fast-260128"
ID = "cgt-20260901200000-aaaaa"
"""Made at the moment at which `FakeClock` starts."""
START = datetime(2026, 9, 1, 12, tzinfo=UTC)

Json = dict[str, Any]


def ark_id(number: int, age: timedelta = timedelta(0)) -> str:
    """An id that was made so long before `START`."""
    made = (START - age).astimezone(timezone(timedelta(hours=8)))
    return f"cgt-{made:%Y%m%d%H%M%S}-{number:05x}"


def record(status: str = "running", age: float = 60, **changes: object) -> Json:
    """A record as get gives it (Ark protocol A8), created so many seconds before `START`."""
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
    """The record of a video that can be fetched."""
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
    """Ark at the address of China.

    Attributes:
        records: What it knows, by id.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._count = 0
        self.records: dict[str, Json] = {}
        self.router = router = respx.MockRouter(assert_all_called=False)
        self.create = router.post(TASKS)
        self.list = router.get(TASKS)
        self.get = router.get(url__startswith=f"{TASKS}/")
        self.delete = router.delete(url__startswith=f"{TASKS}/")
        self.create.mock(side_effect=self.accept)
        self.list.mock(side_effect=self.give_some)
        self.get.mock(side_effect=self.give_one)
        self.delete.mock(side_effect=self.forget)

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """Stands in for the network."""
        return httpx.MockTransport(self.router.async_handler)

    @property
    def requests(self) -> list[httpx.Request]:
        """Everything that was sent, in order."""
        return [call.request for call in self.router.calls]

    def acquire(self, body: Json, **changes: object) -> str:
        """Have a task of a body; gives its id."""
        self._count += 1
        now = int(self._clock.now().timestamp())
        name = ark_id(self._count, START - self._clock.now())
        shown = {"id": name, "model": body["model"], "created_at": now, "updated_at": now}
        deadline = {"execution_expires_after": body["execution_expires_after"]}
        self.records[name] = record("queued") | shown | deadline | changes
        return name

    def accept(self, request: httpx.Request) -> httpx.Response:
        """Answer create."""
        return httpx.Response(200, json={"id": self.acquire(sent_json(request))})

    def accept_and(
        self, answer: httpx.Response | type[Exception], **changes: object
    ) -> Callable[[httpx.Request], httpx.Response]:
        """Take the task, and answer something else."""

        def reply(request: httpx.Request) -> httpx.Response:
            self.acquire(sent_json(request), **changes)
            if isinstance(answer, httpx.Response):
                return answer
            raise answer("as told")

        return reply

    def give_one(self, request: httpx.Request) -> httpx.Response:
        """Answer get."""
        found = self.records.get(request.url.path.rpartition("/")[2])
        if found is None:
            return refused(404, "NotFound.Task")
        return httpx.Response(200, json=found)

    def give_some(self, request: httpx.Request) -> httpx.Response:
        """Answer list: ids that are not known are absent; without ids, the newest come first."""
        names = request.url.params.get_list("filter.task_ids") or list(self.records)[::-1]
        items = [self.records[name] for name in names if name in self.records]
        size = int(request.url.params.get("page_size", "20"))
        return httpx.Response(200, json={"total": len(items), "items": items[:size]})

    def forget(self, request: httpx.Request) -> httpx.Response:
        """Answer delete."""
        name = request.url.path.rpartition("/")[2]
        if name not in self.records:
            return refused(404, "NotFound.Task")
        if self.records[name]["status"] == "queued":
            self.records[name]["status"] = "cancelled"
        else:
            del self.records[name]
        return httpx.Response(200, json={})
