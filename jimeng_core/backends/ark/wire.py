"""Ark's addresses, names and numbers in one place, each with how sure it is.

"Ark facts N" is the section of the project's notes on Ark that a value was taken from; A to D is
the confidence that they give.
"""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

CHINA: Final = "https://ark.cn-beijing.volces.com/api/v3"
BYTEPLUS: Final = "https://ark.ap-southeast.bytepluses.com/api/v3"
"""Addresses end in the version, as in the official SDK (Ark facts A1, A)."""
BYTEPLUS_DOMAIN: Final = ".bytepluses.com"
TASKS: Final = "/contents/generations/tasks"
"""Create, get, list and delete (Ark facts A2, A)."""

LIST_SECONDS: Final = 1.1
"""Seconds from one list request to the next: an account may make 1 a second (Ark facts 0.7, B). The
tenth more keeps two from meeting within a second at the other end."""
LIST_PAGE: Final = 500
"""The largest `page_size` (Ark facts A2, B)."""
POLL_SECONDS: Final = 10
"""How often to ask for a task: the vendor's own example (Ark facts D)."""

BODY_LIMIT: Final = 64 * 2**20
"""Bytes of a create's body, pictures in base64 included (Ark facts A7, B)."""

KEEPS_RECORDS: Final = timedelta(days=7)
"""Ark facts A2, A."""
URL_LIFE: Final = timedelta(hours=24)
"""How long a video can be fetched (Ark facts A8, A), from when the task ended: that `updated_at` of
a finished task is that moment is a guess, which real records bear out."""
URL_GRACE: Final = timedelta(minutes=10)
"""How long a finished task may be without a URL before it is called lost (contract, section 4)."""
DEADLINE_SECONDS: Final = 172_800
"""`execution_expires_after` when it is not sent: 48 h from `created_at` (Ark facts A4, A)."""
DEADLINE_MARKS: Final = 3600
"""By how many seconds less a create's own deadline differs at the most: the mark by which its
record is known again (see `matching`). Deadlines of 3600 to 259200 s are allowed (A4, A)."""
TYPICAL_SECONDS: Final = 120
"""How long a task runs (a guess: Ark tells no forecast; the same models on the site take so long,
wire facts 9.2)."""

QUEUED: Final = "queued"
RUNNING: Final = "running"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
EXPIRED: Final = "expired"
"""The statuses (Ark facts A3, A)."""


def picture_mark(number: int) -> str:
    """How a prompt names the picture with this 1-based number.

    Models read `Image 1`, `@Image1` and `[图1]` alike (Ark facts 0.4, B): the brackets keep the
    number apart from whatever follows.
    """
    return f"[图{number}]"


def model_at(base_url: str, key: str) -> str:
    """The id that a model of the catalogue has at an address.

    BytePlus calls the same models otherwise: `dreamina-seedance-2-…`, and `seedance-1-…` (Ark facts
    A1, A/B). That the rest of the id is the same is a guess; for 2.5 a real record has it.
    """
    if not (urlsplit(base_url).hostname or "").endswith(BYTEPLUS_DOMAIN):
        return key
    return key.replace("doubao-seedance-2", "dreamina-seedance-2").removeprefix("doubao-")


def china_id(model: str) -> str:
    """The catalogue's id of a model, from whichever address its record came."""
    if model.startswith("dreamina-seedance-"):
        return model.replace("dreamina-", "doubao-", 1)
    return f"doubao-{model}" if model.startswith("seedance-1-") else model
