"""The door as anybody reaches it: with curl, as the README shows."""

import json
import shutil
import subprocess
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import av

from tests.http.ark_client import QUICK, TASKS, WORDS


def curl(*arguments: str) -> bytes:
    """What curl prints; it must be on the machine."""
    program = shutil.which("curl")
    assert program, "curl is needed for this test"
    run = subprocess.run(
        [program, "-sS", "--noproxy", "*", *arguments], capture_output=True, check=True
    )
    return run.stdout


def told(*arguments: str) -> Any:
    """The JSON that curl prints."""
    return json.loads(curl(*arguments))


def test_create_poll_download(app_url: str, tmp_path: Path) -> None:
    """Three commands make a video, without a credential, on demo."""
    url = f"{app_url}{TASKS}"
    body = json.dumps({"content": [WORDS], **QUICK})
    created = told(url, "-H", "Content-Type: application/json", "-d", body)
    assert created["status"] == "queued"
    limit = monotonic() + 90
    while (task := told(f"{url}/{created['id']}"))["status"] != "succeeded":
        assert task["status"] in {"queued", "running"}
        assert monotonic() < limit
        sleep(0.1)  # nobody tells; and the renderer needs the processor
    video = tmp_path / "video.mp4"
    curl("-o", str(video), task["content"]["video_url"])
    with av.open(video, mode="r") as film:
        assert len(list(film.decode(video=0))) == 4 * 24


def test_list(app_url: str) -> None:
    """Ids stand in the query, repeated or with commas; an odd one costs only itself."""
    answer = told(f"{app_url}{TASKS}?filter.task_ids=a,b&filter.task_ids=c&page_num=&page_size=")
    assert answer["total"] == 3
    assert answer["items"] == []
    assert [each["id"] for each in answer["errors"]] == ["a", "b", "c"]
    assert {each["code"] for each in answer["errors"]} == {"invalid_task_id"}
    assert all(set(each) == {"id", "code", "message"} for each in answer["errors"])
