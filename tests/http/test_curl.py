"""HTTP in Ark's dialect with curl, as in the README."""

import json
import shutil
import subprocess
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import av

from tests.http.ark_client import QUICK, TASKS, WORDS


def curl(*arguments: str) -> bytes:
    """The output of curl, which must be installed."""
    program = shutil.which("curl")
    assert program, "curl is needed for this test"
    run = subprocess.run(
        [program, "-sS", "--noproxy", "*", *arguments], capture_output=True, check=True
    )
    return run.stdout


def curl_json(*arguments: str) -> Any:
    """The JSON that curl prints."""
    return json.loads(curl(*arguments))


def test_create_poll_download(app_url: str, tmp_path: Path) -> None:
    """Three commands make a video on the demo, without a credential."""
    url = f"{app_url}{TASKS}"
    body = json.dumps({"content": [WORDS], **QUICK})
    created = curl_json(url, "-H", "Content-Type: application/json", "-d", body)
    assert created["status"] == "queued"
    limit = monotonic() + 90
    while (task := curl_json(f"{url}/{created['id']}"))["status"] != "succeeded":
        assert task["status"] in {"queued", "running"}
        assert monotonic() < limit
        sleep(0.1)  # the renderer needs the processor
    video = tmp_path / "video.mp4"
    curl("-o", str(video), task["content"]["video_url"])
    with av.open(video, mode="r") as film:
        assert len(list(film.decode(video=0))) == 4 * 24


def test_list(app_url: str) -> None:
    """Ids in the query are repeated or separated by commas; each invalid one has an error."""
    response = curl_json(
        f"{app_url}{TASKS}?filter.task_ids=a,b&filter.task_ids=c&page_num=&page_size="
    )
    assert response["total"] == 3
    assert response["items"] == []
    assert [error["id"] for error in response["errors"]] == ["a", "b", "c"]
    assert {error["code"] for error in response["errors"]} == {"invalid_task_id"}
    assert all(set(error) == {"id", "code", "message"} for error in response["errors"])
