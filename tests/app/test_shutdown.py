"""Ctrl-C while somebody waits."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import httpx

from tests.app.app_process import films, running_app


def test_callers_who_wait_are_answered(tmp_path: Path) -> None:
    """A waiting call of the queue answers with its task, which is not done, before the app ends."""
    call = "gradio_api/call/generate_first_last_frame"
    with ThreadPoolExecutor(1) as pool, films(tmp_path, "held"):
        with running_app(tmp_path) as url:
            event = httpx.post(f"{url}{call}", json={"data": ["waves"]}).json()["event_id"]
            answer = pool.submit(httpx.get, f"{url}{call}/{event}", timeout=100)
            while not list(tmp_path.rglob("*.mp4")):  # it is being rendered
                sleep(0.01)
        kind, data = answer.result().text.splitlines()[:2]
        [row] = json.loads(data.removeprefix("data: "))
    assert kind == "event: complete"
    assert (row["state"], row["error"]) == ("processing", None)
