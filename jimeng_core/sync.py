"""`Jimeng`: the same client for code without `await`, over one event loop in a thread."""

from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from anyio.from_thread import start_blocking_portal

from .backends.base import Credits
from .checks import Problem
from .client import AsyncJimeng, OnUpdate
from .clock import Clock
from .requests import ImageRequest, VideoRequest
from .settings import Settings
from .tasks import Lookup, Task


class Jimeng:
    """`AsyncJimeng` without `await`: the same methods, parameters, results and errors.

    Safe to share between threads. Use it as a context manager, or call `close`. An `on_update` is
    called in the client's own thread.

    Args:
        backend: `demo`, `web` or `ark`.
        token: The JiMeng site's `sessionid`.
        settings: Every setting as one value, instead of the environment's.
        base_url: Replaces the site's address.
        timeout: Seconds that one upstream request may take.
        data_dir: Where the demo backend keeps its files.
        demo_pace: How fast demo tasks run: 1 about 10 s, 0 at once.
        allow_private_urls: Whether picture URLs may point to private addresses.
        visitor: Whose tasks the demo backend counts these as; None: the account's.
        media_base: The path under which an app serves the demo's videos; None: `file:` URLs.
        transport: Stands in for the network.
        clock: Tells the time and waits.

    Raises:
        InvalidRequest: A setting does not fit.
        Unauthorized: The backend needs a credential, and there is none.
    """

    def __init__(
        self,
        backend: str | None = None,
        token: str | None = None,
        *,
        settings: Settings | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        data_dir: str | Path | None = None,
        demo_pace: float | None = None,
        allow_private_urls: bool | None = None,
        visitor: str | None = None,
        media_base: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        build = partial(
            AsyncJimeng,
            backend,
            token,
            settings=settings,
            base_url=base_url,
            timeout=timeout,
            data_dir=data_dir,
            demo_pace=demo_pace,
            allow_private_urls=allow_private_urls,
            visitor=visitor,
            media_base=media_base,
            transport=transport,
            clock=clock,
        )
        with ExitStack() as stack:
            self._portal = stack.enter_context(start_blocking_portal())
            self._client = self._portal.call(build)
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

    def credits(self) -> Credits:
        """See `AsyncJimeng.credits`."""
        return self._portal.call(self._client.credits)
