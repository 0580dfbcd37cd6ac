"""Uploads over a thin line: they take as long as the line needs, and nothing is sent twice."""

import random
from itertools import pairwise
from typing import Any

import anyio
import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    ImageRequest,
    SubjectReference,
    UploadFailed,
)
from jimeng_core.backends.http import OTHER_REQUESTS, SUBMISSIONS, HttpClient, ResponseLost
from jimeng_core.backends.web.uploads.store import MAX_UPLOADS
from jimeng_core.backends.web.uploads.vod import PART_BYTES
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.concurrency import WeightedLimiter
from jimeng_core.marks import ReferenceKind
from jimeng_core.pictures.picture_file import PictureFile
from jimeng_core.submissions import PreparedRequest
from tests.core.virtual_time import VirtualClock, VirtualTimeLoop
from tests.core.web.fake_site import TOKEN, FakeSite
from tests.each import each

pytestmark = pytest.mark.anyio
MEGABYTE = 10**6
TIMEOUT = 30.0


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """A loop whose time jumps instead of passing."""
    return "asyncio", {"loop_factory": VirtualTimeLoop}


class ThinLine(httpx.AsyncBaseTransport):
    """A line that all requests share.

    Attributes:
        sent: Bytes of bodies that went over it.
        most: The largest number of large bodies at a time.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, rate: float) -> None:
        self._inner = inner
        self._rate = rate
        self._line = anyio.Lock()
        self._now = 0
        self.sent = 0
        self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        large = int(request.headers.get("Content-Length", "0")) > MEGABYTE // 10
        self._now += large
        self.most = max(self.most, self._now)
        assert isinstance(request.stream, httpx.AsyncByteStream)
        body = bytearray()
        async for piece in request.stream:
            async with self._line:
                await anyio.sleep(len(piece) / self._rate)
            self.sent += len(piece)
            body += piece
        self._now -= large
        whole = httpx.Request(
            request.method, request.url, headers=request.headers, content=bytes(body)
        )
        return await self._inner.handle_async_request(whole)


def photographs(number: int, size: int) -> PreparedRequest:
    """A request with pictures of random bytes, checked before."""
    rng = random.Random(number)
    pictures = tuple(
        PictureFile(rng.randbytes(size), "jpeg", 300, 300, str(index)) for index in range(number)
    )
    request = ImageRequest(prompt="a", images=[b"-"] * number)
    return PreparedRequest(request, pictures)


@pytest.fixture
async def site() -> FakeSite:
    """A site that works."""
    return FakeSite(VirtualClock())


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("number", "size", "rate"),
    [
        (9, 5 * MEGABYTE, MEGABYTE / 8),  # 6 minutes
        (1, 30 * MEGABYTE, MEGABYTE / 8),
    ],
)
async def test_photographs(site: FakeSite, number: int, size: int, rate: float) -> None:
    """Large pictures take the line's own time, each is sent once, and few at a time."""
    line = ThinLine(site.transport, rate)
    progress: list[tuple[int, int]] = []
    async with AsyncJimeng(
        "web", TOKEN, transport=line, clock=VirtualClock(), timeout=TIMEOUT
    ) as jimeng:
        await jimeng.submit(
            photographs(number, size), on_upload=lambda done, of: progress.append((done, of))
        )
    assert site.upload.call_count == number
    assert line.sent < 1.01 * number * size
    assert anyio.current_time() < 1.01 * number * size / rate
    assert line.most <= 4
    sent = [done for done, _ in progress]
    assert (progress[0], progress[-1]) == ((0, number * size), (number * size, number * size))
    assert sent == sorted(set(sent))
    assert max(after - before for before, after in pairwise(sent)) <= 2**16


class BreakingLine(ThinLine):
    """A thin line that breaks once, after some bytes."""

    def __init__(self, inner: httpx.AsyncBaseTransport, rate: float, whole: int) -> None:
        super().__init__(inner, rate)
        self._whole = whole

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.params.get("part_number") == str(self._whole + 1):
            self._whole = -1
            assert isinstance(request.stream, httpx.AsyncByteStream)
            async for piece in request.stream:
                self.sent += len(piece)
                if self.sent % PART_BYTES > PART_BYTES // 2:
                    raise httpx.WriteError("broken")
        return await super().handle_async_request(request)


@pytest.mark.untraced
async def test_large_video(site: FakeSite) -> None:
    """Of 50 MB over a line that breaks once, only a part is sent again, and progress goes on."""
    size, rate = 50 * MEGABYTE, MEGABYTE / 8  # 400 s
    line = BreakingLine(site.transport, rate, 5)
    clip = ClipFile(
        ReferenceKind.VIDEO, random.Random(1).randbytes(size), "mp4", 9.0, 640, 640, "large"
    )
    request = SubjectReference(prompt="a", videos=["a.mp4"])
    sent: list[int] = []
    async with AsyncJimeng(
        "web", TOKEN, transport=line, clock=VirtualClock(), timeout=TIMEOUT
    ) as jimeng:
        await jimeng.submit(
            PreparedRequest(request, (clip,)), on_upload=lambda done, _: sent.append(done)
        )
    assert line.sent < size + PART_BYTES
    assert anyio.current_time() < 1.02 * size / rate
    assert site.generate.call_count == 1
    assert (sent[0], sent[-1]) == (0, size)
    assert max(after - before for before, after in pairwise(sent)) <= 2**16
    assert min(after - before for before, after in pairwise(sent)) > 0


@pytest.mark.untraced
async def test_many_submissions(site: FakeSite) -> None:
    """Forty submissions at a time share the line; all are accepted, and nothing is sent twice."""
    line = ThinLine(site.transport, MEGABYTE / 8)
    async with (
        AsyncJimeng("web", TOKEN, transport=line, clock=VirtualClock(), timeout=TIMEOUT) as jimeng,
        anyio.create_task_group() as tasks,
    ):
        for index in range(40):
            prepared = photographs(2, 600_000 + index)
            pictures = tuple(
                PictureFile(each.data, "jpeg", 300, 300, f"{index} {each.sha256}")
                for each in prepared.files
            )
            tasks.start_soon(jimeng.submit, PreparedRequest(prepared.request, pictures))
    assert site.generate.call_count == 40
    assert site.upload.call_count == 80
    assert line.most <= MAX_UPLOADS


class FewConnections(httpx.AsyncBaseTransport):
    """A transport with as many connections as a client uses, each of which takes a second."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._connections = anyio.Semaphore(SUBMISSIONS + OTHER_REQUESTS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with self._connections:
            await anyio.sleep(1)
            return await self._inner.handle_async_request(request)


@pytest.mark.untraced
async def test_more_submissions_than_connections(site: FakeSite) -> None:
    """Waiting for a connection is no time of a request: all of 300 submissions are accepted."""
    line = FewConnections(site.transport)
    clock = VirtualClock()
    async with (
        AsyncJimeng("web", TOKEN, transport=line, clock=clock, timeout=5) as jimeng,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(300):
            tasks.start_soon(jimeng.submit, FirstLastFrame(prompt="a"))
    assert site.generate.call_count == len(site.records) == 300
    assert anyio.current_time() == pytest.approx(10)


class StandingLine(httpx.AsyncBaseTransport):
    """A line that stands still after some bytes."""

    def __init__(self, inner: httpx.AsyncBaseTransport, limit: int) -> None:
        self._inner = inner
        self._limit = limit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/upload/"):
            assert isinstance(request.stream, httpx.AsyncByteStream)
            sent = 0
            async for piece in request.stream:
                sent += len(piece)
                if sent > self._limit:
                    break
            await anyio.sleep_forever()
        return await self._inner.handle_async_request(request)


@pytest.mark.parametrize("limit", [0, 10**6, 10**9])
async def test_line_that_stands_still(site: FakeSite, limit: int) -> None:
    """Where no byte moves for the timeout, an upload fails, also while its response is awaited."""
    line = StandingLine(site.transport, limit)
    async with AsyncJimeng(
        "web", TOKEN, transport=line, clock=VirtualClock(), timeout=TIMEOUT
    ) as jimeng:
        with pytest.raises(UploadFailed):
            await jimeng.submit(photographs(1, 2 * MEGABYTE))
    assert anyio.current_time() <= 3 * TIMEOUT + 2
    assert not site.generate.called


@each(("seconds", "arrives"), [(29, True), (31, False)])
async def test_response_to_a_large_body(seconds: float, *, arrives: bool) -> None:
    """The response may take the timeout once the body was sent, however long that took."""

    async def respond(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(seconds)
        return httpx.Response(200)

    start = anyio.current_time()
    client = HttpClient(TIMEOUT, ThinLine(httpx.MockTransport(respond), 10_000))
    if arrives:
        response = await client.exchange("POST", "http://a/", content=bytes(MEGABYTE))
        assert response.status == 200
    else:
        with pytest.raises(ResponseLost):
            await client.exchange("POST", "http://a/", content=bytes(MEGABYTE))
    assert anyio.current_time() - start == pytest.approx(100 + min(seconds, TIMEOUT))
    await client.aclose()


async def test_limiter() -> None:
    """Units are held in the order of the calls; more than there are means all."""
    limiter, order = WeightedLimiter(10), list[str]()

    async def use(name: str, units: int, seconds: float) -> None:
        async with limiter.hold(units):
            order.append(name)
            await anyio.sleep(seconds)

    async with anyio.create_task_group() as tasks:
        for name, units in (("a", 6), ("b", 20), ("c", 1), ("d", 3)):
            tasks.start_soon(use, name, units, 1)
            await anyio.sleep(0.1)
    assert order == ["a", "b", "c", "d"]
    assert anyio.current_time() == pytest.approx(3)
    with anyio.move_on_after(0.5):
        async with limiter.hold(10), limiter.hold(1):
            pytest.fail("held too much")
    async with limiter.hold(10):
        order.append("free")
