"""Profiles of look-ups and submissions: `python -m benchmarks.profiles` or `make profile`.

Profiling slows Python functions but not C code, so only the order of the functions is
meaningful. The wait for the upstream is `epoll.poll`.
"""

import asyncio
import cProfile
import pstats
import secrets
import time
from collections.abc import Awaitable, Callable
from functools import partial
from io import BytesIO

from PIL import Image

from benchmarks.bare import TOKEN
from benchmarks.lookups import parse, response_bodies
from benchmarks.samples import photo, with_note
from benchmarks.timing import longest_hold
from benchmarks.upstream import running_upstream
from jimeng_core import AsyncJimeng, SubjectReference, new_task_id
from jimeng_core.backends.json_reading import as_object, embedded, read_json
from jimeng_core.backends.web.echo import read_echo
from jimeng_core.backends.web.results import read_video
from jimeng_core.pictures.decoding import decode
from jimeng_core.pictures.loading import read_picture

_LINES = 12
_PICTURES = 9


def _least(work: Callable[[], object], rounds: int = 15) -> float:
    """The least processor time in milliseconds, which other load disturbs little."""
    durations = []
    for _ in range(rounds):
        start = time.thread_time()
        work()
        durations.append((time.thread_time() - start) * 1000)
    return min(durations)


def _decode_all_pixels(picture: bytes) -> None:
    with Image.open(BytesIO(picture)) as image:
        image.load()


def _steps() -> None:
    """Print the time of each step of parsing 100 records and of decoding one picture."""
    [(ids, body)] = response_bodies(1, 100)
    records = list(as_object(as_object(read_json(body)).get("data")).values())
    steps: dict[str, Callable[[], object]] = {
        "100 records, all": lambda: parse(ids, body),
        "- the answer's JSON": lambda: read_json(body),
        "- the drafts' JSON": lambda: [embedded(each["draft_content"]) for each in records],
        "- echoes, drafts' JSON included": lambda: [read_echo(each) for each in records],
        "- videos": lambda: [read_video(each) for each in records],
    }
    for image_format, sides in {"JPEG": (), "PNG": (720, 540), "WEBP": ()}.items():
        picture = photo(image_format, *sides)
        name = f"one {image_format} of {len(picture) / 1e6:.1f} MB, all"
        steps[name] = partial(read_picture, picture, "")
        steps[f"- the {image_format} decoded to its end"] = partial(decode, picture)
        if image_format == "JPEG":
            steps["- the same, with all of its pixels"] = partial(_decode_all_pixels, picture)
    print("| step | processor, ms |\n| --- | --- |")
    for name, work in steps.items():
        print(f"| {name} | {_least(work):.1f} |")


async def _print_profile(name: str, work: Callable[[], Awaitable[object]]) -> None:
    await work()
    profile = cProfile.Profile()
    profile.enable()
    await work()
    profile.disable()
    print(f"\n{name}\n")
    pstats.Stats(profile).sort_stats("tottime").print_stats(_LINES)


async def _main(base_url: str) -> None:
    async with AsyncJimeng("web", TOKEN, base_url=base_url) as jimeng:
        ids = [new_task_id() for _ in range(1000)]
        picture = photo()

        async def submit() -> None:
            images = tuple(with_note(picture, secrets.token_bytes(16)) for _ in range(_PICTURES))
            await jimeng.submit_video(SubjectReference(prompt="海", images=images))

        holds = sorted([await longest_hold(lambda: jimeng.get_videos(ids)) for _ in range(9)])
        print(f"\nget_videos of 1,000 ids held the event loop for at most {holds[4]:.1f} ms")
        await _print_profile("get_videos of 1,000 ids", lambda: jimeng.get_videos(ids))
        await _print_profile(f"submit with {_PICTURES} fresh pictures (event loop thread)", submit)


if __name__ == "__main__":
    _steps()
    with running_upstream() as address:
        asyncio.run(_main(address))
