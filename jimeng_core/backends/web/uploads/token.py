"""The key to the site's picture store: asked for, read from an answer, kept until it expires."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import anyio
import stamina

from jimeng_core.backends.json_reading import Json, as_header, as_number, as_object, as_text
from jimeng_core.backends.web import wire
from jimeng_core.backends.web.api import SiteApi
from jimeng_core.clock import Clock
from jimeng_core.errors import (
    JimengError,
    NetworkError,
    UploadFailed,
    UpstreamError,
    UpstreamUnreadable,
)

_retry = stamina.retry(
    on=(NetworkError, UpstreamError, UpstreamUnreadable),
    attempts=3,
    timeout=60,
    wait_initial=0.2,
    wait_max=2,
)
"""Asking for a token costs nothing, so it may be repeated: three times, within a minute. What the
site refuses for good is not."""


@dataclass(frozen=True, slots=True)
class UploadToken:
    """Temporary rights to send pictures (protocol 11, step 1). Its secrets are in no repr."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    service_id: str
    region: str
    expires: float
    """Unix seconds."""

    def serves(self, now: float) -> bool:
        """Whether it may still be used at this moment (unix seconds)."""
        return now < self.expires - wire.TOKEN_MARGIN


class UploadTokens:
    """The token of one account, kept until it expires, and asked for once for all who wait for it.

    Args:
        site: Gives tokens.
        clock: Tells when one is too old.
    """

    def __init__(self, site: SiteApi, clock: Clock) -> None:
        self._site = site
        self._clock = clock
        self._lock = anyio.Lock()
        self._token: UploadToken | None = None
        self._failures = 0
        self._failure: JimengError | None = None

    async def current(self, *, refused: UploadToken | None = None) -> UploadToken:
        """The token that is kept, or a new one in place of an old or a `refused` one.

        Raises:
            UploadFailed: The site's answer holds none.
            JimengError: It gave none, now or while this call waited for another's turn.
        """
        failures = self._failures
        async with self._lock:
            now = self._clock.now().timestamp()
            if self._token in (None, refused) or not self._token.serves(now):
                if self._failure and self._failures > failures:
                    raise type(self._failure)(upstream_code=self._failure.upstream_code)
                self._token = read_token(await self._ask(), now)
            return self._token

    async def _ask(self) -> Json:
        try:
            return await self._ask_with_retry()
        except JimengError as error:
            self._failures += 1
            self._failure = error
            raise

    @_retry
    async def _ask_with_retry(self) -> Json:
        envelope = await self._site.ask(wire.UPLOAD_TOKEN, {"scene": 2})
        return as_object(envelope.get("data"))


def read_token(data: Json, now: float) -> UploadToken:
    """The token in the `data` of an answer that came at `now` (unix seconds).

    Raises:
        UploadFailed: A part that signing needs is missing.
    """
    names = ("access_key_id", "secret_access_key", "session_token")
    parts = [as_header(data.get(name)) for name in names]
    access_key, secret_key, session_token = parts
    if not access_key or not secret_key or not session_token:
        raise UploadFailed(upstream_code="no upload token")
    region = as_header(data.get("region")) or wire.AWS_REGION
    return UploadToken(
        access_key=access_key,
        secret_key=secret_key,
        session_token=session_token,
        # `service_id` is read by two clients and was not seen by two others; they see it here.
        service_id=as_text(data.get("service_id"))
        or as_text(data.get("space_name"))
        or wire.SERVICE_ID,
        region=wire.AWS_REGION if region == "cn" else region,
        expires=_expiry(data, now),
    )


def _expiry(data: Json, now: float) -> float:
    """When the token ends, by this machine's clock: the answer's own span, counted from `now`."""
    end, start = _moment(data.get("expired_time")), _moment(data.get("current_time"))
    if end is None:
        return now + wire.TOKEN_SECONDS
    return now + (end - start) if start is not None else end


def _moment(value: object) -> float | None:
    """Unix seconds of a time given as seconds, milliseconds, or ISO 8601."""
    number = as_number(value)
    if number is not None:
        return number / 1000 if number > 10**11 else number
    text = as_text(value)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
