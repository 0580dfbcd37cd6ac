"""`Jimeng`: the same client for code without `await`, over one event loop in a thread."""

from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Self, Unpack

from anyio.from_thread import start_blocking_portal

from .backends.base import Credits, OnUpload
from .client import AsyncJimeng
from .client_options import ClientOptions
from .errors import Problem
from .polling import OnUpdate
from .requests import AnyRequest, ImageRequest, VideoRequest
from .rows import Lookup
from .tasks import Task


class Jimeng:
    """`AsyncJimeng` without `await`: the same methods, parameters, results and errors.

    Safe to share between threads. Use it as a context manager, or call `close`. An `on_update` or
    `on_upload` is called in the client's own thread.

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
        with ExitStack() as stack:
            self._portal = stack.enter_context(start_blocking_portal())
            self._client = self._portal.call(partial(AsyncJimeng, backend, token, **options))
            stack.callback(self._portal.call, self._client.aclose)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection and end the thread. Tasks go on at the upstream."""
        self._stack.close()

    def check(self, request: AnyRequest) -> list[Problem]:
        """See `AsyncJimeng.check`."""
        return self._portal.call(self._client.check, request)

    def reserve(self) -> str:
        """See `AsyncJimeng.reserve`."""
        return self._portal.call(self._client.reserve)

    def submit_video(
        self,
        request: VideoRequest,
        *,
        task_id: str | None = None,
        on_upload: OnUpload | None = None,
    ) -> Task:
        """See `AsyncJimeng.submit_video`."""
        submit = partial(self._client.submit_video, request, task_id=task_id, on_upload=on_upload)
        return self._portal.call(submit)

    def get_video(self, task_id: str) -> Task:
        """See `AsyncJimeng.get_video`."""
        return self._portal.call(self._client.get_video, task_id)

    def get_videos(self, task_ids: Iterable[str]) -> list[Lookup]:
        """See `AsyncJimeng.get_videos`."""
        return self._portal.call(self._client.get_videos, task_ids)

    def wait_video(
        self, task_id: str, *, timeout: float, on_update: OnUpdate | None = None
    ) -> Task:
        """See `AsyncJimeng.wait_video`."""
        wait = partial(self._client.wait_video, task_id, timeout=timeout, on_update=on_update)
        return self._portal.call(wait)

    def generate_video(
        self,
        request: VideoRequest,
        *,
        timeout: float,
        on_update: OnUpdate | None = None,
        task_id: str | None = None,
    ) -> Task:
        """See `AsyncJimeng.generate_video`."""
        make = partial(self._client.generate_video, timeout=timeout, on_update=on_update)
        return self._portal.call(partial(make, request, task_id=task_id))

    def submit_image(
        self,
        request: ImageRequest,
        *,
        task_id: str | None = None,
        on_upload: OnUpload | None = None,
    ) -> Task:
        """See `AsyncJimeng.submit_image`."""
        submit = partial(self._client.submit_image, request, task_id=task_id, on_upload=on_upload)
        return self._portal.call(submit)

    def get_image(self, task_id: str) -> Task:
        """See `AsyncJimeng.get_image`."""
        return self._portal.call(self._client.get_image, task_id)

    def get_images(self, task_ids: Iterable[str]) -> list[Lookup]:
        """See `AsyncJimeng.get_images`."""
        return self._portal.call(self._client.get_images, task_ids)

    def generate_image(
        self,
        request: ImageRequest,
        *,
        timeout: float,
        on_update: OnUpdate | None = None,
        task_id: str | None = None,
    ) -> Task:
        """See `AsyncJimeng.generate_image`."""
        make = partial(self._client.generate_image, timeout=timeout, on_update=on_update)
        return self._portal.call(partial(make, request, task_id=task_id))

    def delete_video(self, task_id: str) -> None:
        """See `AsyncJimeng.delete_video`."""
        self._portal.call(self._client.delete_video, task_id)

    def credits(self) -> Credits:
        """See `AsyncJimeng.credits`."""
        return self._portal.call(self._client.credits)
