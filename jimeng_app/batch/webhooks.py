"""Delivery of webhooks: signed as Standard Webhooks say, to public addresses, for a day."""

import logging
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import anyio
import httpx
import sqlalchemy as sa
from jimeng_core.pictures.safe_fetch import checked_addresses, parse_url, system_addresses
from pydantic import SecretStr
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from jimeng_core import InvalidRequest
from jimeng_core.network import tls_context

from . import transitions
from .database import WEBHOOKS

if TYPE_CHECKING:
    from .worker import Engine

log = logging.getLogger(__name__)

PAUSES: Final = (0.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, *(7200.0,) * 4, *(14400.0,) * 4)
"""Seconds before each attempt: a day in all."""
TIMEOUT: Final = 15.0
"""Seconds for one attempt."""


async def deliver(engine: "Engine", webhook_id: str) -> bool:
    """Make one attempt; returns whether the receiver has it, or nobody wants it any more."""
    row = await engine.database.fetch(partial(_read, webhook_id=webhook_id))
    if row is None or row.state == "delivered":
        return True
    try:
        headers = _signed(engine.settings.webhook_secret, webhook_id, row.body)
        private = engine.settings.allow_private_urls
        status = await post(row.url, row.body, headers, allow_private=private)
        error = None if httpx.codes.is_success(status) else f"status {status}"
    except (InvalidRequest, httpx.HTTPError, TimeoutError, OSError) as caught:
        error = str(getattr(caught, "message", "") or type(caught).__name__)[:200]
    state = "queued" if error else "delivered"
    values = {"state": state, "tries": row.tries + 1, "error": error}
    change = partial(transitions.change_webhook, webhook_id=webhook_id, **values)
    await engine.database.transact(change)
    log.info("webhook %s", state, extra={"webhook_id": webhook_id, "error": error})
    return error is None


async def give_up(engine: "Engine", webhook_id: str) -> None:
    """Put a webhook onto the list of those that were not delivered."""
    change = partial(transitions.change_webhook, webhook_id=webhook_id, state="dead")
    await engine.database.transact(change)


async def post(url: str, body: str, headers: dict[str, str], *, allow_private: bool) -> int:
    """Post a body to a checked address, without redirects; returns the status.

    Raises:
        InvalidRequest: The URL leads into a private network, or nowhere.
        httpx.HTTPError: The connection failed.
        TimeoutError: It took too long.
    """
    target = parse_url(url)
    with anyio.fail_after(TIMEOUT):
        [address, *_] = await checked_addresses(
            target, system_addresses, allow_private=allow_private
        )
        request = httpx.Request(
            "POST",
            target.copy_with(host=address),
            headers={"Host": target.netloc.decode("ascii"), **headers},
            content=body.encode(),
            extensions={"sni_hostname": target.raw_host.decode("ascii").rstrip(".")},
        )
        context = await anyio.to_thread.run_sync(tls_context)
        async with httpx.AsyncHTTPTransport(verify=context, trust_env=False) as transport:
            response = await transport.handle_async_request(request)
            await response.aclose()
            return response.status_code


def _signed(secret: SecretStr | None, webhook_id: str, body: str) -> dict[str, str]:
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
