"""The protocol of a door, and what all doors have in common."""

import base64
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gradio_client import Client

from jimeng_core import FirstLastFrame, ImageRequest, MultiFrame, SubjectReference
from jimeng_core.requests import Mode

REQUESTS: Mapping[Mode, Any] = {
    request.mode: request
    for request in (FirstLastFrame, MultiFrame, SubjectReference, ImageRequest)
}
Fields = Mapping[str, Any]
"""The fields of a request, with pictures as paths."""
Row = dict[str, Any]
EXPIRED = "expired"
"""The account with an expired session."""


@dataclass(frozen=True, slots=True)
class Target:
    """The app to call, and the account to call it for."""

    url: str
    """The base URL of the running app, with a slash at the end."""
    data: Path
    """The folder of the app's demo."""
    account: str
    """The credential, and the visitor; the demo accepts any but `EXPIRED`."""
    client: Client
    """A gradio_client of the app, which takes a second to create."""

    @property
    def session(self) -> str:
        """The account's session in this process: the app's demo has one account for all keys."""
        return self.account if self.account == EXPIRED else "demo"

    @property
    def headers(self) -> dict[str, str]:
        """The headers for the account."""
        return {
            "x-jimeng-token": self.account,
            "x-jimeng-backend": "demo",
            "x-forwarded-for": self.account,
        }


class Door(Protocol):
    """A door, as its callers use it."""

    def __init__(self, target: Target) -> None: ...

    def submit(self, mode: Mode, fields: Fields) -> Row:
        """Submit; returns the row of the new task."""
        ...

    def generate(self, mode: Mode, fields: Fields) -> Row:
        """Submit and wait; returns the row of the finished task."""
        ...

    def get(self, task_id: str) -> Row:
        """Look up one id."""
        ...

    def get_many(self, ids: Sequence[str]) -> list[Row]:
        """Look up many ids."""
        ...

    def estimate(self, mode: Mode, fields: Fields) -> Row:
        """The price of a request, as JSON."""
        ...

    def cost(self, task_id: str) -> Row:
        """What a task cost, as JSON."""
        ...

    def last_frame(self, task_id: str) -> bytes:
        """The picture of a video's last frame."""
        ...


def as_json(value: Any) -> Any:
    """Fields as JSON, with pictures as `data:` URIs."""
    match value:
        case Path():
            kind, _ = mimetypes.guess_type(value)
            return f"data:{kind};base64,{base64.b64encode(value.read_bytes()).decode()}"
        case dict():
            return {name: as_json(item) for name, item in value.items()}
        case list():
            return [as_json(item) for item in value]
        case _:
            return value
