"""Reference videos and audios at all doors, from files on disk to films that are rendered."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from gradio_client import Client
from PIL import Image

from jimeng_core.requests import Mode
from tests.app.app_process import pictures
from tests.clip_files import TONE, audio_file, video_file
from tests.doors.comparison import DOORS, TELLING, At, error_code, generated, same
from tests.doors.door import Target
from tests.doors.http_door import ArkHttp
from tests.doors.python_doors import WithAwait
from tests.film_contents import colour_of, frames_of, loudest_tone, sound_of

pytestmark = pytest.mark.timeout(300)  # the demo renders at low priority

SMALL = {"model": "seedance-2.5", "resolution": "480p", "duration": 4, "fps": 12, "ratio": "1:1"}
"""The settings that render fastest."""
LOWER = (310, 240)
"""Row and column of the middle of the lower card, the video's."""


def film_at(url: str, folder: Path) -> Path:
    """The film at a row's URL, as a file."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Path(parts.path)
    path = folder / Path(parts.path).name
    path.write_bytes(httpx.get(url).raise_for_status().content)
    return path


@pytest.mark.usefixtures("real_films")
def test_from_files_to_a_film(app_url: str, client: Client, tmp_path: Path) -> None:
    """A picture, a video and an audio become a film with their colours and tone at every door.

    Its price before, its cost and its last frame are the same at every door that tells them.
    """

    def at(door: type[Any], account: str = "clips") -> Any:
        # A client of this process that closes would end what it renders for another.
        return door(Target(app_url, tmp_path / door.__name__, account, client))

    [picture] = pictures(tmp_path, "teal")
    video, audio = tmp_path / "a.mp4", tmp_path / "b.mp3"
    video.write_bytes(video_file())
    audio.write_bytes(audio_file())
    files = {"images": [picture], "videos": [video], "audios": [audio]}
    fields = {"prompt": "@图片1 @视频1 @音频1", "seed": 7, **files} | SMALL
    free = {"amount": 0, "unit": "credits"}
    for door in TELLING:
        assert at(door).estimate(Mode.SUBJECT_REFERENCE, fields).items() > free.items()
    task_id = at(ArkHttp).submit(Mode.SUBJECT_REFERENCE, fields)["id"]
    done = generated(at, lambda _: "clips", Mode.SUBJECT_REFERENCE, fields)
    while done.setdefault(ArkHttp, {"state": "pending"})["state"] in {"pending", "processing"}:
        done[ArkHttp] = at(ArkHttp).get(task_id)
    row = same(done, "id", "created_at", "completed_at", "video_url", "cover_url", "checked_at")
    assert (row["state"], row["prompt"]) == ("completed", fields["prompt"])
    for each in done.values():
        film = film_at(each["video_url"], tmp_path)
        shown = [colour_of(frame[LOWER]) for frame in frames_of(film)]
        assert shown == (["red"] * 12 + ["blue"] * 12) * 2
        assert loudest_tone(sound_of(film)[:48_000]) == pytest.approx(TONE, abs=2)
    for door in TELLING:
        task_id = done[door]["id"]
        assert at(door).cost(task_id) == free
        (tmp_path / "last.png").write_bytes(at(door).last_frame(task_id))
        with Image.open(tmp_path / "last.png") as last:
            assert (last.format, colour_of(np.asarray(last)[LOWER])) == ("PNG", "blue")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"just text", "no video that can be read"), (video_file(fps=10), "frames per second")],
)
def test_bad_clips(data: bytes, words: str, at: At, tmp_path: Path) -> None:
    """A video that may not be sent is refused at every door with the same sentence."""
    video = tmp_path / "a.mp4"
    video.write_bytes(data)
    fields = {"prompt": "a", "videos": [video]}
    rows = {door: at(door, "bad").submit(Mode.SUBJECT_REFERENCE, fields) for door in DOORS}
    assert error_code(rows) == "invalid_request"
    assert words in rows[WithAwait]["error"]["message"]
