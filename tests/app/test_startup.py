import socket
import subprocess
import sys
from pathlib import Path

import pytest

import app
from jimeng_app.startup import AddressInUse, available_port
from tests.app.app_process import ROOT
from tests.each import each


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `app.py` to its end."""
    return subprocess.run(
        [sys.executable, ROOT / "app.py", *arguments],
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="about glibc")
def test_freed_memory_is_returned() -> None:
    """What pictures of many calls at once took is the system's again once they are freed."""
    code = """
import threading
from pathlib import Path
from jimeng_app.memory import keep_little_freed_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def work():
    for size in (6, 12, 6):  # MB; glibc keeps later blocks of the size of earlier ones
        bytes(b"1" * (size << 20))
    freed.wait()
    ended.wait()

keep_little_freed_memory()
before = resident()
freed, ended = threading.Barrier(9), threading.Barrier(9)
for _ in range(8):
    threading.Thread(target=work).start()
freed.wait()
print(resident() - before)
ended.wait()
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 8 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="about glibc")
def test_memory_between_blocks_is_returned() -> None:
    """What is free between blocks that are still in use is the system's again, also of cycles."""
    code = """
from pathlib import Path
from jimeng_app.memory import return_freed_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

class Node:
    def __init__(self):
        self.itself, self.block = self, b"1" * 20_000

nodes = [Node() for _ in range(4_000)]
kept = nodes[::40]
full = resident()
del nodes
return_freed_memory()
print(full - resident())
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 40_000_000


def test_help_loads_no_gradio() -> None:
    """`--help` does not import Gradio, which takes seconds."""
    code = """
import runpy, sys
sys.path.insert(0, sys.argv[1])
sys.argv = ["app.py", "--help"]
try:
    runpy.run_path(sys.path[0] + "/app.py", run_name="__main__")
except SystemExit as end:
    assert not end.code
assert "gradio" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code, ROOT], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--share" in done.stdout


def test_port_in_use(tmp_path: Path) -> None:
    """A port in use is reported in one sentence with status 1, without a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = start("--port", str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"Cannot listen on 127.0.0.1:{port};")
    assert done.stderr.count("\n") == 1


@each(
    "environment",
    [{"JIMENG_PORT": "abc"}, {"JIMENG_BACKEND": "nonsense"}, {"JIMENG_TIMEOUT": "-1"}],
)
def test_invalid_setting(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An invalid setting is reported in one sentence that names it."""
    [(name, value)] = environment.items()
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["app.py"])
    with pytest.raises(SystemExit) as stopped:
        app.main()
    assert name in str(stopped.value.code)
    assert "\n" not in str(stopped.value.code)


def test_any_free_port() -> None:
    """Port 0 stands for any free port."""
    assert available_port("127.0.0.1", 0) > 0


def test_address_of_another_machine() -> None:
    """An address of another machine is reported in the same way."""
    with pytest.raises(AddressInUse, match="another port"):
        available_port("203.0.113.7", 7860)
