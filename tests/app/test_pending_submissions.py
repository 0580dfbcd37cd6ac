import gc
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from jimeng_app.access import Caller
from jimeng_app.call_context import CallContext
from jimeng_app.client_pool import ClientPool
from jimeng_app.page.form import pending_submissions
from jimeng_app.page.form.pending_submissions import PendingSubmissions, refuse_data_uris
from jimeng_core import FirstLastFrame, InvalidRequest, Settings
from jimeng_core.pictures.picture_file import PictureFile
from jimeng_core.submissions import PreparedRequest
from tests.each import each

pytestmark = pytest.mark.anyio


class Picture:
    """A loaded picture of some bytes."""

    def __init__(self, size: int) -> None:
        self.data = b"x" * size


def call_of(visitor: str, folder: Path) -> CallContext:
    """The call of a visitor."""
    pool = ClientPool(Settings(_env_file=None), folder)
    return CallContext(pool, Caller(visitor, {}), base_url="", chinese=False)


def prepared(size: int) -> PreparedRequest:
    """A request with a picture of this size."""
    return PreparedRequest(FirstLastFrame(prompt="a"), (cast("PictureFile", Picture(size)),))


async def test_limit_of_a_visitor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A visitor's oldest requests make room for his newest, and no one else's."""
    monkeypatch.setattr(pending_submissions, "MAX_VISITOR_BYTES", 1000)
    monkeypatch.setattr(pending_submissions, "REQUEST_BYTES", 10)
    pending = PendingSubmissions()
    pending.add("other", call_of("10.0.0.1", tmp_path), prepared(900))
    own = call_of("10.0.0.2", tmp_path)
    for name in ("a", "b", "c"):
        pending.add(name, own, prepared(450))
    assert len(pending) == 3
    assert not pending.pop("a")
    assert all(map(pending.pop, ("other", "b", "c")))
    assert not pending.pop("b")


async def test_large_pictures_are_not_stored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A request with pictures beyond the limit waits without them."""
    monkeypatch.setattr(pending_submissions, "MAX_VISITOR_BYTES", 1000)
    monkeypatch.setattr(pending_submissions, "REQUEST_BYTES", 10)
    pending = PendingSubmissions()
    pending.add("a", call_of("10.0.0.1", tmp_path), prepared(2000))
    checked = pending.pop("a")
    assert checked
    assert isinstance(checked.request, FirstLastFrame)


@each(
    "value",
    [
        "data:image/png;base64,AAAA",
        " DATA:,a",
        {"images": [{"path": None, "url": "data:,a"}]},
        {"frames": [{"image": {"path": "data:,a"}}]},
    ],
)
async def test_data_uris(value: Any) -> None:
    """A form takes uploads, no pictures among its values."""
    with pytest.raises(InvalidRequest, match="was not uploaded"):
        refuse_data_uris(value)
    refuse_data_uris({"prompt": "data: a day", "images": [{"path": "/a"}, None, 5]})


async def test_places() -> None:
    """Pictures of two requests of a visitor are loaded at a time, and of eight in all."""
    pending = PendingSubmissions()
    loading: list[str] = []

    async def load(visitor: str) -> None:
        async with pending.loading(visitor):
            loading.append(visitor)
            await anyio.sleep_forever()

    async with anyio.create_task_group() as group:
        for visitor in ("a" * 5, "bbb", "ccc", "ddd", "eee", "fff"):
            for _ in visitor:
                group.start_soon(load, visitor[0])
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert loading == [*"aabbccdd"]
    gc.collect()
    assert not pending._places_of
