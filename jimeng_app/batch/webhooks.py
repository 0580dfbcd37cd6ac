"""Delivery of webhooks: signed as Standard Webhooks say, to public addresses, for a day."""

import logging
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import httpx
import sqlalchemy as sa
from pydantic import SecretStr
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from jimeng_core import InvalidRequest
from jimeng_core.pictures.public_network import PrivateAddress, PublicNetwork

from . import webhook_store
from .database import WEBHOOKS

if TYPE_CHECKING:
    from .engine import Engine

log = logging.getLogger(__name__)

PAUSES: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, *(7200.0,) * 4, *(14400.0,) * 4)
"""Seconds before each further attempt: a day in all."""
TIMEOUT: Final = 15.0
"""Seconds for one step of an attempt."""
_UNDELIVERED: Final = (InvalidRequest, PrivateAddress, httpx.HTTPError, httpx.InvalidURL, OSError)


async def deliver(engine: "Engine", webhook_id: str) -> bool:
    """Make one attempt; returns whether the receiver has it, or nobody wants it any more."""
    row = await engine.database.fetch(partial(_read, webhook_id=webhook_id))
    if row is None or row.state == "delivered":
        return True
    try:
        headers = signed(engine.settings.webhook_secret, webhook_id, row.body)
        private = engine.settings.allow_private_urls
        status = await post(row.url, row.body, headers, allow_private=private)
        error = None if httpx.codes.is_success(status) else f"status {status}"
    except _UNDELIVERED as caught:
        error = str(getattr(caught, "message", "") or type(caught).__name__)[:200]
    state = "queued" if error else "delivered"
    values = {"state": state, "tries": row.tries + 1, "error": error}
    change = partial(webhook_store.change_webhook, webhook_id=webhook_id, **values)
    await engine.database.transact(change)
    log.info("webhook %s", state, extra={"webhook_id": webhook_id, "error": error})
    return error is None


async def give_up(engine: "Engine", webhook_id: str, error: str | None = None) -> None:
    """Put a webhook onto the list of those that were not delivered.

    Args:
        engine: The worker's.
        webhook_id: The webhook.
        error: Why; None: as its last attempt says.
    """
    change = partial(webhook_store.change_webhook, webhook_id=webhook_id, state="dead")
    if error:
        change = partial(change, error=error)
    await engine.database.transact(change)


async def post(url: str, body: str, headers: dict[str, str], *, allow_private: bool) -> int:
    """Post a body, without redirects; returns the status.

    Raises:
        PrivateAddress: The URL leads into a private network.
        httpx.HTTPError: The connection failed.
        httpx.InvalidURL: It is no URL.
    """
    transport = PublicNetwork(allow_private=allow_private)
    async with (
        httpx.AsyncClient(transport=transport, trust_env=False, timeout=TIMEOUT) as http,
        http.stream("POST", url, content=body.encode(), headers=headers) as response,
    ):
        return response.status_code


def signed(secret: SecretStr | None, webhook_id: str, body: str) -> dict[str, str]:
    """The headers of a webhook; raises `InvalidRequest` without a usable secret."""
    now = datetime.now(UTC)
    try:
        key = secret.get_secret_value() if secret else ""
        signature = Webhook(key).sign(webhook_id, now, body)
    except (ValueError, EmptyWebhookSecretError):
        raise InvalidRequest(
            "JIMENG_WEBHOOK_SECRET is missing, or no base64.",
            "未设置 JIMENG_WEBHOOK_SECRET，或不是 base64。",
        ) from None
    return {
        "content-type": "application/json",
        "user-agent": "jimeng-studio",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


def _read(c: sa.Connection, webhook_id: str) -> sa.Row[tuple[object, ...]] | None:
    return c.execute(sa.select(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id)).one_or_none()
