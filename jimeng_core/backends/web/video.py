"""Finding the video in a finished record (wire facts 9.1). Pure."""

from collections.abc import Collection, Iterator

from jimeng_core.backends.plain import Json, as_int, as_list, as_number, as_object, as_text, dig
from jimeng_core.tasks import Video

from .links import DEFAULT_SCHEMES, allowed, url_expiry


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
    yield as_object(dig(common, "transcoded_video", "origin"))
    yield as_object(video.get("origin_video"))
    for name in ("video_url", "play_url", "download_url", "url"):
        yield {"video_url": video.get(name)}


def _size_rank(name: str, definition: Json) -> tuple[float, float]:
    """How large a definition is: by its sides, else by its name (`1080p`)."""
    sides = (as_number(definition.get("width")) or 0) * (as_number(definition.get("height")) or 0)
    return sides, as_number(name.removesuffix("p")) or 0


def _video(url: str, definition: Json, item: Json, schemes: Collection[str]) -> Video:
    video = as_object(item.get("video"))
    cover = as_text(video.get("cover_url")) or as_text(dig(item, "common_attr", "cover_url"))
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
