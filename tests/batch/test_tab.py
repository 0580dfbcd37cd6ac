"""The handlers of the tab of batches, without a browser."""

import hashlib
import shutil
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import anyio
import gradio as gr
import pytest
from starlette.requests import Request

from jimeng_app.batch.planning import Estimate
from jimeng_app.batches import Batches
from jimeng_app.client_pool import ClientPool
from jimeng_app.page.batches.handlers import BatchHandlers, price_text
from jimeng_app.page.batches.layout import BatchLayout, build_batches
from jimeng_app.page.connection import Connection, build_connection
from jimeng_core import InvalidRequest
from jimeng_core.backends.demo import worker as renderer
from jimeng_core.settings import load_settings
from tests import instant_films

pytestmark = pytest.mark.anyio
SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "root_path": "",
    "scheme": "http",
    "http_version": "1.1",
    "query_string": b"",
    "server": ("127.0.0.1", 7860),
    "client": ("127.0.0.1", 1),
    "headers": [(b"host", b"127.0.0.1:7860"), (b"accept-language", b"en")],
}
TABLE = "prompt,duration\nA cat.,4\n#fail:content_refused,4\nA dog.,99\n"


class Tab:
    """The tab's handlers, called as Gradio calls them."""

    def __init__(self, folder: Path) -> None:
        settings = load_settings(chosen_backend="demo", demo_pace=0, data_dir=folder)
        self.uploads = folder / "uploads"
        pool = ClientPool(settings, self.uploads)
        self.batches = pool.batches
        with gr.Blocks():
            self.connection: Connection = build_connection(pool)
            with gr.Tabs(), gr.Tab("batches") as tab:
                self.layout: BatchLayout = build_batches(tab, 3)
                self.handlers = BatchHandlers(self.connection, self.layout)
                self.handlers.bind()
        self.request = gr.Request(Request(SCOPE))

    def upload(self, *paths: Path) -> dict[Any, Any]:
        """The values of an event after files were dropped."""
        files = []
        for path in paths:
            folder = self.uploads / hashlib.sha256(path.read_bytes()).hexdigest()
            folder.mkdir(parents=True, exist_ok=True)
            files.append({"path": str(shutil.copy(path, folder)), "orig_name": path.name})
        backend, token = self.connection.caller
        return {self.layout.files: files, backend: "demo", token: ""}


@pytest.fixture
async def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tab]:
    """A tab on the demo, whose films need no rendering."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(renderer, "_start", instant_films.start)
    tab = Tab(tmp_path)
    yield tab
    await tab.batches.aclose()


async def test_from_a_table_to_films(tab: Tab, tmp_path: Path) -> None:
    """Bad cells are named; Start submits the others; the batch is shown until it has ended."""
    path = tmp_path / "clips.csv"
    path.write_text(TABLE, "utf-8")
    at, handlers, request = tab.layout, tab.handlers, tab.request
    empty = await handlers.show(None, request)
    assert "no batch yet" in empty[at.shown]

    checked = await handlers.check(tab.upload(path), request)
    assert "2 rows can be submitted" in checked[at.checked]
    assert 'data-row="3"' in checked[at.checked]
    started = await handlers.start(tab.upload(path), request)
    assert 'class="batch"' in started[at.shown]
    batch_id = started[at.chosen].value
    view = started
    with anyio.fail_after(60):
        while view[at.timer].active:
            await anyio.sleep(0.05)
            view = await handlers.show(batch_id, request)
    assert "completed 1" in view[at.shown]
    assert 'data-code="content_refused"' in view[at.shown]
    assert "<video" in view[at.shown]
    assert view[at.retry].visible
    assert not view[at.pause].visible
    changed = await handlers.changer("retry-failed")(batch_id, request)
    assert changed[at.timer].active
    unknown = await handlers.changer("pause")(None, request)
    assert unknown[at.chosen].value == batch_id


async def test_what_is_no_table(tab: Tab, tmp_path: Path) -> None:
    """Nothing dropped says nothing; two tables, none, and strange paths are one sentence."""
    at, handlers, request = tab.layout, tab.handlers, tab.request
    values = tab.upload()
    assert (await handlers.check(values, request))[at.checked] == ""
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(TABLE, "utf-8")
    second.write_text(TABLE + "x,4\n", "utf-8")
    for event in (handlers.check, handlers.start):
        two = await event(tab.upload(first, second), request)
        assert "one table" in two[at.checked]
    values[at.files] = [{"path": "/etc/passwd", "orig_name": "a.csv"}]
    assert "one table" in (await handlers.check(values, request))[at.checked]


async def test_a_later_start_of_the_app_continues(tab: Tab, tmp_path: Path) -> None:
    """An open batch is worked on as soon as the app starts again; without one, nothing starts."""
    await tab.batches.resume()
    path = tmp_path / "clips.csv"
    path.write_text("prompt,duration\nA cat.,4\n", "utf-8")
    await tab.handlers.start(tab.upload(path), tab.request)
    await tab.batches.aclose()
    tab.batches = Batches(tab.connection.pool)  # as after a restart
    await tab.batches.resume()
    service = await tab.batches.service()
    assert service.worker or all(
        batch.ended_at for batch in await service.batches(tab.connection.call(tab.request))
    )


async def test_without_the_extra(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its packages the app answers that they are missing, and starts nothing."""
    tab.batches.installed = False
    await tab.batches.resume()
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await tab.batches.handle(dict(SCOPE), cast("Any", None), send)
    assert sent[0]["status"] == 501
    with pytest.raises(InvalidRequest, match="jimeng-studio\\[batch\\]"):
        await tab.batches.check_watch(tab.connection.call(tab.request), "https://example.com/")


async def test_a_database_that_is_away(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app starts whatever is wrong with the database."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@127.0.0.1:9/d")
    await tab.batches.resume()


def test_price_of_a_table() -> None:
    """The price of a table is told as that of a form; nothing to pay is free."""
    totals = {"credits": Decimal("240.0"), "tokens": Decimal(10000)}
    assert price_text(Estimate(totals), chinese=False) == "about 240 credits + about 10,000 tokens"
    mixed = price_text(Estimate({"credits": Decimal(24)}, unknown=2), chinese=True)
    assert mixed == "约 24 积分 + 2 行价格未知"
    assert price_text(Estimate({"credits": Decimal(0)}), chinese=True) == "免费"
    assert price_text(Estimate(), chinese=True) == ""
