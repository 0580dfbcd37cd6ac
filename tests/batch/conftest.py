"""Fixtures of batches."""

import json
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path

import anyio.to_thread
import httpx
import pytest

from jimeng_core.backends.demo import backend as demo
from jimeng_core.backends.demo import worker as renderer
from jimeng_core.backends.demo.transport import DemoTransport
from jimeng_core.backends.web import wire
from tests import instant_films
from tests.batch.batch_worker import Batches


@pytest.fixture(autouse=True)
def _no_foreign_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is the test's own."""
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture
def batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Batches:
    """Batches on the demo, whose films need no rendering."""
    monkeypatch.setattr(renderer, "_start", instant_films.start)
    return Batches(tmp_path)


class Upstream:
    """What the demo's site is to do with submissions, and what arrived.

    Attributes:
        answers: For each next submission: a `ret` to refuse it with, `lost` to accept it without a
            response, `down` for no connection, `502` for a gateway's response, `broken` and
            `accepted, broken` for an unexpected error, an empty text to accept it. Later
            ones are accepted.
        on_submission: Called before each submission is answered.
        lookup_answers: For each next look-up: `down`, `broken`, or an empty text to answer it.
        accepted: How often each id was accepted.
        lookups: The number of look-up requests.
    """

    def __init__(self) -> None:
        self.answers: deque[str] = deque()
        self.on_submission: Callable[[], object] = lambda: None
        self.lookup_answers: deque[str] = deque()
        self.accepted: Counter[str] = Counter()
        self.lookups = 0

    async def handle(self, send: DemoTransport, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        path = request.url.path
        self.lookups += path == wire.LOOK_UP
        if path == wire.GENERATE:
            await anyio.to_thread.run_sync(self.on_submission)
        answers = {wire.GENERATE: self.answers, wire.LOOK_UP: self.lookup_answers}.get(path)
        answer = answers.popleft() if answers else ""
        if answer == "down":
            raise httpx.ConnectError("down", request=request)
        if answer == "broken":
            raise KeyError(path)
        if path != wire.GENERATE:
            return await DemoTransport.handle_async_request(send, request)
        if answer == "502":
            return httpx.Response(502, request=request)
        if answer not in {"", "lost", "accepted, broken"}:
            body = {"ret": answer, "errmsg": "no", "systime": "0", "logid": "l", "data": None}
            return httpx.Response(200, json=body, request=request)
        await request.aread()
        self.accepted[json.loads(request.content)["submit_id"]] += 1
        response = await DemoTransport.handle_async_request(send, request)
        if answer == "lost":
            raise httpx.ReadError("lost", request=request)
        if answer == "accepted, broken":
            raise KeyError(path)
        return response


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Upstream:
    """The demo's site, which refuses submissions as it is told."""
    upstream = Upstream()

    class Transport(DemoTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return await upstream.handle(self, request)

    monkeypatch.setattr(demo, "DemoTransport", Transport)
    return upstream
