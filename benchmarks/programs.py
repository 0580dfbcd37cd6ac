"""Benchmarks of whole processes: one look-up by the command line, and importing the library."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.bare import TOKEN, WEB_ID
from benchmarks.result import Result
from benchmarks.running_app import settings
from benchmarks.timing import Work, difference, interleaved, ratio
from jimeng_core import AsyncJimeng, new_task_id
from jimeng_core.backends.web import signing, wire

_JIMENG: Final = Path(sys.executable).with_name("jimeng")
_BARE: Final = """\
import json, sys
import httpx
url, headers, task_id = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
response = httpx.post(url, headers=headers, json={"submit_ids": [task_id]})
print(response.json()["data"][task_id]["status"])
"""


async def program_results(_jimeng: AsyncJimeng, base_url: str) -> list[Result]:
    """`jimeng get` against a program that does the same with httpx; the import of the library."""
    task_id = new_task_id()
    headers = signing.headers(wire.LOOK_UP, 1_790_786_145) | {
        "Cookie": signing.cookie(TOKEN, WEB_ID)
    }
    bare = ["-c", _BARE, base_url + wire.LOOK_UP, json.dumps(headers), task_id]
    works: dict[str, Work] = {
        "bare": partial(_run, [sys.executable, *bare], {}),
        "jimeng": partial(_run, [str(_JIMENG), "get", task_id], settings(base_url)),
        "python": partial(_run, [sys.executable, "-c", ""], {}),
        "import": partial(_run, [sys.executable, "-c", "import jimeng_core"], {}),
    }
    times = await interleaved(works, 11)
    jimeng, other = times["jimeng"], times["bare"]
    imported = difference(times["import"], times["python"])
    return [
        Result(
            "`jimeng get ID`, the whole process",
            "a program that does it with httpx",
            *(ratio(jimeng, other), 1.4, "×", jimeng, other),
        ),
        Result("`import jimeng_core`", "an empty program", imported, 200, "ms", times["import"]),
    ]


async def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(  # noqa: ASYNC221 - nothing else runs
        command, env=os.environ | environment, check=True, stdout=subprocess.DEVNULL, timeout=60
    )
