import json
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from filelock import FileLock

from jimeng_core import Completed, Failed, FirstLastFrame, NotFound
from jimeng_core.backends.demo import worker
from jimeng_core.backends.demo.store import Store
from jimeng_core.ids import new_task_id
from tests.core.demo.demo_visit import DemoVisit, visiting
from tests.core.demo_tools import client, draw_in_no_time, picture, rendered, until

pytestmark = pytest.mark.anyio

SEA = FirstLastFrame(prompt="海")
SMALL = FirstLastFrame(
    prompt="海", first_frame=picture(), model="seedance-2.5", duration=4, resolution="480p", fps=12
)


def hidden(folder: Path) -> list[str]:
    """Half-written files and the like."""
    return [path.name for path in folder.rglob(".*")]


async def submitted(visit: DemoVisit) -> str:
    """The id of a task that a site took."""
    answer = await visit.submit(SEA)
    assert answer["ret"] == "0"
    return str(answer["data"]["aigc_data"]["submit_id"])


async def test_closed_in_the_middle(tmp_path: Path) -> None:
    """A task that ran when the client closed is rendered when the folder is opened next."""
    folder = tmp_path / "demo"
    async with client(tmp_path) as jimeng:
        task = await jimeng.submit_video(SMALL)
        await until(lambda: any((folder / "media").glob(".*.mp4.*")))
    assert hidden(folder) == []
    assert list((folder / "media").iterdir()) == []
    kept = Store(folder).load(task.id)
    assert kept
    assert (kept.finished, kept.broken) == (None, False)
    async with client(tmp_path) as jimeng:
        done = await jimeng.wait_video(task.id, timeout=100)
    assert isinstance(done, Completed)
    assert hidden(folder) == []


async def test_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are rendered in the order they came, after a restart too."""
    jobs = draw_in_no_time(monkeypatch, seconds=60)
    async with visiting(tmp_path) as visit:
        ids = [await submitted(visit) for _ in range(3)]
        await until(lambda: jobs)
    jobs = draw_in_no_time(monkeypatch)
    async with visiting(tmp_path):
        for task_id in ids:
            await rendered(tmp_path, task_id)
    assert [job.video.stem for job in jobs] == ids


async def test_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sites over one folder, as two programs have them, render a task once."""
    jobs = draw_in_no_time(monkeypatch, seconds=0.1)
    async with visiting(tmp_path) as first:
        ids = [await submitted(first) for _ in range(2)]
        async with visiting(tmp_path) as second:
            ids += [await submitted(second) for _ in range(1)]
            finished = [(await rendered(tmp_path, task_id)).finished for task_id in ids]
            for task_id in ids:
                record = await second.record(task_id)
                assert record
                assert record["status"] == 50
    assert sorted(job.video.stem for job in jobs) == sorted(ids)
    again = [(await rendered(tmp_path, task_id)).finished for task_id in ids]
    assert again == finished, "nobody finishes a task a second time"


async def test_other_process_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one program leaves unfinished, another that has the folder open goes on with."""
    jobs = draw_in_no_time(monkeypatch, seconds=60)
    async with visiting(tmp_path) as first:
        task_id = await submitted(first)
        await until(lambda: jobs)
        async with visiting(tmp_path):
            jobs = draw_in_no_time(monkeypatch)
            first.site.close()
            await rendered(tmp_path, task_id)
    assert len(jobs) == 1


async def test_waits_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program renders, a site waits, and can be closed all the same."""
    jobs = draw_in_no_time(monkeypatch)
    with FileLock(tmp_path / "rendering.lock"):
        async with visiting(tmp_path) as visit:
            task_id = await submitted(visit)
            record = await visit.record(task_id)
            assert record
            assert record["status"] == 42
    assert jobs == []


async def test_film_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole film of an unfinished task is not rendered again, and is kept as it is."""
    jobs = draw_in_no_time(monkeypatch)
    with FileLock(tmp_path / "rendering.lock"):
        async with visiting(tmp_path) as visit:
            task_id = await submitted(visit)
    film = tmp_path / "media" / f"{task_id}.mp4"
    film.write_bytes(b"film")
    async with visiting(tmp_path):
        assert not (await rendered(tmp_path, task_id)).broken
    assert (jobs, film.read_bytes()) == ([], b"film")


async def test_picture_that_went(tmp_path: Path) -> None:
    """A task whose picture is gone fails, and the next one is rendered."""
    with FileLock(tmp_path / "demo" / "rendering.lock"):
        async with client(tmp_path) as jimeng:
            task = await jimeng.submit_video(SMALL)
    for path in (tmp_path / "demo" / "pictures").iterdir():
        path.unlink()
    async with client(tmp_path) as jimeng:
        done = await jimeng.wait_video(task.id, timeout=60)
    assert isinstance(done, Failed)
    assert (str(done.failure.code), done.failure.upstream_code) == ("generation_failed", "2002")
    assert hidden(tmp_path / "demo") == []


async def test_loop_stays_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a video is rendered, and while its renderer is stopped, the event loop goes on."""
    gate = tmp_path / "gate"
    program = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"gate, end = pathlib.Path({str(gate)!r}), time.monotonic() + 20\n"
        f"pathlib.Path({str(tmp_path / 'started')!r}).touch()\n"
        "while not gate.exists() and time.monotonic() < end: time.sleep(0.01)"
    )

    def start(_job_file: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-S", "-c", program], stderr=subprocess.PIPE)

    async def open_gate() -> None:
        for _ in range(20):
            await anyio.sleep(0.005)
        gate.touch()

    monkeypatch.setattr(worker, "_start", start)
    with anyio.fail_after(19):  # the renderer itself gives up after 20 s
        jimeng = client(tmp_path)
        task = await jimeng.submit_video(SEA)
        await until((tmp_path / "started").exists)
        for _ in range(5):
            assert (await jimeng.get_video(task.id)).state == "processing"
        async with anyio.create_task_group() as group:
            group.start_soon(open_gate)
            group.start_soon(jimeng.aclose)


async def test_renderer_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rendering that takes too long is given up, and its task fails."""
    draw_in_no_time(monkeypatch, seconds=60)
    monkeypatch.setattr(worker, "RENDER_SECONDS", 0.05)
    async with visiting(tmp_path) as visit:
        assert (await rendered(tmp_path, await submitted(visit))).broken


async def test_renderer_that_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong with one task, the next is rendered, and the log tells."""

    def start(_job_file: Path) -> subprocess.Popen[bytes]:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(worker, "_start", start)
    async with visiting(tmp_path) as visit:
        first = await submitted(visit)
        await until(lambda: "no such thing" in caplog.text)
        draw_in_no_time(monkeypatch)
        await rendered(tmp_path, await submitted(visit))
    assert first in caplog.text
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("text", ["", "words", "{}", "[]", '{"submit_id": 5}', "\ud800"])
async def test_corrupt_task(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task's file that cannot be read is as good as none, and disturbs no other."""
    draw_in_no_time(monkeypatch)
    async with visiting(tmp_path) as visit:
        good, bad = await submitted(visit), await submitted(visit)
        await rendered(tmp_path, bad)
    (tmp_path / "tasks" / f"{bad}.json").write_bytes(text.encode(errors="surrogatepass"))
    (tmp_path / "tasks" / "folder.json").mkdir()
    async with visiting(tmp_path) as visit:
        assert await visit.record(bad) is None
        assert await visit.record(good)
        await rendered(tmp_path, await submitted(visit))


async def test_doctored_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A task that says what no site takes fails like one that cannot be rendered."""
    jobs = draw_in_no_time(monkeypatch)
    with FileLock(tmp_path / "rendering.lock"):
        async with visiting(tmp_path) as visit:
            task_id = await submitted(visit)
    store = Store(tmp_path)
    with caplog.at_level(logging.WARNING):
        task = store.load(task_id)
        assert task
        store.save(replace(task, order=replace(task.order, seconds=0)))
        async with visiting(tmp_path):
            assert (await rendered(tmp_path, task_id)).broken
    assert jobs == []
    assert task_id in caplog.text


async def test_corrupt_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A history id whose file cannot be read is not found."""
    draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        task = await jimeng.submit_video(SEA)
        (number,) = (tmp_path / "demo" / "numbers").iterdir()
        for junk in (b"\xff\xfe", b"\0", b"", b"../../x", new_task_id().encode()):
            number.write_bytes(junk)
            with pytest.raises(NotFound):
                await jimeng.get_video(number.name)
        number.write_bytes(task.id.encode())
        assert (await jimeng.get_video(number.name)).id == number.name


async def test_task_file_is_plain_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task lies on disk as JSON that a person can read."""
    draw_in_no_time(monkeypatch)
    async with visiting(tmp_path) as visit:
        task_id = await submitted(visit)
    kept = json.loads((tmp_path / "tasks" / f"{task_id}.json").read_text())
    assert kept["submit_id"] == task_id
    assert kept["order"]["prompt"] == "海"
