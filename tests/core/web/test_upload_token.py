import itertools
from datetime import UTC, datetime, timedelta

import anyio
import anyio.lowlevel
import httpx
import pytest

from jimeng_core import AsyncJimeng, FirstLastFrame, UploadFailed
from jimeng_core.backends.web.uploads.token import read_token
from jimeng_core.backends.web.wire import UploadScene
from tests.core.web.fake_site import ACCESS_KEY, SECRET_KEY, STS_TOKEN, FakeClock, FakeSite, png
from tests.each import each

sides = itertools.count(300)
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
KEYS: dict[str, object] = {
    "access_key_id": ACCESS_KEY,
    "secret_access_key": SECRET_KEY,
    "session_token": STS_TOKEN,
}


def fresh_picture() -> FirstLastFrame:
    """A request with a picture that was not uploaded before."""
    return FirstLastFrame(prompt="海", first_frame=png(side=next(sides)))


@pytest.mark.anyio
async def test_reused_until_it_expires(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """One token serves all submissions until a minute before its expiry."""
    await jimeng.submit_video(fresh_picture())
    await clock.sleep(site.token_seconds - 61)
    await jimeng.submit_video(fresh_picture())
    assert site.get_token.call_count == 1
    await clock.sleep(1)
    await jimeng.submit_video(fresh_picture())
    assert site.get_token.call_count == 2


async def slowly(site: FakeSite) -> httpx.Response:
    """A token's response that comes after other tasks have run."""
    for _ in range(10):
        await anyio.lowlevel.checkpoint()
    return site.issue_token()


async def submit_side_by_side(jimeng: AsyncJimeng, number: int) -> None:
    """Submit several requests at once."""
    async with anyio.create_task_group() as tasks:
        for _ in range(number):
            tasks.start_soon(jimeng.submit_video, fresh_picture())


@pytest.mark.anyio
async def test_one_token_for_all_at_once(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Concurrent submissions share one token."""
    site.get_token.mock(side_effect=lambda _: slowly(site))
    await submit_side_by_side(jimeng, 4)
    assert site.get_token.call_count == 1
    assert site.generate.call_count == 4


def refuse_key(site: FakeSite, key: str, code: str) -> None:
    """Let ImageX refuse what is signed with a key."""

    def reply(request: httpx.Request) -> httpx.Response:
        if f"Credential={key}/" in request.headers["authorization"]:
            error = {"CodeN": 100024, "Code": code, "Message": "no"}
            return httpx.Response(403, json={"ResponseMetadata": {"Error": error}})
        return site.issue_slots(request)

    site.apply.mock(side_effect=reply)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "code", ["InvalidAuthorization", "SignatureDoesNotMatch", "ExpiredToken.Expired"]
)
@pytest.mark.parametrize("number", [1, 3])
async def test_a_stale_token_is_renewed(
    jimeng: AsyncJimeng, site: FakeSite, code: str, number: int
) -> None:
    """A token that ImageX calls stale is replaced once, for any number of submissions."""
    site.get_token.mock(side_effect=lambda _: slowly(site))
    await jimeng.submit_video(fresh_picture())
    refuse_key(site, ACCESS_KEY, code)
    site.token["access_key_id"] = "AKTPfresh"
    await submit_side_by_side(jimeng, number)
    assert site.get_token.call_count == 2
    assert site.generate.call_count == 1 + number


@pytest.mark.anyio
async def test_renewed_once(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """If the new token is refused too, the submission fails without a third token."""
    refuse_key(site, ACCESS_KEY, "InvalidAuthorization")
    with pytest.raises(UploadFailed) as caught:
        await jimeng.submit_video(fresh_picture())
    assert caught.value.upstream_code == "InvalidAuthorization"
    assert site.get_token.call_count == 2
    assert not site.generate.called


@each(
    ("times", "seconds"),
    [
        ({"current_time": 1000, "expired_time": 4600}, 3600),
        ({"current_time": "1000", "expired_time": "4600"}, 3600),
        ({"current_time": 1000_000_000_000, "expired_time": 1000_003_600_000}, 3600),
        (
            {
                "current_time": "2026-09-01T12:00:00+08:00",
                "expired_time": "2026-09-01T13:00:00+08:00",
            },
            3600,
        ),
        ({"expired_time": NOW.timestamp() + 3600}, 3600),
        ({"expired_time": (NOW + timedelta(hours=1)).isoformat()}, 3600),
        ({}, 300),
        ({"expired_time": "soon"}, 300),
    ],
)
def test_the_expiry_of_a_token(times: dict[str, object], seconds: int) -> None:
    """The expiry is counted by our own clock, in whichever form the site writes times."""
    token = read_token(KEYS | times, NOW.timestamp(), UploadScene.PICTURES)
    assert token.expires - NOW.timestamp() == seconds
    assert token.is_valid(NOW.timestamp() + seconds - 61)
    assert not token.is_valid(NOW.timestamp() + seconds - 60)


@each(
    ("fields", "service", "region"),
    [
        ({}, "tb4s082cfz", "cn-north-1"),
        ({"region": "cn", "space_name": "spaced"}, "spaced", "cn-north-1"),
        ({"region": "cn-north-1", "service_id": "s", "space_name": "spaced"}, "s", "cn-north-1"),
        ({"region": "ap-southeast-1"}, "tb4s082cfz", "ap-southeast-1"),
    ],
)
def test_service_and_region(fields: dict[str, object], service: str, region: str) -> None:
    """The service and the region come from the response; `cn` is the region's short name."""
    token = read_token(KEYS | fields, NOW.timestamp(), UploadScene.PICTURES)
    assert (token.space, token.region) == (service, region)


@each("field", list(KEYS))
@each("value", [None, "", [], {}, "a\r\nb", "密"])
def test_a_part_is_missing(field: str, value: object) -> None:
    """A token that cannot sign is refused."""
    with pytest.raises(UploadFailed):
        read_token(KEYS | {field: value}, NOW.timestamp(), UploadScene.PICTURES)


def test_no_secret_in_its_repr() -> None:
    """The repr of a token has none of its keys."""
    shown = repr(read_token(KEYS, NOW.timestamp(), UploadScene.PICTURES))
    assert not [value for value in KEYS.values() if str(value) in shown]
