"""Benchmarks of submissions: with pictures, many at once, and over a thin line."""

import asyncio
import secrets
import time
from functools import partial
from typing import Final

from benchmarks.bare import TOKEN, BareClient
from benchmarks.result import Result
from benchmarks.samples import photo, with_note
from benchmarks.timing import Times, Work, interleaved, ratio
from benchmarks.upstream import running_upstream
from jimeng_core import AsyncJimeng, FirstLastFrame, JimengError, SubjectReference

_AT_ONCE: Final = 50
_MANY: Final = 200
_LINE_BYTES: Final = 1_250_000
"""Bytes a second of a thin line: 10 Mbit/s."""


async def submission_results(jimeng: AsyncJimeng, base_url: str) -> list[Result]:
    """Submissions against the bare requests, the first of many, and what gets lost."""
    return [
        *await _against_bare(jimeng, base_url),
        await _first_of_many(base_url),
        await _lost(),
        await _thin_line(),
    ]


def fresh(picture: bytes, number: int) -> tuple[bytes, ...]:
    """A number of pictures that no cache knows."""
    return tuple(with_note(picture, secrets.token_hex(16).encode()) for _ in range(number))


async def _against_bare(jimeng: AsyncJimeng, base_url: str) -> list[Result]:
    bare = BareClient(base_url)
    picture = photo()
    images: tuple[bytes, ...] = ()

    def prepare() -> None:
        nonlocal images
        images = fresh(picture, 9)

    async def ours(count: int) -> None:
        request = SubjectReference(prompt="@图片1 在海边", images=images[:count])
        await jimeng.submit_video(request)

    async def other(count: int) -> None:
        await bare.submit(images[:count])

    works: dict[str, Work] = {}
    for count in (2, 9):
        works |= {f"bare {count}": partial(other, count), str(count): partial(ours, count)}
    async with bare.client:
        times = await interleaved(works, 12, prepare)
    return [
        Result(
            f"submit with {count} fresh JPEG pictures of {len(picture) / 1e6:.1f} MB",
            "four round trips with httpx",
            *(ratio(times[count], times[f"bare {count}"]), goal, "×"),
            *(times[count], times[f"bare {count}"]),
        )
        for count, goal in (("2", 1.1), ("9", 1.2))
    ]


async def _first_of_many(base_url: str) -> Result:
    """The time until the first of many ids."""
    picture = photo()
    first: list[float] = []
    async with AsyncJimeng("web", TOKEN, base_url=base_url) as jimeng:
        await jimeng.submit_video(FirstLastFrame(prompt="海", first_frame=picture))
        for _ in range(4):
            requests = [
                FirstLastFrame(prompt="海", first_frame=one, last_frame=two)
                for one, two in (fresh(picture, 2) for _ in range(_AT_ONCE))
            ]
            start = time.perf_counter()
            calls = [asyncio.ensure_future(jimeng.submit_video(each)) for each in requests]
            await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            first.append((time.perf_counter() - start) * 1000)
            await asyncio.gather(*calls)
    times = Times(first)
    name = f"{_AT_ONCE} submissions with 2 pictures at once: the first id"
    return Result(name, "", times.median, 350, "ms", times)


async def _lost() -> Result:
    """Submissions that are not accepted, of many at once to a slow upstream."""

    async def submit(jimeng: AsyncJimeng) -> bool:
        try:
            await jimeng.submit_video(FirstLastFrame(prompt="海"))
        except JimengError:
            return False
        return True

    with running_upstream(delay=1) as base_url:
        async with AsyncJimeng("web", TOKEN, base_url=base_url, timeout=5) as jimeng:
            accepted = await asyncio.gather(*(submit(jimeng) for _ in range(_MANY)))
    name = f"{_MANY} submissions at once, an upstream of 1 s, a timeout of 5 s"
    return Result(name, "", accepted.count(False), 0, "lost")


async def _thin_line() -> Result:
    """Nine photographs over a line of 10 Mbit/s, against the time that their bytes need."""
    images = fresh(photo(width=4640, height=3480), 9)
    request = SubjectReference(prompt="@图片1 在海边", images=images)
    with running_upstream(rate=_LINE_BYTES) as base_url:
        async with AsyncJimeng("web", TOKEN, base_url=base_url, timeout=10) as jimeng:
            start = time.perf_counter()
            await jimeng.submit_video(request)
            seconds = time.perf_counter() - start
    line = sum(map(len, images)) / _LINE_BYTES
    name = "submit with 9 pictures of 5 MB over 10 Mbit/s, a timeout of 10 s"
    return Result(name, f"the line's own {line:.1f} s", seconds / line, 1.1, "×")
