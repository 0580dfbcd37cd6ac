"""The client: what a caller asks of any backend, and what it promises whatever the backend does."""

from collections.abc import Iterable
from dataclasses import replace
from types import TracebackType, UnionType
from typing import Self, TypeVar, Unpack

from .backends.base import Credits, OnUpload, SupportsDelete
from .backends.factory import open_backend
from .client_options import ClientOptions, resolve_settings
from .clock import SystemClock
from .errors import InvalidRequest, Problem
from .lookups import Lookups
from .polling import OnUpdate, poll_until_ended, tell
from .requests import AnyRequest, ImageRequest, VideoRequest
from .rows import Lookup
from .submissions import Submissions
from .tasks import Task


class AsyncJimeng:
    """Submit videos and images, get a task id at once, ask for one or many later.

    What is not given comes from the environment, then from `.env` (contract 5). An
    instance belongs to one event loop. Use it as an async context manager, or call `aclose`.

    Args:
        backend: `demo`, `web` or `ark`.
        token: The credential of the backend: the JiMeng site's `sessionid`, or Ark's API key when
            the backend is `ark` by name or by JIMENG_BACKEND.
        options: See `ClientOptions`.

    Raises:
        InvalidRequest: A setting does not fit.
        Unauthorized: The backend needs a credential, and there is none.
    """

    def __init__(
        self, backend: str | None = None, token: str | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        settings = resolve_settings(backend, token, options)
        self._clock = options.get("clock") or SystemClock()
        self._backend = open_backend(
            settings,
            self._clock,
            visitor=options.get("visitor"),
            media_base=options.get("media_base"),
            transport=options.get("transport"),
            faults=options.get("faults"),
        )
        self._lookups = Lookups(self._backend, self._clock, settings.timeout)
        self._submissions = Submissions(self._backend, self._lookups, self._clock, settings)

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

    async def check(self, request: AnyRequest) -> list[Problem]:
        """Everything to change before a request may be sent; empty when it may. Sends nothing.

        A picture that is a URL is not fetched, so it is looked at only when it is submitted.
        """
        return await self._submissions.check(request)

    def reserve(self) -> str:
        """Mint an id that can be kept somewhere before anything is sent under it.

        The first submission of this client under it sends at once: nothing can be there yet. From
        then on the id is like any other. Ark gives ids itself: there, it serves that once, and the
        task has another.
        """
        return self._submissions.reserve()

    async def submit_video(
        self,
        request: VideoRequest,
        *,
        task_id: str | None = None,
        on_upload: OnUpload | None = None,
    ) -> Task:
        """Submit a video and give its task at once, `pending`.

        Args:
            request: What to make.
            task_id: An id from `new_task_id`, minted earlier for this very request, to try again
                after a crash: it is looked up first, and sent only when nothing is there. Calling
                this twice with one id is safe. An id of `reserve` is sent at once the first time.
                On ark, only an id that Ark gave can be looked up: that is done, and nothing sent.
            on_upload: Called with how many pictures are at the upstream and how many there are,
                once before the first and after each, where they go there before the request does
                (ark takes them inside it).

        Raises:
            InvalidRequest: The request may not be sent; nothing was.
            InvalidTaskId: `task_id` is not an id of `new_task_id` (on ark: not one of Ark's).
            SubmitUnconfirmed: The answer was lost, and the look-ups after it found nothing. The
                task may still exist: `task_id` tells under which id (on ark, nobody knows).
            JimengError: The upstream refused, or could not be reached: nothing was accepted.
        """
        return await self._submissions.send(expect_type(request, VideoRequest), task_id, on_upload)

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
            timeout: Seconds of patience; the last look-up, which begins then, may take 2 s more.
            on_update: Called with the task after each look-up; may be async.

        Raises:
            WaitTimeout: Patience ended; the task goes on, and the error carries its id.
            JimengError: A look-up failed for good.
        """
        return await poll_until_ended(
            task_id, self.get_video, self._clock, timeout=timeout, on_update=on_update
        )

    async def generate_video(
        self,
        request: VideoRequest,
        *,
        timeout: float,
        on_update: OnUpdate | None = None,
        task_id: str | None = None,
    ) -> Task:
        """Submit a video and wait until it has ended: the synchronous twin of `submit_video`.

        Raises:
            WaitTimeout: Patience ended; the error carries the id, and the task goes on.
            JimengError: As in `submit_video` and `wait_video`.
        """
        return await self._generate(expect_type(request, VideoRequest), timeout, on_update, task_id)

    async def submit_image(
        self,
        request: ImageRequest,
        *,
        task_id: str | None = None,
        on_upload: OnUpload | None = None,
    ) -> Task:
        """Submit images and give their task at once: `submit_video` for an `ImageRequest`.

        One task makes all `count` of them. Ark has no such tasks: there, it is an `InvalidRequest`.
        """
        return await self._submissions.send(expect_type(request, ImageRequest), task_id, on_upload)

    async def get_image(self, task_id: str) -> Task:
        """Ask for one task, as `get_video` does: the upstream keeps both kinds in one place."""
        return await self._lookups.one(task_id)

    async def get_images(self, task_ids: Iterable[str]) -> list[Lookup]:
        """Ask for many tasks, as `get_videos` does; ids of videos may stand among them."""
        return await self.get_videos(task_ids)

    async def generate_image(
        self,
        request: ImageRequest,
        *,
        timeout: float,
        on_update: OnUpdate | None = None,
        task_id: str | None = None,
    ) -> Task:
        """Submit images and wait until their task has ended; see `generate_video`."""
        return await self._generate(expect_type(request, ImageRequest), timeout, on_update, task_id)

    async def delete_video(self, task_id: str) -> None:
        """Cancel a task that waits, or erase the record of one that ended, where that can be done.

        Raises:
            InvalidRequest: The backend cannot (web and demo), or not in the task's state.
            JimengError: Nothing was done.
        """
        if not isinstance(self._backend, SupportsDelete):
            raise InvalidRequest(
                f"The backend {self._backend.name} can cancel or delete no task; only ark can.",
                f"{self._backend.name} 后端不能取消或删除任务，只有 ark 后端可以。",
                task_id=task_id,
            )
        _, name = self._lookups.parse_id(task_id)
        await self._backend.delete(name)

    async def credits(self) -> Credits:
        """The account's balance.

        Raises:
            JimengError: The backend has none, or it could not be read.
        """
        return await self._backend.credits()

    async def _generate(
        self,
        request: AnyRequest,
        timeout: float,
        on_update: OnUpdate | None,
        task_id: str | None,
    ) -> Task:
        start = self._clock.monotonic()
        task = await self._submissions.send(request, task_id, None)
        await tell(on_update, task)
        left = timeout - (self._clock.monotonic() - start)
        done = await self.wait_video(task.id, timeout=left, on_update=on_update)
        # Some records do not tell what was asked for (Ark's never do); whoever asked knows it.
        if done.mode and done.request:
            return done
        return replace(done, mode=request.mode, request=request)


R = TypeVar("R")


def expect_type(request: R, kind: UnionType | type) -> R:
    """The request, which must be one for what is called: of videos, or of images.

    Raises:
        InvalidRequest: It is another, or none at all.
    """
    if isinstance(request, kind):
        return request
    names = [each.__name__ for each in (kind.__args__ if isinstance(kind, UnionType) else (kind,))]
    given = type(request).__name__
    raise InvalidRequest(
        f"This takes a request of the class {' or '.join(names)}, not {given}.",
        f"此处需要 {' 或 '.join(names)} 类型的请求，而不是 {given}。",
    )
