"""Benchmark of a named endpoint against the same call in Python: the cost of Gradio's HTTP."""

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import httpx

from benchmarks.library import TOKEN
from benchmarks.result import Result
from benchmarks.timing import Work, difference, interleaved
from jimeng_app.startup import available_port
from jimeng_core import AsyncJimeng, new_task_id

IDS = 30
_APP = Path(__file__).parents[1] / "app.py"


@contextmanager
def _running_app(base_url: str) -> Iterator[str]:
    """Run the app on top of the upstream, in a process of its own; yields its address."""
    port = available_port("127.0.0.1", 0)
    with tempfile.TemporaryDirectory(prefix="jimeng-bench-") as folder:
        settings = {
            "JIMENG_BACKEND": "web",
            "JIMENG_TOKEN": TOKEN,
            "JIMENG_BASE_URL": base_url,
            "JIMENG_DATA_DIR": folder,
            "JIMENG_PORT": str(port),
            "GRADIO_TEMP_DIR": folder,
            "GRADIO_ANALYTICS_ENABLED": "False",
            "PYTHONUNBUFFERED": "1",
        }
        with subprocess.Popen(
            [sys.executable, _APP],
            cwd=folder,
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                _wait_for_start(process)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()


def _wait_for_start(process: subprocess.Popen[str]) -> None:
    """Wait up to a minute until the app has started; a thread keeps reading its output."""
    started: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def read(lines: IO[str]) -> None:
        for line in lines:
            if "Running on local URL" in line:
                started.put(True)  # noqa: FBT003 - a queue of booleans
        started.put(False)  # noqa: FBT003 - the same

    if process.stdout is None:
        raise RuntimeError("the app has no output")
    threading.Thread(target=read, args=[process.stdout], daemon=True).start()
    if not started.get(timeout=60):
        raise RuntimeError("the app did not start")


async def endpoint_results(jimeng: AsyncJimeng, base_url: str) -> list[Result]:
    """`POST /gradio_api/run/get_videos` against the same call in Python.

    With a session, as the page and `gradio_client` send it, and without: Gradio then creates a
    session for each call, with a description of every element of the page.
    """
    ids = [new_task_id() for _ in range(IDS)]
    with _running_app(base_url) as app:
        async with httpx.AsyncClient(timeout=30) as client:

            async def over_http(**session: str) -> None:
                response = await client.post(
                    f"{app}/gradio_api/run/get_videos", json={"data": [ids], **session}
                )
                [rows] = response.raise_for_status().json()["data"]
                if [row["state"] for row in rows] != ["completed"] * IDS:
                    raise RuntimeError(f"the endpoint answered {rows[0]}")

            works: dict[str, Work] = {
                "with a `session_hash`": partial(over_http, session_hash="benchmark"),
                "without a session": over_http,
                "python": partial(jimeng.get_videos, ids),
            }
            times = await interleaved(works, 60)
    return [
        Result(
            f"named endpoint `get_videos` of {IDS} ids, `POST /gradio_api/run/get_videos` {how}",
            "the same call in Python",
            difference(times[how], times["python"]),
            10,
            "ms",
            times[how],
            times["python"],
        )
        for how in works
        if how != "python"
    ]
