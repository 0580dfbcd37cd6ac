"""The signatures for ImageX, computed again from the protocol page and AWS's description."""

import hashlib
import hmac
import re

import httpx
import pytest

from jimeng_core import AsyncJimeng, FirstLastFrame
from tests.core.web.fake_site import ACCESS_KEY, SECRET_KEY, STS_TOKEN, FakeSite, png

pytestmark = pytest.mark.anyio
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\S+?)/(\d{8})/cn-north-1/imagex/aws4_request,"
    r" SignedHeaders=(\S+), Signature=([0-9a-f]{64})"
)


def digest(data: bytes) -> str:
    """The hash function of AWS signatures."""
    return hashlib.sha256(data).hexdigest()


def hashed(key: bytes, text: str) -> bytes:
    """One step of the signing key."""
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature_of(request: httpx.Request, signed: str, day: str) -> str:
    """The AWS Signature Version 4 of a request to ImageX."""
    pairs = sorted(request.url.query.decode().split("&"))
    head = "".join(f"{name}:{request.headers[name]}\n" for name in signed.split(";"))
    canonical = "\n".join(
        [request.method, request.url.path, "&".join(pairs), head, signed, digest(request.content)]
    )
    moment = request.headers["x-amz-date"]
    scope = f"{day}/cn-north-1/imagex/aws4_request"
    key = f"AWS4{SECRET_KEY}".encode()
    for step in (day, "cn-north-1", "imagex", "aws4_request"):
        key = hashed(key, step)
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest(canonical.encode())}"
    return hashed(key, text).hex()


@pytest.mark.parametrize("step", ["apply", "commit"])
async def test_signature(jimeng: AsyncJimeng, site: FakeSite, step: str) -> None:
    """Apply (GET) and commit (POST) have the signature of the secret key."""
    await jimeng.submit_video(
        FirstLastFrame(prompt="海", first_frame=png(), last_frame=png("navy"))
    )
    [call] = getattr(site, step).calls
    request = call.request
    match = AUTHORIZATION.fullmatch(request.headers["authorization"])
    assert match
    access_key, day, signed, signature = match.groups()
    assert access_key == ACCESS_KEY
    assert request.headers["x-amz-date"].startswith(day)
    assert request.headers["x-amz-security-token"] == STS_TOKEN
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(signed.split(";"))
    if step == "commit":
        assert "x-amz-content-sha256" in signed.split(";")
        assert request.headers["x-amz-content-sha256"] == digest(request.content)
    assert signature == signature_of(request, signed, day)


async def test_queries(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """The queries are those of protocol 11: action, version, service, sizes and a nonce."""
    pairs = [(png(), png("navy")), (png("red"), png("lime"))]
    for first_frame, last_frame in pairs:
        await jimeng.submit_video(
            FirstLastFrame(prompt="海", first_frame=first_frame, last_frame=last_frame)
        )
    first, second = (dict(call.request.url.params) for call in site.apply.calls)
    nonces = {first.pop("s"), second.pop("s")}
    assert len(nonces) == 2
    assert all(re.fullmatch("[0-9a-z]{10,11}", nonce) for nonce in nonces)
    assert [first, second] == [
        {
            "Action": "ApplyImageUpload",
            "Version": "2018-08-01",
            "ServiceId": "tb4s082cfz",
            "FileSize": str(sum(map(len, pair))),
            "UploadNum": "2",
        }
        for pair in pairs
    ]
    assert dict(site.commit.calls.last.request.url.params) == {
        "Action": "CommitImageUpload",
        "Version": "2018-08-01",
        "ServiceId": "tb4s082cfz",
    }
