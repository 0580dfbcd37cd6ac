"""What a backend is to the client: it submits, it looks up, it tells the balance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol, runtime_checkable

from jimeng_core.errors import JimengError
from jimeng_core.ids import IdKind
from jimeng_core.pictures.decoding import PictureFile
from jimeng_core.requests import AnyRequest
from jimeng_core.settings import BackendName
from jimeng_core.tasks import Task

CONFIRM_DELAYS: Final = (0, 1, 2, 4, 8)
"""Seconds before each look-up that settles whether a submission arrived (contract 4)."""

LookupResults = Mapping[str, Task | JimengError]
"""What one look-up request told, by id: a task, or why this one id has none. An id that the
upstream does not know is absent."""

OnUpload = Callable[[int, int], None]
"""Called with how many pictures are at the upstream, and how many there are in all."""


@dataclass(frozen=True, slots=True)
class Credits:
    """The balance of an account, in the upstream's credits."""

    total: int
    gift: int | None = None
    purchased: int | None = None
    membership: int | None = None


class Backend(Protocol):
    """One upstream. Every method makes bounded waits only, and raises `JimengError`s only."""

    name: BackendName
    id_kinds: frozenset[IdKind]
    """The kinds of id that can be asked for here."""
    record_retention: timedelta
    """How long the upstream is known to keep records (contract 4)."""
    assigns_ids: bool
    """Whether a task is known by the upstream's own id only. Then nothing can be looked up by one
    of ours, and `submit` itself settles whether a submission arrived whose answer was lost."""
    rate_limited: bool
    """Whether it makes look-ups wait for each other, so that nobody else needs to."""

    async def submit(
        self,
        request: AnyRequest,
        pictures: Sequence[PictureFile],
        task_id: str,
        on_upload: OnUpload | None = None,
    ) -> Task:
        """Send a checked request under an id that the caller minted.

        Args:
            request: What to make.
            pictures: The files of `pictures_of(request)`, in that order.
            task_id: A submit id that no earlier request has used; where the upstream mints ids,
                it goes nowhere, and the task has another.
            on_upload: Told of every picture that is up, where they go up before the request.

        Raises:
            SubmitUnconfirmed: The request may have arrived and its answer is lost. Where the
                upstream mints ids, looking for it has not helped.
            JimengError: It surely was not accepted.
        """
        ...

    async def look_up(self, kind: IdKind, ids: Sequence[str]) -> LookupResults:
        """Ask for ids of one kind in exactly one upstream request.

        Raises:
            JimengError: The question as a whole has no answer.
        """
        ...

    async def credits(self) -> Credits:
        """The account's balance."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


@runtime_checkable
class SupportsDelete(Protocol):
    """A backend whose upstream can cancel a task, or forget one."""

    async def delete(self, task_id: str) -> None:
        """Cancel a task that waits, or erase the record of one that ended.

        Raises:
            JimengError: Nothing was done.
        """
        ...
