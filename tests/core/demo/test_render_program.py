"""The demo's renderer as a program."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest
from PIL import Image

from jimeng_core.backends.demo.render import JOBS, TRY_AGAIN, ImagesJob, RenderJob, Shot
from jimeng_core.backends.demo.render.limits import LONGEST_SECONDS, processor_seconds
from tests.each import each

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


@each("content", ["", "{}", '{"mode": "other"}'])
def test_program_without_a_job(content: str) -> None:
    """Input that is not a job is reported in one line, with exit code 1."""
    done = program(content)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def limited(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process with the renderer's limits and 1 s of processor time."""
    limits = (
        "from jimeng_core.backends.demo.render.limits import MEMORY_BYTES\n"
        "from jimeng_core.programs import limit_resources\n"
        "limit_resources(MEMORY_BYTES, 1)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", limits + code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="macOS limits no addresses")
def test_memory_is_limited() -> None:
    """A decoder that asks for more memory than any job needs gets an error."""
    assert "MemoryError" in limited("bytearray(MEMORY_BYTES)").stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_time_is_limited() -> None:
    """A decoder that never ends is killed when its processor time is used up."""
    assert limited("while True: pass").returncode == -signal.SIGXCPU


@each(("width", "fps", "seconds", "most"), [(1280, 24, 5, 171), (3840, 60, 30, LONGEST_SECONDS)])
def test_time_of_a_job(width: int, fps: int, seconds: int, most: int) -> None:
    """A job may take processor time by its pixels, and a quarter of an hour at most."""
    made = RenderJob(
        mode="first_last_frame",
        prompt="",
        shots=(),
        width=width,
        height=width * 9 // 16,
        fps=fps,
        seconds=seconds,
        seed=1,
        video=Path("video.mp4"),
        poster=Path("video.jpg"),
    )
    assert processor_seconds(made) == most


def test_time_of_images() -> None:
    """Images may take processor time by their pixels, too."""
    images = tuple(Path(f"{number}.jpg") for number in range(8))
    assert processor_seconds(ImagesJob("", (), 4096, 4096, 7, images)) == 194


def test_full_disk(tmp_path: Path) -> None:
    """A video that cannot be written because the disk is full may be tried again."""
    device = tmp_path / "device"
    device.mkdir()
    made = JOBS.validate_json(job_of(tmp_path, "红.png").replace("video.", "device/video."))
    Image.new("RGB", (40, 30), (200, 40, 40)).save(tmp_path / "红.png")
    code = """
import sys
from jimeng_core.backends.demo.render import output
def write(frames, path, **_):
    with open("/dev/full", "wb") as file:
        file.write(bytes(10000))
output.write_mp4 = write
from jimeng_core.backends.demo.render.__main__ import main
sys.exit(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=JOBS.dump_json(made).decode(),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == TRY_AGAIN
    assert "Errno 28" in done.stderr
    assert list(device.iterdir()) == []
