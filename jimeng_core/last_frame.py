"""The last frame of a completed task's video, to continue from."""

from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from .backends.base import Backend
from .errors import InvalidRequest, JimengError, NetworkError
from .lookups import TIMED_OUT
from .pictures.last_frame import cut_last_frame
from .pictures.loading import MAX_BYTES, read_picture
from .safe_fetch import fetch_bytes
from .settings import Settings
from .tasks import Completed, CompletedImages, Failed, Task, Video

MAX_VIDEO_BYTES: Final = 200 * 2**20
"""The largest video whose last frame is cut, in bytes."""
VIDEO_SECONDS: Final = 120.0
"""The longest download of a video, in seconds."""
PICTURE_SECONDS: Final = 20.0
"""The longest download of a picture, in seconds."""
TOTAL_SECONDS: Final = 300.0
"""The longest that a call takes, in seconds, its wait for its turn included."""


class LastFrames:
    """The last frames of videos on one backend, one at a time: a whole video is in memory.

    Args:
        backend: Backend of the tasks.
        settings: Whether URLs may lead into a private network.
    """

    def __init__(self, backend: Backend, settings: Settings) -> None:
        self._backend = backend
        self._allow_private = settings.allow_private_urls
        self._one = anyio.Semaphore(1)

    async def read(self, task: Task) -> bytes:
        """See `AsyncJimeng.last_frame`."""
        if not isinstance(task, Completed):
            raise _without_video(task)
        try:
            with anyio.fail_after(TOTAL_SECONDS):
                async with self._one:
                    return await self._of_upstream(task.video) or await self._cut(task)
        except TimeoutError:
            raise NetworkError(upstream_code=TIMED_OUT, task_id=task.id) from None

    async def _of_upstream(self, video: Video) -> bytes | None:
        """The picture that the upstream made; None without one that can be read."""
        if video.last_frame_url is None:
            return None
        try:
            data = await self._fetch(video.last_frame_url, MAX_BYTES, PICTURE_SECONDS)
            return (await anyio.to_thread.run_sync(read_picture, data, "last_frame")).data
        except JimengError:  # the video has the same frame
            return None

    async def _cut(self, task: Completed) -> bytes:
        data = await self._fetch(task.video.url, MAX_VIDEO_BYTES, VIDEO_SECONDS)
        try:
            return await anyio.to_thread.run_sync(cut_last_frame, data)
        except JimengError as error:
            raise error.about(task.id) from None

    async def _fetch(self, url: str, limit: int, seconds: float) -> bytes:
        if path := self._backend.local_file(url):
            return await anyio.to_thread.run_sync(_read, path)
        try:
            return await fetch_bytes(
                url, limit=limit, timeout=seconds, allow_private=self._allow_private
            )
        except InvalidRequest:
            raise _unreachable() from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise _unreachable() from None


def _unreachable() -> NetworkError:
    return NetworkError(
        "The result could not be downloaded; look the task up again for a new link, and set"
        " JIMENG_ALLOW_PRIVATE_URLS=1 if it is at a private address.",
        "无法下载结果；请重新查询任务以获取新链接；"
        "如结果位于内网地址，请设置 JIMENG_ALLOW_PRIVATE_URLS=1。",
    )


def _without_video(task: Task) -> InvalidRequest:
    match task:
        case CompletedImages():
            texts = (
                "A task of images has no last frame; use one of its images.",
                "图片任务没有最后一帧，请直接使用其中的图片。",
            )
        case Failed():
            texts = (
                "The task failed and has no last frame; submit it again.",
                "任务失败，没有最后一帧，请重新提交。",
            )
        case _:
            texts = (
                "The task has not ended; wait for its video, then ask for the last frame.",
                "任务尚未结束，请等视频生成后再取最后一帧。",
            )
    return InvalidRequest(*texts, task_id=task.id)
