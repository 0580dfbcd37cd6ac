"""Opening a client of ark, and the ids that it accepts."""

from pathlib import Path

import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    InvalidRequest,
    InvalidTaskId,
    NotFound,
    Processing,
    Unauthorized,
)
from jimeng_core.client_options import resolve_settings
from jimeng_core.settings import BackendName
from tests.core.ark.fake_ark import ID, KEY, FakeArk, record, sent_json
from tests.core.web.fake_site import FakeClock
from tests.each import each

pytestmark = pytest.mark.anyio
REQUEST = FirstLastFrame(prompt="海")
SUBMIT_ID = "01a20c62-9734-76fd-bea7-d0f8206c22af"


async def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key, the error names the variable; a session token is not a key."""
    monkeypatch.setenv("JIMENG_TOKEN", "session")
    for token in (None, "", "  "):
        with pytest.raises(Unauthorized, match="ARK_API_KEY") as caught:
            AsyncJimeng("ark", token)
        assert "ARK_API_KEY" in caught.value.message_zh


@each("key", ["密钥", "a b", "a\nb", "a\x00b"])
async def test_an_impossible_key(key: str) -> None:
    """A key that a header cannot carry is refused, and not quoted."""
    with pytest.raises(Unauthorized, match="copy it again") as caught:
        AsyncJimeng("ark", key)
    assert key not in str(caught.value)


def test_which_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is the credential of the named backend, or by default the site's."""
    resolved = resolve_settings("ark", KEY, {"base_url": "https://p.example/api/v3/"})
    assert resolved.ark_api_key.get_secret_value() == KEY
    assert (resolved.ark_base_url, resolved.base_url) == ("https://p.example/api/v3", None)
    assert resolved.token.get_secret_value() == ""
    assert resolve_settings(None, KEY, {}).backend is BackendName.WEB
    monkeypatch.setenv("ARK_API_KEY", "of the environment")
    assert resolve_settings(None, None, {}).backend is BackendName.ARK
    assert resolve_settings(None, KEY, {}).backend is BackendName.WEB
    assert resolve_settings("web", KEY, {}).token.get_secret_value() == KEY
    monkeypatch.setenv("JIMENG_BACKEND", "ark")
    assert resolve_settings(None, KEY, {}).ark_api_key.get_secret_value() == KEY
    assert resolve_settings(None, None, {}).ark_api_key.get_secret_value() == "of the environment"


async def test_addresses(ark: FakeArk, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """ARK_BASE_URL replaces China's address, and the models have BytePlus's names."""
    monkeypatch.setenv("ARK_BASE_URL", "https://ark.ap-southeast.bytepluses.com/api/v3")
    monkeypatch.setenv("ARK_API_KEY", KEY)
    async with AsyncJimeng("ark", transport=ark.transport, clock=clock) as jimeng:
        await jimeng.submit_video(REQUEST)
    [request] = ark.requests
    assert request.url.host == "ark.ap-southeast.bytepluses.com"
    assert sent_json(request)["model"] == "dreamina-seedance-2-0-fast-260128"


async def test_other_backends_cannot_delete(tmp_path: Path) -> None:
    """Where nothing can be deleted, the error names the backend that can."""
    async with AsyncJimeng("demo", data_dir=tmp_path) as jimeng:
        with pytest.raises(InvalidRequest, match="only ark can"):
            await jimeng.delete_video(SUBMIT_ID)


@pytest.mark.parametrize("bad", ["nonsense", "4713000000000", SUBMIT_ID])
async def test_ids_of_others(jimeng: AsyncJimeng, ark: FakeArk, bad: str) -> None:
    """Only Ark's ids can be looked up or deleted; nothing is sent for others."""
    with pytest.raises(InvalidTaskId):
        await jimeng.get_video(bad)
    with pytest.raises(InvalidTaskId):
        await jimeng.delete_video(bad)
    with pytest.raises(InvalidTaskId):
        await jimeng.submit_video(REQUEST, task_id=bad)
    assert ark.requests == []


async def test_a_submit_id(jimeng: AsyncJimeng) -> None:
    """A submit id cannot be looked up on ark: the error says so."""
    with pytest.raises(InvalidTaskId, match="ark") as caught:
        await jimeng.submit_video(REQUEST, task_id=SUBMIT_ID)
    assert "ark" in caught.value.message_zh


async def test_an_id_of_ark(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """An id of Ark's is looked up, and the task has the request; nothing is sent."""
    ark.records[ID] = record()
    task = await jimeng.submit_video(REQUEST, task_id=f" {ID}")
    assert isinstance(task, Processing)
    assert (task.request, task.mode) == (REQUEST, REQUEST.mode)
    old = "cgt-20260901100000-aaaaa"
    with pytest.raises(NotFound):
        await jimeng.submit_video(REQUEST, task_id=old)
    assert not ark.create.called


async def test_reserved(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A reserved id is sent once, under Ark's id; the second time it is refused."""
    reserved = jimeng.reserve()
    task = await jimeng.submit_video(REQUEST, task_id=reserved)
    assert [task.id] == list(ark.records)
    with pytest.raises(InvalidTaskId):
        await jimeng.submit_video(REQUEST, task_id=reserved)
    assert ark.create.call_count == 1
