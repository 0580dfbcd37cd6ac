"""Absolute URLs: links of this server are stored without a host and completed for each request."""

import re
from collections.abc import Mapping
from dataclasses import replace

from jimeng_core.rows import Lookup
from jimeng_core.tasks import Completed, CompletedImages

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


def base_url(headers: Mapping[str, str], *, scheme: str, root_path: str) -> str:
    """The beginning of this server's URLs as the caller reaches it, without a slash at the end.

    Args:
        headers: The request's headers, with names in lower case.
        scheme: `http` or `https`, of the connection itself.
        root_path: Where a proxy mounts the app: a path, or a whole URL, which is then the result.
    """
    if root_path.startswith(("http://", "https://")):
        return root_path.rstrip("/")
    host = _first(headers, "x-forwarded-host") or headers.get("host", "")
    if not _HOST.fullmatch(host):  # the value goes into responses: accept nothing but a host
        host = "localhost"
    proto = _first(headers, "x-forwarded-proto")
    path = root_path.rstrip("/")
    return (
        f"{proto if proto in {'http', 'https'} else scheme}://{host}"
        f"{path if _PATH.fullmatch(path) else ''}"
    )


def with_absolute_urls(lookup: Lookup, base: str) -> Lookup:
    """The look-up with `base` in front of its URLs that have no host."""

    def absolute(url: str) -> str:
        return f"{base}{url}" if url.startswith("/") else url

    match lookup.task:
        case CompletedImages(images=images) as task:
            images = tuple(replace(image, url=absolute(image.url)) for image in images)
            return replace(lookup, task=replace(task, images=images))
        case Completed(video=video) as task:
            cover_url = absolute(video.cover_url) if video.cover_url else None
            video = replace(video, url=absolute(video.url), cover_url=cover_url)
            return replace(lookup, task=replace(task, video=video))
        case _:
            return lookup


def is_web_link(url: str | None) -> bool:
    """Whether a URL is one that the page may open or play: http or https."""
    return url is not None and url.startswith(("http://", "https://"))


def _first(headers: Mapping[str, str], name: str) -> str:
    """The first of a header's comma-separated values: that of the outermost proxy."""
    return headers.get(name, "").partition(",")[0].strip()
