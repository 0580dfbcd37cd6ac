"""`AsyncJimeng`, the client: the same promises whatever the backend."""

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from typing import Self, Unpack

from . import typed_calls
from .ark_options import ArkOptions, only_on_ark, other_backend_problems
from .backends.base import Credits, OnUpload, Price, SupportsArkOptions, SupportsDelete
from .backends.factory import open_backend
from .client_options import ClientOptions, resolve_settings
from .clock import SystemClock
from .errors import Problem
from .ids import as_id_list
from .last_frame import LastFrames
from .lookups import Lookups
from .polling import OnLookup, OnUpdate, notify, wait_for_task, wait_for_tasks
from .problems import invalid_request
from .requests import AnyRequest
from .rows import Lookup
from .submissions import PreparedRequest, Submissions, expect_type
from .tasks import Cost, Task


class AsyncJimeng:
    """Client that submits videos and images, returns a task id at once, and looks tasks up later.

    Arguments that are left out come from the environment, then from `.env` (contract 5). An
    instance belongs to one event loop. Use it as an async context manager, or call `aclose`.

    Args:
        backend: `demo`, `web` or `ark`.
        token: Credential of the backend: the JiMeng site's `sessionid`, or an Ark API key when the
            backend is `ark` by this argument or by JIMENG_BACKEND.
        options: See `ClientOptions`.

    Raises:
        InvalidRequest: A setting is invalid.
        Unauthorized: The backend needs a credential and none is set.
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
        self._last_frames = LastFrames(self._backend, settings)
        self._submissions = Submissions(self._backend, self._lookups, self._clock, settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. Submitted tasks keep running at the upstream."""
        await self._backend.aclose()

    @property
    def assigns_ids(self) -> bool:
        """Whether the upstream assigns task ids itself (ark), so that a reserved id is not kept."""
        return self._backend.assigns_ids

    async def check(self, request: AnyRequest) -> list[Problem]:
        """Validate a request; an empty list means that it may be submitted. Sends nothing.

        Pictures on disk or in memory are decoded; pictures at a URL are not fetched.
        """
        expect_type(request, AnyRequest)
        found = await self._submissions.check(request)
        if isinstance(self._backend, SupportsArkOptions):
            found += self._backend.check_options(request)
        return found

    async def prepare(self, request: AnyRequest) -> PreparedRequest:
        """Validate a request and load its pictures, so that `submit` reads nothing twice.

        Raises:
            InvalidRequest: The request may not be submitted; `problems` lists every reason.
        """
        expect_type(request, AnyRequest)
        return await self._submissions.prepare(request)

    def reserve(self, task_id: str | None = None) -> str:
        """Mint a task id that can be stored before anything is sent under it.

        `task_id` is one from `new_task_id` under which surely nothing was sent yet. The first
        submission of this client under the id is sent without a look-up, since nothing can exist
        there yet; from then on it is like any other id. See `assigns_ids`.
        """
        return self._submissions.reserve(task_id)

    async def submit(
        self,
        request: AnyRequest | PreparedRequest,
        *,
        task_id: str | None = None,
        on_upload: OnUpload | None = None,
    ) -> Task:
        """Submit a request and return its task at once, `pending`.

        Args:
            request: What to generate.
            task_id: Id from `new_task_id`, minted earlier for this very request, to repeat a
                submission safely: the id is looked up first, and the request sent only when no
                task exists. On ark only an id that Ark returned can be looked up.
            on_upload: Called with the bytes of the files that were sent and their total, before the
                first byte and while they are sent; each content counts once, and one that was
                uploaded before counts at once. Not called on ark, where files are part of the
                request.

        Raises:
            InvalidRequest: The request is invalid, or another one was submitted under `task_id`;
                nothing was sent.
            InvalidTaskId: `task_id` cannot be used on this backend.
            SubmitUnconfirmed: The response was lost and look-ups found no task. It may still exist
                under the error's `task_id` (on ark, under an unknown id).
            JimengError: The upstream refused the request or was unreachable; nothing was accepted.
        """
        expect_type(request, AnyRequest | PreparedRequest)
        return await self._submissions.send(request, task_id, on_upload)

    async def get(self, task_id: str) -> Task:
        """Look one task up: exactly one upstream request, no retry, no wait.

        Raises:
            InvalidTaskId: The id is malformed; no request was made.
            NotFound: The upstream does not know the id.
            Expired: The upstream no longer has the record.
            JimengError: The look-up failed, which says nothing about the task.
        """
        return await self._lookups.get(task_id)

    async def get_many(self, task_ids: Iterable[str]) -> list[Lookup]:
        """Look many tasks up: one `Lookup` for each id, in the order of the ids, duplicates too.

        Never raises for a single id; an error of the account or the network stands in every
        `Lookup` that it affects. Returns within three times the timeout setting.
        """
        return await self._lookups.get_many(as_id_list(task_ids))

    async def generate(
        self,
        request: AnyRequest | PreparedRequest,
        *,
        timeout: float,
        on_update: OnUpdate | None = None,
        task_id: str | None = None,
    ) -> Task:
        """Submit a request and wait until its task has ended: the synchronous twin of `submit`.

        Raises:
            WaitTimeout: `timeout` seconds passed; the task keeps running under the error's id.
            JimengError: As in `submit` and `wait_video`.
        """
        start = self._clock.monotonic()
        task = await self.submit(request, task_id=task_id)
        await notify(on_update, task)
        left = timeout - (self._clock.monotonic() - start)
        ended = await self.wait_video(task.id, timeout=left, on_update=on_update)
        # Some records do not contain the request (Ark's never do).
        if ended.mode and ended.request:
            return ended
        return replace(ended, mode=task.mode, request=task.request)

    async def wait_video(
        self, task_id: str, *, timeout: float, on_update: OnUpdate | None = None
    ) -> Task:
        """Wait until a task has ended; returns a `Completed`, `CompletedImages` or `Failed`.

        Looks up after 2 s, then at intervals that grow by 1.5 up to the upstream's own (30 s at
        most). A look-up that fails in a retryable way is repeated.

        Args:
            task_id: Id of the task.
            timeout: Seconds; the last look-up, which starts then, may take 2 s more.
            on_update: Called with the task after each look-up; may be async.

        Raises:
            WaitTimeout: `timeout` was reached; the task keeps running.
            JimengError: A look-up failed for good.
        """
        return await wait_for_task(
            task_id, self.get, self._clock, timeout=timeout, on_update=on_update
        )

    async def wait_videos(
        self, task_ids: Iterable[str], *, timeout: float, on_update: OnLookup | None = None
    ) -> list[Lookup]:
        """Wait until all tasks have ended or failed for good; one `Lookup` for each id, in order.

        Each round looks up all unfinished ids in as few requests as `get_videos` makes, at the
        intervals of `wait_video`; the upstream's shortest interval counts. Tasks that are still
        running when `timeout` is reached are returned as they were last seen.

        Args:
            task_ids: Ids of the tasks.
            timeout: Seconds.
            on_update: Called with each look-up; may be async.
        """
        return await wait_for_tasks(
            as_id_list(task_ids), self.get_many, self._clock, timeout=timeout, on_update=on_update
        )

    submit_video, submit_image = typed_calls.submit_video, typed_calls.submit_image
    generate_video, generate_image = typed_calls.generate_video, typed_calls.generate_image
    get_video = get_image = get
    get_videos = get_images = get_many

    def with_ark(self, options: ArkOptions) -> Self:
        """This client with fields of Ark's own in each submission, over the same connections.

        On other backends, those that they cannot honour are refused, and the others left out.

        Raises:
            InvalidRequest: The backend has no such field.
        """
        other = copy(self)
        if isinstance(self._backend, SupportsArkOptions):
            backend = self._backend.with_ark(options)
            vars(other).update(_backend=backend, _submissions=self._submissions.on(backend))
        elif found := other_backend_problems(options, self._backend.name):
            raise invalid_request(found)
        return other

    async def finish_draft(self, task_id: str, *, model: str) -> Task:
        """Submit the final video of a draft, on ark only; see `ArkOptions.draft`.

        Args:
            task_id: Id of the draft, which is valid for 7 days.
            model: The draft's model; all other values are the draft's too.

        Raises:
            InvalidRequest: Not possible on this backend (web, demo).
            JimengError: As in `submit`.
        """
        if not isinstance(self._backend, SupportsArkOptions):
            raise only_on_ark(self._backend.name, task_id, "make drafts", "制作草稿")
        return await self._backend.finish_draft(self._lookups.parse_id(task_id), model)

    async def delete_video(self, task_id: str) -> None:
        """Cancel a queued task, or delete the record of one that has ended, on ark only.

        Raises:
            InvalidRequest: Not possible on this backend (web, demo), or in the task's state.
            JimengError: Nothing was deleted.
        """
        if not isinstance(self._backend, SupportsDelete):
            texts = ("cancel or delete tasks", "取消或删除任务")
            raise only_on_ark(self._backend.name, task_id, *texts)
        await self._backend.delete(self._lookups.parse_id(task_id))

    async def last_frame(self, task_id: str) -> bytes:
        """The last frame of a completed video, a PNG or JPEG: where the next video can begin.

        Looks the task up and downloads the upstream's picture, or cuts the frame from the video.

        Raises:
            InvalidRequest: The task has no video: it runs, failed, or makes images.
            JimengError: The look-up or the download failed, or the video cannot be decoded.
        """
        return await self._last_frames.read(await self.get(task_id))

    async def estimate(self, request: AnyRequest | PreparedRequest) -> Price | None:
        """What a request will probably cost; None if nothing is known. Sends and reads nothing.

        The length of reference videos counts; only of a `PreparedRequest` is it known.
        """
        expect_type(request, AnyRequest | PreparedRequest)
        if isinstance(request, PreparedRequest):
            return self._backend.estimate(request.request, request.files)
        return self._backend.estimate(request)

    async def cost(self, task_id: str) -> Cost | None:
        """What a task cost, by ark's record or the site's ledger; None where neither says so yet.

        The ledger lags behind; up to 5 requests look for the task in it.
        """
        return await self._backend.cost(self._lookups.parse_id(task_id))

    async def credits(self) -> Credits:
        """Return the account's balance.

        Raises:
            JimengError: The backend has no balance, or it could not be read.
        """
        return await self._backend.credits()
