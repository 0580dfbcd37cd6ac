"""The rows of the table that are measured in this process: look-ups, parsing, submissions."""

import asyncio
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal

import httpx

from benchmarks.measure import Times, Work, excess, in_turns, ratio
from benchmarks.samples import PLACEHOLDER, fresh, photo, record_bytes
from jimeng_core import AsyncJimeng, SubjectReference, new_task_id
from jimeng_core.backends.json_reading import as_object, read_json
from jimeng_core.backends.web import signing, wire
from jimeng_core.backends.web.records import RecordContext, read_record

TOKEN: Final = "benchmark"  # noqa: S105 - nobody's
WEB_ID: Final = "7123456789012345678"
PICTURES: Final = 9


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    against: str
    value: float
    goal: float
    unit: Literal["×", "× faster", "ms", "MB"]
    ours: Times | None = None
    """What was measured, in milliseconds."""
    other: Times | None = None
    """The yardstick, in milliseconds."""

    @property
    def best(self) -> float | None:
        """The same from each side's best round, which other programs disturbed least."""
        if self.ours is None or self.other is None:
            return None
        ours, other = min(self.ours.rounds), min(self.other.rounds)
        match self.unit:
            case "×":
                return ours / other
            case "× faster":
                return other / ours
            case _:
                return ours - other

    @property
    def met(self) -> bool:
        """Whether the goal is reached: at least so many times faster, at most so much of the rest.

        What is shown is what counts: 1.05 when two digits are shown.
        """
        value = round(self.value, 2)
        return value >= self.goal if self.unit == "× faster" else value <= self.goal

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        best = None if self.best is None else round(self.best, 3)
        shown = asdict(self) | {"value": round(self.value, 3), "best": best, "met": self.met}
        for name, times in (("ours", self.ours), ("other", self.other)):
            if times:
                low, high = times.spread
                shown[name] = {
                    "median_ms": round(times.median, 2),
                    "quarters_ms": [round(low, 2), round(high, 2)],
                    "rounds": len(times.rounds),
                }
        return shown


class Bare:
    """The yardstick of a look-up: httpx, the same request, `json.loads`, and nothing else."""

    def __init__(self, base_url: str) -> None:
        self.client = httpx.AsyncClient(timeout=30)
        self._url = base_url + wire.LOOK_UP

    async def look_up(self, ids: Sequence[str]) -> Any:  # noqa: ANN401 - whatever came
        """One request for some ids."""
        response = await self.client.post(
            self._url,
            params=signing.query(WEB_ID),
            headers=signing.headers(wire.LOOK_UP, 1_790_786_145, wire.SITE)
            | {"Content-Type": "application/json", "Cookie": signing.cookie(TOKEN, WEB_ID)},
            content=json.dumps({"submit_ids": list(ids)}).encode(),
        )
        return json.loads(response.content)

    async def one_by_one(self, ids: Sequence[str]) -> None:
        """One request an id, in turn: as a loop around a single query does it."""
        for task_id in ids:
            await self.look_up([task_id])

    async def ten_at_a_time(self, ids: Sequence[str]) -> None:
        """One request an id, ten of them side by side: as the peers do it (their best case)."""
        slots = asyncio.Semaphore(10)

        async def ask(task_id: str) -> None:
            async with slots:
                await self.look_up([task_id])

        await asyncio.gather(*(ask(task_id) for task_id in ids))


async def lookup_rows(jimeng: AsyncJimeng, base_url: str) -> list[Row]:
    """One id, many ids, and the ways in which others ask for many."""
    bare = Bare(base_url)
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
        a = await in_turns(few, 40)
        b = await in_turns(many, 5)
    one = a["1"]
    batch = [
        Row(f"`get_videos` of {size} ids", "one id", ratio(a[size], one), goal, "×", a[size], one)
        for size, goal in (("10", 1.05), ("100", 1.3), ("1000", 4.0))
    ]
    peers = [
        Row(
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
    get_video, yardstick = a["get_video"], a["bare"]
    return [
        Row(
            "`get_video`",
            "one bare httpx request and `json.loads`",
            ratio(get_video, yardstick),
            1.05,
            "×",
            get_video,
            yardstick,
        ),
        *batch,
        *peers,
        Row("one query (the user's own criterion)", "", get_video.median, 500, "ms", get_video),
        Row(
            "each further task of a batch of 100 (the user's own criterion)",
            "",
            excess(a["100"], one) / 99,
            100,
            "ms",
        ),
    ]


def answers(count: int, size: int) -> list[tuple[list[str], bytes]]:
    """Bodies of look-ups' answers, each with the ids that are in it."""
    made = record_bytes().split(PLACEHOLDER.encode())
    bodies = []
    for _ in range(count):
        ids = [new_task_id() for _ in range(size)]
        records = (b'"%s":%s' % (each.encode(), each.encode().join(made)) for each in ids)
        bodies.append((ids, b'{"ret":"0","data":{%s}}' % b",".join(records)))
    return bodies


def parse(ids: Sequence[str], body: bytes) -> None:
    """From the bytes of an answer to tasks, as a look-up does it."""
    data = as_object(as_object(read_json(body)).get("data"))
    now = datetime.now(UTC)
    for task_id in ids:
        read_record(data[task_id], RecordContext(task_id, now))


async def parsing_rows() -> list[Row]:
    """1,000 records in ten answers: to tasks, and with `json.loads` alone."""
    bodies = answers(10, 100)

    async def ours() -> None:
        for ids, body in bodies:
            parse(ids, body)

    async def other() -> None:
        for _, body in bodies:
            json.loads(body)

    taken = await in_turns({"ours": ours, "other": other}, 25)
    value = ratio(taken["ours"], taken["other"])
    what = f"parsing 1,000 records of {len(record_bytes()) / 1000:.1f} KB"
    against = "`json.loads` of the same bytes"
    return [Row(what, against, value, 3.0, "×", taken["ours"], taken["other"])]


async def submit_rows(jimeng: AsyncJimeng) -> list[Row]:
    """Nine pictures that were never sent before, and one."""
    return [await _submit_row(jimeng, kind) for kind in ("JPEG", "PNG")]


async def _submit_row(jimeng: AsyncJimeng, kind: Literal["JPEG", "PNG"]) -> Row:
    picture = photo(kind)

    images: list[bytes] = []

    def prepare() -> None:
        notes = (secrets.token_hex(16).encode() for _ in range(PICTURES))
        images[:] = [fresh(picture, note) for note in notes]

    async def submit(count: int) -> None:
        request = SubjectReference(prompt="@图片1 在海边", images=tuple(images[:count]))
        await jimeng.submit_video(request)

    works: dict[str, Work] = {"nine": partial(submit, PICTURES), "one": partial(submit, 1)}
    taken = await in_turns(works, 15, prepare)
    return Row(
        f"submit with {PICTURES} fresh {kind} pictures of {len(picture) / 1e6:.1f} MB",
        "one such picture",
        ratio(taken["nine"], taken["one"]),
        1.5,
        "×",
        taken["nine"],
        taken["one"],
    )
