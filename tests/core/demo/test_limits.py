"""The limits that keep a public demo usable."""

from functools import partial
from pathlib import Path

import pytest

from jimeng_core import Completed, Expired, FirstLastFrame, TooManyRunning
from jimeng_core.backends.demo import backend
from jimeng_core.backends.demo.site import DemoLimits, DemoSite
from jimeng_core.backends.demo.store import Store
from tests.core.demo_tools import client, draw_in_no_time, until

pytestmark = pytest.mark.anyio

SEA = FirstLastFrame(prompt="海")


async def test_one_visitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor may have three unfinished tasks; another visitor can still submit."""
    draw_in_no_time(monkeypatch, seconds=60)
    async with client(tmp_path, visitor="one") as one, client(tmp_path, visitor="two") as two:
        for _ in range(3):
            await one.submit_video(SEA)
        with pytest.raises(TooManyRunning) as caught:
            await one.submit_video(SEA)
        assert caught.value.upstream_code == "1310"
        await two.submit_video(SEA)


async def test_all_visitors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All visitors together may have twenty unfinished tasks."""
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
    """Finished tasks count against no limit."""
    draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        for _ in range(5):
            assert isinstance(await jimeng.generate_video(SEA, timeout=60), Completed)


async def test_unfinished_ones_count_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unfinished tasks still count after the client was closed and opened again."""
    draw_in_no_time(monkeypatch, seconds=60)
    async with client(tmp_path, visitor="one") as jimeng:
        for _ in range(3):
            await jimeng.submit_video(SEA)
    async with client(tmp_path, visitor="one") as jimeng:
        with pytest.raises(TooManyRunning):
            await jimeng.submit_video(SEA)


async def test_storage_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the storage limit the oldest videos are evicted; their look-ups say `expired`."""
    draw_in_no_time(monkeypatch, size=4000)
    small = partial(DemoSite, limits=DemoLimits(max_bytes=10_000))
    monkeypatch.setattr(backend, "DemoSite", small)
    async with client(tmp_path) as jimeng:
        done = [await jimeng.generate_video(SEA, timeout=60) for _ in range(4)]
        await until(lambda: Store(tmp_path / "demo").all()[1].deleted)
        found = await jimeng.get_videos([task.id for task in done])
        assert [str(lookup.error.code) if lookup.error else "" for lookup in found] == [
            *("expired", "expired", "", "")
        ]
        with pytest.raises(Expired):
            await jimeng.get_video(done[0].id)
    stored = {path.stem for path in (tmp_path / "demo" / "media").iterdir()}
    assert stored == {task.id for task in done[2:]}


async def test_own_tasks_are_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits for visitors do not count tasks of the app's owner, and do not apply to them."""
    draw_in_no_time(monkeypatch, seconds=60)
    async with client(tmp_path) as own, client(tmp_path, visitor="one") as visitor:
        for _ in range(30):
            await own.submit_video(SEA)
        await visitor.submit_video(SEA)
