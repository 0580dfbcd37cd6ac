"""The tokens of the site's stores: requested, parsed, and reused until they expire."""

from dataclasses import dataclass, field
from datetime import timedelta

import anyio

from jimeng_core.backends.json_reading import Json, as_datetime, as_header, as_object, as_text
from jimeng_core.backends.retries import retry_idempotent
from jimeng_core.backends.web import wire
from jimeng_core.backends.web.api import SiteApi
from jimeng_core.clock import Clock
from jimeng_core.errors import JimengError, UploadFailed


@dataclass(frozen=True, slots=True)
class UploadToken:
    """Temporary credentials for uploads (protocol 11, step 1). Its secrets are not in its repr."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    space: str
    """ImageX's `ServiceId`, or VOD's `SpaceName`."""
    region: str
    expires: float
    """Unix seconds."""

    def is_valid(self, now: float) -> bool:
        """Whether it may still be used at a time (unix seconds)."""
        return now < self.expires - wire.TOKEN_MARGIN


class UploadTokens:
    """The current token of one account; concurrent callers share one request for it.

    Args:
        site: Issues tokens.
        clock: Decides when one has expired.
        scene: What they are for: pictures, or videos and audios.
    """

    def __init__(self, site: SiteApi, clock: Clock, scene: wire.UploadScene) -> None:
        self._site = site
        self._scene = scene
        self._clock = clock
        self._lock = anyio.Lock()
        self._token: UploadToken | None = None
        self._failures = 0
        self._failure: JimengError | None = None

    async def current(self, *, refused: UploadToken | None = None) -> UploadToken:
        """The current token, or a new one in place of an expired or `refused` one.

        Raises:
            UploadFailed: The site's response has none.
            JimengError: The request failed, of this call or of the one it waited for.
        """
        failures = self._failures
        async with self._lock:
            now = self._clock.now().timestamp()
            if self._token in (None, refused) or not self._token.is_valid(now):
                if self._failure and self._failures > failures:
                    raise type(self._failure)(upstream_code=self._failure.upstream_code)
                try:
                    data = await self._request()
                except JimengError as error:
                    self._failures += 1
                    self._failure = error
                    raise
                self._token = read_token(data, now, self._scene)
            return self._token

    @retry_idempotent
    async def _request(self) -> Json:
        envelope = await self._site.post(wire.UPLOAD_TOKEN, {"scene": self._scene.value})
        return as_object(envelope.get("data"))


def read_token(data: Json, now: float, scene: wire.UploadScene) -> UploadToken:
    """The token in the `data` of a response that came at `now` (unix seconds).

    Raises:
        UploadFailed: A part that signing needs is missing.
    """
    fields = ("access_key_id", "secret_access_key", "session_token")
    access_key, secret_key, session_token = (as_header(data.get(field)) for field in fields)
    if not access_key or not secret_key or not session_token:
        raise UploadFailed(upstream_code="no upload token")
    region = as_header(data.get("region")) or wire.AWS_REGION
    return UploadToken(
        access_key=access_key,
        secret_key=secret_key,
        session_token=session_token,
        # Two clients read `service_id`, and two others never saw it: they read `space_name`.
        space=as_text(data.get("service_id"))
        or as_text(data.get("space_name"))
        or wire.UPLOAD_SPACES[scene],
        region=wire.AWS_REGION if region == "cn" else region,
        expires=_expiry(data, now),
    )


def _expiry(data: Json, now: float) -> float:
    """When the token expires by this machine's clock: its lifetime, counted from `now`."""
    end, start = as_datetime(data.get("expired_time")), as_datetime(data.get("current_time"))
    if end is None:
        return now + wire.TOKEN_SECONDS
    return now + (end - start) / timedelta(seconds=1) if start else end.timestamp()
