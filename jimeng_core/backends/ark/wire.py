"""Ark's addresses, names and numbers in one place, each with how sure it is.

"Ark protocol N" is a section of `docs/protocol/ark.md`.
"""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

CHINA: Final = "https://ark.cn-beijing.volces.com/api/v3"
BYTEPLUS: Final = "https://ark.ap-southeast.bytepluses.com/api/v3"
"""Addresses end in the version, as in the official SDK (Ark protocol A1, sure)."""
BYTEPLUS_DOMAIN: Final = ".bytepluses.com"
TASKS: Final = "/contents/generations/tasks"
"""Create, get, list and delete (Ark protocol A2, sure)."""

LIST_SECONDS: Final = 1.1
"""Seconds from one list request to the next: an account may make 1 a second (Ark protocol 0.7,
likely). The tenth more keeps two from meeting within a second at the other end."""
LIST_PAGE: Final = 500
"""The largest `page_size` (Ark protocol A2, likely)."""
POLL_SECONDS: Final = 10
"""How often to ask for a task: the vendor's own example (Ark protocol D)."""

BODY_LIMIT: Final = 64 * 2**20
"""Bytes of a create's body, pictures in base64 included (Ark protocol A7, likely)."""

RECORD_RETENTION: Final = timedelta(days=7)
"""Ark protocol A2, sure."""
URL_LIFE: Final = timedelta(hours=24)
"""How long a video can be fetched (Ark protocol A8, sure), from when the task ended: that
`updated_at` of a finished task is that moment is a guess, which real records bear out."""
URL_GRACE: Final = timedelta(minutes=10)
"""How long a finished task may be without a URL before it is called lost (contract 4)."""
DEADLINE_SECONDS: Final = 172_800
"""`execution_expires_after` when it is not sent: 48 h from `created_at` (Ark protocol A4, sure)."""
DEADLINE_MARKS: Final = 3600
"""By how many seconds less a create's own deadline differs at the most: the mark by which its
record is known again (see `matching`). Deadlines of 3600 to 259200 s are allowed (Ark protocol A4,
sure)."""
TYPICAL_SECONDS: Final = 120
"""How long a task runs (a guess: Ark tells no forecast; the same models on the site take so long,
protocol 9.2)."""

QUEUED: Final = "queued"
RUNNING: Final = "running"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
EXPIRED: Final = "expired"
"""The statuses (Ark protocol A3, sure)."""


def picture_mark(number: int) -> str:
    """How a prompt names the picture with this 1-based number.

    Models read `Image 1`, `@Image1` and `[图1]` alike (Ark protocol 0.4, likely): the brackets keep
    the number apart from whatever follows.
    """
    return f"[图{number}]"


def model_at(base_url: str, key: str) -> str:
    """The id that a model of the catalogue has at an address.

    BytePlus calls the same models otherwise: `dreamina-seedance-2-…`, and `seedance-1-…` (Ark
    protocol A1, likely). That the rest of the id is the same is a guess; for 2.5 a real record has
    it.
    """
    if not (urlsplit(base_url).hostname or "").endswith(BYTEPLUS_DOMAIN):
        return key
    return key.replace("doubao-seedance-2", "dreamina-seedance-2").removeprefix("doubao-")


def china_id(model: str) -> str:
    """The catalogue's id of a model, from whichever address its record came."""
    if model.startswith("dreamina-seedance-"):
        return model.replace("dreamina-", "doubao-", 1)
    return f"doubao-{model}" if model.startswith("seedance-1-") else model
