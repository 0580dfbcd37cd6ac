"""Processes in environments like people's: without a home, of another user, with another clock."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.app.app_process import ROOT, UNMEASURED, with_variables

Variables = dict[str, str | None]
"""Environment variables to set; None removes one."""
SHIMS = Path(__file__).parent / "shims"
STRANGER = 61234
"""A user without an entry in passwd, as systemd's DynamicUser and `docker --user` make them."""
_READ_ONLY = "-all,+dac_read_search"  # what lets it read this interpreter wherever it lies
AS_STRANGER = (
    [
        *("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"),
        *(f"--inh-caps={_READ_ONLY}", f"--ambient-caps={_READ_ONLY}"),
    ]
    if os.getuid() == 0 and shutil.which("setpriv")
    else []
)
"""Runs a program as another user; only root may, so for others it is this user without an entry."""
HOMELESS: Variables = {
    "HOME": None,
    "XDG_DATA_HOME": None,
    "PYTHONPATH": f"{SHIMS}{os.pathsep}{ROOT}",
    "SHIM_NO_PASSWD": None if AS_STRANGER else "1",
    **UNMEASURED,  # it may not write where coverage is collected
}
"""The environment of a user without a home."""


def give_to_stranger(folder: Path) -> Path:
    """Let the other user write a folder, which is made if necessary."""
    folder.mkdir(exist_ok=True)
    if AS_STRANGER:
        os.chown(folder, STRANGER, STRANGER)
    return folder


def run(
    *words: str, env: Variables | None = None, as_stranger: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `jimeng` to its end; the first word may also be `app.py`."""
    program = [str(ROOT / "app.py")] if words[0] == "app.py" else ["-m", "jimeng_app"]
    arguments = words[1:] if words[0] == "app.py" else words
    settings: Variables = {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "GRADIO_TEMP_DIR": None}
    return subprocess.run(
        [*(AS_STRANGER if as_stranger else []), sys.executable, *program, *arguments],
        env=with_variables(**settings | (env or {})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
