"""Memory of large calls: `python -m benchmarks.memory WHAT ADDRESS FOLDER`.

Runs in a process of its own, because the peak memory of a process never decreases. Linux only.
"""

import asyncio
import gc
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.bare import TOKEN
from benchmarks.result import Result
from benchmarks.samples import photo
from benchmarks.submissions import fresh
from benchmarks.timing import longest_hold
from jimeng_core import AsyncJimeng, FirstLastFrame, new_task_id

IDS: Final = 10_000
SUBMISSIONS: Final = 100


async def memory_results(_jimeng: AsyncJimeng, base_url: str) -> list[Result]:
    """Measure each call in a new process."""
    with tempfile.TemporaryDirectory(prefix="jimeng-bench-") as folder:
        look_ups = _measure("look_up", base_url, folder)
        picture = photo()
        _write_pictures(Path(folder), picture)
        submissions = _measure("submit", base_url, folder)
    many = f"{SUBMISSIONS} submissions with 2 pictures of {len(picture) / 1e6:.1f} MB at once"
    return [
        Result(f"memory for {IDS:,} ids in one call", "above idle", look_ups["growth"], 100, "MB"),
        Result(f"{many}: memory of the process", "", submissions["peak"], 150, "MB"),
        Result(f"{many}: longest hold of the event loop", "", submissions["hold"], 20, "ms"),
    ]


def _write_pictures(folder: Path, picture: bytes) -> None:
    for number, data in enumerate(fresh(picture, 2 * SUBMISSIONS)):
        (folder / f"{number}.jpg").write_bytes(data)


def _measure(what: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", f"{__package__}.memory", what, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def memory(name: str, process: str = "self") -> float:
    """Memory of a process in MB: `VmRSS` is the current one, `VmHWM` the peak.

    The peak of `getrusage` includes that of the parent process.
    """
    lines = Path("/proc", process, "status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1000


async def _look_up(jimeng: AsyncJimeng) -> None:
    found = await jimeng.get_videos([new_task_id() for _ in range(IDS)])
    if any(each.error for each in found):
        raise RuntimeError("a look-up failed")


async def _submit(jimeng: AsyncJimeng, folder: Path) -> None:
    await asyncio.gather(
        *(
            jimeng.submit_video(
                FirstLastFrame(
                    prompt="海",
                    first_frame=folder / f"{2 * number}.jpg",
                    last_frame=folder / f"{2 * number + 1}.jpg",
                )
            )
            for number in range(SUBMISSIONS)
        )
    )


async def _main(what: str, base_url: str, folder: Path) -> None:
    async with AsyncJimeng("web", TOKEN, base_url=base_url) as jimeng:
        await jimeng.get_videos([new_task_id()])  # imports everything that a look-up needs
        idle = memory("VmRSS")
        gc.collect()
        gc.freeze()  # as the app does after its start
        if what == "submit":
            hold = await longest_hold(lambda: _submit(jimeng, folder))
        else:
            hold = await longest_hold(lambda: _look_up(jimeng))
        peak = memory("VmHWM")
        print(json.dumps({"growth": peak - idle, "peak": peak, "hold": hold}))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
