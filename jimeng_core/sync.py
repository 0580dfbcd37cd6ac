"""`Jimeng`: the same client for code without `await`, over one event loop in a thread."""

from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Self, Unpack

from anyio.from_thread import start_blocking_portal

from .backends.base import Credits
from .client import AsyncJimeng, OnUpdate
from .errors import Problem
from .options import Options
from .requests import ImageRequest, VideoRequest
from .tasks import Lookup, Task


class Jimeng:
    """`AsyncJimeng` without `await`: the same methods, parameters, results and errors.

    Safe to share between threads. Use it as a context manager, or call `close`. An `on_update` is
    called in the client's own thread.

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

    def check(self, request: VideoRequest | ImageRequest) -> list[Problem]:
        """See `AsyncJimeng.check`."""
        return self._portal.call(self._client.check, request)

    def reserve(self) -> str:
        """See `AsyncJimeng.reserve`."""
        return self._portal.call(self._client.reserve)

    def submit_video(self, request: VideoRequest, *, task_id: str | None = None) -> Task:
        """See `AsyncJimeng.submit_video`."""
        return self._portal.call(partial(self._client.submit_video, request, task_id=task_id))

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
        self, request: VideoRequest, *, timeout: float, on_update: OnUpdate | None = None
    ) -> Task:
        """See `AsyncJimeng.generate_video`."""
        make = partial(self._client.generate_video, request, timeout=timeout, on_update=on_update)
        return self._portal.call(make)

    def delete_video(self, task_id: str) -> None:
        """See `AsyncJimeng.delete_video`."""
        self._portal.call(self._client.delete_video, task_id)

    def credits(self) -> Credits:
        """See `AsyncJimeng.credits`."""
        return self._portal.call(self._client.credits)
