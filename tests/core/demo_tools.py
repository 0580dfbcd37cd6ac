"""Clocks, pictures, demo clients and a quick renderer for tests."""

import io
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import anyio
import anyio.lowlevel
import pytest
from PIL import Image

from jimeng_core import AsyncJimeng
from jimeng_core.backends.demo import store, worker
from jimeng_core.backends.demo.render import ImagesJob, RenderJob
from jimeng_core.backends.demo.store import Store
from jimeng_core.backends.demo.stored_task import DemoTask
from tests.instant_films import Renderer


class InstantClock:
    """The system clock, whose sleeps take at most 0.03 s."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return anyio.current_time()

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await anyio.sleep(min(seconds, 0.03))


class ManualClock:
    """A clock that only `forward` and sleeps advance."""

    def __init__(self, now: datetime | None = None) -> None:
        self._start = self._now = now or datetime.now(UTC)

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.forward(seconds)
        await anyio.lowlevel.checkpoint()

    def forward(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds that another thread or process brings about."""
    with anyio.fail_after(100):
        while not condition():  # noqa: ASYNC110 - there is no event
            await anyio.sleep(0.005)


async def rendered(folder: Path, task_id: str) -> DemoTask:
    """A task of a demo folder, when its rendering has ended."""
    tasks = Store(folder)
    await until(lambda: (stored := tasks.load(task_id)) and stored.finished)
    task = tasks.load(task_id)
    assert task
    return task


def picture(colour: str = "teal", width: int = 400, height: int = 300) -> bytes:
    """A picture of one colour, as the bytes of a PNG."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def client(folder: Path, **options: Any) -> AsyncJimeng:
    """A demo client of a folder, at pace 0 and with an `InstantClock`."""
    defaults = {"data_dir": folder, "demo_pace": 0, "clock": InstantClock()}
    return AsyncJimeng("demo", **{**defaults, **options})


def draw_in_no_time(
    monkeypatch: pytest.MonkeyPatch, *, size: int = 8, seconds: float = 0, code: int = 0
) -> list[RenderJob]:
    """Replace the renderer by one that only writes files of some bytes.

    Args:
        monkeypatch: Restores the renderer at the end of the test.
        size: Bytes of a video, and of the last of several images.
        seconds: How long it takes; if not 0, it is a process, as the real one is.
        code: Its exit code; if not 0, it writes nothing.

    Returns:
        The video jobs that it is started for, as they come.
    """
    jobs: list[RenderJob] = []
    program = (
        "import pathlib, sys, time; time.sleep(float(sys.argv[1]));"
        "[pathlib.Path(path).write_bytes(b'jpg') for path in sys.argv[3:-1]];"
        "pathlib.Path(sys.argv[-1]).write_bytes(bytes(int(sys.argv[2])))"
    )

    def start(job: RenderJob | ImagesJob) -> subprocess.Popen[bytes]:
        if isinstance(job, RenderJob):
            jobs.append(job)
        *others, last = files = (
            job.images if isinstance(job, ImagesJob) else (job.poster, job.video)
        )
        if seconds:
            words = [program, str(seconds), str(size), *map(str, files)]
            return subprocess.Popen(
                [sys.executable, "-S", "-E", "-c", *words], stderr=subprocess.PIPE
            )
        if not code:
            for path in others:
                path.write_bytes(b"jpg")
            last.write_bytes(bytes(size))
        return cast("subprocess.Popen[bytes]", Renderer(code))

    monkeypatch.setattr(worker, "_start", start)
    monkeypatch.setattr(store, "SYNCHRONOUS", "OFF")
    return jobs


def skip_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    """End tasks without a result."""
    monkeypatch.setattr(worker.Worker, "_render", lambda _worker, _task: True)
    monkeypatch.setattr(store, "SYNCHRONOUS", "OFF")
