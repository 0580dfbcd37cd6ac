"""Reading the mode and the request back from a record: the echoed draft (protocol 9.1)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from jimeng_core.backends.json_reading import (
    Json,
    as_int,
    as_list,
    as_object,
    as_string,
    as_text,
    embedded,
    get_path,
)
from jimeng_core.catalog import catalog
from jimeng_core.deferred import Deferred
from jimeng_core.marks import Mark, ReferenceKind, picture_mark
from jimeng_core.requests import Mode, joined_prompts
from jimeng_core.tasks import RequestEcho

from . import wire
from .draft_video import added_mark_id

_FUNCTION_MODES = {
    "first_last_frames": Mode.FIRST_LAST_FRAME,
    "multi_frame": Mode.MULTI_FRAME,
    "main_reference": Mode.SUBJECT_REFERENCE,
    "omni_reference": Mode.SUBJECT_REFERENCE,
}
"""`functionMode` of metrics_extra. It is analytics and used last: the 2026 page writes
`omni_reference` even without pictures (protocol 7.3)."""

_KINDS: Mapping[str, ReferenceKind] = {kind.value: kind for kind in ReferenceKind}


def defer_echo(record: Json) -> Any:  # noqa: ANN401 - it stands for the mode and for the request
    """What `read_echo` returns, to be computed later; None if the record may not be a video's."""
    draft = record.get("draft_content")
    if (
        not isinstance(draft, str)
        or '"gen_video"' not in draft
        or as_int(record.get("generate_type")) not in wire.VIDEO_TYPES
    ):
        return None
    source = {name: record.get(name) for name in ("generate_type", "metrics_extra", "submit_id")}
    source |= {
        "draft_content": draft,
        "model_info": {"model_req_key": get_path(record, "model_info", "model_req_key")},
        "task": {"original_input": get_path(record, "task", "original_input")},
    }
    return Deferred(partial(read_echo, source))


def read_echo(record: Json) -> tuple[Mode | None, RequestEcho | None]:
    """The mode and the request of a record, as far as it has them; else None."""
    draft = embedded(record.get("draft_content"))
    abilities = as_object(get_path(draft, "component_list", 0, "abilities"))
    if ability := as_object(abilities.get("blend")) or as_object(abilities.get("generate")):
        return Mode.IMAGE, _image_echo(ability)
    if as_int(record.get("generate_type")) in wire.IMAGE_TYPES:
        return Mode.IMAGE, None
    parameters = as_object(get_path(abilities, "gen_video", "text_to_video_params"))
    video_input = as_object(get_path(parameters, "video_gen_inputs", 0))
    if not video_input:
        video_input = embedded(get_path(record, "task", "original_input"))
    mode = _mode(video_input) or _mode_of_analytics(record)
    if not video_input:
        return mode, None
    model = as_text(parameters.get("model_req_key")) or as_text(
        get_path(record, "model_info", "model_req_key")
    )
    milliseconds = as_int(video_input.get("duration_ms"))
    return mode, RequestEcho(
        prompt=_prompt(video_input, as_text(record.get("submit_id")) or ""),
        model=_public_name(model),
        duration=milliseconds // 1000 if milliseconds else None,
        resolution=as_text(video_input.get("resolution")),
        ratio=as_text(parameters.get("video_aspect_ratio")),
        fps=as_int(video_input.get("fps")),
        seed=as_int(parameters.get("seed")),
    )


def _image_echo(ability: Json) -> RequestEcho:
    """The request of an image record (protocol 8)."""
    core = as_object(ability.get("core_param"))
    marks = wire.BLEND_MARK * len(as_list(ability.get("ability_list")))
    prompt = as_string(core.get("prompt"))
    number = as_int(core.get("image_ratio"))
    return RequestEcho(
        prompt=None if prompt is None else prompt.removeprefix(marks),
        model=_public_name(as_text(core.get("model"))),
        resolution=as_text(get_path(core, "large_image_info", "resolution_type")),
        ratio=next((ratio for ratio, n in wire.IMAGE_RATIOS.items() if n == number), None),
        seed=as_int(core.get("seed")),
    )


@lru_cache(maxsize=64)
def _public_name(key: str | None) -> str | None:
    """The catalogue's name of a model; most records have the same few."""
    return catalog().public_name(key) if key else None


def _mode(video_input: Json) -> Mode | None:
    if as_list(video_input.get("multi_frames")):
        return Mode.MULTI_FRAME
    if as_list(video_input.get("idip_frames")) or as_object(video_input.get("unified_edit_input")):
        return Mode.SUBJECT_REFERENCE
    if as_object(video_input.get("first_frame_image")) or as_text(video_input.get("prompt")):
        return Mode.FIRST_LAST_FRAME
    return None


def _mode_of_analytics(record: Json) -> Mode | None:
    function_mode = as_text(embedded(record.get("metrics_extra")).get("functionMode"))
    return _FUNCTION_MODES.get(function_mode or "")


def _prompt(video_input: Json, task_id: str) -> str | None:
    """The request's prompt, from whichever form of the input holds it."""
    if frames := as_list(video_input.get("multi_frames")):
        return joined_prompts(as_string(get_path(frame, "prompt")) or "" for frame in frames)
    unified = as_object(video_input.get("unified_edit_input"))
    pieces = as_list(unified.get("meta_list"))
    if pieces := pieces or as_list(video_input.get("idip_meta_list")):
        return _join_pieces(pieces, as_list(unified.get("material_list")), task_id)
    return as_string(video_input.get("prompt"))


def _join_pieces(pieces: Sequence[object], materials: Sequence[object], task_id: str) -> str:
    """Text and marks in their order; a mark is written as the site's page writes it."""
    text = ""
    for piece in map(as_object, pieces):
        mark = mark_of(piece, materials)
        if mark is None:
            text += as_string(piece.get("text")) or ""
        elif not _was_added(piece.get("id"), task_id, mark):
            text += str(mark)
    return text


def mark_of(piece: Json, materials: Sequence[object]) -> Mark | None:
    """The mark that a piece of `meta_list` or `idip_meta_list` is; None: it is text.

    `material_idx` counts the materials of all kinds; without their list, it counts pictures.
    """
    index = as_int(as_object(piece.get("material_ref")).get("material_idx"))
    if index is None:
        index = as_int(as_object(piece.get("frame_info")).get("image_idx"))
        return None if index is None else picture_mark(index + 1)
    if not 0 <= index < len(materials):
        return picture_mark(index + 1)
    kinds = [_material_kind(material) for material in materials[: index + 1]]
    return Mark(kinds[-1], kinds.count(kinds[-1]))


def _material_kind(material: object) -> ReferenceKind:
    name = as_text(as_object(material).get("material_type"))
    return _KINDS.get(name or "", ReferenceKind.IMAGE)


def _was_added(piece_id: object, task_id: str, mark: Mark) -> bool:
    """Whether the draft added a mark; most ids are ruled out by their UUID version."""
    text = as_string(piece_id) or ""
    return text[14:15] == "5" and text == added_mark_id(task_id, mark)
