"""Which Python `make` installs the packages for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.app_process import ROOT


def find_python(*folders: Path, system: str = "/usr/bin:/bin", **variables: str) -> str:
    """What the script prints with these folders before those of the system's tools."""
    path = os.pathsep.join([*map(str, folders), system])
    found = subprocess.run(
        ["/bin/sh", ROOT / "scripts" / "find-python.sh"],
        env={"PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or found.stderr.strip()


@pytest.fixture
def pythons(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of pyenv's and another, each with a Python that only this test has."""
    folders = tmp_path / "pyenv" / "shims", tmp_path / "own programs"
    for folder in folders:
        folder.mkdir(parents=True)
        program = folder / "python3.14"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        program.chmod(0o755)
    return folders


def test_pyenv_comes_last(pythons: tuple[Path, Path]) -> None:
    """The newest Python of the PATH is taken, pyenv's only by its name."""
    pyenv, other = pythons
    assert find_python(pyenv, other) == str(other / "python3.14")
    assert find_python(pyenv, other, PYTHON="python3.14") == str(pyenv / "python3.14")
    assert find_python(pyenv, PYTHON="python3.14") == str(pyenv / "python3.14")


def test_only_pyenv(pythons: tuple[Path, Path], tmp_path: Path) -> None:
    """Pyenv's Python is taken where there is no other."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("tr", "grep", "paste"):
        (tools / tool).symlink_to(shutil.which(tool) or "")
    assert find_python(pythons[0], system=str(tools)) == str(pythons[0] / "python3.14")


def test_no_python(tmp_path: Path) -> None:
    """The sentence says what to do."""
    assert "set it to one that is, or unset it" in find_python(PYTHON=str(tmp_path / "none"))
