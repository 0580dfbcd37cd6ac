"""Renders one task after the other, each in a process of its own, beside whatever the site answers.

A process, because a renderer that shares the interpreter holds up the event loop; one at a time,
because a demo may use one core and not the whole machine.
"""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from .render import ImagesJob, RenderJob, Shot, job_text
from .store import DemoTask, Store, write

log = logging.getLogger(__name__)

RENDER_SECONDS: Final = 900
"""How long one rendering may take before it is given up: 30 s of 4k on a slow core and more."""
TURN_SECONDS: Final = 0.2
"""How long to wait for another process before looking whether this worker is to stop."""


class Worker:
    """The queue of tasks to render, and the thread that works it off.

    Args:
        store: Where tasks, pictures and videos lie.
        now: Tells the time, in unix seconds.
        room: Bytes that all files may take.
    """

    def __init__(self, store: Store, now: Callable[[], float], room: int) -> None:
        self._store = store
        self._now = now
        self._room = room
        self._waiting: list[DemoTask] = []
        self._current: DemoTask | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = FileLock(store.turn)
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="jimeng-demo", daemon=True)
        self._thread.start()

    def add(self, task: DemoTask) -> None:
        """Put a task at the end of the queue."""
        with self._changed:
            self._waiting.append(task)
            self._changed.notify()

    def unfinished(self) -> list[DemoTask]:
        """The task that is rendered now, if there is one, and then those that wait, in order."""
        with self._changed:
            return [*([self._current] if self._current else []), *self._waiting]

    def ahead(self, submit_id: str) -> int | None:
        """How many tasks come before this one; 0 for the one that is rendered; None: not here."""
        ids = [task.submit_id for task in self.unfinished()]
        return ids.index(submit_id) if submit_id in ids else None

    def close(self) -> None:
        """Stop; what is unfinished stays on disk, and is rendered again by the next worker."""
        with self._changed:
            self._closed = True
            if self._process:
                self._process.terminate()
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while task := self._next():
            try:
                self._take_turn(task)
            except Exception:  # whatever it is, the next task is rendered all the same
                log.exception("The demo could not finish the task %s.", task.submit_id)
            with self._changed:
                self._current = None

    def _next(self) -> DemoTask | None:
        """The next task, as soon as there is one; None when this worker is to stop."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if not self._closed:
                self._current = self._waiting.pop(0)
            return self._current

    def _take_turn(self, task: DemoTask) -> None:
        """Finish a task when no other process renders into this folder.

        The lock of a process is gone when that ends, however it ends.
        """
        while not self._closed:
            with suppress(Timeout), self._turn.acquire(timeout=TURN_SECONDS):
                self._finish(task)
                return

    def _finish(self, task: DemoTask) -> None:
        latest = self._store.load(task.submit_id)
        if latest is None or latest.finished is not None:
            return  # it went, or another process that has this folder open was faster
        whole = task.fault is not None or self._render(task)  # a failure has nothing to show
        if self._closed and not whole:
            return
        finished = self._now()
        self._store.change(
            task.submit_id, lambda kept: replace(kept, finished=finished, broken=not whole)
        )
        self._store.make_room(self._room)

    def _render(self, task: DemoTask) -> bool:
        """Whether the task's result is there as a whole afterwards."""
        if all(path.exists() for path in _results(task, self._store)):
            return True
        try:
            job = _job(task, self._store)
        except ValueError as error:  # the site took what the renderer does not
            log.warning("The task %s cannot be rendered: %s", task.submit_id, error)
            return False
        job_file = self._store.tasks / f".{task.submit_id}.job"
        write(job_file, job_text(job).encode())
        try:
            return self._run(task, job_file)
        finally:
            job_file.unlink(missing_ok=True)

    def _run(self, task: DemoTask, job_file: Path) -> bool:
        with self._changed:
            if self._closed:
                return False
            process = self._process = _start(job_file)
        try:
            _, said = process.communicate(timeout=RENDER_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
        with self._changed:
            self._process = None
        if process.returncode and not self._closed:
            log.warning("Rendering %s failed: %s", task.submit_id, said.decode(errors="replace"))
        return process.returncode == 0


def _results(task: DemoTask, store: Store) -> list[Path]:
    if task.order.mode == "image":
        return store.images(task.submit_id, task.order.count)
    return [store.video(task.submit_id)]


def _job(task: DemoTask, store: Store) -> RenderJob | ImagesJob:
    order = task.order
    width, height = order.size
    if order.mode == "image":
        return ImagesJob(
            prompt=order.prompt,
            pictures=tuple(store.picture(shot.uri) for shot in order.shots),
            width=width,
            height=height,
            seed=order.seed,
            images=tuple(_results(task, store)),
        )
    return RenderJob(
        mode=order.mode,
        prompt=order.prompt,
        shots=tuple(
            Shot(store.picture(shot.uri), shot.seconds, shot.caption) for shot in order.shots
        ),
        width=width,
        height=height,
        fps=order.fps,
        seconds=order.seconds,
        seed=order.seed,
        video=store.video(task.submit_id),
        poster=store.poster(task.submit_id),
    )


def _start(job_file: Path) -> subprocess.Popen[bytes]:
    """The renderer, with this very package on its path wherever the caller was started."""
    root = Path(__file__).parents[3]
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(  # noqa: S603 - this interpreter, this package, a file of our own
        [sys.executable, "-m", f"{__package__}.render", str(job_file)],
        env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
