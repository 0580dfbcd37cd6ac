"""What `on_upload` is told while the pictures of a submission go up."""

from pathlib import Path

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    ImageRequest,
    InvalidRequest,
    SubjectReference,
    UploadFailed,
)
from jimeng_core.concurrency import gather
from tests.core.demo_tools import client, draw_in_no_time, picture
from tests.core.web.fake_site import FakeSite, envelope, in_turn, png

pytestmark = pytest.mark.anyio
THREE = (png(), png("navy"), png("red"))
TAKEN = httpx.Response(200, json={"code": 2000})
STALE = httpx.Response(
    403, json={"ResponseMetadata": {"Error": {"Code": "InvalidAuthorization", "Message": "no"}}}
)


class LookupOutcome:
    """Keeps what `on_upload` is called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def __call__(self, there: int, total: int) -> None:
        self.calls.append((there, total))


@pytest.fixture
def told() -> LookupOutcome:
    """What was told so far."""
    return LookupOutcome()


def subjects(*images: bytes) -> SubjectReference:
    """A request with these pictures."""
    return SubjectReference(prompt="跑", images=images)


async def test_after_each_picture(jimeng: AsyncJimeng, told: LookupOutcome) -> None:
    """It is told once before the first picture, and after each; a video's and an image's alike."""
    await jimeng.submit_video(subjects(*THREE), on_upload=told)
    assert told.calls == [(0, 3), (1, 3), (2, 3), (3, 3)]
    told.calls.clear()
    images = (png("gold"), png("pink"))
    await jimeng.submit_image(ImageRequest(prompt="海", images=images), on_upload=told)
    assert told.calls == [(0, 2), (1, 2), (2, 2)]


async def test_while_they_go_up(jimeng: AsyncJimeng, site: FakeSite, told: LookupOutcome) -> None:
    """A picture counts when it is up, not when it is sent; all of them do before the commit."""

    def put(_: httpx.Request) -> httpx.Response:
        assert told.calls[0] == (0, 3)
        assert len(told.calls) <= site.upload.call_count + 1
        return TAKEN

    def commit(request: httpx.Request) -> httpx.Response:
        assert told.calls[-1] == (3, 3)
        return site.keep(request)

    site.upload.mock(side_effect=put)
    site.commit.mock(side_effect=commit)
    await jimeng.submit_video(subjects(*THREE), on_upload=told)
    assert told.calls == [(0, 3), (1, 3), (2, 3), (3, 3)]


async def test_known_pictures_are_there(
    jimeng: AsyncJimeng, site: FakeSite, told: LookupOutcome
) -> None:
    """What the site has from an earlier task counts at once; of the rest each."""
    await jimeng.submit_video(subjects(*THREE[:2]))
    await jimeng.submit_video(subjects(*THREE), on_upload=told)
    assert told.calls == [(2, 3), (3, 3)]
    told.calls.clear()
    await jimeng.submit_video(subjects(*THREE), on_upload=told)
    assert told.calls == [(3, 3)]
    assert site.upload.call_count == 3


async def test_equal_pictures(jimeng: AsyncJimeng, site: FakeSite, told: LookupOutcome) -> None:
    """Two equal pictures are one upload, and count as two."""
    await jimeng.submit_video(subjects(png(), png("navy"), png()), on_upload=told)
    assert told.calls[0] == (0, 3)
    assert told.calls[1:] in ([(2, 3), (3, 3)], [(1, 3), (3, 3)])
    assert site.upload.call_count == 2


@pytest.mark.parametrize("step", ["apply", "commit"])
async def test_stale_token(
    jimeng: AsyncJimeng, site: FakeSite, step: str, told: LookupOutcome
) -> None:
    """A token that has to be replaced makes no picture count twice, whenever that is seen."""
    works = {"apply": site.give_places, "commit": site.keep}[step]
    getattr(site, step).mock(side_effect=in_turn(STALE, works))
    await jimeng.submit_video(subjects(*THREE), on_upload=told)
    assert site.upload.call_count == (3 if step == "apply" else 6)
    assert site.get_token.call_count == 2
    assert [there for there, _ in told.calls] == sorted(there for there, _ in told.calls)
    assert (told.calls[0], told.calls[-1]) == ((0, 3), (3, 3))
    assert {(n, 3) for n in range(4)} == set(told.calls)


async def test_a_repeated_step_counts_once(
    jimeng: AsyncJimeng, site: FakeSite, told: LookupOutcome
) -> None:
    """An upload that is sent again, since its answer was lost, is one picture."""
    site.upload.mock(side_effect=in_turn(httpx.Response(502), httpx.ReadTimeout("t"), TAKEN))
    await jimeng.submit_video(FirstLastFrame(prompt="海", first_frame=png()), on_upload=told)
    assert told.calls == [(0, 1), (1, 1)]
    assert site.upload.call_count == 3


async def test_a_failed_upload_does_not_count(
    jimeng: AsyncJimeng, site: FakeSite, told: LookupOutcome
) -> None:
    """A picture that is refused was never up."""
    site.upload.mock(return_value=httpx.Response(200, json={"code": 4001}))
    with pytest.raises(UploadFailed):
        await jimeng.submit_video(FirstLastFrame(prompt="海", first_frame=png()), on_upload=told)
    assert told.calls == [(0, 1)]


async def test_its_own_error(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """What it raises comes out as itself, and nothing was submitted."""

    def stop(there: int, _: int) -> None:
        if there:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        await jimeng.submit_video(subjects(*THREE), on_upload=stop)
    assert not site.generate.called


async def test_forgotten_pictures_go_up_again(
    jimeng: AsyncJimeng, site: FakeSite, told: LookupOutcome
) -> None:
    """When the site no longer has a picture it counts anew, from the start."""
    await jimeng.submit_video(subjects(*THREE[:2]))
    site.generate.mock(side_effect=in_turn(envelope(ret="1000"), site.accept))
    await jimeng.submit_video(subjects(*THREE[:2]), on_upload=told)
    assert told.calls == [(2, 2), (0, 2), (1, 2), (2, 2)]


async def test_side_by_side(jimeng: AsyncJimeng) -> None:
    """Submissions of one client that go up together are told of their own pictures only."""
    first, second = LookupOutcome(), LookupOutcome()
    await gather(
        [
            lambda: jimeng.submit_video(subjects(*THREE[:2]), on_upload=first),
            lambda: jimeng.submit_video(subjects(THREE[2]), on_upload=second),
        ]
    )
    assert first.calls == [(0, 2), (1, 2), (2, 2)]
    assert second.calls == [(0, 1), (1, 1)]


@pytest.mark.parametrize(
    "request_", [FirstLastFrame(prompt="海"), FirstLastFrame(prompt="", first_frame=png())]
)
async def test_nothing_to_tell(
    jimeng: AsyncJimeng, request_: FirstLastFrame, told: LookupOutcome
) -> None:
    """Without pictures, or when the request is refused here, it is never called."""
    try:
        await jimeng.submit_video(request_, on_upload=told)
    except InvalidRequest:
        assert not request_.prompt
    assert told.calls == []


async def test_not_sent_again(jimeng: AsyncJimeng, told: LookupOutcome) -> None:
    """Nothing goes up for a task that is found under its id."""
    task_id = jimeng.reserve()
    request = subjects(*THREE)
    await jimeng.submit_video(request, task_id=task_id)
    await jimeng.submit_video(request, task_id=task_id, on_upload=told)
    assert told.calls == []


async def test_on_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: LookupOutcome
) -> None:
    """The demo, whose pictures go the same way, tells the same."""
    draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        images = (picture("red"), picture("blue"))
        await jimeng.submit_video(SubjectReference(prompt="跑", images=images), on_upload=told)
    assert told.calls == [(0, 2), (1, 2), (2, 2)]
