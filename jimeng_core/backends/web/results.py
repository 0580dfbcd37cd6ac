"""Results in a finished record: video, images, and which URLs may be passed on (protocol 9.1)."""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from jimeng_core.backends.json_reading import (
    Json,
    as_int,
    as_list,
    as_number,
    as_object,
    as_text,
    get_path,
)
from jimeng_core.tasks import Image, Video

DEFAULT_SCHEMES: Final = ("https", "http")

_SIGNED_PATH = re.compile(r"/[0-9a-f]{32}/([0-9a-f]{8})/")
"""The end of a CDN link in its path, as hexadecimal seconds after a signature (a guess from links
of this CDN in general; captures show how long links live, not where that is written)."""


_EXPIRES = re.compile(r"(?:^|&)x-expires=([0-9]+)(?:&|$)")


_PLAUSIBLE: Final = range(1_500_000_000, 4_000_000_000)


def allowed(url: str, schemes: Collection[str]) -> bool:
    """Whether a URL may be handed on: a script or a path of a disk may not."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme in DEFAULT_SCHEMES:
        return parts.scheme in schemes and bool(parts.netloc)
    return parts.scheme in schemes and url.startswith(("/", "file:///"))


def url_expiry(url: str) -> datetime | None:
    """When a signed link ends (UTC), where the link itself tells; else None."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    told = None
    if written := _EXPIRES.search(parts.query):
        told = as_int(written[1])
    elif signed := _SIGNED_PATH.match(parts.path):
        told = int(signed[1], 16)
    if told is None or told not in _PLAUSIBLE:
        return None
    return datetime.fromtimestamp(told, UTC)


def read_video(record: Json, schemes: Collection[str] = DEFAULT_SCHEMES) -> Video | None:
    """The video of a record, from the most trusted of its URLs; None while there is none.

    A cover picture is never taken for the video.
    """
    for item in [*as_list(record.get("item_list")), *as_list(record.get("origin_item_list"))]:
        for definition in _definitions(as_object(item)):
            url = as_text(definition.get("video_url"))
            if url and allowed(url, schemes):
                return _video(url, definition, as_object(item), schemes)
    return None


def _definitions(item: Json) -> Iterator[Json]:
    """Objects with a `video_url`, in the order of trust."""
    video, common = as_object(item.get("video")), as_object(item.get("common_attr"))
    transcoded = as_object(video.get("transcoded_video"))
    yield as_object(transcoded.get("origin"))
    others = {name: as_object(value) for name, value in transcoded.items() if name != "origin"}
    for name in sorted(others, key=lambda name: _size_rank(name, others[name]), reverse=True):
        yield others[name]
    yield as_object(get_path(common, "transcoded_video", "origin"))
    yield as_object(video.get("origin_video"))
    for name in ("video_url", "play_url", "download_url", "url"):
        yield {"video_url": video.get(name)}


def _size_rank(name: str, definition: Json) -> tuple[float, float]:
    """How large a definition is: by its sides, else by its name (`1080p`)."""
    sides = (as_number(definition.get("width")) or 0) * (as_number(definition.get("height")) or 0)
    return sides, as_number(name.removesuffix("p")) or 0


def _video(url: str, definition: Json, item: Json, schemes: Collection[str]) -> Video:
    video = as_object(item.get("video"))
    cover = as_text(video.get("cover_url")) or as_text(get_path(item, "common_attr", "cover_url"))
    return Video(
        url=url,
        cover_url=cover if cover and allowed(cover, schemes) else None,
        expires_at=url_expiry(url),
        width=_size(definition, video, "width"),
        height=_size(definition, video, "height"),
        duration_seconds=_duration(definition, video),
        fps=_positive(definition.get("fps")) or _positive(video.get("fps")),
    )


def _size(definition: Json, video: Json, name: str) -> int | None:
    size = as_int(definition.get(name)) or as_int(video.get(name))
    return size if size and size > 0 else None


def _duration(definition: Json, video: Json) -> float | None:
    """Seconds, from whichever field tells; `duration_ms` is the one whose unit is sure."""
    milliseconds = _positive(video.get("duration_ms")) or _positive(definition.get("duration_ms"))
    if milliseconds:
        return milliseconds / 1000
    return _positive(video.get("duration")) or _positive(definition.get("duration"))


def _positive(value: object) -> float | None:
    number = as_number(value)
    return number if number is not None and number > 0 else None


def read_images(record: Json, schemes: Collection[str] = DEFAULT_SCHEMES) -> tuple[Image, ...]:
    """The images of a record in their order: of each item the largest; empty while there is none.

    An item without one was held back by the site's review; the others stand all the same.
    """
    found = (_image(as_object(item), schemes) for item in as_list(record.get("item_list")))
    return tuple(image for image in found if image)


def _image(item: Json, schemes: Collection[str]) -> Image | None:
    sizes = [
        Image(url, _side(large, "width"), _side(large, "height"), url_expiry(url))
        for large in as_list(get_path(item, "image", "large_images"))
        if (url := as_text(get_path(large, "image_url"))) and allowed(url, schemes)
    ]
    return max(sizes, key=lambda image: (image.width or 0) * (image.height or 0), default=None)


def _side(large: object, name: str) -> int | None:
    side = as_int(get_path(large, name))
    return side if side and side > 0 else None
