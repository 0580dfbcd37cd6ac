"""Which host is sent what."""

import json
from urllib.parse import unquote

import httpx
import pytest
import respx

from jimeng_core import AsyncJimeng, FirstLastFrame, Unauthorized, new_task_id
from jimeng_core.backends.web.signing import sign
from tests.core.web.fake_site import (
    ACCESS_KEY,
    IMAGEX_HOST,
    SECRET_KEY,
    SESSION_KEY,
    SITE_HOST,
    STS_TOKEN,
    TOKEN,
    UPLOAD_AUTH,
    UPLOAD_HOST,
    FakeClock,
    FakeSite,
    cookie_of,
    envelope,
    png,
    sent_json,
)
from tests.each import each

pytestmark = pytest.mark.anyio
TWO_PICTURES = FirstLastFrame(prompt="海", first_frame=png(), last_frame=png("navy"))


def everything_in(request: httpx.Request) -> str:
    """URL, headers and body of a request as one text."""
    head = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
    return f"{unquote(str(request.url))}\n{request.url}\n{head}\n{request.content!r}"


async def test_the_steps_of_a_submission(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Token, apply, the pictures, commit, generate: each to its host, and nothing else."""
    await jimeng.submit_video(TWO_PICTURES)
    assert [(one.method, one.url.scheme, one.url.host, one.url.path) for one in site.requests] == [
        ("POST", "https", SITE_HOST, "/mweb/v1/get_upload_token"),
        ("GET", "https", IMAGEX_HOST, "/"),
        ("POST", "https", UPLOAD_HOST, "/upload/v1/tos-cn-i-tb4s082cfz/1-0"),
        ("POST", "https", UPLOAD_HOST, "/upload/v1/tos-cn-i-tb4s082cfz/1-1"),
        ("POST", "https", IMAGEX_HOST, "/"),
        ("POST", "https", SITE_HOST, "/mweb/v1/aigc_draft/generate"),
    ]


async def test_what_the_site_is_sent(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """Each request to the site is signed for its path and time, with query and cookie."""
    await jimeng.submit_video(TWO_PICTURES)
    await jimeng.get_video(new_task_id(clock.now()))
    await jimeng.credits()
    to_site = [one for one in site.requests if one.url.host == SITE_HOST]
    assert len(to_site) == 4
    seconds = int(clock.now().timestamp())
    for request in to_site:
        assert request.headers["device-time"] == str(seconds)
        assert request.headers["sign"] == sign(request.url.path, "8.4.0", seconds)
        assert request.headers["appvr"] == "8.4.0"
        assert request.headers["content-type"] == "application/json"
        assert request.url.params["aid"] == request.headers["appid"] == "513695"
        cookies = cookie_of(request)
        assert cookies["sessionid"] == cookies["sessionid_ss"] == cookies["sid_tt"] == TOKEN
        assert cookies["_tea_web_id"] == request.url.params["webId"]
    assert len({request.url.params["webId"] for request in to_site}) == 1


async def test_the_bodies_of_the_site(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """The upload token is for scene 2; the draft names the pictures as they were stored."""
    task = await jimeng.submit_video(TWO_PICTURES)
    assert sent_json(site.get_token.calls.last.request) == {"scene": 2}
    body = sent_json(site.generate.calls.last.request)
    assert body["submit_id"] == task.id
    component = json.loads(body["draft_content"])["component_list"][0]
    [sent] = component["abilities"]["gen_video"]["text_to_video_params"]["video_gen_inputs"]
    first, last = sent["first_frame_image"], sent["end_frame_image"]
    assert first["uri"] == first["image_uri"] == "tos-cn-i-tb4s082cfz/1-0"
    assert last["uri"] == last["image_uri"] == "tos-cn-i-tb4s082cfz/1-1"
    assert (first["width"], first["height"], first["format"]) == (300, 300, "png")


async def test_the_session_token_goes_to_the_site_alone(
    jimeng: AsyncJimeng, site: FakeSite
) -> None:
    """The token is in the site's cookie: in no URL, no other header, no body, no other host."""
    await jimeng.submit_video(TWO_PICTURES)
    await jimeng.credits()
    for request in site.requests:
        cookie = request.headers.pop("cookie", "")
        assert (TOKEN in cookie) is (request.url.host == SITE_HOST)
        assert TOKEN not in everything_in(request)


async def test_the_upload_secrets_stay_at_their_hosts(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """The site gets none of the upload's secrets; the secret key is never sent."""
    await jimeng.submit_video(TWO_PICTURES)
    for request in site.requests:
        text = everything_in(request)
        assert SECRET_KEY not in text
        if request.url.host != IMAGEX_HOST:
            assert not [key for key in (ACCESS_KEY, STS_TOKEN, SESSION_KEY) if key in text]
        if request.url.host != UPLOAD_HOST:
            assert UPLOAD_AUTH not in text


async def test_cookies_of_the_site_are_ignored(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """The cookie has the token and nothing that the site sets."""
    setting = envelope({})
    setting.headers["set-cookie"] = "sessionid=another; Path=/; Domain=jianying.com"
    site.look_up.mock(return_value=setting)
    for _ in range(2):
        await jimeng.get_video(new_task_id(clock.now()))
    first, second = (call.request.headers["cookie"] for call in site.look_up.calls)
    assert first == second
    assert "another" not in second


async def test_a_redirect_is_not_followed(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A request with a cookie goes to its own address, or nowhere."""
    elsewhere = site.router.post(host="elsewhere.example").mock(return_value=envelope({}))
    away = httpx.Response(307, headers={"location": "https://elsewhere.example/"})
    site.look_up.mock(return_value=away)
    [found] = await jimeng.get_videos(["4713000000000"])
    assert found.error is not None
    assert found.error.upstream_code == "HTTP 307"
    assert not elsewhere.called


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8123", "http://127.0.0.1:8123/"])
@pytest.mark.parametrize("by_environment", [True, False])
async def test_base_url(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, base_url: str, *, by_environment: bool
) -> None:
    """JIMENG_BASE_URL replaces the site and ImageX, and gives upload hosts its scheme."""
    if by_environment:
        monkeypatch.setenv("JIMENG_BASE_URL", base_url)
        monkeypatch.setenv("JIMENG_TOKEN", TOKEN)
    site = FakeSite(clock, site="127.0.0.1", imagex="127.0.0.1")
    site.upload_host = "uploads.example:8200"
    token, address = (None, None) if by_environment else (TOKEN, base_url)
    async with AsyncJimeng(
        "web", token, base_url=address, transport=site.transport, clock=clock
    ) as jimeng:
        await jimeng.submit_video(TWO_PICTURES)
    urls = [request.url for request in site.requests]
    assert {url.scheme for url in urls} == {"http"}
    ours, uploads = "127.0.0.1:8123", "uploads.example:8200"
    assert [url.netloc.decode() for url in urls] == [ours, ours, uploads, uploads, ours, ours]
    assert urls[1].path == urls[4].path == "/"
    assert TOKEN not in everything_in(site.upload.calls.last.request)


async def test_base_url_with_a_path(clock: FakeClock) -> None:
    """The replacement may be below a path; Sign still covers the site's own path."""
    site = FakeSite(clock)
    route = site.router.post(host="proxy.example").mock(side_effect=site.find)
    async with AsyncJimeng(
        "web", TOKEN, base_url="https://proxy.example/jm/", transport=site.transport, clock=clock
    ) as jimeng:
        await jimeng.get_video(new_task_id(clock.now()))
    request = route.calls.last.request
    assert request.url.path == "/jm/mweb/v1/get_history_by_ids"
    seconds = int(clock.now().timestamp())
    assert request.headers["sign"] == sign("/mweb/v1/get_history_by_ids", "8.4.0", seconds)


async def test_without_a_transport_the_network_is_used(site: FakeSite, clock: FakeClock) -> None:
    """A client without a transport sends to the site itself, over https."""
    with respx.mock:
        route = respx.post(host=SITE_HOST).mock(side_effect=site.find)
        async with AsyncJimeng("web", TOKEN, clock=clock) as jimeng:
            await jimeng.get_video(new_task_id(clock.now()))
        assert route.calls.last.request.url.scheme == "https"


@each("token", [None, "", "  "])
async def test_no_token(token: str | None) -> None:
    """Without a token there is no client, and the error names both ways to set one."""
    with pytest.raises(Unauthorized, match="JIMENG_TOKEN"):
        AsyncJimeng("web", token)


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"credit": {"gift_credit": 60, "purchase_credit": "20", "vip_credit": 3}}},
        {"credit": {"gift_credit": 60, "purchase_credit": 20, "vip_credit": 3}},
        {
            "response": json.dumps(
                {"credit": {"gift_credit": 60, "purchase_credit": 20, "vip_credit": 3}}
            )
        },
    ],
)
async def test_credits(jimeng: AsyncJimeng, site: FakeSite, answer: dict[str, object]) -> None:
    """The balance is read from each of the three shapes that were seen (protocol 10)."""
    site.credits.mock(return_value=httpx.Response(200, json={"ret": "0"} | answer))
    balance = await jimeng.credits()
    assert (balance.total, balance.gift, balance.purchased, balance.membership) == (83, 60, 20, 3)
