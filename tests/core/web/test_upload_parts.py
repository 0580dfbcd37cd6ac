"""Large videos go to the site's store in parts (protocol 11.1)."""

import random
import zlib
from itertools import pairwise

import httpx
import pytest

from jimeng_core import AsyncJimeng, PreparedRequest, UploadFailed
from jimeng_core.backends.web.uploads import vod
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.marks import ReferenceKind
from jimeng_core.requests import SubjectReference
from tests.core.web.fake_site import (
    TOKEN,
    UPLOAD_AUTH,
    Answer,
    FakeClock,
    FakeSite,
    cookie_of,
    in_turn,
)

pytestmark = pytest.mark.anyio
PART = 100_000
DATA = random.Random(1).randbytes(3 * PART + 1)
NO_JSON = httpx.Response(204)
REFUSED = httpx.Response(200, json={"code": 5000})


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vod, "PART_BYTES", PART)


def with_video(data: bytes = DATA) -> PreparedRequest:
    """A request with one reference video of these bytes."""
    clip = ClipFile(ReferenceKind.VIDEO, data, "mp4", 2.0, 640, 640, str(zlib.crc32(data)))
    return PreparedRequest(SubjectReference(prompt="海", videos=["a.mp4"]), (clip,))


def phases(site: FakeSite) -> list[tuple[str | None, str | None]]:
    """The phase and the number of the part of each request to the upload host."""
    queries = [call.request.url.params for call in site.upload.calls]
    return [(query.get("phase"), query.get("part_number")) for query in queries]


IN_PARTS = [("init", None), *(("transfer", str(number)) for number in (1, 2, 3)), ("finish", None)]
WHOLE = [(None, None)]


async def test_the_steps(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Parts are announced, sent in order, the last with the rest, and joined by their checksums."""
    await jimeng.submit(with_video())
    assert phases(site) == IN_PARTS
    init, *parts, finish = [call.request for call in site.upload.calls]
    assert dict(init.url.params) == {"uploadmode": "part", "phase": "init"}
    assert init.content == b""
    assert b"".join(part.content for part in parts) == DATA
    assert [len(part.content) for part in parts] == [PART, PART, PART + 1]
    offsets = [part.url.params["part_offset"] for part in parts]
    assert offsets == ["0", str(PART), str(2 * PART)]
    checksums = [f"{zlib.crc32(part.content):08x}" for part in parts]
    assert [part.headers["content-crc32"] for part in parts] == checksums
    assert {part.url.params["uploadid"] for part in parts} == {"u"}
    assert dict(finish.url.params) == {"uploadmode": "part", "phase": "finish", "uploadid": "u"}
    listed = ",".join(f"{number}:{each}" for number, each in enumerate(checksums, 1))
    assert finish.content == listed.encode()
    assert site.apply_clip.call_count == site.commit_clip.call_count == 1


async def test_no_credential(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Each request has the upload's own permission, and nothing of the account."""
    await jimeng.submit(with_video())
    for call in site.upload.calls:
        request = call.request
        assert request.headers["authorization"] == UPLOAD_AUTH
        assert cookie_of(request) == {}
        assert TOKEN not in str(request.url) + str(request.headers)


@pytest.mark.parametrize(
    ("size", "parts"), [(2 * PART - 1, 0), (2 * PART, 2), (3 * PART - 1, 2), (3 * PART, 3)]
)
async def test_from_which_size(jimeng: AsyncJimeng, site: FakeSite, size: int, parts: int) -> None:
    """A file of less than two parts is sent whole; no part is smaller than a part."""
    await jimeng.submit(with_video(DATA[:size]))
    sizes = [len(call.request.content) for call in site.upload.calls]
    assert len(sizes) == (parts + 2 if parts else 1)
    assert sum(sizes[1:-1]) == (size if parts else 0)
    assert all(each >= PART for each in sizes[1:-1])


@pytest.mark.parametrize("fault", [httpx.Response(502), httpx.ReadTimeout("t"), NO_JSON])
async def test_a_part_is_repeated(jimeng: AsyncJimeng, site: FakeSite, fault: Answer) -> None:
    """A part whose response is lost is sent again by itself, three times at most."""
    take = site.take_bytes
    site.upload.mock(side_effect=in_turn(take, take, fault, fault, take))
    progress: list[int] = []
    await jimeng.submit(with_video(), on_upload=lambda done, _: progress.append(done))
    assert phases(site) == [*IN_PARTS[:2], *IN_PARTS[2:3] * 3, *IN_PARTS[3:]]
    assert (progress[0], progress[-1]) == (0, len(DATA))
    assert all(before < after for before, after in pairwise(progress))


async def test_a_part_that_never_arrives(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """After three attempts the upload fails; the file is not sent again, and nothing submitted."""
    site.upload.mock(side_effect=in_turn(site.take_bytes, site.take_bytes, httpx.ReadError("r")))
    with pytest.raises(UploadFailed) as caught:
        await jimeng.submit(with_video())
    assert caught.value.upstream_code == "ReadError"
    assert phases(site) == [*IN_PARTS[:2], *IN_PARTS[2:3] * 3]
    assert not site.generate.called


@pytest.mark.parametrize("answer", [REFUSED, NO_JSON, httpx.Response(200, json={"code": 2000})])
async def test_a_store_without_parts(
    jimeng: AsyncJimeng, site: FakeSite, answer: httpx.Response
) -> None:
    """A store that begins no upload in parts gets the file whole, and so it does later ones."""

    def reply(request: httpx.Request) -> httpx.Response:
        return answer if "phase" in request.url.params else site.take_bytes(request)

    site.upload.mock(side_effect=reply)
    await jimeng.submit(with_video())
    assert site.upload.calls.last.request.content == DATA
    assert phases(site)[-1:] == WHOLE
    assert {phase for phase, _ in phases(site)} == {"init", None}
    sent = site.upload.call_count
    await jimeng.submit(with_video(DATA[1:]))
    assert phases(site)[sent:] == WHOLE
    assert site.generate.call_count == 2


@pytest.mark.parametrize("phase", ["transfer", "finish"])
async def test_refused_parts(jimeng: AsyncJimeng, site: FakeSite, phase: str) -> None:
    """If the store refuses a part, or to join them, the file is sent whole once."""

    def reply(request: httpx.Request) -> httpx.Response:
        refused = request.url.params.get("phase") == phase
        return REFUSED if refused else site.take_bytes(request)

    site.upload.mock(side_effect=reply)
    await jimeng.submit(with_video())
    assert phases(site).count((None, None)) == 1
    assert site.upload.calls.last.request.content == DATA
    assert site.generate.called


async def test_a_file_refused_whole_too(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A refusal of the whole file is final."""
    site.upload.mock(return_value=REFUSED)
    with pytest.raises(UploadFailed) as caught:
        await jimeng.submit(with_video())
    assert caught.value.upstream_code == "upload 5000"
    assert phases(site) == [("init", None), *WHOLE]


async def test_longer_than_its_token(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """An upload that outlasts its token is committed with a new one; nothing is sent again."""
    site.token_seconds = 600

    def slowly(request: httpx.Request) -> httpx.Response:
        clock.passed += 300
        return site.take_bytes(request)

    site.upload.mock(side_effect=slowly)
    await jimeng.submit(with_video())
    assert phases(site) == IN_PARTS
    assert site.get_token.call_count == 2
    assert site.apply_clip.call_count == site.commit_clip.call_count == 1
