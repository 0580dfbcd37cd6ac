"""Memory of one look-up of 10,000 ids: `python -m benchmarks.memory ADDRESS`.

Runs in a process of its own, because the peak memory of a process never decreases. Linux only.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from benchmarks.library import TOKEN
from benchmarks.result import Result
from jimeng_core import AsyncJimeng, new_task_id

IDS = 10_000


def memory_result(base_url: str) -> Result:
    """Measure the memory in a new process."""
    command = [sys.executable, "-m", f"{__package__}.memory", base_url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    above_idle = float(done.stdout) / 1000
    return Result(f"memory for {IDS:,} ids in one call", "above idle", above_idle, 100, "MB")


def _memory(name: str) -> int:
    """Memory of this process in KB: `VmRSS` is the current one, `VmHWM` the peak.

    The peak of `getrusage` includes that of the parent process.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


async def _main(base_url: str) -> None:
    async with AsyncJimeng("web", TOKEN, base_url=base_url) as jimeng:
        await jimeng.get_videos([new_task_id()])  # imports everything that a look-up needs
        ids = [new_task_id() for _ in range(IDS)]
        idle = _memory("VmRSS")
        found = await jimeng.get_videos(ids)
        if any(each.error for each in found):
            raise RuntimeError("a look-up failed")
        print(_memory("VmHWM") - idle)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
