"""The demo's films of reference videos and audios: their frames and their sound."""

from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest

from jimeng_core.backends.demo.render import ClipPath, RenderJob, Shot
from jimeng_core.backends.demo.render.moving import MovingPicture
from jimeng_core.backends.demo.render.output import render_video
from tests.clip_files import RED, TONE, audio_file, turned, video_file
from tests.core.demo_tools import picture
from tests.film_contents import CLOSE, colour_of, frames_of, is_near, loudest_tone, sound_of


def render(folder: Path, *clips: tuple[Literal["video", "audio"], bytes], shots: int = 0) -> Path:
    """A film of 4 s with clips and pictures."""
    files = []
    for number, (kind, data) in enumerate(clips):
        file = folder / f"clip{number}"
        file.write_bytes(data)
        files.append(ClipPath(kind, file))
    shot = folder / "shot.png"
    shot.write_bytes(picture("green"))
    film = folder / "film.mp4"
    shown = (Shot(shot),) * shots
    job = RenderJob(
        *("subject_reference", "", shown, 480, 270, 6, 4, 7, film, folder / "poster.jpg"),
        clips=tuple(files),
    )
    render_video(job)
    return film


def test_frames_of_a_video(tmp_path: Path) -> None:
    """The film shows the video's frames in time, and begins again at its end, without sound."""
    film = render(tmp_path, ("video", video_file(2)))
    frames = frames_of(film)
    assert len(frames) == 24
    shown = [colour_of(frame[115, 240]) for frame in frames]
    assert shown == (["red"] * 6 + ["blue"] * 6) * 2
    with av.open(str(film)) as container:
        assert not container.streams.audio


def test_a_turned_video(tmp_path: Path) -> None:
    """A telephone's video is shown upright."""
    path = tmp_path / "a.mp4"
    path.write_bytes(turned(video_file(2, (640, 720))))
    video = MovingPicture(path)
    assert video.aspect == pytest.approx(720 / 640)
    assert video.at(1.5, (72, 72)).size == (72, 64)
    assert video.at(0.2, (72, 72)).getpixel((30, 30)) == pytest.approx(RED, abs=CLOSE)


def test_beside_pictures(tmp_path: Path) -> None:
    """A video plays on a card of its own beside those of pictures."""
    frames = frames_of(render(tmp_path, ("video", video_file(2)), shots=1))
    left, right = frames[3][115, 130], frames[3][115, 370]
    assert is_near(left, (0, 128, 0))
    assert is_near(right, RED)


def test_sound_of_an_audio(tmp_path: Path) -> None:
    """The film has the audio's tone, and silence after its end."""
    film = render(tmp_path, ("audio", audio_file(2)), ("video", video_file(2)))
    samples = sound_of(film)
    assert len(samples) == pytest.approx(4 * 48_000, abs=2048)
    assert loudest_tone(samples[:48_000]) == pytest.approx(TONE, abs=2)
    assert np.abs(samples[3 * 48_000 :]).max() < 0.01


def test_sounds_of_several_audios(tmp_path: Path) -> None:
    """Several audios follow one another, and are cut at the end of the film."""
    tone = audio_file(3, "wav")
    film = render(tmp_path, ("audio", tone), ("audio", tone))
    samples = sound_of(film)
    assert len(samples) == pytest.approx(4 * 48_000, abs=2048)
    for start in (0, 3):
        assert loudest_tone(samples[start * 48_000 :][:40_000]) == pytest.approx(TONE, abs=2)


def test_sound_of_a_video(tmp_path: Path) -> None:
    """Without audios, the film has the sound of its videos."""
    samples = sound_of(render(tmp_path, ("video", video_file(2, sound=True))))
    assert loudest_tone(samples[:48_000]) == pytest.approx(TONE, abs=2)
