"""`submit`, `get`, `get_many`, `generate` and `prepare`: the same calls for every request."""

from pathlib import Path
from typing import Any

import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    ImageRequest,
    InvalidRequest,
    MultiFrame,
    SubjectReference,
)
from jimeng_core.requests import AnyRequest
from tests.core.web.fake_site import FakeSite, png

pytestmark = pytest.mark.anyio
REQUESTS = [
    FirstLastFrame(prompt="sea"),
    MultiFrame(frames=({"image": png()}, {"image": png("red")})),
    SubjectReference(prompt="@image1 runs", images=(png(),)),
    ImageRequest(prompt="sea"),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.mode)
async def test_any_request(jimeng: AsyncJimeng, site: FakeSite, request_: AnyRequest) -> None:
    """Each kind of request is submitted by `submit`, and its id looked up by `get`."""
    task = await jimeng.submit(request_)
    assert (task.mode, task.request) == (request_.mode, request_)
    assert (await jimeng.get(task.id)).id == task.id
    assert [lookup.id for lookup in await jimeng.get_many([task.id])] == [task.id]
    assert site.generate.call_count == 1


@pytest.mark.parametrize("wrong", [None, {"prompt": "a"}, "a"])
async def test_something_else(jimeng: AsyncJimeng, site: FakeSite, wrong: Any) -> None:
    """What is not a request is refused before anything is sent."""
    for call in (jimeng.submit, jimeng.check, jimeng.prepare):
        with pytest.raises(InvalidRequest, match="of the class FirstLastFrame or"):
            await call(wrong)
    assert not site.requests


async def test_prepared_request_is_read_once(
    jimeng: AsyncJimeng, site: FakeSite, loaded: list[str], tmp_path: Path
) -> None:
    """A prepared request is submitted without reading its pictures again."""
    path = tmp_path / "a.png"
    path.write_bytes(png())
    prepared = await jimeng.prepare(FirstLastFrame(prompt="sea", first_frame=path))
    path.unlink()
    task = await jimeng.submit(prepared)
    assert loaded == ["first_frame"]
    assert prepared.size == len(png())
    assert task.request == prepared.request
    assert site.generate.call_count == 1


async def test_prepare_refuses(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """`prepare` raises every problem of a request, and sends nothing."""
    with pytest.raises(InvalidRequest) as caught:
        await jimeng.prepare(FirstLastFrame(prompt="", first_frame=b"no picture"))
    assert {problem.field for problem in caught.value.problems} == {"prompt", "first_frame"}
    assert not site.requests
