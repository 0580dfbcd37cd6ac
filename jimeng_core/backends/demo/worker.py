"""The worker that renders unfinished tasks one after the other, each in a process of its own.

A process, because a renderer that shares the interpreter delays the event loop; one at a time,
because a demo may use one core and not the whole machine.
"""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from .render import JOBS, ImagesJob, RenderJob, Shot
from .store import DemoTask, Store

log = logging.getLogger(__name__)

RENDER_SECONDS: Final = 900
"""How long one rendering may take: more than 30 s of 4k on a slow core."""
LOCK_SECONDS: Final = 0.2
"""How long to wait while another process renders, before checking whether this worker closes."""


class Worker:
    """A thread that renders what is unfinished, in the order of submission.

    Args:
        store: The tasks, pictures and results.
        now: The source of the time, in Unix seconds.
        max_bytes: Bytes of all pictures and results.
    """

    def __init__(self, store: Store, now: Callable[[], float], max_bytes: int) -> None:
        self._store = store
        self._now = now
        self._max_bytes = max_bytes
        self._failed: set[str] = set()
        """Tasks that raised an unexpected error; the next worker tries them again."""
        self._process: subprocess.Popen[bytes] | None = None
        self._process_lock = threading.Lock()
        self._rendering = FileLock(store.rendering_lock)
        self._closed = False
        self._woken = threading.Event()
        self._woken.set()
        self._thread = threading.Thread(target=self._work, name="jimeng-demo", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look for unfinished tasks."""
        self._woken.set()

    def close(self) -> None:
        """Stop; what is unfinished is rendered by the next worker."""
        self._closed = True
        with self._process_lock:
            if self._process:
                self._process.terminate()
        self.wake()
        self._thread.join()

    def _work(self) -> None:
        while not self._closed:
            self._woken.wait()
            self._woken.clear()
            try:
                while submit_id := self._next():
                    self._attempt(submit_id)
            except Exception:  # the thread must outlive a database that is locked or damaged
                log.exception("The demo could not read its tasks.")

    def _next(self) -> str | None:
        """The task to render next; None: nothing is unfinished, or this worker is closed."""
        queue = {} if self._closed else self._store.unfinished()
        return next((each for each in queue if each not in self._failed), None)

    def _attempt(self, submit_id: str) -> None:
        """Finish a task, unless another process, which is alive, is rendering into this folder."""
        try:
            with suppress(Timeout), self._rendering.acquire(timeout=LOCK_SECONDS):
                self._finish(submit_id)
        except Exception:  # the next task must still be rendered
            log.exception("The demo could not finish the task %s.", submit_id)
            self._failed.add(submit_id)

    def _finish(self, submit_id: str) -> None:
        task = self._store.load(submit_id)
        if task and task.finished is not None:
            return  # another process was faster
        # A task with a fault has nothing to show; one that cannot be read must leave the queue.
        complete = task is not None and (task.fault is not None or self._render(task))
        if complete or not self._closed:
            self._store.finish(submit_id, self._now(), broken=not complete)
            self._store.evict(self._max_bytes)

    def _render(self, task: DemoTask) -> bool:
        """Render a task's result, and return whether it is complete."""
        if all(path.exists() for path in self._store.results(task)):
            return True
        try:
            job = _job(task, self._store)
        except ValueError as error:  # the site accepts more than the renderer
            log.warning("The task %s cannot be rendered: %s", task.submit_id, error)
            return False
        with self._process_lock:
            if self._closed:
                return False
            process = self._process = _start(job)
        try:
            _, errors = process.communicate(JOBS.dump_json(job), timeout=RENDER_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            _, errors = process.communicate()
        with self._process_lock:
            self._process = None
        if process.returncode and not self._closed:
            log.warning("Rendering %s failed: %s", task.submit_id, errors.decode(errors="replace"))
        return process.returncode == 0


def _job(task: DemoTask, store: Store) -> RenderJob | ImagesJob:
    draft, results = task.draft, store.results(task)
    width, height = draft.size
    pictures = [store.picture(shot.uri) for shot in draft.shots]
    if draft.mode == "image":
        images = tuple(results)
        return ImagesJob(draft.prompt, tuple(pictures), width, height, draft.seed, images)
    shots = zip(pictures, draft.shots, strict=True)
    return RenderJob(
        mode=draft.mode,
        prompt=draft.prompt,
        shots=tuple(Shot(picture, shot.seconds, shot.caption) for picture, shot in shots),
        width=width,
        height=height,
        fps=draft.fps,
        seconds=draft.seconds,
        seed=draft.seed,
        video=results[0],
        poster=results[1],
    )


def _start(_job: RenderJob | ImagesJob) -> subprocess.Popen[bytes]:
    """Start the renderer, which reads its job from standard input."""
    root = Path(__file__).parents[3]  # importable wherever this process was started
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(  # noqa: S603 - this interpreter and this package
        [sys.executable, "-m", f"{__package__}.render"],
        env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
