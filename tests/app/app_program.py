"""`app.py` as the tests start it: with films in no time, and never longer than the tests.

A file `real-films` in the working directory lets the films of later tasks be rendered; as long as
there is a file `held-films`, none is finished.
"""

import os
import runpy
import signal
import subprocess
import threading
import time
from pathlib import Path

import httpx

from jimeng_core.backends.demo import worker
from jimeng_core.backends.demo.render import ImagesJob, RenderJob
from tests import instant_films, quick_gradio

ROOT = Path(__file__).parents[2]
_render = worker._start


def _start(_job: RenderJob | ImagesJob) -> subprocess.Popen[bytes]:
    """Render as a task's film is wanted."""
    if Path("real-films").exists():
        return _render(_job)
    return instant_films.start(_job, lambda: Path("held-films").exists())


def _end_with_the_tests() -> None:
    """Stop when nobody holds the other end of standard input any more."""
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(100)
    os._exit(1)


def _be_slow(*_: object, **__: object) -> httpx.Response:
    """Fail as Gradio's request to itself does on a busy machine, after 3 seconds."""
    raise httpx.ReadTimeout("")


if __name__ == "__main__":
    quick_gradio.skip_stubs()
    httpx.head = _be_slow
    worker._start = _start
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
