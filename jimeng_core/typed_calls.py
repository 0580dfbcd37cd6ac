"""`submit` and `generate` for one kind of request each: the calls whose types say which."""

from typing import Protocol

from .backends.base import OnUpload
from .polling import OnUpdate
from .requests import AnyRequest, ImageRequest, VideoRequest
from .submissions import PreparedRequest, expect_type
from .tasks import Task


class Submitting(Protocol):
    """The calls of a client that the typed ones stand on."""

    async def submit(
        self,
        request: AnyRequest | PreparedRequest,
        *,
        task_id: str | None = None,
        on_upload: OnUpload | None = None,
    ) -> Task:
        """See `AsyncJimeng.submit`."""
        ...

    async def generate(
        self,
        request: AnyRequest | PreparedRequest,
        *,
        timeout: float,
        on_update: OnUpdate | None = None,
        task_id: str | None = None,
    ) -> Task:
        """See `AsyncJimeng.generate`."""
        ...


async def submit_video(
    self: Submitting,
    request: VideoRequest,
    *,
    task_id: str | None = None,
    on_upload: OnUpload | None = None,
) -> Task:
    """Submit a video; see `submit`."""
    expect_type(request, VideoRequest)
    return await self.submit(request, task_id=task_id, on_upload=on_upload)


async def submit_image(
    self: Submitting,
    request: ImageRequest,
    *,
    task_id: str | None = None,
    on_upload: OnUpload | None = None,
) -> Task:
    """Submit images, `count` of them in one task; see `submit`. Not available on ark."""
    expect_type(request, ImageRequest)
    return await self.submit(request, task_id=task_id, on_upload=on_upload)


async def generate_video(
    self: Submitting,
    request: VideoRequest,
    *,
    timeout: float,
    on_update: OnUpdate | None = None,
    task_id: str | None = None,
) -> Task:
    """Submit a video and wait until it has ended; see `generate`."""
    expect_type(request, VideoRequest)
    return await self.generate(request, timeout=timeout, on_update=on_update, task_id=task_id)


async def generate_image(
    self: Submitting,
    request: ImageRequest,
    *,
    timeout: float,
    on_update: OnUpdate | None = None,
    task_id: str | None = None,
) -> Task:
    """Submit images and wait until their task has ended; see `generate`."""
    expect_type(request, ImageRequest)
    return await self.generate(request, timeout=timeout, on_update=on_update, task_id=task_id)
