"""`submit` and `generate` for one kind of request each: the calls whose types say which."""

from typing import TYPE_CHECKING

from .backends.base import OnUpload
from .polling import OnUpdate
from .requests import ImageRequest, VideoRequest
from .submissions import expect_type
from .tasks import Task

if TYPE_CHECKING:
    from .client import AsyncJimeng


async def submit_video(
    self: "AsyncJimeng",
    request: VideoRequest,
    *,
    task_id: str | None = None,
    on_upload: OnUpload | None = None,
) -> Task:
    """Submit a video; see `submit`."""
    expect_type(request, VideoRequest)
    return await self.submit(request, task_id=task_id, on_upload=on_upload)


async def submit_image(
    self: "AsyncJimeng",
    request: ImageRequest,
    *,
    task_id: str | None = None,
    on_upload: OnUpload | None = None,
) -> Task:
    """Submit images, `count` of them in one task; see `submit`. Not available on ark."""
    expect_type(request, ImageRequest)
    return await self.submit(request, task_id=task_id, on_upload=on_upload)


async def generate_video(
    self: "AsyncJimeng",
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
    self: "AsyncJimeng",
    request: ImageRequest,
    *,
    timeout: float,
    on_update: OnUpdate | None = None,
    task_id: str | None = None,
) -> Task:
    """Submit images and wait until their task has ended; see `generate`."""
    expect_type(request, ImageRequest)
    return await self.generate(request, timeout=timeout, on_update=on_update, task_id=task_id)
