"""What the doors share: where they are, what can be asked for, and what comes back."""

import base64
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
"""A request's fields as its model takes them; pictures are paths."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class UploadSlot:
    """Where the doors are, and whose tasks they show."""

    url: str
    """The running app's, with a slash at the end."""
    data: Path
    """The folder of its demo."""
    account: str
    """The credential; the demo takes any."""
    client: Client
    """A gradio_client of the app: making one takes a second."""

    @property
    def headers(self) -> dict[str, str]:
        """Who asks, at the doors that are told by headers."""
        return {
            "x-jimeng-token": self.account,
            "x-jimeng-backend": "demo",
            "x-forwarded-for": self.account,
        }


class Door(Protocol):
    """One way in, as its own callers use it."""

    def __init__(self, place: UploadSlot) -> None: ...

    def submit(self, mode: Mode, fields: Fields) -> Row:
        """The row of a new task."""
        ...

    def generate(self, mode: Mode, fields: Fields) -> Row:
        """The row of a finished task."""
        ...

    def get(self, task_id: str) -> Row:
        """The row of one id."""
        ...

    def get_many(self, ids: Sequence[str]) -> list[Row]:
        """The rows of many."""
        ...


def sent(value: Any) -> Any:
    """Fields as JSON, in which a picture is a `data:` URI."""
    match value:
        case Path():
            return f"data:image/png;base64,{base64.b64encode(value.read_bytes()).decode()}"
        case dict():
            return {name: sent(each) for name, each in value.items()}
        case list():
            return [sent(each) for each in value]
        case _:
            return value
