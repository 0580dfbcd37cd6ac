"""An upstream's codes are short and hold no credential, whatever the upstream says."""

import json

import httpx
import pytest

from jimeng_core import AsyncJimeng, FirstLastFrame, JimengError
from tests.each import each

pytestmark = pytest.mark.anyio
TOKEN = "9f86d081884c7d65/9a2feaa0c55ad015"
REQUEST = FirstLastFrame(prompt="waves")
TASK_ID = "01a20c5b-85c2-7bb7-9552-bd257c97a343"


def answering(body: object, status: int = 200) -> httpx.MockTransport:
    """A network on which every response has this body."""
    return httpx.MockTransport(lambda _: httpx.Response(status, json=body))


@each("said", ["x" * 100_000, f"no session {TOKEN}", f"{TOKEN} " * 5000])
@each("backend", ["web", "ark"])
async def test_codes_of_refusals(said: str, backend: str) -> None:
    """A refused submission and a failed look-up."""
    body = {"ret": said, "data": {}} if backend == "web" else {"error": {"code": said}}
    transport = answering(body, 200 if backend == "web" else 400)
    async with AsyncJimeng(backend, TOKEN, transport=transport) as jimeng:
        with pytest.raises(JimengError) as caught:
            await jimeng.submit_video(REQUEST)
        [lookup] = await jimeng.get_videos(
            [TASK_ID if backend == "web" else "cgt-20261124120000-a"]
        )
    assert lookup.error
    for error in (caught.value, lookup.error):
        assert len(error.upstream_code or "") <= 200
        assert TOKEN not in f"{error.upstream_code} {error!r}"


@each("name", ["fail_code", "fail_starling_key", "fail_msg"])
async def test_codes_of_failed_tasks(name: str) -> None:
    """The reason of a failed task."""
    for said in ("x" * 100_000, f"token {TOKEN}"):
        record = {"status": 30, name: said, "created_time": 1790786145}
        body = {"ret": "0", "systime": "1790786145", "data": {TASK_ID: record}}
        async with AsyncJimeng("web", TOKEN, transport=answering(body)) as jimeng:
            [lookup] = await jimeng.get_videos([TASK_ID])
        error = lookup.row()["error"]
        assert error
        assert 0 < len(error["upstream_code"] or "") <= 200
        assert TOKEN not in json.dumps(lookup.row())


async def test_quoted_credential() -> None:
    """A credential is masked as it stands in the cookie, too."""
    body = {"ret": "quoted " + TOKEN.replace("/", "%2F"), "data": {}}
    async with AsyncJimeng("web", TOKEN, transport=answering(body)) as jimeng:
        with pytest.raises(JimengError) as caught:
            await jimeng.get_video(TASK_ID)
    assert caught.value.upstream_code == "quoted ***"
