"""The key to the site's picture store, read from an answer and kept until it expires."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from jimeng_core.backends.plain import Json, as_header, as_number, as_text
from jimeng_core.errors import UploadFailed

from . import wire


@dataclass(frozen=True, slots=True)
class UploadToken:
    """Temporary rights to send pictures (wire facts 11, step 1). Its secrets are in no repr."""

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
