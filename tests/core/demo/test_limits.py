"""What keeps a public demo usable."""

from functools import partial
from pathlib import Path

import pytest

from jimeng_core import Completed, Expired, FirstLastFrame, TooManyRunning
from jimeng_core.backends.demo import backend
from jimeng_core.backends.demo.site import DemoLimits, DemoSite
from tests.core.demo_tools import client, draw_in_no_time

pytestmark = pytest.mark.anyio

SEA = FirstLastFrame(prompt="海")


async def test_one_visitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tasks of one visitor may be unfinished; another visitor may submit all the same."""
    draw_in_no_time(monkeypatch, seconds=60)
    async with client(tmp_path, visitor="one") as one, client(tmp_path, visitor="two") as two:
        for _ in range(3):
            await one.submit_video(SEA)
        with pytest.raises(TooManyRunning) as caught:
            await one.submit_video(SEA)
        assert caught.value.upstream_code == "1310"
        await two.submit_video(SEA)


async def test_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty tasks of all visitors may be unfinished."""
    draw_in_no_time(monkeypatch, seconds=60)
    clients = [client(tmp_path, visitor=str(number)) for number in range(8)]
    taken = 0
    try:
        for number in range(20):
            await clients[number % 7].submit_video(SEA)
            taken += 1
        with pytest.raises(TooManyRunning):
            await clients[7].submit_video(SEA)
    finally:
        for jimeng in clients:
            await jimeng.aclose()
    assert taken == 20


async def test_finished_ones_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the end may go on: finished tasks count against no limit."""
    draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        for _ in range(5):
            assert isinstance(await jimeng.generate_video(SEA, timeout=60), Completed)


async def test_unfinished_ones_count_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing and opening again does not make room for more."""
    draw_in_no_time(monkeypatch, seconds=60)
    async with client(tmp_path, visitor="one") as jimeng:
        for _ in range(3):
            await jimeng.submit_video(SEA)
    async with client(tmp_path, visitor="one") as jimeng:
        with pytest.raises(TooManyRunning):
            await jimeng.submit_video(SEA)


async def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the room is used up the oldest videos go, and a look-up says `expired`."""
    draw_in_no_time(monkeypatch, size=4000)
    small = partial(DemoSite, limits=DemoLimits(room=10_000))
    monkeypatch.setattr(backend, "DemoSite", small)
    async with client(tmp_path) as jimeng:
        done = [await jimeng.generate_video(SEA, timeout=60) for _ in range(4)]
        found = await jimeng.get_videos([task.id for task in done])
        assert [str(lookup.error.code) if lookup.error else "" for lookup in found] == [
            *("expired", "expired", "", "")
        ]
        with pytest.raises(Expired):
            await jimeng.get_video(done[0].id)
    kept = {path.stem for path in (tmp_path / "demo" / "media").iterdir()}
    assert kept == {task.id for task in done[2:]}


async def test_own_tasks_are_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the demo for himself queues as many as he likes, visitors or not."""
    draw_in_no_time(monkeypatch, seconds=60)
    async with client(tmp_path) as own, client(tmp_path, visitor="one") as visitor:
        for _ in range(30):
            await own.submit_video(SEA)
        await visitor.submit_video(SEA)
