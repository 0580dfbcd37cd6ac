"""Parsing of a draft's reference videos and audios, by the limits of protocol 7.5."""

from collections.abc import Sequence

from jimeng_core.backends.json_reading import (
    Json,
    as_int,
    as_list,
    as_object,
    as_text,
    get_path,
)
from jimeng_core.catalog import Offer, ReferenceLimits
from jimeng_core.clips.measurement import MIN_SECONDS, SPARE_SECONDS
from jimeng_core.marks import ReferenceKind

from .parsed_draft import ParsedClip, require

_ORDER = [kind.value for kind in ReferenceKind]


def parse_clips(unified: Json, offer: Offer) -> tuple[ParsedClip, ...]:
    """The videos and audios among the materials of a `unified_edit_input`.

    Raises:
        DraftRefused: There are too many, they are too long, or one is incomplete.
    """
    materials = [as_object(each) for each in as_list(unified.get("material_list"))]
    kinds = [as_text(each.get("material_type")) or "" for each in materials]
    require(set(kinds) <= set(_ORDER), "an unknown material_type")
    require(kinds == sorted(kinds, key=_ORDER.index), "the order of material_list")
    videos, audios = (
        [as_object(each.get(f"{kind}_info")) for each in materials if each["material_type"] == kind]
        for kind in ("video", "audio")
    )
    if not videos and not audios:
        return ()
    require(offer.references, "this model takes no videos and audios")
    limits = offer.references or ReferenceLimits(0, 0, 0, 0)
    require(len(videos) <= limits.videos, f"{len(videos)} videos")
    require(len(audios) <= limits.audios, f"{len(audios)} audios")
    require(len(materials) <= limits.total, f"{len(materials)} materials")
    require(limits.audio_alone or len(audios) < len(materials), "audios alone")
    for video in videos:
        sides = (as_int(video.get("width")), as_int(video.get("height")))
        require(all(sides), "a video without width and height")
    return (
        *(ParsedClip("video", vid) for vid in _vids("video", videos, limits)),
        *(ParsedClip("audio", vid) for vid in _vids("audio", audios, limits)),
    )


def _vids(kind: str, clips: Sequence[Json], limits: ReferenceLimits) -> list[str]:
    """The vids of clips of a kind, whose lengths are checked."""
    total = 0.0
    for clip in clips:
        require(clip.get("type") == kind, f"type of {kind}_info")
        seconds = (as_int(clip.get("duration")) or 0) / 1000
        require(seconds >= MIN_SECONDS - SPARE_SECONDS, f"duration of {kind}")
        total += seconds
    require(total <= limits.seconds + SPARE_SECONDS, f"{total} s of {kind}")
    return [as_text(get_path(clip, "vid")) or "" for clip in clips]
