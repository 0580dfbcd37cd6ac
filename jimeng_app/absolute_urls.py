"""Absolute URLs: links of this server are stored without a host and completed for each request."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace

from jimeng_core.rows import Lookup
from jimeng_core.tasks import Completed, CompletedImages

_HOST = re.compile(r"(?P<name>[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{0,5}))?")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_PORT = 65535


def base_url(headers: Mapping[str, str], *, scheme: str, root_path: str) -> str:
    """The beginning of this server's URLs as the caller reaches it, without a slash at the end.

    A path alone, without scheme and host, if no header names a possible host: a link that begins
    with it opens in a page of this server, and never leads to another machine.

    Args:
        headers: The request's headers, with names in lower case.
        scheme: `http` or `https`, of the connection itself.
        root_path: Where a proxy mounts the app: a path, or a whole URL, which is then the result.
    """
    if root_path.startswith(("http://", "https://")):
        return root_path.rstrip("/")
    path = _path(root_path) or "".join(
        _path(prefix.strip()) for prefix in headers.get("x-forwarded-prefix", "").split(",")
    )
    forwarded = _forwarded(headers.get("forwarded", ""))
    proto = (_first(headers, "x-forwarded-proto") or forwarded.get("proto", "")).lower()
    scheme = proto if proto in _DEFAULT_PORTS else scheme
    named = _first(headers, "x-forwarded-host") or forwarded.get("host", "")
    port = _first(headers, "x-forwarded-port")
    host = _host(named or headers.get("host", ""), port, _DEFAULT_PORTS[scheme])
    return f"{scheme}://{host}{path}" if host else path


def _host(value: str, forwarded_port: str, default_port: int) -> str:
    """The host of a header as a URL has it, with its port or the forwarded one; else ""."""
    match = _HOST.fullmatch(value)
    if not match or not _is_name(match["name"]):
        return ""
    port = match["port"] or forwarded_port
    if not port:
        return match["name"]
    if not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) <= _MAX_PORT:
        return "" if match["port"] else match["name"]
    return match["name"] if int(port) == default_port else f"{match['name']}:{int(port)}"


def _is_name(name: str) -> bool:
    """Whether a browser takes this as a host: an address, or labels that may contain `_`."""
    labels = name.removesuffix(".").split(".")
    if name.startswith("[") or labels[-1].isdecimal():
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True
    return all(map(_LABEL.fullmatch, labels))


def _path(text: str) -> str:
    """The path without a slash at its end; "" if it has a character or segment that it may not."""
    path = text.rstrip("/")
    return path if _PATH.fullmatch(path) and not {".", ".."} & set(path.split("/")) else ""


def _forwarded(header: str) -> dict[str, str]:
    """The parameters of the first element of a `Forwarded` header (RFC 7239)."""
    element = re.match(r'(?:[^,"]|"(?:[^"\\]|\\.)*")*', header)
    pairs = re.findall(
        r'([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^;,"\s]*))', element[0] if element else ""
    )
    return {name.lower(): quoted or plain for name, quoted, plain in pairs}


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


def _first(headers: Mapping[str, str], name: str) -> str:
    """The first of a header's comma-separated values: that of the outermost proxy."""
    return headers.get(name, "").partition(",")[0].strip()
