"""The client: what a caller asks of any backend, and what it promises whatever the backend does."""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Final, Self, Unpack

from .backends import open_backend
from .backends.base import Credits, Deletes
from .checks import problem, problems, refusal
from .clock import SystemClock
from .errors import (
    InvalidRequest,
    InvalidTaskId,
    JimengError,
    NotFound,
    Problem,
    SubmitUnconfirmed,
    WaitTimeout,
)
from .gather import gather
from .ids import IdKind, canonical, kind_of, new_task_id
from .lookups import Lookups
from .options import Options, settings_of
from .pictures import PictureFile, is_url, load_picture
from .requests import ImageRequest, Picture, VideoRequest, pictures_of
from .tasks import Completed, Failed, Lookup, Processing, Task

OnUpdate = Callable[[Task], Awaitable[None] | None]
"""Called with the task each time that a wait has looked."""

FIRST_WAIT: Final = 2.0
"""Seconds before a wait looks for the first time."""
WAIT_GROWTH: Final = 1.5
"""How many times longer each later pause is."""
LONGEST_WAIT: Final = 30.0
"""Seconds between two look-ups of a wait at the most."""
MOST_RESERVED: Final = 1000
"""Ids that a client knows to be unused; beyond them the oldest is looked up before it is sent."""
MOST_PICTURES: Final = 10
"""How many pictures of a request are read: no mode takes more, so with more it is refused anyway,
and a stranger's list of thousands costs nothing."""


class AsyncJimeng:
    """Submit videos, get a task id at once, ask for one or many later.

    What is not given comes from the environment, then from `.env` (contract, section 5). An
    instance belongs to one event loop. Use it as an async context manager, or call `aclose`.

    Args:
        backend: `demo`, `web` or `ark`.
        token: The credential of the backend: the JiMeng site's `sessionid`, or Ark's API key when
            the backend is `ark` by name or by JIMENG_BACKEND.
        options: See `Options`.

    Raises:
        InvalidRequest: A setting does not fit.
        Unauthorized: The backend needs a credential, and there is none.
    """

    def __init__(
        self, backend: str | None = None, token: str | None = None, **options: Unpack[Options]
    ) -> None:
        self._settings = settings_of(backend, token, options)
        self._clock = options.get("clock") or SystemClock()
        self._backend = open_backend(
            self._settings,
            self._clock,
            visitor=options.get("visitor"),
            media_base=options.get("media_base"),
            transport=options.get("transport"),
            faults=options.get("faults"),
        )
        self._lookups = Lookups(self._backend, self._clock, self._settings.timeout)
        self._reserved: dict[str, None] = {}  # in the order they were made

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection. Tasks go on at the upstream."""
        await self._backend.aclose()

    async def check(self, request: VideoRequest | ImageRequest) -> list[Problem]:
        """Everything to change before a request may be sent; empty when it may. Sends nothing.

        A picture that is a URL is not fetched, so it is looked at only when it is submitted.
        """
        found = problems(request, self._backend.name)
        named = pictures_of(request)[:MOST_PICTURES]
        local = [(field, picture) for field, picture in named if not is_url(picture)]
        loaded = await gather([partial(self._look_at, *pair) for pair in local])
        return found + [bad for bad in loaded if isinstance(bad, Problem)]

    def reserve(self) -> str:
        """Mint an id that can be kept somewhere before anything is sent under it.

        The first `submit_video` of this client under it sends at once: nothing can be there yet.
        From then on the id is like any other. Ark gives ids itself: there, it serves that once, and
        the task has another.
        """
        task_id = new_task_id(self._clock.now())
        self._reserved[task_id] = None
        if len(self._reserved) > MOST_RESERVED:
            del self._reserved[next(iter(self._reserved))]
        return task_id

    async def submit_video(self, request: VideoRequest, *, task_id: str | None = None) -> Task:
        """Submit a video and give its task at once, `pending`.

        Args:
            request: What to make.
            task_id: An id from `new_task_id`, minted earlier for this very request, to try again
                after a crash: it is looked up first, and sent only when nothing is there. Calling
                this twice with one id is safe. An id of `reserve` is sent at once the first time.
                On ark, only an id that Ark gave can be looked up: that is done, and nothing sent.

        Raises:
            InvalidRequest: The request may not be sent; nothing was.
            InvalidTaskId: `task_id` is not an id of `new_task_id` (on ark: not one of Ark's).
            SubmitUnconfirmed: The answer was lost, and the look-ups after it found nothing. The
                task may still exist: `task_id` tells under which id (on ark, nobody knows).
            JimengError: The upstream refused, or could not be reached: nothing was accepted.
        """
        pictures = await self._pictures(request)
        if task_id is None:
            task_id = new_task_id(self._clock.now())
        elif task := await self._earlier(task_id, request):
            return task
        task_id = canonical(task_id)
        try:
            return await self._backend.submit(request, pictures, task_id)
        except SubmitUnconfirmed:
            if not self._backend.mints_ids and (
                task := await self._lookups.settle(task_id, request, certain=False)
            ):
                return task
            raise

    async def get_video(self, task_id: str) -> Task:
        """Ask for one task: one upstream request, no retry, no wait.

        Raises:
            InvalidTaskId: The text is no id; nothing was asked.
            NotFound: The upstream does not know the id.
            Expired: Its record is gone.
            JimengError: The look-up failed, which says nothing of the task.
        """
        return await self._lookups.one(task_id)

    async def get_videos(self, task_ids: Iterable[str]) -> list[Lookup]:
        """Ask for many tasks: one look-up for each id, in the order asked, duplicates too.

        Never raises for a single id; what is wrong with the whole account or the network stands in
        every `Lookup` it concerns. Ends within three times the timeout.
        """
        asked = [task_ids] if isinstance(task_ids, str) else list(task_ids)
        return await self._lookups.many(asked)

    async def wait_video(
        self, task_id: str, *, timeout: float, on_update: OnUpdate | None = None
    ) -> Task:
        """Wait until a task has ended, and give it: `Completed` or `Failed`.

        It asks after 2 s, then 1.5 × later each time, up to the interval that the upstream names
        (30 s at most). A look-up that fails in a way that may pass is asked again.

        Args:
            task_id: What a submission gave.
            timeout: Seconds of patience; the last look-up may end a little later.
            on_update: Called with the task after each look-up; may be async.

        Raises:
            WaitTimeout: Patience ended; the task goes on, and the error carries its id.
            JimengError: A look-up failed for good.
        """
        deadline = self._clock.monotonic() + timeout
        pause, longest, known = FIRST_WAIT, LONGEST_WAIT, False
        while (left := deadline - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(pause, left))
            try:
                task = await self.get_video(task_id)
            except JimengError as error:
                # A task that was seen to run can be gone for a while (wire facts 9).
                if not error.retryable and not (known and isinstance(error, NotFound)):
                    raise
            else:
                known = known or isinstance(task, Processing)
                await _tell(on_update, task)
                if isinstance(task, Completed | Failed):
                    return task
                longest = min(task.poll_seconds or LONGEST_WAIT, LONGEST_WAIT)
            pause = min(pause * WAIT_GROWTH, max(longest, FIRST_WAIT))
        raise WaitTimeout(task_id=task_id)

    async def generate_video(
        self, request: VideoRequest, *, timeout: float, on_update: OnUpdate | None = None
    ) -> Task:
        """Submit a video and wait until it has ended: the synchronous twin of `submit_video`.

        Raises:
            WaitTimeout: Patience ended; the error carries the id, and the task goes on.
            JimengError: As in `submit_video` and `wait_video`.
        """
        start = self._clock.monotonic()
        task = await self.submit_video(request)
        await _tell(on_update, task)
        left = timeout - (self._clock.monotonic() - start)
        done = await self.wait_video(task.id, timeout=left, on_update=on_update)
        # Ark's records do not tell what was asked for; whoever asked knows it.
        return done if done.mode else replace(done, mode=request.mode, request=request)

    async def delete_video(self, task_id: str) -> None:
        """Cancel a task that waits, or erase the record of one that ended, where that can be done.

        Raises:
            InvalidRequest: The backend cannot (web and demo), or not in the task's state.
            JimengError: Nothing was done.
        """
        if not isinstance(self._backend, Deletes):
            raise InvalidRequest(
                f"The backend {self._backend.name} can cancel or delete no task; only ark can.",
                f"{self._backend.name} 后端不能取消或删除任务，只有 ark 后端可以。",
                task_id=task_id,
            )
        _, name = self._lookups.place(task_id)
        await self._backend.delete(name)

    async def credits(self) -> Credits:
        """The account's balance.

        Raises:
            JimengError: The backend has none, or it could not be read.
        """
        return await self._backend.credits()

    async def _pictures(self, request: VideoRequest) -> list[PictureFile]:
        found = problems(request, self._backend.name)
        named = pictures_of(request)[:MOST_PICTURES]
        looked = await gather([partial(self._look_at, *pair) for pair in named])
        found += [bad for bad in looked if isinstance(bad, Problem)]
        if found:
            raise refusal(found)
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

    async def _earlier(self, task_id: str, request: VideoRequest) -> Task | None:
        """What an earlier submission under an id became; None when nothing is there.

        Raises:
            InvalidTaskId: Nothing can be there, or nobody can tell.
        """
        kind, mints_ids = kind_of(task_id), self._backend.mints_ids
        if mints_ids and kind in self._backend.id_kinds:  # so it was accepted, and is not sent
            return replace(await self.get_video(task_id), mode=request.mode, request=request)
        if kind is not IdKind.SUBMIT:
            raise InvalidTaskId(task_id=task_id)
        task_id = canonical(task_id)
        # Taken back before the first `await` below: of two calls at once, one looks first.
        if task_id in self._reserved:
            del self._reserved[task_id]
            return None
        if mints_ids:
            raise InvalidTaskId(
                f"Nothing can be looked up on {self._backend.name} by an id that was minted here;"
                " give the id that the submission gave back, or none.",
                f"{self._backend.name} 后端无法用本地生成的 ID 查询，请填写提交时返回的 ID，"
                "或不填。",
                task_id=task_id,
            )
        return await self._lookups.settle(task_id, request, certain=True)


async def _tell(on_update: OnUpdate | None, task: Task) -> None:
    if on_update:
        answer = on_update(task)
        if inspect.isawaitable(answer):
            await answer
