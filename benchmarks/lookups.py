"""Benchmarks of look-ups and of parsing, in this process."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from benchmarks.bare import BareClient
from benchmarks.result import Result
from benchmarks.samples import PLACEHOLDER, record_bytes
from benchmarks.timing import Work, difference, interleaved, ratio
from jimeng_core import AsyncJimeng, new_task_id
from jimeng_core.backends.json_reading import as_object, read_json
from jimeng_core.backends.web.records import read_record


async def lookup_results(jimeng: AsyncJimeng, base_url: str) -> list[Result]:
    """Look-ups of one id and of many, against bare requests."""
    bare = BareClient(base_url)
    ids = [new_task_id() for _ in range(1000)]
    works: dict[str, Work] = {
        "bare 1": partial(bare.look_up, ids[:1]),
        "get_video": partial(jimeng.get_video, ids[0]),
        "10": partial(jimeng.get_videos, ids[:10]),
        "bare 100": partial(bare.look_up_many, ids[:100]),
        "100": partial(jimeng.get_videos, ids[:100]),
        "bare 1000": partial(bare.look_up_many, ids),
        "1000": partial(jimeng.get_videos, ids),
    }
    peers: dict[str, Work] = {
        "100": works["100"],
        "in turn": partial(bare.one_by_one, ids[:100]),
        "ten": partial(bare.ten_at_a_time, ids[:100]),
    }
    async with bare.client:
        a = await interleaved(works, 25)
        b = await interleaved(peers, 3)
    requests = "the same requests with httpx, and `json.loads`"
    batches = (("10", "bare 1", 1.05), ("100", "bare 100", 1.04), ("1000", "bare 1000", 1.15))
    others = (("in turn", "in turn", 50), ("10 at a time", "ten", 8))
    get_video, one = a["get_video"], a["bare 1"]
    return [
        Result("`get_video`", requests, ratio(get_video, one), 1.05, "×", get_video, one),
        *(
            Result(
                f"`get_videos` of {int(size):,} ids",
                "one id with httpx" if size == "10" else requests,
                *(ratio(a[size], a[other]), goal, "×", a[size], a[other]),
            )
            for size, other, goal in batches
        ),
        *(
            Result(
                "`get_videos` of 100 ids",
                f"one request an id, {how}, as other clients do",
                *(ratio(b[other], b["100"]), goal, "× faster", b["100"], b[other]),
            )
            for how, other, goal in others
        ),
        Result(
            "one look-up (limit of the specification)", "", get_video.median, 500, "ms", get_video
        ),
        Result(
            "each further task of a batch of 100 (limit of the specification)",
            *("", difference(a["100"], one) / 99, 100, "ms"),
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


async def parsing_result(_jimeng: AsyncJimeng, _base_url: str) -> list[Result]:
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
    return [Result(name, baseline, value, 3.0, "×", times["ours"], times["other"])]
