"""Our own links: kept without a host, and made whole from the request that asks."""

import re
from collections.abc import Mapping
from dataclasses import replace

from jimeng_core.rows import Lookup
from jimeng_core.tasks import Completed, CompletedImages

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


def base_url(headers: Mapping[str, str], *, scheme: str, root_path: str) -> str:
    """How the links of an answer begin, as the caller reaches us, without a slash at the end.

    Args:
        headers: The request's, by name in small letters.
        scheme: `http` or `https`, as the connection itself says.
        root_path: Where a proxy put the app: a path, or a whole address, which then wins.
    """
    if root_path.startswith(("http://", "https://")):
        return root_path.rstrip("/")
    host = _first(headers, "x-forwarded-host") or headers.get("host", "")
    if not _HOST.fullmatch(host):  # what a header says goes into answers: no more than a host
        host = "localhost"
    proto = _first(headers, "x-forwarded-proto")
    path = root_path.rstrip("/")
    return (
        f"{proto if proto in {'http', 'https'} else scheme}://{host}"
        f"{path if _PATH.fullmatch(path) else ''}"
    )


def with_absolute_urls(found: Lookup, base: str) -> Lookup:
    """A look-up whose links open as they are: those without a host get one."""
    task = found.task
    if isinstance(task, CompletedImages):
        images = tuple(replace(image, url=_whole(image.url, base)) for image in task.images)
        return replace(found, task=replace(task, images=images))
    if not isinstance(task, Completed):
        return found
    video = replace(
        task.video,
        url=_whole(task.video.url, base),
        cover_url=_whole(task.video.cover_url, base) if task.video.cover_url else None,
    )
    return replace(found, task=replace(task, video=video))


def is_web_link(url: str | None) -> bool:
    """Whether a text is a link that a page may open or play."""
    return url is not None and url.startswith(("http://", "https://"))


def _whole(url: str, base: str) -> str:
    return f"{base}{url}" if url.startswith("/") else url


def _first(headers: Mapping[str, str], name: str) -> str:
    """The first of a header's values: that of the proxy which the caller reached."""
    return headers.get(name, "").partition(",")[0].strip()
