"""Many submissions with pictures at once: a few are loaded and uploaded, the others wait."""

import gc
import os
import re
import threading
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest

from jimeng_core import AsyncJimeng, FirstLastFrame, InvalidRequest, Pending, new_task_id, sources
from jimeng_core.pictures import loading
from jimeng_core.pictures.picture_file import PictureFile
from jimeng_core.submissions import LOADED, PreparedRequest
from tests.core.web.fake_site import FakeSite, png

pytestmark = pytest.mark.anyio
MANY = 3 * LOADED


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A picture on disk."""
    path = tmp_path / "a.png"
    path.write_bytes(png())
    return path


@asynccontextmanager
async def many_submissions(
    jimeng: AsyncJimeng, site: FakeSite, picture: Path
) -> AsyncIterator[None]:
    """Submit many requests with a picture; the first wait for their upload in the meantime."""
    let_go, full = anyio.Event(), anyio.Event()
    apply = site.slots(1)
    waiting = 0

    async def hold(_request: httpx.Request) -> httpx.Response:
        nonlocal waiting
        waiting += 1
        if waiting == LOADED:
            full.set()
        await let_go.wait()
        return apply

    site.apply.mock(side_effect=hold)
    async with anyio.create_task_group() as tasks:
        for number in range(MANY):
            request = FirstLastFrame(prompt=f"number {number}.", first_frame=picture)
            tasks.start_soon(jimeng.submit_video, request)
        with anyio.fail_after(100):
            await full.wait()
        await anyio.wait_all_tasks_blocked()
        yield
        let_go.set()


async def test_few_are_loaded_at_a_time(
    jimeng: AsyncJimeng, site: FakeSite, picture: Path, loaded: list[str]
) -> None:
    """The pictures of the others are not read yet, and all are sent about in order at last."""
    async with many_submissions(jimeng, site, picture):
        assert len(loaded) == LOADED
        assert not site.generate.called
    sent = [
        int(re.findall(rb"number (\d+)", call.request.content)[0]) for call in site.generate.calls
    ]
    assert sorted(sent) == [*range(MANY)]
    assert all(number - place < LOADED for place, number in enumerate(sent))  # none goes far ahead
    # A thread that waits makes one of them late; in random order, each would be eight places off.
    assert sum(abs(number - place) for place, number in enumerate(sent)) / MANY < LOADED / 2


async def test_without_pictures_nothing_waits(
    jimeng: AsyncJimeng, site: FakeSite, picture: Path
) -> None:
    """A request without a picture is sent while others wait for their uploads."""
    async with many_submissions(jimeng, site, picture):
        task = await jimeng.submit_video(FirstLastFrame(prompt="海"))
        assert isinstance(task, Pending)


async def test_a_slow_host_holds_up_its_own(
    jimeng: AsyncJimeng, monkeypatch: pytest.MonkeyPatch, picture: Path
) -> None:
    """While pictures at URLs are waited for, a picture on disk is submitted."""
    started = anyio.Event()

    async def never(*_args: object, **_options: object) -> bytes:
        started.set()
        await anyio.sleep_forever()
        return b""

    monkeypatch.setattr(sources, "fetch_bytes", never)
    async with anyio.create_task_group() as tasks:
        slow = FirstLastFrame(prompt="海", first_frame="https://slow.example/a.png")
        for _ in range(MANY):
            tasks.start_soon(jimeng.submit_video, slow)
        await started.wait()
        task = await jimeng.submit_video(FirstLastFrame(prompt="海", first_frame=picture))
        tasks.cancel_scope.cancel()
    assert isinstance(task, Pending)


async def test_picture_has_gone(jimeng: AsyncJimeng, site: FakeSite, picture: Path) -> None:
    """A submission that is repeated finds its task, even if its picture is no longer on disk."""
    request = FirstLastFrame(prompt="海", first_frame=picture)
    task_id = new_task_id()
    site.records[task_id] = {"status": 20}
    picture.unlink()
    assert (await jimeng.submit_video(request, task_id=task_id)).id == task_id
    assert not site.generate.called


async def test_refused_picture_uses_no_id(
    jimeng: AsyncJimeng, site: FakeSite, picture: Path
) -> None:
    """After a picture that is refused, the reserved id is still unused: nothing is looked up."""
    task_id = jimeng.reserve()
    with pytest.raises(InvalidRequest):
        await jimeng.submit_video(
            FirstLastFrame(prompt="海", first_frame=b"no picture"), task_id=task_id
        )
    await jimeng.submit_video(FirstLastFrame(prompt="海", first_frame=picture), task_id=task_id)
    assert site.generate.call_count == 1
    assert not site.look_up.called


async def test_as_many_decoders_as_processors(
    jimeng: AsyncJimeng, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more pictures are decoded at a time than there are processors."""
    lock, now, most = threading.Lock(), 0, 0
    read_picture = loading.read_picture

    def counted(data: bytes, field: str) -> PictureFile:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        found = read_picture(data, field)
        with lock:
            now -= 1
        return found

    monkeypatch.setattr(loading, "read_picture", counted)
    async with anyio.create_task_group() as tasks:
        for _ in range(MANY):
            request = FirstLastFrame(prompt="海", first_frame=picture, last_frame=picture)
            tasks.start_soon(jimeng.submit_video, request)
    assert 1 <= most <= (os.cpu_count() or 1)


class WeakPicture(PictureFile):
    """A picture that can be referred to weakly."""


async def test_pictures_are_released(jimeng: AsyncJimeng) -> None:
    """Nothing keeps a picture after its submission, not even until the next collection."""
    picture = WeakPicture(png(), "png", 300, 300, "hash")
    released = weakref.ref(picture)
    prepared = PreparedRequest(FirstLastFrame(prompt="海", first_frame=b"-"), (picture,))
    gc.disable()
    try:
        await jimeng.submit(prepared)
        del picture, prepared
        await anyio.wait_all_tasks_blocked()
        assert released() is None
    finally:
        gc.enable()
