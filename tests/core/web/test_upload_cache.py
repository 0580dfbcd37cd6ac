"""Pictures that the site has already are not uploaded again."""

import httpx
import pytest

from jimeng_core import AsyncJimeng, FirstLastFrame, InvalidRequest, SubjectReference
from jimeng_core.backends.web.uploads import uploader
from tests.core.web.fake_site import TOKEN, FakeSite, envelope, in_turn, png, sent_json

pytestmark = pytest.mark.anyio

PICTURES = (png(), png("navy"))


def two_pictures(prompt: str = "海") -> FirstLastFrame:
    """A request with both pictures."""
    return FirstLastFrame(prompt=prompt, first_frame=PICTURES[0], last_frame=PICTURES[1])


async def test_second_use_is_one_request(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """New pictures cost token, apply, an upload each and commit; cached ones cost nothing."""
    await jimeng.submit_video(two_pictures())
    first = len(site.requests)
    await jimeng.submit_video(two_pictures("另一个"))
    assert first == 1 + 1 + 2 + 1 + 1
    assert len(site.requests) == first + 1
    drafts = [sent_json(call.request)["draft_content"] for call in site.generate.calls]
    assert all("tos-cn-i-tb4s082cfz/1-1" in draft for draft in drafts)


async def test_only_what_is_new_is_sent(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Of new and cached pictures only the new ones are uploaded, and the order stays."""
    await jimeng.submit_video(two_pictures())
    images = (PICTURES[1], png("red"), PICTURES[0])
    await jimeng.submit_video(SubjectReference(prompt="@图片1", images=images))
    assert site.upload.call_count == 3
    draft = sent_json(site.generate.calls.last.request)["draft_content"]
    uris = [f"tos-cn-i-tb4s082cfz/{name}" for name in ("1-1", "2-0", "1-0")]
    places = [draft.index(uri) for uri in uris]
    assert places == sorted(places)


async def test_evicted_pictures_are_sent_again(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """If the site no longer has a picture, it is uploaded once more, under the same task id."""
    await jimeng.submit_video(two_pictures())
    site.generate.mock(side_effect=in_turn(envelope(ret="1000"), site.accept))
    task = await jimeng.submit_video(two_pictures())
    assert site.upload.call_count == 4
    sent = [sent_json(call.request)["submit_id"] for call in site.generate.calls]
    assert sent[1:] == [task.id, task.id]


async def test_a_request_that_is_wrong_is_sent_once(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """If new pictures are refused, the cache is not the reason: nothing is sent again."""
    site.generate.mock(return_value=envelope(ret="1000"))
    with pytest.raises(InvalidRequest):
        await jimeng.submit_video(two_pictures())
    assert site.generate.call_count == 1


async def test_one_at_a_time_where_several_are_refused(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A store that refuses UploadNum gets the pictures one by one."""

    def reply(request: httpx.Request) -> httpx.Response:
        if "UploadNum" in request.url.params:
            error = {"Code": "InvalidParameter", "Message": "UploadNum"}
            return httpx.Response(400, json={"ResponseMetadata": {"Error": error}})
        return site.issue_slots(request)

    site.apply.mock(side_effect=reply)
    await jimeng.submit_video(two_pictures())
    assert site.apply.call_count == 3
    assert site.commit.call_count == 2
    assert site.generate.call_count == 1


async def test_the_cache_is_bounded(site: FakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full cache evicts the picture that was not used for the longest time."""
    monkeypatch.setattr(uploader, "MAX_CACHED", 2)
    async with AsyncJimeng("web", TOKEN, transport=site.transport) as jimeng:
        await jimeng.submit_video(two_pictures())
        for picture, uploads in ((PICTURES[0], 2), (png("red"), 3), (PICTURES[0], 3)):
            await jimeng.submit_video(FirstLastFrame(prompt="海", first_frame=picture))
            assert site.upload.call_count == uploads
        await jimeng.submit_video(two_pictures())
    assert site.upload.call_count == 4
