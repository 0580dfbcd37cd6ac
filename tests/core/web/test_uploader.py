import zlib

import anyio
import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    JimengError,
    NetworkError,
    SubjectReference,
    Unauthorized,
    UploadFailed,
)
from tests.core.web.fake_site import (
    UPLOAD_AUTH,
    Answer,
    FakeSite,
    Json,
    envelope,
    in_turn,
    png,
    sent_json,
)

pytestmark = pytest.mark.anyio
ONE_PICTURE = FirstLastFrame(prompt="海", first_frame=png())
TWO_PICTURES = FirstLastFrame(prompt="海", first_frame=png(), last_frame=png("navy"))


def fine(body: Json) -> httpx.Response:
    """A response of ImageX or of an upload host."""
    return httpx.Response(200, json=body)


TAKEN = fine({"code": 2000})


def sent_uris(site: FakeSite) -> list[str]:
    """The pictures of the last submission, in the order of the draft."""
    text = sent_json(site.generate.calls.last.request)["draft_content"]
    return [part.split('"')[0] for part in text.split('"image_uri":"')[1:]]


async def test_an_uploaded_picture(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """An upload host gets the bytes, their checksum in eight digits, and its own permission."""
    await jimeng.submit_video(ONE_PICTURE)
    request = site.upload.calls.last.request
    assert request.method == "POST"
    assert request.content == png()
    assert request.headers["content-crc32"] == f"{zlib.crc32(png()):08x}"
    assert request.headers["content-type"] == "application/octet-stream"
    assert request.headers["authorization"] == UPLOAD_AUTH
    assert "UploadNum" not in site.apply.calls.last.request.url.params


async def test_two_pictures_one_apply_one_commit(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """If ImageX gives a slot for each, two pictures take one apply and one commit."""
    await jimeng.submit_video(TWO_PICTURES)
    assert site.apply.call_count == site.commit.call_count == 1
    assert [call.request.content for call in site.upload.calls] == [png(), png("navy")]
    assert sent_uris(site) == ["tos-cn-i-tb4s082cfz/1-0", "tos-cn-i-tb4s082cfz/1-1"]


async def test_one_slot_for_two_pictures(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """If ImageX gives one slot only, the rest is sent one by one, and none is mixed up."""
    site.apply.mock(side_effect=lambda _: site.slots(1))
    await jimeng.submit_video(TWO_PICTURES)
    assert site.apply.call_count == site.commit.call_count == 2
    stored = {
        call.request.url.path.removeprefix("/upload/v1/"): call.request.content
        for call in site.upload.calls
    }
    assert [stored[uri] for uri in sent_uris(site)] == [png(), png("navy")]


async def test_more_slots_than_pictures(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Surplus slots stay empty."""
    site.apply.mock(side_effect=lambda _: site.slots(3))
    site.commit.mock(return_value=fine({"Result": {"Results": [{"Uri": "tos/a"}]}}))
    await jimeng.submit_video(ONE_PICTURE)
    assert site.upload.call_count == 1


async def test_the_same_picture_twice(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A picture that a request uses several times is sent once, and named each time."""
    pictures = (png(), png("navy"), png(), png())
    await jimeng.submit_video(SubjectReference(prompt="@图片3 跑", images=pictures))
    assert site.upload.call_count == 2
    one, other = "tos-cn-i-tb4s082cfz/1-0", "tos-cn-i-tb4s082cfz/1-1"
    assert sent_uris(site) == [one, other, one, one]


async def test_nine_pictures_side_by_side(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """The pictures of a request are sent concurrently."""
    together, under_way = anyio.Event(), 0

    async def reply(request: httpx.Request) -> httpx.Response:
        nonlocal under_way
        under_way += 1
        if under_way == 9:
            together.set()
        await together.wait()
        return TAKEN

    site.upload.mock(side_effect=reply)
    colors = ("red", "green", "blue", "white", "black", "gray", "pink", "gold", "navy")
    with anyio.fail_after(100):
        await jimeng.submit_video(SubjectReference(prompt="跑", images=tuple(map(png, colors))))
    assert site.upload.call_count == 9
    assert site.commit.call_count == 1


@pytest.mark.parametrize("step", ["apply", "upload", "commit"])
@pytest.mark.parametrize(
    "fault",
    [httpx.Response(502), httpx.ReadTimeout("t"), httpx.ConnectError("c"), httpx.ReadError("r")],
)
async def test_a_step_is_repeated(
    jimeng: AsyncJimeng, site: FakeSite, step: str, fault: Answer
) -> None:
    """A step of an upload is free: it is tried three times, and then the task is sent."""
    route = getattr(site, step)
    works = {"apply": site.issue_slots, "commit": site.commit_uploads}.get(step, lambda _: TAKEN)
    tries = in_turn(fault, fault, TAKEN)

    def reply(request: httpx.Request) -> object:
        answer = tries(request)
        return works(request) if answer is TAKEN else answer

    route.mock(side_effect=reply)
    await jimeng.submit_video(ONE_PICTURE)
    assert route.call_count == 3
    assert site.generate.call_count == 1


@pytest.mark.parametrize("step", ["apply", "upload", "commit"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (httpx.Response(503), "HTTP 503"),
        (httpx.ReadTimeout("t"), "ReadTimeout"),
        (httpx.ConnectError("c"), "ConnectError"),
    ],
)
async def test_a_step_that_never_works(
    jimeng: AsyncJimeng, site: FakeSite, step: str, fault: Answer, code: str
) -> None:
    """After its third attempt a step fails: `upload_failed`, and nothing was submitted."""
    route = getattr(site, step)
    route.mock(side_effect=in_turn(fault))
    with pytest.raises(UploadFailed) as caught:
        await jimeng.submit_video(ONE_PICTURE)
    assert code in (caught.value.upstream_code or "")
    assert caught.value.retryable
    assert route.call_count == 3
    assert not site.generate.called


@pytest.mark.parametrize(
    ("step", "answer", "code"),
    [
        ("apply", {"ResponseMetadata": {"Error": {"Code": "Denied", "CodeN": 100013}}}, "Denied"),
        ("apply", {"ResponseMetadata": {"Error": {"CodeN": 100013}}}, "100013"),
        ("apply", {"Result": {"UploadAddress": {"StoreInfos": []}}}, "no place"),
        ("apply", {}, "no place"),
        ("upload", {"code": 4001, "message": "no"}, "upload 4001"),
        ("upload", {}, "upload None"),
        ("commit", {"ResponseMetadata": {"Error": {"Code": "Denied"}}}, "Denied"),
        ("commit", {"Result": {"Results": [{"Uri": "tos/a", "UriStatus": 2001}]}}, "2001"),
        ("commit", {"Result": {"Results": []}}, "no Uri"),
    ],
)
async def test_a_refusal_is_not_repeated(
    jimeng: AsyncJimeng, site: FakeSite, step: str, answer: Json, code: str
) -> None:
    """A refusal by ImageX or an upload host is final, and its code is in the error."""
    route = getattr(site, step)
    route.mock(side_effect=lambda _: fine(answer))
    with pytest.raises(UploadFailed) as caught:
        await jimeng.submit_video(ONE_PICTURE)
    assert code in (caught.value.upstream_code or "")
    assert route.call_count == 1
    assert not site.generate.called


async def test_a_commit_is_never_guessed(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A commit with one result for two pictures gives no picture the other's URI."""
    uri = "tos-cn-i-tb4s082cfz/1-1"
    site.commit.mock(return_value=fine({"Result": {"Results": [{"Uri": uri}]}}))
    with pytest.raises(UploadFailed):
        await jimeng.submit_video(TWO_PICTURES)
    assert not site.generate.called


@pytest.mark.parametrize(
    ("committed", "expected"),
    [
        (["tos-cn-i-tb4s082cfz/1-1", "tos-cn-i-tb4s082cfz/1-0"], ["1-0", "1-1"]),
        (["tos-cn-i-tb4s082cfz/a", "tos-cn-i-tb4s082cfz/b"], ["a", "b"]),
        (["tos-cn-i-tb4s082cfz/a", "tos-cn-i-tb4s082cfz/1-0"], ["a", "1-0"]),
    ],
)
async def test_which_picture_is_which(
    jimeng: AsyncJimeng, site: FakeSite, committed: list[str], expected: list[str]
) -> None:
    """A commit's results are matched by URI, or by order if all have other URIs."""
    results = [{"Uri": uri, "UriStatus": "2000"} for uri in committed]
    site.commit.mock(return_value=fine({"Result": {"Results": results}}))
    await jimeng.submit_video(TWO_PICTURES)
    assert sent_uris(site) == [f"tos-cn-i-tb4s082cfz/{name}" for name in expected]


@pytest.mark.parametrize("host", ["", "evil.example/path", "user@evil.example", "a b", "a#b", None])
async def test_an_invalid_upload_host(
    jimeng: AsyncJimeng, site: FakeSite, host: str | None
) -> None:
    """A host with more in it than a name and a port is sent nothing."""
    site.upload_host = host  # type: ignore[assignment]
    with pytest.raises(UploadFailed):
        await jimeng.submit_video(ONE_PICTURE)
    assert not site.upload.called


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (envelope(None, "1015"), Unauthorized),
        (httpx.ConnectError("c"), NetworkError),
        (envelope({"access_key_id": "a"}), UploadFailed),
    ],
)
async def test_no_upload_token(
    jimeng: AsyncJimeng, site: FakeSite, answer: Answer, error: type[JimengError]
) -> None:
    """Without an upload token nothing is sent anywhere, and the site's own reason is raised."""
    site.get_token.mock(side_effect=in_turn(answer))
    with pytest.raises(error):
        await jimeng.submit_video(ONE_PICTURE)
    assert {request.url.path for request in site.requests} == {"/mweb/v1/get_upload_token"}
