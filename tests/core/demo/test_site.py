import errno
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from jimeng_core import (
    AsyncJimeng,
    Completed,
    FirstLastFrame,
    InvalidRequest,
    NotFound,
    Pending,
    Processing,
    Task,
    Unauthorized,
    UpstreamError,
    new_task_id,
)
from jimeng_core.backends.demo import backend
from jimeng_core.backends.demo.store import Store
from tests.core.demo.site_client import body_of, open_site
from tests.core.demo_tools import ManualClock, client, draw_in_no_time, picture, rendered
from tests.each import each

pytestmark = pytest.mark.anyio

SEA = FirstLastFrame(prompt="海")


async def at(clock: ManualClock, seconds: float, jimeng: AsyncJimeng, task: Task) -> Task:
    """The task `seconds` after its submission."""
    assert task.created_at
    clock.forward((task.created_at + timedelta(seconds=seconds) - clock.now()).total_seconds())
    return await jimeng.get_video(task.id)


async def test_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At pace 1 a task waits 3 s with a queue position, runs 7 s, and ends after 10 s."""
    draw_in_no_time(monkeypatch)
    clock = ManualClock()
    async with client(tmp_path, demo_pace=1, clock=clock) as jimeng:
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
        for moved in (3600, -8 * 3600):  # the latter when a wrong clock was corrected
            assert await at(clock, moved, jimeng, task) == done


async def test_longer_rendering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task is not completed before its video is rendered, however long that takes.

    The time left of one that waits counts those before it, and its progress begins when they have
    ended.
    """
    draw_in_no_time(monkeypatch, seconds=60)
    clock = ManualClock()
    async with client(tmp_path, demo_pace=1, clock=clock) as jimeng:
        first = await jimeng.submit_video(SEA)
        second = await jimeng.submit_video(SEA)
        running = await at(clock, 300, jimeng, first)
        assert isinstance(running, Processing)
        assert running.progress <= 98
        waiting = await jimeng.get_video(second.id)
        assert isinstance(waiting, Pending)
        assert waiting.queue
        assert (waiting.queue.position, waiting.queue.length) == (1, 2)
        assert waiting.eta_seconds in {13, 14}  # its own seven seconds, and those of the first
        Store(tmp_path / "demo").finish(first.id, clock.now().timestamp(), broken=False)
        begun = await at(clock, 302, jimeng, second)
        assert isinstance(begun, Processing)
        assert 10 <= begun.progress <= 30
        assert begun.eta_seconds in {5, 6}


async def test_late_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that is rendered late is completed at the end of its rendering."""
    draw_in_no_time(monkeypatch)
    clock = ManualClock()
    async with client(tmp_path, demo_pace=1, clock=clock) as jimeng:
        with FileLock(tmp_path / "demo" / "rendering.lock"):
            task = await jimeng.submit_video(SEA)
            assert isinstance(await at(clock, 50, jimeng, task), Processing)
        await rendered(tmp_path / "demo", task.id)
        done = await jimeng.get_video(task.id)
    assert isinstance(done, Completed)
    assert done.completed_at
    assert task.created_at
    assert 49 <= (done.completed_at - task.created_at).total_seconds() <= 50


async def test_expired_session(tmp_path: Path) -> None:
    """The token `expired` is refused as an expired session."""
    async with client(tmp_path, token="expired") as jimeng:
        for call in (
            jimeng.submit_video(SEA),
            jimeng.get_video(new_task_id()),
            jimeng.credits(),
        ):
            with pytest.raises(Unauthorized):
                await call
        (found,) = await jimeng.get_videos([new_task_id()])
        assert isinstance(found.error, Unauthorized)


async def test_another_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another account's task is unknown: pending while its id is new, then `not_found`."""
    draw_in_no_time(monkeypatch)
    clock = ManualClock()
    async with (
        client(tmp_path, token="mine", clock=clock) as mine,
        client(tmp_path, token="yours", clock=clock) as other,
    ):
        task = await mine.submit_video(SEA)
        assert isinstance(await at(clock, 119, other, task), Pending)
        with pytest.raises(NotFound):
            await at(clock, 121, other, task)
        assert (await mine.get_video(task.id)).created_at


async def test_another_accounts_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submission with another account's id is refused, and reveals nothing of that task."""
    draw_in_no_time(monkeypatch)
    async with open_site(tmp_path) as caller:
        body = body_of(SEA)
        assert (await caller.ask("/mweb/v1/aigc_draft/generate", body, "mine"))["ret"] == "0"
        answer = await caller.ask("/mweb/v1/aigc_draft/generate", body, "yours")
        assert answer["ret"] == "1000"
        assert "海" not in str(answer)


async def test_one_site_for_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of one folder share a site, which closes with the last of them."""
    jobs = draw_in_no_time(monkeypatch)
    first, second = client(tmp_path), client(tmp_path)
    task = await first.submit_video(SEA)
    await first.aclose()
    try:
        assert isinstance(await second.wait_video(task.id, timeout=250), Completed)
    finally:
        await second.aclose()
    assert len(jobs) == 1


async def test_repeated_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submission repeated with its id is looked up, and neither sent nor charged twice."""
    jobs = draw_in_no_time(monkeypatch)
    task_id = new_task_id()
    async with client(tmp_path) as jimeng:
        for _ in range(3):
            assert (await jimeng.submit_video(SEA, task_id=task_id)).id == task_id
        await jimeng.wait_video(task_id, timeout=250)
    stored = Store(tmp_path / "demo").load(task_id)
    assert stored
    assert stored.charges == len(jobs) == 1


async def test_sent_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is sent twice is charged twice and rendered once."""
    jobs = draw_in_no_time(monkeypatch)
    async with open_site(tmp_path) as caller:
        body = body_of(SEA)
        for _ in range(2):
            assert (await caller.ask("/mweb/v1/aigc_draft/generate", body))["ret"] == "0"
        stored = await rendered(tmp_path, body["submit_id"])
    assert (stored.charges, len(jobs)) == (2, 1)


async def test_media_of_an_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The URLs of an app's tasks are paths of the app."""
    draw_in_no_time(monkeypatch)
    async with client(tmp_path, media_base="/media/demo/") as jimeng:
        done = await jimeng.generate_video(SEA, timeout=250)
    assert isinstance(done, Completed)
    assert done.video.url == f"/media/demo/{done.id}.mp4"
    assert done.video.cover_url == f"/media/demo/{done.id}.jpg"


async def test_no_session_on_disk(tmp_path: Path) -> None:
    """No file contains the session token."""
    async with client(tmp_path, token="0123456789abcdef") as jimeng:
        first = FirstLastFrame(prompt="海", first_frame=picture())
        await jimeng.submit_video(first)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if b"0123456789abcdef" in path.read_bytes()] == []


async def test_folder_that_cannot_be(tmp_path: Path) -> None:
    """The error of a folder that cannot be created names the setting."""
    Path(tmp_path, "file").write_text("")
    with pytest.raises(InvalidRequest, match="JIMENG_DATA_DIR") as caught:
        client(tmp_path / "file")
    assert "JIMENG_DATA_DIR" in caught.value.message_zh


@each("step", ["put_file", "uris", "submit"])
async def test_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, step: str
) -> None:
    """A submission that a full disk prevents is a definite error that says so."""
    request = FirstLastFrame(prompt="海", first_frame=picture())

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with client(tmp_path) as jimeng:
        with monkeypatch.context() as full:
            full.setattr(Store, step, fail)
            with pytest.raises(UpstreamError, match="folder is full") as caught:
                await jimeng.submit_video(request)
        assert "磁盘已满" in caught.value.message_zh
        assert Store(tmp_path / "demo").all() == []
        await jimeng.submit_video(request)
    assert "No space left" in caplog.text


async def test_accepted_before_the_disk_was_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submission that was stored is accepted, whatever fails after that."""

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Store, "unfinished", fail)
    async with client(tmp_path) as jimeng:
        task = await jimeng.submit_video(SEA)
    assert [stored.submit_id for stored in Store(tmp_path / "demo").all()] == [task.id]


async def test_folder_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up in a folder that became unusable is an error that names the setting."""
    draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        task = await jimeng.submit_video(SEA)
        await rendered(tmp_path / "demo", task.id)  # nobody writes into the folder any more
        # Moved, not removed: the renderer's thread may still be closing the database in it.
        (tmp_path / "demo").rename(tmp_path / "moved")
        (tmp_path / "demo").write_text("")
        with pytest.raises(UpstreamError, match="JIMENG_DATA_DIR"):
            await jimeng.get_video(task.id)


async def test_closed_twice(tmp_path: Path) -> None:
    """A client can be closed twice; the site is closed with the last client."""
    first, second = client(tmp_path), client(tmp_path)
    await first.aclose()
    await first.aclose()
    assert (await second.credits()).total == 100
    await second.aclose()
    assert backend._sites == {}
