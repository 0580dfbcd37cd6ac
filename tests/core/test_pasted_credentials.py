"""Credentials as people copy them: what stands around them is left behind."""

import json

import httpx
import pytest

from jimeng_core import AsyncJimeng, Unauthorized
from jimeng_core.credentials import clean_credential
from jimeng_core.settings import BackendName
from tests.each import each

TOKEN = "9f86d081884c7d659a2feaa0c55ad015"
EXPORT = [
    {"domain": ".jianying.com", "name": "uid_tt", "value": "other"},
    {"domain": ".jianying.com", "name": "sessionid", "path": "/", "value": TOKEN},
]


@each(
    "pasted",
    [
        TOKEN,
        f"  {TOKEN}\r\n",
        f"sessionid={TOKEN}",
        f"sessionid={TOKEN}; Path=/; HttpOnly",
        f"sessionid: {TOKEN}",
        f"sessionid＝{TOKEN}；",
        f"sid_tt={TOKEN}",
        f"uid_tt=other; sessionid_ss=other; sessionid={TOKEN}; sid_guard=a%7Cb",
        f"Cookie: _tea_web_id=75; sessionid={TOKEN}",
        f"curl 'https://x.example' -H 'cookie: a=b; sessionid={TOKEN}; c=d' --compressed",
        f"sessionid\t{TOKEN}\t.jianying.com\t/\t2027-01-21T00:00:00.000Z\t41\t✓\t✓\t\tMedium",
        f"sessionid {TOKEN} .jianying.com / 2027-01-21T00:00:00.000Z 41",
        f".jianying.com\tTRUE\t/\tTRUE\t1800000000\tsessionid\t{TOKEN}\n",
        f'sessionid:"{TOKEN}"',
        f"'sessionid': '{TOKEN}',",
        json.dumps(EXPORT),
        json.dumps(EXPORT, indent=2),
        f'"{TOKEN}"',
        f"“{TOKEN}”",
        f"`{TOKEN}`",
        f"Bearer {TOKEN}",
        f"Bearer bearer {TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"JIMENG_TOKEN={TOKEN}",
        f"export JIMENG_TOKEN='{TOKEN}'",
        f"\ufeff{TOKEN}\u200b",
        f"\u200b{TOKEN}".encode().decode("latin-1"),
    ],
)
def test_sessionid(pasted: str) -> None:
    """The value of `sessionid` is taken out of whatever was copied with it."""
    assert clean_credential(BackendName.WEB, pasted) == TOKEN


@each(
    "pasted",
    [
        TOKEN,
        f'ARK_API_KEY="{TOKEN}"',
        f"export ARK_API_KEY={TOKEN}",
        f"API Key：{TOKEN}",
        json.dumps({"api_key": TOKEN}),
        f"Bearer {TOKEN}",
        f"-H 'Authorization: Bearer {TOKEN}'",
        f"\u200b{TOKEN}\u200b",
    ],
)
def test_ark_key(pasted: str) -> None:
    """So is Ark's API key."""
    assert clean_credential(BackendName.ARK, pasted) == TOKEN


@each("token", ["abc%7Cdef", "YWJjZA==", "a-b_c.d~e+f/g"])
def test_signs_of_a_token(token: str) -> None:
    """The signs that a token may have stay as they are."""
    assert clean_credential(BackendName.WEB, token) == token


@each(
    "pasted",
    [
        "secret words",
        "秘密",
        "secret=word",
        "secret,word",
        "sessionid",
        "sessionid=",
        "null",
        "https://jimeng.jianying.com/",
        "uid_tt\tsecret\t.jianying.com",
        "secret\x00",
        "s" * 5000,
    ],
)
@pytest.mark.anyio
async def test_no_credential(pasted: str) -> None:
    """What cannot be one is refused before any request, in words that do not repeat it."""
    for backend, words in (("web", "sessionid"), ("ark", "Ark console")):
        with pytest.raises(Unauthorized, match=words) as caught:
            AsyncJimeng(backend, pasted)
        assert "secret" not in f"{caught.value} {caught.value.message_zh}"
        assert len(str(caught.value)) < 300


@each("pasted", ['""', "“ ”", " \u200b"])
def test_nothing(pasted: str) -> None:
    """Signs around nothing count as no credential."""
    assert clean_credential(BackendName.WEB, pasted) == ""


@pytest.mark.anyio
@each("source", ["argument", "environment"])
async def test_what_is_sent(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the value itself is sent, from Python and from the environment."""
    sent: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"ret": "0", "data": {}})

    pasted = f"uid_tt=other; sessionid={TOKEN}; sid_tt=other"
    if source == "environment":
        monkeypatch.setenv("JIMENG_TOKEN", pasted)
    token = pasted if source == "argument" else None
    async with AsyncJimeng("web", token, transport=httpx.MockTransport(respond)) as jimeng:
        await jimeng.get_videos(["7400000000000000001"])
    [request] = sent
    cookie = dict(part.split("=") for part in request.headers["cookie"].split("; "))
    assert {cookie[name] for name in ("sessionid", "sessionid_ss", "sid_tt")} == {TOKEN}
    assert "other" not in str(request.headers)
