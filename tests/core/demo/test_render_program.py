"""The demo's renderer as a program."""

import os
import subprocess
import sys
from pathlib import Path

import av
import pytest
from PIL import Image

from jimeng_core.backends.demo.render import JOBS, RenderJob, Shot

ROOT = Path(__file__).parents[3]


def program(job: str) -> subprocess.CompletedProcess[str]:
    """Run the renderer with a job on standard input."""
    return subprocess.run(
        [sys.executable, "-m", "jimeng_core.backends.demo.render"],
        input=job,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def job_of(folder: Path, picture: str) -> str:
    """A small job that begins with `picture`."""
    job = RenderJob(
        mode="first_last_frame",
        prompt="",
        shots=(Shot(folder / picture),),
        width=320,
        height=180,
        fps=12,
        seconds=1,
        seed=1,
        video=folder / "video.mp4",
        poster=folder / "video.jpg",
    )
    return JOBS.dump_json(job).decode()


def test_program_renders_in_silence(tmp_path: Path) -> None:
    """The program renders the job on its input, prints nothing and exits with 0."""
    Image.new("RGB", (40, 30), (200, 40, 40)).save(tmp_path / "红.png")
    done = program(job_of(tmp_path, "红.png"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with av.open(str(tmp_path / "video.mp4")) as container:
        assert len(list(container.decode(video=0))) == 12
    assert (tmp_path / "video.jpg").exists()


def test_program_fails_in_one_line(tmp_path: Path) -> None:
    """A missing picture is reported in one line, with exit code 1."""
    done = program(job_of(tmp_path, "missing.png"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "missing.png" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{}", '{"mode": "other"}'])
def test_program_without_a_job(content: str) -> None:
    """Input that is not a job is reported in one line, with exit code 1."""
    done = program(content)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
