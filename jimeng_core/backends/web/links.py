"""Links in records: which may be handed on, and when they end (wire facts 9.1). Pure."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from jimeng_core.backends.plain import as_int

DEFAULT_SCHEMES: Final = ("https", "http")

_SIGNED_PATH = re.compile(r"/[0-9a-f]{32}/([0-9a-f]{8})/")
"""The end of a CDN link in its path, as hexadecimal seconds after a signature (a guess from links
of this CDN in general; the wire facts tell the life of links, not where it is written)."""
_EXPIRES = re.compile(r"(?:^|&)x-expires=([0-9]+)(?:&|$)")
_PLAUSIBLE: Final = range(1_500_000_000, 4_000_000_000)


def allowed(url: str, schemes: Collection[str]) -> bool:
    """Whether a URL may be handed on: a script or a path of a disk may not."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme in DEFAULT_SCHEMES:
        return parts.scheme in schemes and bool(parts.netloc)
    return parts.scheme in schemes and url.startswith(("/", "file:///"))


def url_expiry(url: str) -> datetime | None:
    """When a signed link ends (UTC), where the link itself tells; else None."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    told = None
    if written := _EXPIRES.search(parts.query):
        told = as_int(written[1])
    elif signed := _SIGNED_PATH.match(parts.path):
        told = int(signed[1], 16)
    if told is None or told not in _PLAUSIBLE:
        return None
    return datetime.fromtimestamp(told, UTC)
