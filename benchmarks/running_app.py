"""The app, and a bare pass-through beside it, each in a process of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from benchmarks.bare import TOKEN
from jimeng_app.startup import available_port

_ROOT: Final = Path(__file__).parents[1]
_START_SECONDS: Final = 180
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class RunningApp:
    """An app that responds."""

    url: str
    pid: int
    start_seconds: float
    """From the start of its process to its first response."""

    def memory(self) -> float:
        """Memory of its process beside files, in MB. Linux only."""
        lines = Path("/proc", str(self.pid), "status").read_text(encoding="utf-8").splitlines()
        [size] = (line.split()[1] for line in lines if line.startswith("RssAnon"))
        return int(size) / 1024

    def processor_seconds(self) -> float:
        """Processor time of its process so far. Linux only."""
        fields = Path("/proc", str(self.pid), "stat").read_text(encoding="utf-8").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / _TICKS


@contextmanager
def running_app(base_url: str) -> Iterator[RunningApp]:
    """Run the app on top of the upstream."""
    with tempfile.TemporaryDirectory(prefix="jimeng-bench-") as folder:
        port = available_port("127.0.0.1", 0)
        environment = settings(base_url) | {
            "JIMENG_DATA_DIR": folder,
            "JIMENG_PORT": str(port),
            "GRADIO_TEMP_DIR": folder,
            "GRADIO_ANALYTICS_ENABLED": "False",
        }
        command = [sys.executable, str(_ROOT / "app.py")]
        url = f"http://127.0.0.1:{port}"
        start = time.perf_counter()
        with _running(command, url, environment, folder) as pid:
            yield RunningApp(url, pid, time.perf_counter() - start)


@contextmanager
def running_passthrough(base_url: str) -> Iterator[str]:
    """Run the pass-through; yields its address."""
    port = available_port("127.0.0.1", 0)
    command = [sys.executable, "-m", f"{__package__}.passthrough", base_url, str(port)]
    with _running(command, url := f"http://127.0.0.1:{port}", {}, str(_ROOT)):
        yield url


def settings(base_url: str) -> dict[str, str]:
    """The variables of a program that uses the upstream as the site."""
    return {"JIMENG_BACKEND": "web", "JIMENG_TOKEN": TOKEN, "JIMENG_BASE_URL": base_url}


@contextmanager
def _running(
    command: list[str], url: str, environment: Mapping[str, str], folder: str
) -> Iterator[int]:
    """Run a server until the block ends; yields its process id once it responds."""
    # Not shown: an app under attack logs each request that it refuses.
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ) as process,
    ):
        try:
            deadline = time.monotonic() + _START_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(httpx.TransportError):
                    httpx.get(url, timeout=_START_SECONDS, trust_env=False)
                    break
                time.sleep(0.02)
            else:
                errors.seek(0)
                raise RuntimeError(f"{command} did not start: {errors.read()[-2000:].decode()}")
            yield process.pid
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
