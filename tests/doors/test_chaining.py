"""docs/chaining.md says what works: three clips, each from the last frame of the one before."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import anyio
import av
import pytest
from PIL import Image

from jimeng_core import SystemClock
from jimeng_core.backends.demo import worker
from jimeng_core.backends.demo.render import ImagesJob, RenderJob
from tests import instant_films
from tests.app.app_process import ROOT
from tests.coloured_films import film

TEXT = (ROOT / "docs" / "chaining.md").read_text(encoding="utf-8")
[CODE] = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.DOTALL | re.MULTILINE)
STEP = 40
"""By how much each clip of the test's renderer grows darker."""
CLOSE = 6
"""Tolerated difference of two levels of 256, from encoding."""


def darken(job: RenderJob | ImagesJob) -> "subprocess.Popen[bytes]":
    """Render a film that starts with its first picture's colour, and ends darker."""
    started = instant_films.start(job)
    assert isinstance(job, RenderJob)
    with Image.open(job.shots[0].picture) as picture:
        grey = picture.convert("L").resize((1, 1)).tobytes()[0]
    job.video.write_bytes(film((grey,) * 3, (grey - STEP,) * 3, size=job.size))
    return started


async def wait_briefly(_: SystemClock, seconds: float) -> None:
    """Sleep without the pauses between look-ups."""
    await anyio.sleep(min(seconds, 0.03))


def levels(path: Path) -> Sequence[int]:
    """The grey level of each frame of a film."""
    with av.open(str(path)) as container:
        return [int(frame.to_ndarray(format="gray").mean()) for frame in container.decode(video=0)]


def test_three_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each clip starts as the one before ended, and its price is told first."""
    monkeypatch.setattr(worker, "_start", darken)
    monkeypatch.setattr(SystemClock, "sleep", wait_briefly)
    monkeypatch.setenv("JIMENG_DEMO_PACE", "0")
    Image.new("L", (400, 300), 200).save(tmp_path / "a.jpg")
    exec(compile(CODE, "chaining.md", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own
    clips = [levels(tmp_path / f"clip-{number}.mp4") for number in (1, 2, 3)]
    starts = [200, 200 - STEP, 200 - 2 * STEP]
    assert [clip[0] for clip in clips] == pytest.approx(starts, abs=CLOSE)
    assert [clip[-1] for clip in clips] == pytest.approx(
        [each - STEP for each in starts], abs=CLOSE
    )
    told = capsys.readouterr().out.splitlines()
    assert told == [f"{number} The demo is free." for number in (1, 2, 3)]
