"""Which pictures are in the site's store already: a second use of one needs no upload."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

REMEMBERED: Final = 1000
"""How many pictures one client remembers; the one that rested longest goes first."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A picture in the site's store, as a draft names it."""

    uri: str
    width: int
    height: int
    format: str


class UploadCache:
    """Pictures by their SHA-256, for one account and one client.

    The store itself is not content-addressed (protocol 11): the same bytes sent again get
    another URI, so whoever wants to save the upload has to remember the first one.
    """

    def __init__(self, room: int = REMEMBERED) -> None:
        self._room = room
        self._known: OrderedDict[str, Uploaded] = OrderedDict()

    def get(self, sha256: str) -> Uploaded | None:
        """The picture in the store, if it is remembered."""
        if sha256 in self._known:
            self._known.move_to_end(sha256)
        return self._known.get(sha256)

    def keep(self, uploaded: Mapping[str, Uploaded]) -> None:
        """Remember pictures that were sent."""
        self._known.update(uploaded)
        while len(self._known) > self._room:
            self._known.popitem(last=False)

    def drop(self, digests: Iterable[str]) -> None:
        """Forget pictures."""
        for sha256 in digests:
            self._known.pop(sha256, None)
