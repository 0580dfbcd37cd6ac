"""Submissions: a request checked, its pictures read, sent under an id that can be asked for."""

from dataclasses import replace
from functools import partial
from typing import Final

from .backends.base import Backend, OnUpload
from .clock import Clock
from .concurrency import gather
from .errors import InvalidRequest, InvalidTaskId, Problem, SubmitUnconfirmed
from .ids import IdKind, canonical, kind_of, new_task_id
from .lookups import Lookups
from .pictures.loading import PictureFile, is_url, load_picture
from .problems import invalid_request, problem
from .requests import AnyRequest, Picture, pictures_of
from .settings import Settings
from .tasks import Task
from .validation import problems

MAX_RESERVED: Final = 1000
"""Ids that a client knows to be unused; beyond them the oldest is looked up before it is sent."""
MAX_PICTURES: Final = 10
"""How many pictures of a request are read: no mode takes more, so with more it is refused anyway,
and a stranger's list of thousands costs nothing."""


class Submissions:
    """Sends requests to a backend.

    Args:
        backend: Who is asked.
        lookups: Finds what an earlier submission became.
        clock: Tells the time.
        settings: How long a picture may take to come, and from where.
    """

    def __init__(
        self, backend: Backend, lookups: Lookups, clock: Clock, settings: Settings
    ) -> None:
        self._backend = backend
        self._lookups = lookups
        self._clock = clock
        self._settings = settings
        self._reserved: dict[str, None] = {}  # in the order they were made

    async def check(self, request: AnyRequest) -> list[Problem]:
        """See `AsyncJimeng.check`."""
        found = problems(request, self._backend.name)
        named = pictures_of(request)[:MAX_PICTURES]
        local = [(field, picture) for field, picture in named if not is_url(picture)]
        loaded = await gather([partial(self._look_at, *pair) for pair in local])
        return found + [bad for bad in loaded if isinstance(bad, Problem)]

    def reserve(self) -> str:
        """See `AsyncJimeng.reserve`."""
        task_id = new_task_id(self._clock.now())
        self._reserved[task_id] = None
        if len(self._reserved) > MAX_RESERVED:
            del self._reserved[next(iter(self._reserved))]
        return task_id

    async def send(
        self, request: AnyRequest, task_id: str | None, on_upload: OnUpload | None
    ) -> Task:
        """See `AsyncJimeng.submit_video`."""
        pictures = await self._pictures(request)
        if task_id is None:
            task_id = new_task_id(self._clock.now())
        elif task := await self._earlier(task_id, request):
            return task
        task_id = canonical(task_id)
        try:
            return await self._backend.submit(request, pictures, task_id, on_upload)
        except SubmitUnconfirmed:
            if not self._backend.assigns_ids and (
                task := await self._lookups.confirm_submission(task_id, request, certain=False)
            ):
                return task
            raise

    async def _pictures(self, request: AnyRequest) -> list[PictureFile]:
        found = problems(request, self._backend.name)
        named = pictures_of(request)[:MAX_PICTURES]
        looked = await gather([partial(self._look_at, *pair) for pair in named])
        found += [bad for bad in looked if isinstance(bad, Problem)]
        if found:
            raise invalid_request(found)
        return [good for good in looked if isinstance(good, PictureFile)]

    async def _look_at(self, field: str, picture: Picture) -> PictureFile | Problem:
        try:
            return await load_picture(
                picture,
                field,
                timeout=self._settings.timeout,
                allow_private=self._settings.allow_private_urls,
            )
        except InvalidRequest as error:
            return problem(field, error.message, error.message_zh)

    async def _earlier(self, task_id: str, request: AnyRequest) -> Task | None:
        """What an earlier submission under an id became; None when nothing is there.

        Raises:
            InvalidTaskId: Nothing can be there, or nobody can tell.
        """
        kind, assigns_ids = kind_of(task_id), self._backend.assigns_ids
        if assigns_ids and kind in self._backend.id_kinds:  # so it was accepted, and is not sent
            return replace(await self._lookups.one(task_id), mode=request.mode, request=request)
        if kind is not IdKind.SUBMIT:
            raise InvalidTaskId(task_id=task_id)
        task_id = canonical(task_id)
        # Taken back before the first `await` below: of two calls at once, one looks first.
        if task_id in self._reserved:
            del self._reserved[task_id]
            return None
        if assigns_ids:
            raise InvalidTaskId(
                f"Nothing can be looked up on {self._backend.name} by an id that was minted here;"
                " give the id that the submission gave back, or none.",
                f"{self._backend.name} 后端无法用本地生成的 ID 查询，请填写提交时返回的 ID，"
                "或不填。",
                task_id=task_id,
            )
        return await self._lookups.confirm_submission(task_id, request, certain=True)
