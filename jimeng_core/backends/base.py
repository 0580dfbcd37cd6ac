"""The protocol of a backend: submit a task, look up tasks, read the balance."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from jimeng_core.ark_options import ArkOptions
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.errors import JimengError, Problem
from jimeng_core.ids import IdKind
from jimeng_core.pictures.picture_file import PictureFile
from jimeng_core.requests import AnyRequest
from jimeng_core.settings import BackendName
from jimeng_core.tasks import Cost, Task

from .upstream_clock import UpstreamClock

CONFIRM_DELAYS: Final = (0, 1, 2, 4, 8)
"""Seconds before each look-up that decides whether a submission arrived (contract 4)."""
URL_GRACE: Final = timedelta(minutes=10)
"""How long a finished task may lack a URL before it counts as failed (contract 4)."""

LookupResults = Mapping[str, Task | JimengError]
"""The results of one look-up request by id: a task, or the error of this id. An id that the
upstream does not know is absent."""

OnUpload = Callable[[int, int], None]
"""Called with the bytes of files that were sent, and the bytes of all files."""

LoadedFile = PictureFile | ClipFile
"""A file of a request that may be sent."""

OpenFiles = Callable[[], AbstractAsyncContextManager[Sequence[LoadedFile]]]
"""Waits for a place, then loads the files of `files_of(request)`, in that order.

A client has few places: files are closed, and not referenced any more, once they are uploaded.
Loading raises `InvalidRequest`. They can be opened again."""


@dataclass(frozen=True, slots=True)
class Credits:
    """The balance of an account, in the upstream's credits."""

    total: int
    gift: int | None = None
    purchased: int | None = None
    membership: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a request will probably cost. Never a promise: the upstream decides what it charges."""

    amount: float
    """The most, where only a range is known."""
    unit: str
    """`credits` of the site, `tokens` of Ark, or a currency: `CNY`, `USD`."""
    basis: str
    """One English sentence that says where the amount is from, and how sure it is."""
    basis_zh: str
    """The same in Chinese."""
    as_of: date
    """When what it is computed from was read."""
    least: float | None = None
    """The fewest, where only a range is known; `basis` names both."""

    def range_text(self, form: Callable[[float], str] = "{:g}".format) -> str:
        """The amount as text; of a range, both ends. `form` writes a number."""
        amounts = (self.amount,) if self.least is None else (self.least, self.amount)
        return "–".join(map(form, amounts))

    def row(self, *, chinese: bool = False) -> dict[str, float | str]:
        """The price as JSON, with its sentence in English unless `chinese`."""
        return {
            "amount": self.amount,
            "unit": self.unit,
            "basis": self.basis_zh if chinese else self.basis,
            "as_of": self.as_of.isoformat(),
        }


class Backend(Protocol):
    """One upstream. Every method waits for a bounded time and raises only `JimengError`s."""

    name: BackendName
    id_kinds: frozenset[IdKind]
    """The kinds of id that can be looked up here."""
    record_retention: timedelta
    """How long the upstream is known to keep records (contract 4)."""
    assigns_ids: bool
    """Whether only the upstream assigns ids. Then ours cannot be looked up, and `submit` itself
    finds out whether a submission arrived whose response was lost."""
    clock: UpstreamClock
    """The upstream's clock."""

    async def submit(
        self,
        request: AnyRequest,
        open_files: OpenFiles,
        task_id: str,
        on_upload: OnUpload | None = None,
    ) -> Task:
        """Send a request, which opening its files checks.

        Args:
            request: What to generate.
            open_files: Loads its files.
            task_id: A new submit id. Where the upstream assigns ids, it is not sent, and the task
                has another.
            on_upload: Called before the first byte of the files is sent and while they are, where
                files are uploaded before the request.

        Raises:
            SubmitUnconfirmed: The request may have arrived and its response is lost. Where the
                upstream assigns ids, it was not found either.
            JimengError: It was not accepted.
        """
        ...

    async def look_up(self, ids: Mapping[IdKind, Sequence[str]]) -> LookupResults:
        """Look up ids, by their kinds, in exactly one upstream request.

        Raises:
            JimengError: The request as a whole failed.
        """
        ...

    def estimate(self, request: AnyRequest, files: Sequence[LoadedFile] = ()) -> Price | None:
        """What a request will probably cost; None where nothing is known. Sends nothing.

        Args:
            request: What to generate.
            files: Its files, where they are loaded: those of a `PreparedRequest`.
        """
        ...

    async def cost(self, task_id: str) -> Cost | None:
        """What a task cost; None where the upstream does not say so, or not yet.

        Raises:
            JimengError: It could not be read.
        """
        ...

    def local_file(self, url: str) -> Path | None:
        """The file behind a result's URL, where the backend keeps its results itself."""
        ...

    async def credits(self) -> Credits:
        """The account's balance."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


@runtime_checkable
class SupportsArkOptions(Protocol):
    """A backend whose submissions can have fields of Ark's own."""

    def with_ark(self, options: ArkOptions) -> Backend:
        """The same backend, over the same connections, with these fields in each submission."""
        ...

    async def finish_draft(self, draft_id: str, model: str) -> Task:
        """Make the final video of a draft.

        Raises:
            JimengError: As for `Backend.submit`.
        """
        ...

    def check_options(self, request: AnyRequest) -> list[Problem]:
        """The rules that the fields break with a request."""
        ...


@runtime_checkable
class SupportsDelete(Protocol):
    """A backend whose upstream can cancel tasks or delete their records."""

    async def delete(self, task_id: str) -> None:
        """Cancel a queued task, or erase the record of a finished one.

        Raises:
            JimengError: Nothing was done.
        """
        ...
