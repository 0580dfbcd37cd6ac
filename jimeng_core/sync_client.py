"""`Jimeng`: the same client for code without `await`, over one event loop in a thread."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from copy import copy
from functools import partial, wraps
from typing import Concatenate, ParamSpec, Self, TypeVar, Unpack

from anyio.from_thread import start_blocking_portal

from .ark_options import ArkOptions
from .client import AsyncJimeng
from .client_options import ClientOptions

P = ParamSpec("P")
R = TypeVar("R")


def _blocking(
    method: Callable[Concatenate[AsyncJimeng, P], Awaitable[R]],
) -> Callable[Concatenate["Jimeng", P], R]:
    """The blocking twin of a method: the same signature and docstring."""

    @wraps(method)
    def call(self: "Jimeng", /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._portal.call(partial(method, self._client, *args, **kwargs))

    return call


class Jimeng:
    """`AsyncJimeng` without `await`: the same methods, parameters, results and errors.

    Safe to share between threads. Use it as a context manager, or call `close`. Callbacks are
    called in the client's own thread.

    Args:
        backend: `demo`, `web` or `ark`.
        token: Credential of the backend; see `AsyncJimeng`.
        options: See `ClientOptions`.

    Raises:
        InvalidRequest: A setting is invalid.
        Unauthorized: The backend needs a credential and none is set.
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

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections and end the thread. Submitted tasks keep running."""
        self._stack.close()

    @property
    def assigns_ids(self) -> bool:
        """See `AsyncJimeng.assigns_ids`."""
        return self._client.assigns_ids

    def reserve(self, task_id: str | None = None) -> str:
        """See `AsyncJimeng.reserve`."""
        return self._portal.call(self._client.reserve, task_id)

    def with_ark(self, options: ArkOptions) -> Self:
        """See `AsyncJimeng.with_ark`."""
        other = copy(self)
        other._client = self._client.with_ark(options)  # noqa: SLF001 - of the same class
        return other

    check = _blocking(AsyncJimeng.check)
    prepare = _blocking(AsyncJimeng.prepare)
    submit = _blocking(AsyncJimeng.submit)
    get = _blocking(AsyncJimeng.get)
    get_many = _blocking(AsyncJimeng.get_many)
    generate = _blocking(AsyncJimeng.generate)
    wait_video = _blocking(AsyncJimeng.wait_video)
    wait_videos = _blocking(AsyncJimeng.wait_videos)
    submit_video = _blocking(AsyncJimeng.submit_video)
    submit_image = _blocking(AsyncJimeng.submit_image)
    generate_video = _blocking(AsyncJimeng.generate_video)
    generate_image = _blocking(AsyncJimeng.generate_image)
    get_video = _blocking(AsyncJimeng.get_video)
    get_image = _blocking(AsyncJimeng.get_image)
    get_videos = _blocking(AsyncJimeng.get_videos)
    get_images = _blocking(AsyncJimeng.get_images)
    finish_draft = _blocking(AsyncJimeng.finish_draft)
    delete_video = _blocking(AsyncJimeng.delete_video)
    last_frame = _blocking(AsyncJimeng.last_frame)
    estimate = _blocking(AsyncJimeng.estimate)
    cost = _blocking(AsyncJimeng.cost)
    credits = _blocking(AsyncJimeng.credits)
