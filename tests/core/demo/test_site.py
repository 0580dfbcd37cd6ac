from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jimeng_core import (
    AsyncJimeng,
    Completed,
    Expired,
    FirstLastFrame,
    InvalidRequest,
    NotFound,
    Pending,
    Processing,
    SubmitUnconfirmed,
    Task,
    TooManyRunning,
    Unauthorized,
    new_task_id,
)
from jimeng_core.backends.demo import backend
from jimeng_core.backends.demo.site import DemoSite, Limits
from jimeng_core.backends.demo.store import Store
from jimeng_core.clock import Clock
from tests.core.demo.visit import body_of, visiting
from tests.core.stage import HastyClock, HeldClock, draw_in_no_time, picture, rendered

pytestmark = pytest.mark.anyio

SEA = FirstLastFrame(prompt="海")
Open = Callable[..., AsyncJimeng]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Opens a demo client of the test's folder."""

    def open_client(**options: Any) -> AsyncJimeng:
        given: dict[str, Any] = {"data_dir": tmp_path, "demo_pace": 0, "clock": HastyClock()}
        return AsyncJimeng(**{"backend": "demo", **given, **options})

    return open_client


async def at(clock: HeldClock, seconds: float, jimeng: AsyncJimeng, task: Task) -> Task:
    """The task so many seconds after it was made."""
    assert task.created_at
    clock.forward((task.created_at + timedelta(seconds=seconds) - clock.now()).total_seconds())
    return await jimeng.get_video(task.id)


async def test_pace(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At pace 1 a task waits 3 s, with its place in the queue, runs 7 s, and ends after 10 s."""
    draw_in_no_time(monkeypatch)
    clock = HeldClock()
    async with opened(demo_pace=1, clock=clock) as jimeng:
        task = await jimeng.submit_video(SEA)
        for seconds in (0, 1, 2.9):
            waiting = await at(clock, seconds, jimeng, task)
            assert isinstance(waiting, Pending)
            assert waiting.queue
            assert (waiting.progress, waiting.progress_source) == (0, "queue")
            assert waiting.eta_seconds in {10 - int(seconds), 9 - int(seconds)}
        await rendered(tmp_path / "demo", task.id)
        progress = []
        for seconds in (3.1, 5, 8, 9.9):
            running = await at(clock, seconds, jimeng, task)
            assert isinstance(running, Processing)
            assert running.progress_source == "estimate"
            progress.append(running.progress)
        assert progress == sorted(set(progress))
        assert 0 < progress[0] < 20
        assert 60 < progress[-1] < 100
        done = await at(clock, 10.1, jimeng, task)
        assert isinstance(done, Completed)
        assert done.completed_at
        assert task.created_at
        assert 9 <= (done.completed_at - task.created_at).total_seconds() <= 10
        assert await at(clock, 3600, jimeng, task) == done


async def test_longer_rendering(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task is not finished before its video is there, however late that is."""
    draw_in_no_time(monkeypatch, seconds=60)
    clock = HeldClock()
    async with opened(demo_pace=1, clock=clock) as jimeng:
        first = await jimeng.submit_video(SEA)
        second = await jimeng.submit_video(SEA)
        running = await at(clock, 300, jimeng, first)
        assert isinstance(running, Processing)
        assert running.progress <= 98
        waiting = await jimeng.get_video(second.id)
        assert isinstance(waiting, Pending)
        assert waiting.queue
        assert (waiting.queue.position, waiting.queue.length) == (1, 2)


async def test_one_visitor(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tasks of one visitor may be unfinished; another visitor may submit all the same."""
    draw_in_no_time(monkeypatch, seconds=60)
    async with opened(visitor="one") as one, opened(visitor="two") as two:
        for _ in range(3):
            await one.submit_video(SEA)
        with pytest.raises(TooManyRunning) as caught:
            await one.submit_video(SEA)
        assert caught.value.upstream_code == "1310"
        await two.submit_video(SEA)


async def test_everybody(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty tasks of all visitors may be unfinished."""
    draw_in_no_time(monkeypatch, seconds=60)
    clients = [opened(visitor=str(number)) for number in range(8)]
    taken = 0
    try:
        for number in range(20):
            await clients[number % 7].submit_video(SEA)
            taken += 1
        with pytest.raises(TooManyRunning):
            await clients[7].submit_video(SEA)
    finally:
        for jimeng in clients:
            await jimeng.aclose()
    assert taken == 20


async def test_finished_ones_do_not_count(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the end may go on: finished tasks count against no limit."""
    draw_in_no_time(monkeypatch)
    async with opened() as jimeng:
        for _ in range(5):
            assert isinstance(await jimeng.generate_video(SEA, timeout=60), Completed)


async def test_unfinished_ones_count_later(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing and opening again does not make room for more."""
    draw_in_no_time(monkeypatch, seconds=60)
    async with opened(visitor="one") as jimeng:
        for _ in range(3):
            await jimeng.submit_video(SEA)
    async with opened(visitor="one") as jimeng:
        with pytest.raises(TooManyRunning):
            await jimeng.submit_video(SEA)


async def test_room(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the room is used up the oldest videos go, and a look-up says `expired`."""
    draw_in_no_time(monkeypatch, size=4000)
    small = partial(DemoSite, limits=Limits(room=10_000))
    monkeypatch.setattr(backend, "DemoSite", small)
    async with opened() as jimeng:
        done = [await jimeng.generate_video(SEA, timeout=60) for _ in range(4)]
        found = await jimeng.get_videos([task.id for task in done])
        assert [str(lookup.error.code) if lookup.error else "" for lookup in found] == [
            *("expired", "expired", "", "")
        ]
        with pytest.raises(Expired):
            await jimeng.get_video(done[0].id)
    kept = {path.stem for path in (tmp_path / "demo" / "media").iterdir()}
    assert kept == {task.id for task in done[2:]}


async def test_session_has_run_out(opened: Open) -> None:
    """The token `expired` rehearses a session that has run out."""
    async with opened(token="expired") as jimeng:
        for call in (
            jimeng.submit_video(SEA),
            jimeng.get_video(new_task_id()),
            jimeng.credits(),
        ):
            with pytest.raises(Unauthorized):
                await call
        (found,) = await jimeng.get_videos([new_task_id()])
        assert isinstance(found.error, Unauthorized)


async def test_another_account(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another account's task is unknown: pending while it might be new, then `not_found`."""
    draw_in_no_time(monkeypatch)
    clock = HeldClock()
    async with opened(token="mine", clock=clock) as mine, opened(token="yours", clock=clock) as you:
        task = await mine.submit_video(SEA)
        assert isinstance(await at(clock, 119, you, task), Pending)
        with pytest.raises(NotFound):
            await at(clock, 121, you, task)
        assert (await mine.get_video(task.id)).created_at


async def test_another_accounts_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submission under another account's id is refused, and tells nothing of that task."""
    draw_in_no_time(monkeypatch)
    async with visiting(tmp_path) as visit:
        body = body_of(SEA)
        assert (await visit.ask("/mweb/v1/aigc_draft/generate", body, "mine"))["ret"] == "0"
        answer = await visit.ask("/mweb/v1/aigc_draft/generate", body, "yours")
        assert answer["ret"] == "1000"
        assert "海" not in str(answer)


async def test_one_site_for_a_folder(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of one folder share a site: one sees what another submitted, whoever closes first."""
    jobs = draw_in_no_time(monkeypatch)
    first, second = opened(), opened()
    task = await first.submit_video(SEA)
    await first.aclose()
    try:
        assert isinstance(await second.wait_video(task.id, timeout=60), Completed)
    finally:
        await second.aclose()
    assert len(jobs) == 1


async def test_tried_again(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submission tried again under its id is looked up, and neither sent nor paid twice."""
    jobs = draw_in_no_time(monkeypatch)
    task_id = new_task_id()
    async with opened() as jimeng:
        for _ in range(3):
            assert (await jimeng.submit_video(SEA, task_id=task_id)).id == task_id
        await jimeng.wait_video(task_id, timeout=60)
    kept = Store(tmp_path / "demo").load(task_id)
    assert kept
    assert kept.charges == len(jobs) == 1


async def test_sent_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is sent twice is charged twice and rendered once (the site's way is unknown)."""
    jobs = draw_in_no_time(monkeypatch)
    async with visiting(tmp_path) as visit:
        body = body_of(SEA)
        for _ in range(2):
            assert (await visit.ask("/mweb/v1/aigc_draft/generate", body))["ret"] == "0"
        kept = await rendered(tmp_path, body["submit_id"])
    assert (kept.charges, len(jobs)) == (2, 1)


async def test_media_of_an_app(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind an app, the URLs are paths of the app."""
    draw_in_no_time(monkeypatch)
    async with opened(media_base="/media/demo/") as jimeng:
        done = await jimeng.generate_video(SEA, timeout=60)
    assert isinstance(done, Completed)
    assert done.video.url == f"/media/demo/{done.id}.mp4"
    assert done.video.cover_url == f"/media/demo/{done.id}.jpg"


async def test_no_session_on_disk(opened: Open, tmp_path: Path) -> None:
    """The session token is written nowhere."""
    async with opened(token="0123456789abcdef") as jimeng:
        first = FirstLastFrame(prompt="海", first_frame=picture())
        await jimeng.submit_video(first)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if b"0123456789abcdef" in path.read_bytes()] == []


async def test_folder_that_cannot_be(opened: Open, tmp_path: Path) -> None:
    """A folder that cannot be made is one sentence that names the setting."""
    Path(tmp_path, "file").write_text("")
    with pytest.raises(InvalidRequest, match="JIMENG_DATA_DIR") as caught:
        opened(data_dir=tmp_path / "file")
    assert "JIMENG_DATA_DIR" in caught.value.message_zh


async def test_folder_that_went(
    opened: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of the demo's own is the upstream's fault to the caller, and stands in the log."""
    async with opened() as jimeng:
        (tmp_path / "demo" / "pictures").rmdir()
        with pytest.raises(SubmitUnconfirmed):
            await jimeng.submit_video(SEA)
    assert "folder" in caplog.text


@pytest.mark.parametrize("clock", [None, HeldClock()])
async def test_every_client_can_be_closed_twice(opened: Open, clock: Clock | None) -> None:
    """Closing is safe to repeat, and closes the site once."""
    first, second = opened(clock=clock), opened()
    await first.aclose()
    await first.aclose()
    assert (await second.credits()).total == 100
    await second.aclose()
    assert backend._sites == {}
