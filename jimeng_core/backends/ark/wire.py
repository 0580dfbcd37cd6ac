"""Ark's addresses, names and numbers in one place, each with how sure it is.

"Ark protocol A4" is section A4 of `docs/protocol/ark.md`.
"""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from jimeng_core.marks import Mark, ReferenceKind

CHINA: Final = "https://ark.cn-beijing.volces.com/api/v3"
"""Addresses end in the version, as in the official SDK (Ark protocol A1, sure)."""
BYTEPLUS_DOMAIN: Final = ".bytepluses.com"
TASKS: Final = "/contents/generations/tasks"
"""Create, get, list and delete (Ark protocol A2, sure)."""

LIST_SECONDS: Final = 1.1
"""Seconds between two list requests: an account may make 1 a second (Ark protocol 0.7, likely). The
extra tenth keeps two from arriving within the same second."""
LIST_PAGE: Final = 500
"""The largest `page_size` (Ark protocol A2, likely)."""
POLL_SECONDS: Final = 10
"""Polling interval: the vendor's own example (Ark protocol D)."""

BODY_LIMIT: Final = 64 * 2**20
"""Maximum bytes of a create's body, pictures in base64 included (Ark protocol A7, likely)."""

RECORD_RETENTION: Final = timedelta(days=7)
"""How long a record can be queried (Ark protocol A2, sure)."""
URL_LIFE: Final = timedelta(hours=24)
"""How long a video can be downloaded (Ark protocol A8, sure), from when the task finished: that
`updated_at` of a finished task is that time is a guess that real records support."""
DEADLINE: Final = timedelta(hours=48)
"""`execution_expires_after` if it is not sent, from `created_at` (Ark protocol A4, sure)."""
DEADLINE_RANGE: Final = 3600
"""Each create asks for a deadline of its own, 1 to this many seconds below the default, by which
its record is recognized (see `matching`). 3600 to 259200 s are allowed (Ark protocol A4, sure)."""

USAGE: Final = ("total_tokens", "completion_tokens")
"""The fields of `usage` that hold the tokens, which are the same (Ark protocol A8, sure)."""

QUEUED: Final = "queued"
RUNNING: Final = "running"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
EXPIRED: Final = "expired"
"""The statuses (Ark protocol A3, sure)."""

_MARK_WORDS: Final = {
    ReferenceKind.IMAGE: "图",
    ReferenceKind.VIDEO: "视频",
    ReferenceKind.AUDIO: "音频",
}


def mark(reference: Mark) -> str:
    """How a prompt refers to a reference file.

    Models read `Image 1`, `@Image1` and `[图1]` alike (Ark protocol 0.4, likely); the brackets
    separate the number from the text that follows. The words for videos and audios are a guess.
    """
    return f"[{_MARK_WORDS[reference.kind]}{reference.number}]"


def is_byteplus(base_url: str) -> bool:
    """Whether an address is BytePlus's (Ark protocol A1, sure)."""
    return (urlsplit(base_url).hostname or "").endswith(BYTEPLUS_DOMAIN)


def model_at(base_url: str, key: str) -> str:
    """The id of a catalogue model at an address.

    BytePlus names the same models `dreamina-seedance-2-…` and `seedance-1-…` (Ark protocol A1,
    likely). That the rest of the id is the same is a guess; for 2.5 a real record has it.
    """
    if not is_byteplus(base_url):
        return key
    return key.replace("doubao-seedance-2", "dreamina-seedance-2").removeprefix("doubao-")


def china_id(model: str) -> str:
    """The catalogue's id of a model, whichever address its record came from."""
    if model.startswith("dreamina-seedance-"):
        return model.replace("dreamina-", "doubao-", 1)
    return f"doubao-{model}" if model.startswith("seedance-1-") else model
