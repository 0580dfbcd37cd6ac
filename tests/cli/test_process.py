"""The command line as a process: its streams, signals and exit status."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
import pytest
from typer.testing import CliRunner, Result

from jimeng_app.cli.commands import build_app
from tests.app.app_process import ROOT, UNMEASURED
from tests.core.web.fake_site import png
from tests.each import each

PROGRAM = [sys.executable, "-m", "jimeng_app"]
SMALLEST = ("--model", "seedance-2.5", "--resolution", "480p", "--duration", "4", "--fps", "12")
SEA = ("submit", "first-last-frame", "--prompt", "海")
OLD = "0199f0a0-0000-7000-8000-000000000000"


def environment(**more: str) -> dict[str, str]:
    """The environment of a process with its files in the test's own folder."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "JIMENG_DATA_DIR": str(Path("data").resolve()),
        "JIMENG_DEMO_PACE": "0",
        **more,
    }


def run(*words: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with its coverage measured if that of the tests is."""
    measured = {name: os.environ[name] for name in UNMEASURED if name in os.environ}
    return subprocess.run(
        [*PROGRAM, *words],
        env=environment(**measured, **more),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@contextmanager
def terminal() -> Iterator[tuple[int, list[bytes]]]:
    """Open a terminal; the list has the output once the block ends."""
    ours, theirs = pty.openpty()
    result: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # on Linux, the end of the output
            while piece := os.read(ours, 2**16):
                result.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield theirs, result
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)


def watched(*words: str, stdin: str = "") -> tuple[subprocess.CompletedProcess[str], str]:
    """Run a command to its end with standard error on a terminal; returns its output too."""
    with terminal() as (screen, result):
        done = subprocess.run(
            [*PROGRAM, *words],
            env=environment(TERM="xterm"),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=screen,
            text=True,
            timeout=100,
            check=False,
        )
    return done, b"".join(result).decode()


def test_from_a_picture_to_a_video() -> None:
    """Submit, wait and download in three processes give a video that plays.

    Standard output has nothing but the result, for the next command; the progress bars are on
    standard error, which is a terminal.
    """
    Path("a.png").write_bytes(png())
    submitted = run(*SEA, "--first-frame", "a.png", *SMALLEST)
    task_id = submitted.stdout.removesuffix("\n")
    assert task_id in submitted.stderr

    waited, bars = watched("wait", "--json", stdin=submitted.stdout)
    assert waited.returncode == 0, bars
    [row] = json.loads(waited.stdout)
    assert (row["id"], row["state"]) == (task_id, "completed")
    assert task_id in bars
    assert "100%" in bars

    downloaded, bars = watched("download", task_id, "-o", "films")
    assert task_id in bars
    with av.open(downloaded.stdout.removesuffix("\n")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 4 * 12
    assert [path.name for path in Path("films").iterdir()] == [f"{task_id}.mp4"]


def test_table_on_a_terminal() -> None:
    """On a terminal, the table is as wide as the terminal, and ids are not broken."""
    with terminal() as (screen, result):
        done = subprocess.run(
            [*PROGRAM, "get", OLD, "nonsense"],
            env=environment(TERM="xterm", COLUMNS="80"),
            stdin=subprocess.DEVNULL,
            stdout=screen,
            timeout=100,
            check=False,
        )
    shown = re.sub("\x1b\\[[0-9;]*m", "", b"".join(result).decode())
    assert done.returncode == 3
    assert shown != b"".join(result).decode()
    assert OLD in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A site that accepts connections and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(100)
        yield server


def web(silent: socket.socket) -> dict[str, str]:
    """The settings for that site."""
    return {
        "JIMENG_TOKEN": "of-a-test",
        "JIMENG_BASE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (SEA, ["Task id, if the submission is accepted"]),
        (("get", OLD), []),
        (("wait", OLD), ["the tasks keep running"]),
        (("--lang", "zh", "wait", OLD), ["任务仍在进行"]),
    ],
)
def test_ctrl_c(silent: socket.socket, words: tuple[str, ...], expected: list[str]) -> None:
    """Ctrl-C during a request: status 130, no traceback, and a sentence about the tasks."""
    with subprocess.Popen(
        [*PROGRAM, *words],
        env=environment(**web(silent)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts background jobs with SIGINT ignored, which their children inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        try:
            connection, _ = silent.accept()
            with connection:
                sent = connection.recv(2**16)  # the request has arrived
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=100)
        finally:
            process.kill()  # no effect unless the test fails
    assert sent
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    lines = err.splitlines()
    assert len(lines) == len(expected)
    assert all(part in line for part, line in zip(expected, lines, strict=True))


@each("words", [("get", "a", "b"), ("get", "--csv", "a"), ("--help",)])
def test_closed_pipe(words: tuple[str, ...]) -> None:
    """A closed pipe is not reported."""
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = subprocess.run(
            [*PROGRAM, *words],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            timeout=100,
            check=False,
        )
    finally:
        os.close(theirs)
    assert done.stderr == b""
    assert done.returncode == (1 if words == ("--help",) else 3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_full_disk() -> None:
    """Output that does not fit on the disk is one sentence, with a status of its own."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "get", "--json", OLD],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=100,
            check=False,
        )
    assert (done.returncode, done.stderr.count("\n")) == (74, 1)
    assert "(No space left on device)" in done.stderr


def test_characters_outside_the_locale() -> None:
    """Characters that the locale lacks are written as JSON's escapes."""
    done = subprocess.run(
        [*PROGRAM, "--lang", "zh", "get", "--json", b"\xff" + "é海🌊".encode()],
        env=environment(PYTHONIOENCODING="ascii", LANG="C"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    [row] = json.loads(done.stdout)
    assert row["id"] == "?é海🌊"
    assert row["error"]["message"].startswith("这不是")


def test_help_loads_nothing_slow() -> None:
    """`--help` imports neither the page, web frameworks, pandas, Pillow, rich nor the renderer."""
    code = """
import sys
from jimeng_app.cli import main
sys.argv = ["jimeng", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code
slow = {"gradio", "fastapi", "starlette", "uvicorn", "pandas", "numpy", "av"}
slow |= {"PIL", "pillow_heif", "filelock", "rich"}
assert not slow & set(sys.modules), slow & set(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "submit" in done.stdout


def test_defect() -> None:
    """An unexpected error is reported in one sentence, with its own exit status."""
    code = """
from jimeng_app.cli import commands, main
commands.build_app = lambda *_: 1 / 0
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (70, 1)
    assert "ZeroDivisionError" in done.stderr


def in_process(*words: str, **environment: str) -> Result:
    """The result of a command that needs no process of its own."""
    return CliRunner().invoke(build_app(), words, prog_name="jimeng", env=environment)


def test_serve_on_a_port_in_use() -> None:
    """`jimeng serve` reports a port in use in one sentence, as `app.py` does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = in_process("serve", "--port", str(server.getsockname()[1]))
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Cannot listen on 127.0.0.1:")


def test_serve_with_a_bad_setting() -> None:
    """An invalid setting is wrong use for `serve` too."""
    done = in_process("serve", JIMENG_BACKEND="nonsense")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


def test_version() -> None:
    """`--version` prints the version."""
    assert in_process("--version").stdout.startswith("jimeng 0.")


@each(
    ("typed", "offered", "not_offered"),
    [
        ("jimeng submit multi-frame --model ", "video-3.0-fast", "seedance-2.5"),
        ("jimeng submit subject-reference --model see", "seedance-2.5", "video-3.0-fast"),
        ("jimeng check first-last-frame --resolution ", "4k", "2k"),
        ("jimeng submit first-last-frame --ratio 1", "16:9", "21:9"),
        ("jimeng --backend ", "demo", "submit"),
        ("jimeng ", "download", "--share"),
    ],
)
def test_completion(typed: str, offered: str, not_offered: str) -> None:
    """The shell completes commands, and values from the catalogue for the mode."""
    completing = {"_JIMENG_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": typed}
    result = in_process(**completing).stdout
    assert offered in result.replace("\\", "")
    assert not_offered not in result.replace("\\", "")
