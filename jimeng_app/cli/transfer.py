"""One result on its way to the disk: into a part file, resumed after a break, never half of it.

Or only its length, for a file that seems to be here already.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio.to_thread
import httpx

from jimeng_core import Clock

from .part_files import FileLocked, PartFiles, start_of, version_of

PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try of a file that broke off; then it is left for the next time."""


MAX_REDIRECTS: Final = 3


_GONE: Final = frozenset({401, 403, 404, 410})


_LATER: Final = frozenset({408, 425, 429})


_NOWHERE: Final = (httpx.InvalidURL, ExceptionGroup)
"""Raised for an address that cannot be one; a group is what anyio makes of a port that is none."""

OnBytes = Callable[[int, int | None], None]
"""Called with how many bytes are there, and how many there will be, where that is known."""


class LinkExpired(Exception):
    """The address opens no longer; a fresh one may."""


class DownloadFailed(Exception):
    """The file cannot be had; the two sentences say why.

    Attributes:
        message: In English.
        message_zh: In Chinese.
    """

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message = message
        self.message_zh = message_zh


class _Interrupted(Exception):
    """This try came to nothing; the next one may go better."""


def open_http_client(timeout: float) -> httpx.AsyncClient:
    """A client that carries nothing of the account's.

    Args:
        timeout: Seconds that an answer, or the next piece of one, may take.
    """
    return httpx.AsyncClient(
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=timeout,
        # Of a packed file, neither its length nor a range of it would be what is on the disk.
        headers={"User-Agent": "jimeng-studio", "Accept": "*/*", "Accept-Encoding": "identity"},
    )


async def download_file(
    network: httpx.AsyncClient, url: str, target: Path, clock: Clock, on_bytes: OnBytes
) -> None:
    """Bring a file to where it is to lie, in place of what may lie there.

    Args:
        network: From `open_http_client`.
        url: Where it is; the demo backend's begin with `file:`.
        target: Where it goes.
        clock: Waits between tries.
        on_bytes: See `OnBytes`.

    Raises:
        LinkGone: The address opens no longer.
        NotFetched: It cannot be had. What is there of it is kept for the next time.
    """
    parts = PartFiles(target)
    try:
        with parts.locked():
            if urlsplit(url).scheme == "file":
                await anyio.to_thread.run_sync(_copy, url, parts)
            else:
                parts.finish(await _whole(network, url, parts, clock, on_bytes))
    except FileLocked:
        raise DownloadFailed(
            "another command is downloading it; let that one end.",
            "另一个命令正在下载它，请等其结束。",
        ) from None
    except (httpx.TooManyRedirects, *_NOWHERE):
        raise DownloadFailed(
            "its address leads nowhere; ask for the task again.", "其地址无效，请重新查询该任务。"
        ) from None
    except OSError as error:
        raise DownloadFailed(
            f"it cannot be written ({error.strerror}); make room, or choose another folder.",
            f"无法写入文件（{error.strerror}），请腾出空间或换一个文件夹。",
        ) from None


async def remote_size(network: httpx.AsyncClient, url: str) -> int | None:
    """How many bytes a file has, asked in one request and within one time-out.

    None where that cannot be told: its address opens no longer, the network is down, nobody says.

    Args:
        network: From `open_http_client`.
        url: As in `fetch`.
    """
    if urlsplit(url).scheme == "file":
        return _size_of(url)
    with anyio.move_on_after(network.timeout.read):
        try:
            # Not HEAD: most links are signed for GET alone.
            async with network.stream("GET", url, headers={"Range": "bytes=0-0"}) as response:
                _look_at_status(response)
                return version_of(response).length if start_of(response) == 0 else None
        except (LinkExpired, DownloadFailed, _Interrupted, httpx.RequestError, *_NOWHERE):
            return None
    return None


def _size_of(url: str) -> int | None:
    try:
        return _path_of(url).stat().st_size
    except OSError:
        return None


def _path_of(url: str) -> Path:
    """Where a `file:` URL leads."""
    return Path(url2pathname(urlsplit(url).path))


def _copy(url: str, parts: PartFiles) -> None:
    try:
        shutil.copyfile(_path_of(url), parts.unversioned())
    except FileNotFoundError:
        raise LinkExpired from None
    parts.finish(parts.unversioned())


async def _whole(
    network: httpx.AsyncClient, url: str, parts: PartFiles, clock: Clock, on_bytes: OnBytes
) -> Path:
    """The part file, once every byte is in it; tries a few times."""
    for pause in (*PAUSES, None):
        try:
            return await _one_try(network, url, parts, on_bytes)
        except (_Interrupted, httpx.TransportError):
            if pause is not None:
                await clock.sleep(pause)
    raise DownloadFailed(
        "the connection broke off too often; run the same command again, it goes on from there.",
        "连接多次中断，请再次运行同一命令，会接着下载。",
    )


async def _one_try(
    network: httpx.AsyncClient, url: str, parts: PartFiles, on_bytes: OnBytes
) -> Path:
    """Ask for what is missing, and give the part file once it is whole."""
    resumable = parts.resumable()
    have = resumable.stat().st_size if resumable else 0
    asking = {"Range": f"bytes={have}-"} if have else {}
    async with network.stream("GET", url, headers=asking) as response:
        _look_at_status(response)
        version, start = version_of(response), start_of(response)
        part = parts.of(version)
        if start != 0:
            if start != have or part != resumable:  # the rest of another version, or none (416)
                parts.discard()
                raise _Interrupted
        else:
            parts.discard()
        await _write(response, part, start, version.length, on_bytes)
    size = part.stat().st_size
    if not size or size != (version.length or size):
        parts.discard()
        raise _Interrupted
    return part


async def _write(
    response: httpx.Response, part: Path, start: int, total: int | None, on_bytes: OnBytes
) -> None:
    # A piece is small: the disk takes it faster than a thread would be found.
    with part.open("ab" if start else "wb") as file:
        done = start
        on_bytes(done, total)
        async for piece in response.aiter_raw():
            file.write(piece)
            done += len(piece)
            on_bytes(done, total)


def _look_at_status(response: httpx.Response) -> None:
    """Stop at an answer that is no file."""
    status = response.status_code
    if status in _GONE:
        raise LinkExpired
    if status in _LATER or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise _Interrupted
    kind = response.headers.get("content-type", "").partition("/")[0].strip().lower()
    packed = response.headers.get("content-encoding", "identity").lower() != "identity"
    if response.is_success and (kind == "text" or packed):
        raise DownloadFailed(
            "a page came in its place; check the network (a login page?) and try again.",
            "返回的是网页而不是文件，请检查网络（是否需要登录）后再试。",
        )
    if status >= httpx.codes.BAD_REQUEST and status != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise DownloadFailed(
            f"the server answered with status {status}; ask for the task again.",
            f"服务器返回状态码 {status}，请重新查询该任务。",
        )
