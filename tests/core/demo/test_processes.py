"""Several processes that use one data folder at the same time."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import anyio
import pytest
from filelock import FileLock

from jimeng_core import FirstLastFrame
from jimeng_core.backends.demo import worker
from jimeng_core.backends.demo.parsed_draft import DraftRefused
from jimeng_core.backends.demo.site import DemoAccount, DemoLimits, DemoSite
from jimeng_core.backends.demo.store import Store
from jimeng_core.clock import SystemClock
from jimeng_core.ids import new_task_id
from tests.core.demo.site_client import body_of
from tests.core.demo_tools import draw_in_no_time, rendered, until

SPAWN = multiprocessing.get_context("spawn")
PROCESSES = 2
OWN, SHARED = 12, 4
"""How many ids each process submits alone, and how many both submit."""
barriers: list[Barrier] = []


def wait_at(barrier: Barrier) -> None:
    """Make this process open its site at the same moment as the others."""
    barriers.append(barrier)


def in_processes(call: Callable[..., Any], *arguments: object) -> list[Any]:
    """The results of one call in several processes at once."""
    barrier = SPAWN.Barrier(PROCESSES, timeout=60)
    with ProcessPoolExecutor(PROCESSES, SPAWN, wait_at, (barrier,)) as pool:
        calls = [pool.submit(call, *arguments) for _ in range(PROCESSES)]
        return [done.result() for done in calls]


@contextmanager
def open_demo(folder: Path) -> Iterator[DemoSite]:
    """A site over a folder."""
    for barrier in barriers:
        barrier.wait()
    site = DemoSite(folder, lambda: SystemClock().now().timestamp())
    try:
        yield site
    finally:
        site.close()


def submit(site: DemoSite, visitor: str, task_id: str) -> bool:
    """Submit a task; False when the site refuses it."""
    body = body_of(FirstLastFrame(prompt="海"), task_id=task_id)
    try:
        site.submit(body, DemoAccount("account", visitor, 0, None))
    except DraftRefused:
        return False
    return True


def submit_and_render(folder: Path, shared: list[str]) -> tuple[list[str], list[str]]:
    """Submit from several threads until all is rendered; return the ids submitted and rendered."""
    ids = [new_task_id() for _ in range(OWN)] + shared
    with pytest.MonkeyPatch.context() as monkeypatch:
        jobs = draw_in_no_time(monkeypatch)
        with open_demo(folder) as site, ThreadPoolExecutor(4) as pool:
            assert all(pool.map(partial(submit, site, ""), ids))
            anyio.run(until, lambda: not site.store.unfinished())
    return ids, [job.video.stem for job in jobs]


def test_submissions_from_two_processes(tmp_path: Path) -> None:
    """No submission is lost, each is charged once, and nothing is rendered twice."""
    done = in_processes(submit_and_render, tmp_path, [new_task_id() for _ in range(SHARED)])
    submitted = [task_id for ids, _ in done for task_id in ids]
    rendered = [task_id for _, ids in done for task_id in ids]
    tasks = Store(tmp_path).all()
    assert sorted(task.submit_id for task in tasks) == sorted(set(submitted))
    assert {task.submit_id: task.charges for task in tasks} == {
        task_id: submitted.count(task_id) for task_id in submitted
    }
    assert sorted(rendered) == sorted(set(submitted))
    assert not any(task.broken for task in tasks)
    assert all(path.exists() for task in tasks for path in Store(tmp_path).results(task))


def submit_as_one_visitor(folder: Path) -> int:
    """How many of ten tasks of one visitor the site accepts."""
    with open_demo(folder) as site, ThreadPoolExecutor(5) as pool:
        return sum(pool.map(partial(submit, site, "one"), [new_task_id() for _ in range(10)]))


def test_limits_hold_for_all_processes(tmp_path: Path) -> None:
    """A visitor's limit is the same however many processes serve the folder."""
    with FileLock(tmp_path / "rendering.lock"):
        accepted = in_processes(submit_as_one_visitor, tmp_path)
    limit = DemoLimits().max_unfinished_per_visitor
    assert sum(accepted) == len(Store(tmp_path).unfinished()) == limit


def render_until_killed(folder: Path, started: Connection) -> None:
    """Submit a long task, and report its id and the renderer's process once it is rendered."""
    with open_demo(folder) as site:
        task_id = new_task_id()
        body = body_of(FirstLastFrame(prompt="海", duration=15), task_id=task_id)
        site.submit(body, DemoAccount("account", "", 0, None))
        anyio.run(until, lambda: list(site.store.media.glob(".*")))
        process = site._worker._process
        assert process
        started.send((task_id, process.pid))
        anyio.run(anyio.sleep_forever)


def test_killed_while_rendering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process renders the task of another that was killed, and whose renderer ends, too."""
    assert worker.IDLE_SECONDS <= 10
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.05)
    draw_in_no_time(monkeypatch)
    receiver, sender = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=render_until_killed, args=(tmp_path, sender))
    process.start()
    sender.close()
    with receiver:
        task_id, renderer = receiver.recv()
    with open_demo(tmp_path) as site:
        process.kill()
        process.join()
        anyio.run(rendered, tmp_path, task_id)
        anyio.run(until, lambda: not is_running(renderer))
        assert all(path.exists() for path in site.store.results(Store(tmp_path).all()[0]))
    assert list((tmp_path / "media").glob(".*")) == []


def is_running(pid: int) -> bool:
    """Whether a process runs, and is not one that has ended and that nobody has asked about."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def submit_until_killed(folder: Path, accepted: Connection) -> None:
    """Submit tasks and report the id of each as soon as it is accepted."""
    with open_demo(folder) as site:
        while True:
            task_id = new_task_id()
            assert submit(site, "", task_id)
            accepted.send(task_id)


def test_killed_process(tmp_path: Path) -> None:
    """What a process accepted before it was killed is stored, and the next one continues."""
    receiver, sender = SPAWN.Pipe(duplex=False)
    with FileLock(tmp_path / "rendering.lock"):
        process = SPAWN.Process(target=submit_until_killed, args=(tmp_path, sender))
        process.start()
        sender.close()
        with receiver:
            accepted = [receiver.recv() for _ in range(20)]
            process.kill()
            process.join()
            while receiver.poll():
                try:
                    accepted.append(receiver.recv())
                except EOFError:
                    break
        with open_demo(tmp_path) as site:
            assert submit(site, "", task_id := new_task_id())
            assert site.store.load(accepted[0])
    stored = [task.submit_id for task in Store(tmp_path).all()]
    assert stored[: len(accepted)] == accepted
    assert stored[-1] == task_id
    assert len(stored) - len(accepted) in (1, 2), "at most one was accepted and not reported"
