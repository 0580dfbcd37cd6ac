"""The worker that renders unfinished tasks one after the other, each in a process of its own.

A process, because a renderer that shares the interpreter delays the event loop; one at a time,
because a demo may use one core and not the whole machine.
"""

import logging
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from filelock import FileLock, Timeout

from jimeng_core.backends.web.wire import TASK_DEADLINE
from jimeng_core.programs import environment

from .folder_errors import DISK_FULL
from .render import JOBS, TRY_AGAIN, ClipPath, ImagesJob, RenderJob, Shot
from .store import Store
from .stored_task import DemoTask

log = logging.getLogger(__name__)

RENDER_SECONDS: Final = 900
"""How long one rendering may take: more than 30 s of 4k on a slow core."""
LOCK_SECONDS: Final = 0.2
"""How long to wait while another process renders, before checking whether this worker closes."""
IDLE_SECONDS: Final = 5.0
"""How often an idle worker looks for tasks that other processes left unfinished."""
FIRST_PAUSE: Final = 5.0
"""Seconds until a task whose rendering was interrupted is tried again; then twice as long."""
LONGEST_PAUSE: Final = 600.0

_OUTSIDE_SIGNALS: Final = {
    -getattr(signal, name, 0) for name in ("SIGHUP", "SIGINT", "SIGKILL", "SIGTERM")
} - {0}
"""Exit codes of a renderer that others ended, such as a system without memory. Other signals are
its own: a decoder crashed, or the time was up."""


class _RendererStopped(Exception):
    """The renderer was interrupted; it may succeed later."""


class Worker:
    """A thread that renders what is unfinished, in the order of submission.

    It also takes up what other processes left unfinished. A task whose rendering fails for a reason
    outside of it, such as a full disk, stays unfinished and is tried again, with growing pauses.

    Args:
        store: The tasks, pictures and results.
        now: The source of the time, in Unix seconds.
        max_bytes: Bytes of all pictures and results.
    """

    def __init__(self, store: Store, now: Callable[[], float], max_bytes: int) -> None:
        self._store = store
        self._now = now
        self._max_bytes = max_bytes
        self._failures: dict[str, int] = {}
        """How often each unfinished task was tried in vain."""
        self._next_try = 0.0
        """When they are tried again, by the monotonic clock."""
        self._complaint = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._process_lock = threading.Lock()
        self._rendering = FileLock(store.rendering_lock)
        self._closed = False
        self._woken = threading.Event()
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
        self._remove_incomplete()
        while not self._closed:
            try:
                while submit_id := self._next():
                    self._attempt(submit_id)
                self._complaint = ""
            except Exception as error:  # the thread must outlive a damaged database
                if str(error) != self._complaint:  # not every time
                    log.exception("The demo could not read its tasks.")
                self._complaint = str(error)
            self._woken.wait(IDLE_SECONDS)
            self._woken.clear()

    def _remove_incomplete(self) -> None:
        with suppress(OSError, Timeout), self._rendering.acquire(timeout=0):
            self._store.remove_incomplete()

    def _next(self) -> str | None:
        """The task to render next; None: nothing is unfinished, or this worker is closed."""
        queue = {} if self._closed else self._store.unfinished()
        self._failures = {each: self._failures[each] for each in queue if each in self._failures}
        if fresh := next((each for each in queue if each not in self._failures), None):
            return fresh
        if not self._failures or time.monotonic() < self._next_try:
            return None
        return min(self._failures, key=self._failures.__getitem__)

    def _attempt(self, submit_id: str) -> None:
        """Finish a task, unless another process, which is alive, is rendering into this folder."""
        try:
            with suppress(Timeout), self._rendering.acquire(timeout=LOCK_SECONDS):
                self._finish(submit_id)
                self._next_try = 0
        except (OSError, _RendererStopped) as error:
            self._postpone(submit_id, error)
        except Exception as error:  # the next task must still be rendered
            log.debug("The rendering of %s failed:", submit_id, exc_info=True)
            self._postpone(submit_id, error)

    def _postpone(self, submit_id: str, error: Exception) -> None:
        """Try a task again later."""
        if self._closed:
            return
        failures = self._failures[submit_id] = self._failures.get(submit_id, 0) + 1
        pause = min(FIRST_PAUSE * 2.0 ** (failures - 1), LONGEST_PAUSE)
        self._next_try = time.monotonic() + pause
        full = isinstance(error, OSError) and error.errno in DISK_FULL
        reason = "The disk is full; free some space." if full else error
        log.warning("The task %s is tried again in %.0f s. %s", submit_id, pause, reason)

    def _finish(self, submit_id: str) -> None:
        task = self._store.load(submit_id)
        if task and task.finished is not None:
            return  # another process was faster
        # A task with a fault has nothing to show; one that cannot be read must leave the queue.
        complete = task is not None and (task.fault is not None or self._render(task))
        if complete or not self._closed:
            self._store.finish(submit_id, self._now(), broken=not complete)
            self._store.remove_incomplete()
            self._store.evict(self._max_bytes)

    def _render(self, task: DemoTask) -> bool:
        """Render a task's result, and return whether it is complete.

        Raises:
            OSError: The renderer could not be started.
            _RendererStopped: It was interrupted, and the task is not past its deadline.
        """
        if all(path.exists() for path in self._store.results(task)):
            return True
        try:
            job = _job(task, self._store)
        except ValueError as error:  # the site accepts more than the renderer
            log.warning("The task %s cannot be rendered: %s", task.submit_id, error)
            return False
        self._store.media.mkdir(parents=True, exist_ok=True)
        with self._process_lock:
            if self._closed:
                return False
            process = self._process = _start(job)
        late = self._now() - task.created > TASK_DEADLINE.total_seconds()
        try:
            _, errors = process.communicate(JOBS.dump_json(job), timeout=RENDER_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            late, errors = True, b"It took too long."
        with self._process_lock:
            self._process = None
        if process.returncode and not self._closed:
            reason = errors.decode(errors="replace").strip()
            if not late:
                _check_interruption(process.returncode, reason)
            log.warning("Rendering %s failed: %s", task.submit_id, reason)
        return process.returncode == 0


def _check_interruption(code: int, reason: str) -> None:
    """Raise an error if the renderer, which ended with `code`, may succeed later."""
    if code in _OUTSIDE_SIGNALS:
        raise _RendererStopped(f"The renderer was killed by signal {-code}.")
    if code == TRY_AGAIN:
        number = re.search(r"Errno (\d+)", reason)
        raise OSError(int(number[1]), reason) if number else _RendererStopped(reason)


def _job(task: DemoTask, store: Store) -> RenderJob | ImagesJob:
    draft, results = task.draft, store.results(task)
    width, height = draft.size
    pictures = [store.upload(shot.uri) for shot in draft.shots]
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
        clips=tuple(ClipPath(clip.kind, store.upload(clip.vid)) for clip in draft.clips),
    )


def _start(_job: RenderJob | ImagesJob) -> subprocess.Popen[bytes]:
    """Start the renderer, which reads its job from standard input."""
    return subprocess.Popen(  # noqa: S603 - this interpreter and this package
        [sys.executable, "-P", "-m", f"{__package__}.render"],
        env={**environment(), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
