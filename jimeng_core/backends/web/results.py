"""The results in a finished record: a video or images (protocol 9.1)."""

import re
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from jimeng_core.backends.json_reading import (
    WEB_SCHEMES,
    Json,
    as_count,
    as_datetime,
    as_list,
    as_number,
    as_object,
    as_positive,
    as_text,
    as_url,
    get_path,
)
from jimeng_core.tasks import Image, Video

_SIGNED_PATH = re.compile(r"[^/]*//[^/?#]*/[0-9a-f]{32}/([0-9a-f]{8})/")
"""The expiry of a CDN link in its path: hexadecimal seconds after a signature (a guess from other
links of this CDN; captures show how long links live, not where that is written)."""
_EXPIRES = re.compile(r"[^?#]*\?(?:[^#]*&)?x-expires=([0-9]+)(?:[&#]|$)")
_PLAUSIBLE: Final = range(1_500_000_000, 4_000_000_000)


def url_expiry(url: str) -> datetime | None:
    """When a signed link expires (UTC), if the link itself says so."""
    seconds = 0
    if query := _EXPIRES.match(url):
        seconds = as_count(query[1]) or 0
    elif path := _SIGNED_PATH.match(url):
        seconds = int(path[1], 16)
    return as_datetime(seconds) if seconds in _PLAUSIBLE else None


def read_video(record: Json, schemes: Collection[str] = WEB_SCHEMES) -> Video | None:
    """The video of a record, from the most reliable of its URLs; None before it has one.

    A cover picture is never taken for the video.
    """
    for item in [*as_list(record.get("item_list")), *as_list(record.get("origin_item_list"))]:
        for definition in _definitions(as_object(item)):
            if url := as_url(definition.get("video_url"), schemes):
                return _video(url, definition, as_object(item), schemes)
    return None


def _definitions(item: Json) -> Iterator[Json]:
    """Objects with a `video_url`, the most reliable first."""
    video = as_object(item.get("video"))
    transcoded = as_object(video.get("transcoded_video"))
    yield as_object(transcoded.get("origin"))
    others = {name: as_object(value) for name, value in transcoded.items() if name != "origin"}
    for name in sorted(others, key=lambda name: _size_rank(name, others[name]), reverse=True):
        yield others[name]
    yield as_object(get_path(item, "common_attr", "transcoded_video", "origin"))
    yield as_object(video.get("origin_video"))
    for name in ("video_url", "play_url", "download_url", "url"):
        yield {"video_url": video.get(name)}


def _size_rank(name: str, definition: Json) -> tuple[float, float]:
    """How large a definition is: by its sides, else by its name (`1080p`)."""
    sides = (as_number(definition.get("width")) or 0) * (as_number(definition.get("height")) or 0)
    return sides, as_number(name.removesuffix("p")) or 0


def _video(url: str, definition: Json, item: Json, schemes: Collection[str]) -> Video:
    video = as_object(item.get("video"))
    cover = as_text(video.get("cover_url")) or get_path(item, "common_attr", "cover_url")
    # The unit of `duration_ms` is sure, that of `duration` is not.
    milliseconds = as_positive(video.get("duration_ms")) or as_positive(
        definition.get("duration_ms")
    )
    seconds = as_positive(video.get("duration")) or as_positive(definition.get("duration"))
    return Video(
        url=url,
        cover_url=as_url(cover, schemes),
        expires_at=url_expiry(url),
        width=as_count(definition.get("width")) or as_count(video.get("width")),
        height=as_count(definition.get("height")) or as_count(video.get("height")),
        duration_seconds=milliseconds / 1000 if milliseconds else seconds,
        fps=as_positive(definition.get("fps")) or as_positive(video.get("fps")),
    )


def read_images(record: Json, schemes: Collection[str] = WEB_SCHEMES) -> tuple[Image, ...]:
    """The images of a record in their order, each at its largest size; empty before the first.

    An item without an image was refused by the site's review.
    """
    found = (_image(as_object(item), schemes) for item in as_list(record.get("item_list")))
    return tuple(image for image in found if image)


def _image(item: Json, schemes: Collection[str]) -> Image | None:
    sizes = [
        Image(url, as_count(large.get("width")), as_count(large.get("height")), url_expiry(url))
        for large in map(as_object, as_list(get_path(item, "image", "large_images")))
        if (url := as_url(large.get("image_url"), schemes))
    ]
    return max(sizes, key=lambda image: (image.width or 0) * (image.height or 0), default=None)
