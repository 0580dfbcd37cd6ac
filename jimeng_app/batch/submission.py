"""Submitting a table as a batch: read, check, price, store."""

import hashlib
import ipaddress
import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import anyio.to_thread

from jimeng_core.problems import invalid_field
from jimeng_core.safe_fetch import is_public

from . import store
from .archive import DEFAULT_TEMPLATE, check_template
from .columns import FindPicture
from .database import Database
from .manifest import read_table
from .planning import CheckedTable, Clients, check_table, too_expensive
from .settings import DEFAULT_ACCOUNT, BatchSettings, load_accounts

REMOTE: Final = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
"""A target that is no folder of this machine."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table and what its caller wants of it."""

    data: bytes
    file_name: str
    find: FindPicture
    identity: str
    """The same for the same file: such tables continue one batch."""
    target: str
    name: str = ""
    owner: str = ""
    account: str = DEFAULT_ACCOUNT
    template: str = DEFAULT_TEMPLATE
    callback_url: str | None = None

    def into(self, target: str) -> "Table":
        """The same table, whose results go elsewhere."""
        return replace(self, target=target)

    @property
    def options(self) -> store.BatchOptions:
        """The batch of the table."""
        name = self.name or Path(self.file_name).stem or "batch"
        slug = re.sub(r"\W+", "-", name).strip("-").lower()[:30]
        digest = hashlib.sha256(f"{self.owner}\n{self.identity}".encode()).hexdigest()[:8]
        return store.BatchOptions(
            id=f"{slug}-{digest}" if slug else digest,
            name=name[:80],
            target=self.target if REMOTE.match(self.target) else str(Path(self.target).resolve()),
            template=self.template,
            callback_url=self.callback_url,
            owner=self.owner,
        )


async def check(table: Table, settings: BatchSettings, **client_options: Any) -> CheckedTable:  # noqa: ANN401 - of `AsyncJimeng`
    """Check a table; sends nothing.

    Raises:
        InvalidRequest: It cannot be read, or an option does not fit.
        Unauthorized: The secret of an account is missing.
    """
    check_template(table.template)
    if table.callback_url is not None:
        check_callback(table.callback_url, settings)
    rows = await anyio.to_thread.run_sync(read_table, table.data, table.file_name)
    clients = Clients(load_accounts(settings), settings=settings, **client_options)
    async with clients.connected():
        return await check_table(rows, table.account, table.find, clients)


async def submit(
    table: Table, checked: CheckedTable, database: Database, max_cost: float | None = None
) -> store.Changes:
    """Store the rows that may be submitted; workers submit them.

    Raises:
        InvalidRequest: They cost more than `max_cost`; nothing is stored.
    """
    if max_cost is not None and (error := too_expensive(checked.estimate, max_cost)):
        raise error
    save = partial(store.save_batch, options=table.options, rows=checked.rows)
    return await database.transact(save)


def check_callback(url: str, settings: BatchSettings) -> None:
    """Check the address of webhooks, and that they can be signed.

    Raises:
        InvalidRequest: No webhook can be sent there.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid_field(
            "callback_url",
            "A callback must be an http(s) URL; correct it.",
            "回调地址应为 http(s) 网址，请改正。",
        )
    if not settings.allow_private_urls and _names_private_address(parts.hostname):
        raise invalid_field(
            "callback_url",
            "Webhooks go to public addresses only; use one, or set JIMENG_ALLOW_PRIVATE_URLS=1.",
            "回调只发往公网地址，请更换，或设置 JIMENG_ALLOW_PRIVATE_URLS=1。",
        )
    if not settings.webhook_secret:
        raise invalid_field(
            "callback_url",
            "Webhooks are signed; set JIMENG_WEBHOOK_SECRET to whsec_ and 24 to 64 random bytes in"
            " base64.",
            "回调需要签名，请将 JIMENG_WEBHOOK_SECRET 设为 whsec_ 加 24–64 个随机字节的 base64。",
        )


def _names_private_address(host: str) -> bool:
    """Whether a host is an address that is not public; what a name leads to is checked later."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not is_public(host)
