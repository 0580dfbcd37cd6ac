"""Benchmarks of the library in this process: look-ups, parsing, submissions."""

import asyncio
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal

import httpx

from benchmarks.result import Result
from benchmarks.samples import PLACEHOLDER, photo, record_bytes, with_note
from benchmarks.timing import Work, difference, interleaved, ratio
from jimeng_core import AsyncJimeng, SubjectReference, new_task_id
from jimeng_core.backends.json_reading import as_object, read_json
from jimeng_core.backends.web import signing, wire
from jimeng_core.backends.web.records import read_record

TOKEN: Final = "benchmark"  # noqa: S105 - made up
WEB_ID: Final = "7123456789012345678"
PICTURES: Final = 9


class BareClient:
    """The baseline of a look-up: httpx, the same request and `json.loads`, nothing else."""

    def __init__(self, base_url: str) -> None:
        self.client = httpx.AsyncClient(timeout=30)
        self._url = base_url + wire.LOOK_UP

    async def look_up(self, ids: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
        """Send one request for some ids."""
        response = await self.client.post(
            self._url,
            params=signing.query(WEB_ID),
            headers=signing.headers(wire.LOOK_UP, 1_790_786_145)
            | {"Content-Type": "application/json", "Cookie": signing.cookie(TOKEN, WEB_ID)},
            content=json.dumps({"submit_ids": list(ids)}).encode(),
        )
        return json.loads(response.content)

    async def one_by_one(self, ids: Sequence[str]) -> None:
        """Send one request for each id, in sequence."""
        for task_id in ids:
            await self.look_up([task_id])

    async def ten_at_a_time(self, ids: Sequence[str]) -> None:
        """Send one request for each id, ten of them concurrently."""
        slots = asyncio.Semaphore(10)

        async def look_up(task_id: str) -> None:
            async with slots:
                await self.look_up([task_id])

        await asyncio.gather(*(look_up(task_id) for task_id in ids))


async def lookup_results(jimeng: AsyncJimeng, base_url: str) -> list[Result]:
    """Look-ups of one id and of many, against bare requests."""
    bare = BareClient(base_url)
    ids = [new_task_id() for _ in range(1000)]
    few: dict[str, Work] = {
        "bare": partial(bare.look_up, ids[:1]),
        "get_video": partial(jimeng.get_video, ids[0]),
        "1": partial(jimeng.get_videos, ids[:1]),
        "10": partial(jimeng.get_videos, ids[:10]),
        "100": partial(jimeng.get_videos, ids[:100]),
        "1000": partial(jimeng.get_videos, ids),
    }
    many: dict[str, Work] = {
        "100": few["100"],
        "in turn": partial(bare.one_by_one, ids[:100]),
        "ten": partial(bare.ten_at_a_time, ids[:100]),
    }
    async with bare.client:
        a = await interleaved(few, 40)
        b = await interleaved(many, 5)
    one = a["1"]
    batch = [
        Result(
            f"`get_videos` of {size} ids", "one id", ratio(a[size], one), goal, "×", a[size], one
        )
        for size, goal in (("10", 1.05), ("100", 1.3), ("1000", 4.0))
    ]
    peers = [
        Result(
            "`get_videos` of 100 ids",
            f"one request an id, {how}",
            ratio(b[other], b["100"]),
            goal,
            "× faster",
            b["100"],
            b[other],
        )
        for how, other, goal in (("in turn", "in turn", 50), ("10 at a time", "ten", 8))
    ]
    get_video, baseline = a["get_video"], a["bare"]
    return [
        Result(
            "`get_video`",
            "one bare httpx request and `json.loads`",
            ratio(get_video, baseline),
            1.05,
            "×",
            get_video,
            baseline,
        ),
        *batch,
        *peers,
        Result(
            "one look-up (limit of the specification)", "", get_video.median, 500, "ms", get_video
        ),
        Result(
            "each further task of a batch of 100 (limit of the specification)",
            "",
            difference(a["100"], one) / 99,
            100,
            "ms",
        ),
    ]


def response_bodies(count: int, size: int) -> list[tuple[list[str], bytes]]:
    """Return `count` response bodies of look-ups of `size` ids, each with its ids."""
    pieces = record_bytes().split(PLACEHOLDER.encode())
    bodies = []
    for _ in range(count):
        ids = [new_task_id() for _ in range(size)]
        records = (b'"%s":%s' % (each.encode(), each.encode().join(pieces)) for each in ids)
        bodies.append((ids, b'{"ret":"0","data":{%s}}' % b",".join(records)))
    return bodies


def parse(ids: Sequence[str], body: bytes) -> None:
    """Parse the body of a response into tasks, as a look-up does."""
    data = as_object(as_object(read_json(body)).get("data"))
    now = datetime.now(UTC)
    for task_id in ids:
        read_record(data[task_id], task_id, now)


async def parsing_result() -> Result:
    """Parse 1,000 records in ten responses into tasks, against `json.loads` alone."""
    bodies = response_bodies(10, 100)

    async def ours() -> None:
        for ids, body in bodies:
            parse(ids, body)

    async def other() -> None:
        for _, body in bodies:
            json.loads(body)

    times = await interleaved({"ours": ours, "other": other}, 25)
    value = ratio(times["ours"], times["other"])
    name = f"parsing 1,000 records of {len(record_bytes()) / 1000:.1f} KB"
    baseline = "`json.loads` of the same bytes"
    return Result(name, baseline, value, 3.0, "×", times["ours"], times["other"])


async def submit_results(jimeng: AsyncJimeng) -> list[Result]:
    """Submissions with nine new pictures, against one."""
    return [await _submit_result(jimeng, "JPEG"), await _submit_result(jimeng, "PNG")]


async def _submit_result(jimeng: AsyncJimeng, image_format: Literal["JPEG", "PNG"]) -> Result:
    picture = photo(image_format)
    images: list[bytes] = []

    def prepare() -> None:
        notes = (secrets.token_hex(16).encode() for _ in range(PICTURES))
        images[:] = [with_note(picture, note) for note in notes]

    async def submit(count: int) -> None:
        request = SubjectReference(prompt="@图片1 在海边", images=tuple(images[:count]))
        await jimeng.submit_video(request)

    works: dict[str, Work] = {"nine": partial(submit, PICTURES), "one": partial(submit, 1)}
    times = await interleaved(works, 15, prepare)
    return Result(
        f"submit with {PICTURES} fresh {image_format} pictures of {len(picture) / 1e6:.1f} MB",
        "one such picture",
        ratio(times["nine"], times["one"]),
        1.5,
        "×",
        times["nine"],
        times["one"],
    )
