"""The bytes that `on_upload` gets during a submission."""

import random
from pathlib import Path

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    ImageRequest,
    InvalidRequest,
    PreparedRequest,
    SubjectReference,
    UploadFailed,
)
from jimeng_core.concurrency import gather
from jimeng_core.pictures.picture_file import PictureFile
from tests.core.demo_tools import client, draw_in_no_time, picture
from tests.core.web.fake_site import FakeSite, envelope, in_turn, png

pytestmark = pytest.mark.anyio
THREE = (png(), png("navy"), png("red"))
ONE, TWO, ALL = (sum(len(each) for each in THREE[:number]) for number in (1, 2, 3))
"""The bytes of the first picture, of the first two, and of all."""
TAKEN = httpx.Response(200, json={"code": 2000})
STALE = httpx.Response(
    403, json={"ResponseMetadata": {"Error": {"Code": "InvalidAuthorization", "Message": "no"}}}
)


class UploadRecorder:
    """An `on_upload` that records its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.calls.append((done, total))


@pytest.fixture
def recorder() -> UploadRecorder:
    """A recorder for the test."""
    return UploadRecorder()


def subjects(*images: bytes) -> SubjectReference:
    """A request with these pictures."""
    return SubjectReference(prompt="跑", images=images)


async def test_after_each_picture(jimeng: AsyncJimeng, recorder: UploadRecorder) -> None:
    """It is called once before the first picture, and after each, for videos and images."""
    await jimeng.submit_video(subjects(*THREE), on_upload=recorder)
    assert recorder.calls == [(0, ALL), (ONE, ALL), (TWO, ALL), (ALL, ALL)]
    recorder.calls.clear()
    images = (png("gold"), png("pink"))
    await jimeng.submit_image(ImageRequest(prompt="海", images=images), on_upload=recorder)
    gold, both = len(images[0]), sum(map(len, images))
    assert recorder.calls == [(0, both), (gold, both), (both, both)]


async def test_while_a_large_file_is_sent(jimeng: AsyncJimeng, recorder: UploadRecorder) -> None:
    """Of a large file every piece counts, and each number is larger than the one before."""
    data = random.Random(1).randbytes(300_000)
    large = PictureFile(data, "jpeg", 300, 300, "large")
    request = FirstLastFrame(prompt="海", first_frame=b"-")
    await jimeng.submit(PreparedRequest(request, (large,)), on_upload=recorder)
    assert recorder.calls == [(done, 300_000) for done in (*range(0, 300_000, 2**16), 300_000)]


async def test_cached_pictures_count_at_once(
    jimeng: AsyncJimeng, site: FakeSite, recorder: UploadRecorder
) -> None:
    """Pictures from an earlier task count at once, the others one by one."""
    await jimeng.submit_video(subjects(*THREE[:2]))
    await jimeng.submit_video(subjects(*THREE), on_upload=recorder)
    assert recorder.calls == [(TWO, ALL), (ALL, ALL)]
    recorder.calls.clear()
    await jimeng.submit_video(subjects(*THREE), on_upload=recorder)
    assert recorder.calls == [(ALL, ALL)]
    assert site.upload.call_count == 3


async def test_equal_pictures(
    jimeng: AsyncJimeng, site: FakeSite, recorder: UploadRecorder
) -> None:
    """Two equal pictures are one upload, and count once."""
    await jimeng.submit_video(subjects(png(), png("navy"), png()), on_upload=recorder)
    assert recorder.calls == [(0, TWO), (ONE, TWO), (TWO, TWO)]
    assert site.upload.call_count == 2


@pytest.mark.parametrize("step", ["apply", "commit"])
async def test_stale_token(
    jimeng: AsyncJimeng, site: FakeSite, step: str, recorder: UploadRecorder
) -> None:
    """If a token has to be replaced, that step alone is repeated: no picture is sent twice."""
    works = {"apply": site.issue_slots, "commit": site.commit_uploads}[step]
    getattr(site, step).mock(side_effect=in_turn(STALE, works))
    await jimeng.submit_video(subjects(*THREE), on_upload=recorder)
    assert site.upload.call_count == 3
    assert site.get_token.call_count == 2
    assert recorder.calls == [(0, ALL), (ONE, ALL), (TWO, ALL), (ALL, ALL)]


async def test_a_repeated_step_counts_once(
    jimeng: AsyncJimeng, site: FakeSite, recorder: UploadRecorder
) -> None:
    """An upload that is sent again after a lost response is one picture."""
    site.upload.mock(side_effect=in_turn(httpx.Response(502), httpx.ReadTimeout("t"), TAKEN))
    await jimeng.submit_video(FirstLastFrame(prompt="海", first_frame=png()), on_upload=recorder)
    assert recorder.calls == [(0, ONE), (ONE, ONE)]
    assert site.upload.call_count == 3


async def test_a_failed_upload_does_not_count(
    jimeng: AsyncJimeng, site: FakeSite, recorder: UploadRecorder
) -> None:
    """A picture that is refused does not count."""
    site.upload.mock(return_value=httpx.Response(200, json={"code": 4001}))
    with pytest.raises(UploadFailed):
        await jimeng.submit_video(
            FirstLastFrame(prompt="海", first_frame=png()), on_upload=recorder
        )
    assert recorder.calls == [(0, ONE)]


async def test_its_own_error(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """An error of the callback is raised unchanged, and nothing is submitted."""

    def stop(done: int, _: int) -> None:
        if done:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        await jimeng.submit_video(subjects(*THREE), on_upload=stop)
    assert not site.generate.called


async def test_evicted_pictures_count_again(
    jimeng: AsyncJimeng, site: FakeSite, recorder: UploadRecorder
) -> None:
    """If the site no longer has the pictures, the count starts again."""
    await jimeng.submit_video(subjects(*THREE[:2]))
    site.generate.mock(side_effect=in_turn(envelope(ret="1000"), site.accept))
    await jimeng.submit_video(subjects(*THREE[:2]), on_upload=recorder)
    assert recorder.calls == [(TWO, TWO), (0, TWO), (ONE, TWO), (TWO, TWO)]


async def test_side_by_side(jimeng: AsyncJimeng) -> None:
    """Concurrent submissions of one client each count their own pictures."""
    first, second = UploadRecorder(), UploadRecorder()
    await gather(
        [
            lambda: jimeng.submit_video(subjects(*THREE[:2]), on_upload=first),
            lambda: jimeng.submit_video(subjects(THREE[2]), on_upload=second),
        ]
    )
    assert first.calls == [(0, TWO), (ONE, TWO), (TWO, TWO)]
    assert second.calls == [(0, ALL - TWO), (ALL - TWO, ALL - TWO)]


@pytest.mark.parametrize(
    "request_", [FirstLastFrame(prompt="海"), FirstLastFrame(prompt="", first_frame=png())]
)
async def test_not_called(
    jimeng: AsyncJimeng, request_: FirstLastFrame, recorder: UploadRecorder
) -> None:
    """Without pictures, or for a request that is refused here, it is never called."""
    try:
        await jimeng.submit_video(request_, on_upload=recorder)
    except InvalidRequest:
        assert not request_.prompt
    assert recorder.calls == []


async def test_not_sent_again(jimeng: AsyncJimeng, recorder: UploadRecorder) -> None:
    """Nothing is uploaded for a task that is found under its id."""
    task_id = jimeng.reserve()
    request = subjects(*THREE)
    await jimeng.submit_video(request, task_id=task_id)
    await jimeng.submit_video(request, task_id=task_id, on_upload=recorder)
    assert recorder.calls == []


async def test_on_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorder: UploadRecorder
) -> None:
    """The demo, whose pictures are uploaded the same way, reports the same."""
    draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        images = (picture("red"), picture("blue"))
        await jimeng.submit_video(SubjectReference(prompt="跑", images=images), on_upload=recorder)
    sizes = [len(each) for each in images]
    assert recorder.calls[0] == (0, sum(sizes))
    assert recorder.calls[1] in [(size, sum(sizes)) for size in sizes]
    assert recorder.calls[2:] == [(sum(sizes), sum(sizes))]
