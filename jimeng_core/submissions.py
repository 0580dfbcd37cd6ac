"""Submissions: a request is validated, its files are loaded, and it is sent under a task id."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from types import UnionType
from typing import Final, Self

import anyio
from cachetools import LRUCache

from .backends.base import Backend, LoadedFile, OnUpload
from .clips.clip_file import ClipFile
from .clips.loading import MAX_TOGETHER, load_clip
from .clock import Clock
from .concurrency import gather
from .errors import InvalidRequest, InvalidTaskId, Problem, SubmitUnconfirmed
from .ids import IdKind, canonical, kind_of, new_task_id
from .limits import FRAMES
from .lookups import Lookups
from .marks import ReferenceKind
from .model_defaults import with_model_defaults
from .pictures.loading import load_picture
from .problems import invalid_request, problem
from .references import check_lengths
from .request_files import RequestFile, files_of
from .requests import SUBJECT_AUDIOS, SUBJECT_IMAGES, SUBJECT_VIDEOS, AnyRequest
from .same_request import check_same_request
from .settings import Settings
from .sources import is_url
from .tasks import Task
from .validation import problems

MAX_RESERVED: Final = 1000
"""Reserved ids that a client remembers; the oldest is then looked up before it is sent."""
MAX_FILES: Final = {
    ReferenceKind.IMAGE: max(SUBJECT_IMAGES.high, FRAMES.high) + 1,
    ReferenceKind.VIDEO: SUBJECT_VIDEOS.high + 1,
    ReferenceKind.AUDIO: SUBJECT_AUDIOS.high + 1,
}
"""Files of a request that are loaded, by kind. No mode takes more, so that a request with more is
refused anyway, and a list of thousands costs nothing."""
LOADED: Final = 8
"""Submissions of a client whose files are loaded and uploaded at a time. The others wait in order,
outside of any time limit, with their files as paths."""


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A valid request whose files are loaded; see `AsyncJimeng.prepare`."""

    request: AnyRequest
    """With the model's defaults in the fields that were left out."""
    files: tuple[LoadedFile, ...]
    """In the order of `files_of(request)`."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(len(file.data) for file in self.files)


class Submissions:
    """Submissions to one backend.

    Args:
        backend: Backend to submit to.
        lookups: Finds the task of an earlier submission.
        clock: Source of time.
        settings: Limits for files at URLs.
    """

    def __init__(
        self, backend: Backend, lookups: Lookups, clock: Clock, settings: Settings
    ) -> None:
        self._backend = backend
        self._lookups = lookups
        self._clock = clock
        self._settings = settings
        self._reserved: LRUCache[str, bool] = LRUCache(MAX_RESERVED)  # True: unused
        # By whether a file is at a URL: a slow host holds up no other submissions.
        self._places = {
            at_url: anyio.Semaphore(LOADED, fast_acquire=True) for at_url in (False, True)
        }

    def on(self, backend: Backend) -> Self:
        """The same submissions, on another form of the backend."""
        other = copy(self)
        other._backend = backend  # noqa: SLF001 - of the same class
        return other

    async def check(self, request: AnyRequest) -> list[Problem]:
        """See `AsyncJimeng.check`."""
        local = [each for each in files_of(request) if not is_url(each.source)]
        return (await self._load(request, local))[1]

    async def prepare(self, request: AnyRequest) -> PreparedRequest:
        """See `AsyncJimeng.prepare`."""
        request = with_model_defaults(request, self._backend.name)
        async with self._open_files(request) as files:
            return PreparedRequest(request, tuple(files))

    @asynccontextmanager
    async def _open_files(
        self,
        request: AnyRequest,
        loaded: Sequence[LoadedFile] | None = None,
        task_id: str = "",
    ) -> AsyncIterator[Sequence[LoadedFile]]:
        """Check a request and load its files, once there is a place for them.

        Args:
            request: With the model's defaults.
            loaded: The files of a prepared request.
            task_id: The id it is submitted under; if it was reserved, it is still unused after an
                error.

        Raises:
            InvalidRequest: The request may not be submitted.
        """
        files = files_of(request)
        to_fetch = loaded is None and any(is_url(file.source) for file in files)
        async with self._places[to_fetch] if files else nullcontext():
            if loaded is None:
                loaded, found = await self._load(request, files)
                if found:
                    if task_id in self._reserved:
                        self._reserved[task_id] = True
                    raise invalid_request(found)
            yield loaded

    def reserve(self, task_id: str | None = None) -> str:
        """See `AsyncJimeng.reserve`."""
        task_id = task_id or new_task_id(self._clock.now())
        self._reserved[task_id] = True
        return task_id

    async def send(
        self,
        request: AnyRequest | PreparedRequest,
        task_id: str | None,
        on_upload: OnUpload | None,
    ) -> Task:
        """See `AsyncJimeng.submit`."""
        loaded: Sequence[LoadedFile] | None = None
        if isinstance(request, PreparedRequest):
            loaded = request.files
            request = request.request
        else:
            request = with_model_defaults(request, self._backend.name)
        if task_id is None:
            task_id = new_task_id(self._clock.now())
        elif not problems(request, self._backend.name) and (task := await self._existing(task_id)):
            check_same_request(task, request)
            return replace(task, mode=request.mode, request=request)
        task_id = canonical(task_id)
        open_files = partial(self._open_files, request, loaded, task_id)
        try:
            return await self._backend.submit(request, open_files, task_id, on_upload)
        except SubmitUnconfirmed:
            if not self._backend.assigns_ids and (
                task := await self._lookups.confirm_submission(task_id, certain=False)
            ):
                return replace(task, mode=request.mode, request=request)
            raise

    async def _load(
        self, request: AnyRequest, files: Sequence[RequestFile]
    ) -> tuple[list[LoadedFile], list[Problem]]:
        """Load files; also returns every problem of the request."""
        found = problems(request, self._backend.name)
        loaded: list[tuple[str, LoadedFile]] = []
        taken = [
            file
            for kind, most in MAX_FILES.items()
            for file in [each for each in files if each.kind is kind][:most]
        ]
        clips = [file for file in taken if file.kind is not ReferenceKind.IMAGE]
        groups = [[file] for file in taken if file.kind is ReferenceKind.IMAGE] + [clips]
        results = await gather([partial(self._load_in_turn, group) for group in groups])
        for file, result in zip(taken, chain.from_iterable(results), strict=True):
            if isinstance(result, Problem):
                found.append(result)
            else:
                loaded.append((file.field, result))
        found += check_lengths(request, loaded, self._backend.name)
        return [file for _, file in loaded], found

    async def _load_in_turn(self, files: Sequence[RequestFile]) -> list[LoadedFile | Problem]:
        """Load files one after the other: clips are large, and have a limit together."""
        results: list[LoadedFile | Problem] = []
        remaining = MAX_TOGETHER
        for file in files:
            result = await self._load_one(file, remaining)
            results.append(result)
            if isinstance(result, ClipFile):
                remaining -= len(result.data)
        return results

    async def _load_one(self, file: RequestFile, remaining: int) -> LoadedFile | Problem:
        image = file.kind is ReferenceKind.IMAGE
        load = load_picture if image else partial(load_clip, kind=file.kind, remaining=remaining)
        try:
            return await load(
                file.source,
                file.field,
                timeout=self._settings.timeout,
                allow_private=self._settings.allow_private_urls,
            )
        except InvalidRequest as error:
            return problem(file.field, error.message, error.message_zh)

    async def _existing(self, task_id: str) -> Task | None:
        """The task of an earlier submission under an id; None without one.

        Raises:
            InvalidTaskId: No task can have this id, or it cannot be looked up.
        """
        kind, assigns_ids = kind_of(canonical(task_id)), self._backend.assigns_ids
        if assigns_ids and kind in self._backend.id_kinds:  # it was accepted: nothing is sent
            return await self._lookups.get(task_id)
        if kind is not IdKind.SUBMIT:
            raise InvalidTaskId(task_id=task_id)
        task_id = canonical(task_id)
        # Used before the first `await` below: of two concurrent calls, one looks up first.
        if self._reserved.pop(task_id, False):
            self._reserved[task_id] = False
            return None
        if assigns_ids:
            name = self._backend.name
            raise InvalidTaskId(
                f"An id that was minted here cannot be looked up on {name}; pass the id that the"
                " submission returned, or none.",
                f"{name} 后端无法用本地生成的 ID 查询，请填写提交时返回的 ID，或不填。",
                task_id=task_id,
            )
        return await self._lookups.confirm_submission(task_id, certain=True)


def expect_type(request: object, expected: UnionType | type) -> None:
    """Check that a request is of the type that the called method takes.

    Raises:
        InvalidRequest: It is of another type.
    """
    if isinstance(request, expected):
        return
    types = expected.__args__ if isinstance(expected, UnionType) else (expected,)
    names = " or ".join(each.__name__ for each in types)
    actual = type(request).__name__
    raise InvalidRequest(
        f"This method takes a request of the class {names}, not {actual}.",
        f"此处需要 {names.replace(' or ', ' 或 ')} 类型的请求，而不是 {actual}。",
    )
