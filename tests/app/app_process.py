"""What the tests of the app share: the real app on a free port, and pictures to give it."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from PIL import Image

from jimeng_app.startup import available_port

if TYPE_CHECKING:
    from gradio_client import Client

ROOT = Path(__file__).parents[2]
UNMEASURED: dict[str, str | None] = {"COVERAGE_PROCESS_CONFIG": None}
"""The environment of a process whose coverage is not measured."""


@contextmanager
def running_app(
    folder: Path, prefix: Sequence[str] = (), /, **environment: str | None
) -> Iterator[str]:
    """The real `app.py` in a process of its own, stopped as Ctrl-C does; gives its address.

    Its films take no time (`films`), and it ends when this process does, however that ends.

    Args:
        folder: Where it keeps its files.
        prefix: A program that runs it, with arguments.
        environment: Settings beside those of every test; None removes a variable.
    """
    port = int(environment.get("JIMENG_PORT") or 0) or available_port("127.0.0.1", 0)
    settings: dict[str, str | None] = {
        "JIMENG_DATA_DIR": str(folder / "data"),
        "JIMENG_DEMO_PACE": "0",
        "JIMENG_PORT": str(port),
        "GRADIO_TEMP_DIR": None,
        **UNMEASURED,  # it doubles the time of a start
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "app.err").open("w+") as errors:
        with subprocess.Popen(
            [*prefix, sys.executable, "-m", "tests.app.app_program"],
            cwd=folder,
            env=with_variables(**settings | environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process:
            assert process.stdout
            try:
                lines = iter(process.stdout)
                if not any("Running on local URL" in line for line in lines):
                    errors.seek(0)
                    pytest.fail(f"The app did not start: {errors.read()}")
                yield f"http://127.0.0.1:{port}/"
            finally:
                process.send_signal(signal.SIGINT)
                process.stdout.read()
                status = process.wait(100)
        errors.seek(0)
        complaints = errors.read()
    assert status == 0
    assert "Traceback" not in complaints, complaints


def with_variables(**changes: str | None) -> dict[str, str]:
    """The environment of this process with some variables changed; None removes one."""
    variables = {**os.environ, **changes}
    return {name: value for name, value in variables.items() if value is not None}


@contextmanager
def films(folder: Path, kind: Literal["real", "held"]) -> Iterator[None]:
    """Films that are rendered for real by the app of a folder, or not before this ends."""
    mark = folder / f"{kind}-films"
    mark.touch()
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def wait_for_stream(client: "Client") -> None:
    """Wait until a client of named endpoints has read its stream of events to the end.

    A call that it makes while the stream of the one before ends is cancelled, though the server has
    answered it.
    """
    if reading := client.streaming_future:
        wait([reading], timeout=100)


def picture(colour: str, width: int = 640, height: int = 360) -> bytes:
    """A picture of one colour, as the bytes of a PNG."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def pictures(folder: Path, *colours: str) -> list[Path]:
    """Files of pictures, one of each colour."""
    paths = [folder / f"{index}-{colour}.png" for index, colour in enumerate(colours)]
    for path, colour in zip(paths, colours, strict=True):
        path.write_bytes(picture(colour))
    return paths
