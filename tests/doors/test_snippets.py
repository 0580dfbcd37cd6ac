"""docs/doors.md says what works: every snippet is run, and its video played."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import av
import pytest

from tests.app.app_process import ROOT, UNMEASURED, pictures, with_variables
from tests.each import each

pytestmark = pytest.mark.timeout(300)  # the demo renders on what the processor has to spare

TEXT = (ROOT / "docs" / "doors.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, flags=re.DOTALL | re.MULTILINE)
ADDRESS = "http://127.0.0.1:7860/"
RUN = [(kind, code) for kind, code in BLOCKS if kind != "json"]
SETTINGS = [code for kind, code in BLOCKS if kind == "json"]


def environment(folder: Path) -> dict[str, str]:
    """That of a reader who has installed the project, with files in a folder of his own."""
    jimeng = folder / "bin" / "jimeng"
    jimeng.parent.mkdir()
    jimeng.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jimeng_app "$@"\n')
    jimeng.chmod(0o755)
    return {
        **with_variables(**UNMEASURED),
        "PATH": f"{jimeng.parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{folder / 'start'}:{ROOT}",
        "PYTHONWARNINGS": "",
        "JIMENG_DEMO_PACE": "0",
        "JIMENG_DATA_DIR": str(folder / "data"),
        "JIMENG_BACKEND": "demo",
    }


def start_with_instant_films(folder: Path) -> None:
    """Give the demo in a reader's own process the films of the tests' app; one draws for real."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "from jimeng_core.backends.demo import worker\n"
        "from tests import instant_films\n"
        "worker._start = instant_films.start\n"
    )


@pytest.mark.parametrize("number", range(len(RUN)))
def test_from_pictures_to_a_video(number: int, app_url: str, tmp_path: Path) -> None:
    """A reader who copies a snippet has a video of five seconds."""
    kind, code = RUN[number]
    for name, path in zip(("a.jpg", "b.jpg"), pictures(tmp_path, "teal", "coral"), strict=True):
        path.rename(tmp_path / name)
    if "Jimeng(" in code.replace("AsyncJimeng(", "") or "jimeng submit" in code:
        start_with_instant_films(tmp_path / "start")
    program = [sys.executable, "-c"] if kind == "python" else ["sh", "-ec"]
    done = subprocess.run(
        [*program, code.replace(ADDRESS, app_url)],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 5 * 24


def test_every_door_is_shown() -> None:
    """Both Pythons, endpoints, MCP, curl, the SDK and the command line."""
    assert len(RUN) == 7
    shown = "".join(code for _, code in RUN)
    for word in (
        "AsyncJimeng",
        "Jimeng(",
        "gradio_client",
        "call_tool",
        "curl",
        "Ark(",
        "jimeng s",
    ):
        assert word in shown


@each("number", range(len(SETTINGS)))
def test_settings_of_agents(number: int) -> None:
    """What is pasted into a program's settings is JSON that leads to the tools."""
    assert f"{ADDRESS}gradio_api/mcp/" in str(json.loads(SETTINGS[number])["mcpServers"]["jimeng"])
