"""The transfer of one file: downloaded into a part file, and continued after an interruption."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio.to_thread
import httpx

from jimeng_core import Clock
from jimeng_core.network import explain
from jimeng_core.pictures.public_network import PrivateAddress, PublicNetwork

from .content import is_result
from .part_files import Locked, PartFiles, parse_headers

PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further attempt."""
MAX_REDIRECTS: Final = 3
SILENCE_SECONDS: Final = 20.0
"""How long a connection may be established, or send nothing, before the attempt ends."""
MAX_BYTES: Final = 2 * 2**30
"""The largest file. A minute of 4k has a quarter of that."""

_EXPIRED: Final = frozenset({401, 403, 404, 410})
_TEMPORARY: Final = frozenset({408, 425, 429})
_INVALID_URL: Final = (httpx.InvalidURL, ExceptionGroup)
"""Raised for URLs that cannot be opened; anyio raises a group for an impossible port."""

OnBytes = Callable[[int, int | None], None]
"""Called with the number of bytes received, and of all bytes if that is known."""


class LinkExpired(Exception):
    """The URL no longer works; the task's current one may."""


class DownloadFailed(Exception):
    """The file cannot be downloaded; says why, in English and Chinese."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message = message
        self.message_zh = message_zh


class _Interrupted(Exception):
    """The attempt failed; another one may succeed."""


def open_http_client(*, allow_private: bool) -> httpx.AsyncClient:
    """An HTTP client without a credential, for URLs that an upstream has chosen.

    Args:
        allow_private: Whether they may lead to private addresses.
    """
    return httpx.AsyncClient(
        transport=PublicNetwork(allow_private=allow_private),
        trust_env=False,
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=SILENCE_SECONDS,
        # With compression, lengths and ranges would not be those of the file.
        headers={"User-Agent": "jimeng-studio", "Accept": "*/*", "Accept-Encoding": "identity"},
    )


async def download_file(
    http: httpx.AsyncClient, url: str, target: Path, clock: Clock, on_bytes: OnBytes
) -> None:
    """Download an http(s) URL, or a `file:` URL of the demo backend, to the path `target`.

    Raises:
        LinkExpired: The URL no longer works.
        DownloadFailed: The file cannot be downloaded. The next download continues from its part.
    """
    parts = PartFiles(target)
    try:
        with parts.locked():
            if path := _local_path(url):
                part = await anyio.to_thread.run_sync(_copy, path, parts.unversioned)
            else:
                part = await _fetch(http, url, parts, clock, on_bytes)
            if not is_result(part, target.suffix):
                parts.discard()
                raise DownloadFailed(
                    "what its URL leads to is no video or image; look the task up again.",
                    "其链接指向的不是视频或图片，请重新查询该任务。",
                )
            parts.finish(part)
    except PrivateAddress:
        raise DownloadFailed(
            "its URL leads to a private or reserved network address; set"
            " JIMENG_ALLOW_PRIVATE_URLS=1 if that is meant.",
            "其链接指向内网或保留地址；如确需下载，请设置 JIMENG_ALLOW_PRIVATE_URLS=1。",
        ) from None
    except Locked:
        raise DownloadFailed(
            "another command is downloading this file; wait until it has ended.",
            "另一个命令正在下载该文件，请等其结束。",
        ) from None
    except (httpx.TooManyRedirects, *_INVALID_URL):
        raise DownloadFailed(
            "its URL is invalid; look the task up again.", "其链接无效，请重新查询该任务。"
        ) from None
    except OSError as error:
        raise DownloadFailed(
            f"it cannot be written ({error.strerror}); free disk space or choose another folder.",
            f"无法写入文件（{error.strerror}），请腾出空间或换一个文件夹。",
        ) from None


async def remote_size(http: httpx.AsyncClient, url: str) -> int | None:
    """The size of a file in bytes, from one request within one timeout; None if unknown."""
    try:
        if path := _local_path(url):
            return (await anyio.Path(path).stat()).st_size
        with anyio.move_on_after(http.timeout.read):
            # Not HEAD: most URLs are signed for GET only.
            async with http.stream("GET", url, headers={"Range": "bytes=0-0"}) as response:
                _raise_for_status(response)
                start, version = parse_headers(response)
                return version.length if start == 0 else None
    except (LinkExpired, DownloadFailed, _Interrupted, PrivateAddress):
        pass
    except (httpx.RequestError, OSError, *_INVALID_URL):
        pass
    return None


def _local_path(url: str) -> Path | None:
    """The path of a `file:` URL."""
    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _copy(source: Path, part: Path) -> Path:
    try:
        return Path(shutil.copyfile(source, part))
    except FileNotFoundError:
        raise LinkExpired from None


async def _fetch(
    http: httpx.AsyncClient, url: str, parts: PartFiles, clock: Clock, on_bytes: OnBytes
) -> Path:
    """The complete part file, after several attempts if necessary."""
    for pause in (*PAUSES, None):
        try:
            return await _fetch_once(http, url, parts, on_bytes)
        except (_Interrupted, httpx.TransportError) as error:
            if isinstance(error, httpx.TransportError) and (texts := explain(error)):
                raise DownloadFailed(*texts) from None
            if pause is not None:
                await clock.sleep(pause)
    raise DownloadFailed(
        "the connection was interrupted too often; run the same command again to continue.",
        "连接多次中断，请再次运行同一命令，将从中断处继续下载。",
    )


async def _fetch_once(
    http: httpx.AsyncClient, url: str, parts: PartFiles, on_bytes: OnBytes
) -> Path:
    """Request the missing bytes; returns the part file if it is then complete."""
    resumable = parts.resumable()
    have = resumable.stat().st_size if resumable else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    async with http.stream("GET", url, headers=headers) as response:
        _raise_for_status(response)
        start, version = parse_headers(response)
        _check_size(version.length or 0)
        part = parts.of(version)
        if start != 0 and (start != have or part != resumable):  # another version, or 416
            parts.discard()
            raise _Interrupted
        if start == 0:
            parts.discard()
        size = start
        with part.open("ab" if start else "wb") as file:
            async for chunk in response.aiter_raw():
                file.write(chunk)  # blocks for less time than handing it to a thread would take
                size += len(chunk)
                _check_size(size)
                on_bytes(size, version.length)
    if not size or size != (version.length or size):
        parts.discard()
        raise _Interrupted
    return part


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        limit = MAX_BYTES >> 30
        raise DownloadFailed(
            f"it is larger than {limit} GB, which no result is; look the task up again.",
            f"文件超过 {limit} GB，不可能是生成结果，请重新查询该任务。",
        )


def _raise_for_status(response: httpx.Response) -> None:
    """Raise for a response that is not the file."""
    status = response.status_code
    if status in _EXPIRED:
        raise LinkExpired
    if status in _TEMPORARY or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise _Interrupted
    media_type = response.headers.get("content-type", "").strip().lower()
    encoding = response.headers.get("content-encoding", "identity").lower()
    if response.is_success and (media_type.startswith("text/") or encoding != "identity"):
        raise DownloadFailed(
            "the response is a web page; check the network (a login page?) and try again.",
            "返回的是网页而不是文件，请检查网络（是否需要登录）后再试。",
        )
    if status >= httpx.codes.BAD_REQUEST and status != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise DownloadFailed(
            f"the server responded with status {status}; look the task up again.",
            f"服务器返回状态码 {status}，请重新查询该任务。",
        )
