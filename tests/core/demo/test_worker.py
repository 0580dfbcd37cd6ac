import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import anyio
import pytest
from filelock import FileLock

from jimeng_core import Completed, Failed, FirstLastFrame
from jimeng_core.backends.demo import worker
from jimeng_core.backends.demo.render import TRY_AGAIN
from jimeng_core.backends.demo.store import Store
from jimeng_core.backends.web.wire import TASK_DEADLINE
from jimeng_core.ids import new_task_id
from tests.core.demo.site_client import SiteClient, open_site
from tests.core.demo_tools import ManualClock, client, draw_in_no_time, picture, rendered, until
from tests.each import each
from tests.instant_films import Renderer

pytestmark = pytest.mark.anyio

SEA = FirstLastFrame(prompt="海")
SMALL = FirstLastFrame(
    prompt="海", first_frame=picture(), model="seedance-2.5", duration=4, resolution="480p", fps=12
)


def hidden(folder: Path) -> list[str]:
    """Temporary files that were left behind."""
    return [path.name for path in folder.rglob(".*")]


async def submitted(caller: SiteClient) -> str:
    """Submit a task, and return its id."""
    answer = await caller.submit(SEA)
    assert answer["ret"] == "0"
    return str(answer["data"]["aigc_data"]["submit_id"])


async def test_closed_in_the_middle(tmp_path: Path) -> None:
    """A task that was being rendered when the client closed is rendered by the next one."""
    folder = tmp_path / "demo"
    async with client(tmp_path) as jimeng:
        task = await jimeng.submit_video(SMALL)
        await until(lambda: any((folder / "media").glob(".*.mp4.*")))
    assert hidden(folder) == []
    assert list((folder / "media").iterdir()) == []
    stored = Store(folder).load(task.id)
    assert stored
    assert (stored.finished, stored.broken) == (None, False)
    async with client(tmp_path) as jimeng:
        done = await jimeng.wait_video(task.id, timeout=250)
    assert isinstance(done, Completed)
    assert hidden(folder) == []


async def test_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are rendered in the order of submission, also after a restart."""
    jobs = draw_in_no_time(monkeypatch, seconds=60)
    async with open_site(tmp_path) as caller:
        ids = [await submitted(caller) for _ in range(3)]
        await until(lambda: jobs)
    jobs = draw_in_no_time(monkeypatch)
    async with open_site(tmp_path):
        for task_id in ids:
            await rendered(tmp_path, task_id)
    assert [job.video.stem for job in jobs] == ids


async def test_two_sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sites over one folder, as of two processes, render a task once."""
    jobs = draw_in_no_time(monkeypatch, seconds=0.1)
    async with open_site(tmp_path) as first:
        ids = [await submitted(first) for _ in range(2)]
        async with open_site(tmp_path) as second:
            ids += [await submitted(second) for _ in range(1)]
            finished = [(await rendered(tmp_path, task_id)).finished for task_id in ids]
            for task_id in ids:
                record = await second.record(task_id)
                assert record
                assert record["status"] == 50
    assert sorted(job.video.stem for job in jobs) == sorted(ids)
    again = [(await rendered(tmp_path, task_id)).finished for task_id in ids]
    assert again == finished, "finished a second time"


async def test_other_process_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one process leaves unfinished, another that has the folder open renders."""
    jobs = draw_in_no_time(monkeypatch, seconds=60)
    async with open_site(tmp_path) as first:
        task_id = await submitted(first)
        await until(lambda: jobs)
        async with open_site(tmp_path):
            jobs = draw_in_no_time(monkeypatch)
            first.site.close()
            await rendered(tmp_path, task_id)
    assert len(jobs) == 1


async def test_waits_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process renders, a site waits, and can still be closed."""
    jobs = draw_in_no_time(monkeypatch)
    with FileLock(tmp_path / "rendering.lock"):
        async with open_site(tmp_path) as caller:
            task_id = await submitted(caller)
            record = await caller.record(task_id)
            assert record
            assert record["status"] == 42
    assert jobs == []


async def test_complete_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The complete result of an unfinished task is not rendered again, and stays as it is."""
    jobs = draw_in_no_time(monkeypatch)
    with FileLock(tmp_path / "rendering.lock"):
        async with open_site(tmp_path) as caller:
            task_id = await submitted(caller)
    files = [tmp_path / "media" / f"{task_id}.{ending}" for ending in ("mp4", "jpg")]
    for path in files:
        path.write_bytes(b"complete")
    async with open_site(tmp_path):
        assert not (await rendered(tmp_path, task_id)).broken
    assert (jobs, [path.read_bytes() for path in files]) == ([], [b"complete"] * 2)


async def test_missing_picture(tmp_path: Path) -> None:
    """A task whose picture is missing fails."""
    with FileLock(tmp_path / "demo" / "rendering.lock"):
        async with client(tmp_path) as jimeng:
            task = await jimeng.submit_video(SMALL)
    for path in (tmp_path / "demo" / "pictures").iterdir():
        path.unlink()
    async with client(tmp_path) as jimeng:
        done = await jimeng.wait_video(task.id, timeout=250)
    assert isinstance(done, Failed)
    assert (str(done.failure.code), done.failure.upstream_code) == ("generation_failed", "2002")
    assert hidden(tmp_path / "demo") == []


async def test_loop_stays_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop stays responsive while a video is rendered and while its renderer stops."""
    gate = tmp_path / "gate"
    program = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"gate, end = pathlib.Path({str(gate)!r}), time.monotonic() + 110\n"
        f"pathlib.Path({str(tmp_path / 'started')!r}).touch()\n"
        "while not gate.exists() and time.monotonic() < end: time.sleep(0.01)"
    )

    def start(_job: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-S", "-c", program], stderr=subprocess.PIPE)

    async def open_gate() -> None:
        for _ in range(20):
            await anyio.sleep(0.005)
        gate.touch()

    monkeypatch.setattr(worker, "_start", start)
    with anyio.fail_after(100):  # the renderer itself gives up after 110 s
        jimeng = client(tmp_path)
        task = await jimeng.submit_video(SEA)
        await until((tmp_path / "started").exists)
        for _ in range(5):
            assert (await jimeng.get_video(task.id)).state == "processing"
        async with anyio.create_task_group() as group:
            group.start_soon(open_gate)
            group.start_soon(jimeng.aclose)


async def test_renderer_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rendering that takes too long is stopped, and its task fails."""
    draw_in_no_time(monkeypatch, seconds=60)
    monkeypatch.setattr(worker, "RENDER_SECONDS", 0.05)
    async with open_site(tmp_path) as caller:
        assert (await rendered(tmp_path, await submitted(caller))).broken


async def test_tasks_of_other_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle worker renders a task that a process which has ended left in the folder."""
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    draw_in_no_time(monkeypatch)
    async with open_site(tmp_path) as caller:
        first = await rendered(tmp_path, await submitted(caller))
        other = replace(first, submit_id=new_task_id(), finished=None)
        Store(tmp_path).add([other])  # wakes nobody
        assert not (await rendered(tmp_path, other.submit_id)).broken


def interrupt(monkeypatch: pytest.MonkeyPatch, code: int, reason: str = "") -> list[object]:
    """Replace the renderer by one that ends with an exit code; returns the jobs it is given."""
    jobs: list[object] = []

    def start(job: object) -> subprocess.Popen[bytes]:
        jobs.append(job)
        return cast("subprocess.Popen[bytes]", Renderer(code, reason=reason.encode()))

    monkeypatch.setattr(worker, "_start", start)
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.005)
    monkeypatch.setattr(worker, "FIRST_PAUSE", 0.001)
    return jobs


@each(
    ("code", "reason", "told"),
    [
        (TRY_AGAIN, "OSError: [Errno 28] No space left on device", "The disk is full; free some"),
        (TRY_AGAIN, "OSError: [Errno 5] Input/output error", "Input/output error"),
        (TRY_AGAIN, "SIGTERM", "SIGTERM"),
        (-signal.SIGKILL, "", "killed by signal 9"),
    ],
)
async def test_interrupted_renderer(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    code: int,
    reason: str,
    told: str,
) -> None:
    """After a full disk, an I/O error or the renderer's end by others, a task is tried again."""
    jobs = interrupt(monkeypatch, code, reason)
    async with open_site(tmp_path) as caller:
        task_id = await submitted(caller)
        await until(lambda: len(jobs) >= 4)
        assert list(caller.site.store.unfinished()) == [task_id]
        draw_in_no_time(monkeypatch)
        assert not (await rendered(tmp_path, task_id)).broken
    assert told in caplog.text
    pauses = [record.args[1] for record in caplog.records if isinstance(record.args, tuple)]
    assert pauses[:4] == [0.001, 0.002, 0.004, 0.008]


async def test_others_before_interrupted_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an interrupted task waits to be tried again, others are rendered."""
    jobs = interrupt(monkeypatch, -signal.SIGKILL)
    monkeypatch.setattr(worker, "FIRST_PAUSE", 1000)
    async with open_site(tmp_path) as caller:
        bad = await submitted(caller)
        await until(lambda: jobs)
        draw_in_no_time(monkeypatch)
        await rendered(tmp_path, await submitted(caller))
        await rendered(tmp_path, bad)  # at once, as rendering succeeds again


async def test_interrupted_for_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that is interrupted again and again fails at its deadline."""
    interrupt(monkeypatch, -signal.SIGKILL)
    clock = ManualClock()
    async with open_site(tmp_path, clock) as caller:
        task_id = await submitted(caller)
        clock.forward(TASK_DEADLINE.total_seconds() + 1)
        assert (await rendered(tmp_path, task_id)).broken


@each("number", [signal.SIGSEGV, signal.SIGXCPU, signal.SIGABRT])
async def test_crashed_renderer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """A task on which the renderer crashes, or that takes too much time, fails at once."""
    jobs = interrupt(monkeypatch, -number)
    async with open_site(tmp_path) as caller:
        assert (await rendered(tmp_path, await submitted(caller))).broken
    assert len(jobs) == 1


async def test_half_written_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-written files of killed processes are removed at the start and after a rendering."""
    draw_in_no_time(monkeypatch)
    store = Store(tmp_path)
    left = [store.media / ".a.mp4.1.part", store.pictures / ".a.ffff"]
    new = store.pictures / ".b.ffff"

    def leave() -> None:
        for path in left:
            path.write_bytes(b"half")
            os.utime(path, (0, 0))
        new.write_bytes(b"half")

    leave()
    async with open_site(tmp_path) as caller:
        await until(lambda: not any(path.exists() for path in left))
        leave()
        await rendered(tmp_path, await submitted(caller))
        await until(lambda: not any(path.exists() for path in left))
    assert new.exists(), "another process may be writing it"


async def test_deleted_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the data folder was deleted, it is made again, and tasks are accepted and rendered."""
    draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        await jimeng.generate_video(SEA, timeout=250)
        shutil.rmtree(tmp_path / "demo")
        done = await jimeng.generate_video(SMALL, timeout=250)
        assert isinstance(done, Completed)
        assert (tmp_path / "demo" / "media" / f"{done.id}.mp4").exists()


async def test_renderer_gets_no_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The renderer, which decodes strangers' pictures, has no credential in its environment."""
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nexport > {tmp_path}/variables\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("JIMENG_TOKEN", "secret-one")
    monkeypatch.setenv("ARK_API_KEY", "secret-two")
    async with open_site(tmp_path / "demo") as caller:
        await rendered(tmp_path / "demo", await submitted(caller))
    variables = (tmp_path / "variables").read_text()
    assert "PYTHONPATH" in variables
    assert "secret" not in variables
    assert "JIMENG" not in variables


async def test_renderer_that_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected error of one task is logged, and the next task is rendered."""

    def start(_job: object) -> subprocess.Popen[bytes]:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(worker, "_start", start)
    async with open_site(tmp_path) as caller:
        first = await submitted(caller)
        await until(lambda: "no such thing" in caplog.text)
        draw_in_no_time(monkeypatch)
        await rendered(tmp_path, await submitted(caller))
    assert first in caplog.text
    assert hidden(tmp_path) == []


def execute(folder: Path, sql: str, *parameters: object) -> None:
    """Change the database behind the site's back."""
    with closing(sqlite3.connect(folder / "demo.sqlite3")) as db, db:
        db.execute(sql, parameters)


async def test_unreadable_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unfinished task that cannot be read is unknown, and holds up no other."""
    draw_in_no_time(monkeypatch)
    with FileLock(tmp_path / "rendering.lock"):
        async with open_site(tmp_path) as caller:
            bad, good = await submitted(caller), await submitted(caller)
    execute(tmp_path, "UPDATE tasks SET draft = 'words' WHERE submit_id = ?", bad)
    async with open_site(tmp_path) as caller:
        assert await caller.record(bad) is None
        await rendered(tmp_path, good)
        await until(lambda: caller.site.store.unfinished() == {})
        await rendered(tmp_path, await submitted(caller))


async def test_impossible_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A task whose draft no site would accept fails like one that cannot be rendered."""
    jobs = draw_in_no_time(monkeypatch)
    with FileLock(tmp_path / "rendering.lock"):
        async with open_site(tmp_path) as caller:
            task_id = await submitted(caller)
    execute(tmp_path, "UPDATE tasks SET draft = json_set(draft, '$.seconds', 0)")
    with caplog.at_level(logging.WARNING):
        async with open_site(tmp_path):
            assert (await rendered(tmp_path, task_id)).broken
    assert jobs == []
    assert task_id in caplog.text


async def test_database_that_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that cannot be read is logged once, and the site can still be closed."""
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.005)
    asked: list[bool] = []
    unfinished = Store.unfinished

    def counted(store: Store) -> dict[str, str]:
        asked.append(True)
        return unfinished(store)

    draw_in_no_time(monkeypatch)
    async with open_site(tmp_path):
        execute(tmp_path, "DROP TABLE tasks")
        monkeypatch.setattr(Store, "unfinished", counted)
        await until(lambda: len(asked) > 3)
    assert caplog.text.count("could not read its tasks") == 1
