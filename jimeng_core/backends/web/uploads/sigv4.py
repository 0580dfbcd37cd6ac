"""AWS Signature Version 4 of the requests to the stores, by the site's clock (protocol 11)."""

import hashlib
import hmac
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

import httpx

from jimeng_core.backends.upstream_clock import UpstreamClock

from .token import UploadToken

_DATE: Final = "%Y%m%dT%H%M%SZ"
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_UNRESERVED: Final = "-_.~"


class SigV4Auth(httpx.Auth):
    """Signs each request at the moment when it is sent.

    Args:
        token: The credentials.
        service: The name of the store's service.
        clock: The site's clock. The stores refuse dates that are off, and this machine's may be.
    """

    requires_request_body = True

    def __init__(self, token: UploadToken, service: str, clock: UpstreamClock) -> None:
        self._token = token
        self._service = service
        self._clock = clock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the headers of the signature."""
        token = self._token
        request.headers["x-amz-date"] = self._clock.now().strftime(_DATE)
        request.headers["x-amz-content-sha256"] = hashlib.sha256(request.content).hexdigest()
        request.headers["x-amz-security-token"] = token.session_token
        request.headers["Authorization"] = authorization(
            request, token.access_key, token.secret_key, token.region, self._service
        )
        yield request


def authorization(
    request: httpx.Request, access_key: str, secret_key: str, region: str, service: str
) -> str:
    """The `Authorization` header of a request that has its `x-amz-*` headers.

    It covers the method, the path, the query, the body's hash, `host`, `content-type` and every
    `x-amz-*` header.
    """
    signed = sorted(
        name
        for name in request.headers
        if name in ("host", "content-type") or name.startswith("x-amz-")
    )
    query = sorted(
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in request.url.params.multi_items()
    )
    canonical = "\n".join(
        [
            request.method,
            quote(request.url.path),
            "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in signed),
            "",
            ";".join(signed),
            hashlib.sha256(request.content).hexdigest(),
        ]
    )
    date = request.headers.get("x-amz-date", "")
    steps = (date[:8], region, service, "aws4_request")
    scope = "/".join(steps)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{secret_key}".encode()
    for step in (*steps, f"{_ALGORITHM}\n{date}\n{scope}\n{digest}"):
        key = hmac.digest(key, step.encode(), "sha256")
    return (
        f"{_ALGORITHM} Credential={access_key}/{scope},"
        f" SignedHeaders={';'.join(signed)}, Signature={key.hex()}"
    )


def signed_at(request: httpx.Request) -> datetime | None:
    """The date of a request's signature; None if it has none."""
    try:
        return datetime.strptime(request.headers.get("x-amz-date", ""), _DATE).replace(tzinfo=UTC)
    except ValueError:
        return None
