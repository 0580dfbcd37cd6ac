"""The body of a create: Ark's, as far as its fields are available here. Types only.

A field that would change the result or its cost, and is not available here, is refused by its
type: ignoring it would sell something other than what was ordered. Its neutral value passes, and
so does any field that changes neither. A null or blank text counts as left out: the official SDK
sends a null for every argument without a value.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from jimeng_app.argument_reading import is_left_out
from jimeng_core.ark_options import EXPIRY, PRIORITY
from jimeng_core.limits import FRAMES, Range
from jimeng_core.requests import SUBJECT_IMAGES, FirstLastFrame, Frame

Role = Literal["first_frame", "last_frame", "reference_image", "frame"]

OMITTED = -1
"""Ark's number for a random seed, and for a length that the model chooses."""


def _same_as(request: type[BaseModel], name: str, more: str = "", **schema: Any) -> Any:  # noqa: ANN401 - as pydantic's Field
    """An optional field that means the same as a request's: its description and its limits.

    Args:
        request: The request.
        name: Of its field.
        more: What Ark's dialect adds to the description.
        schema: What it changes in the JSON schema.
    """
    field = request.model_fields[name]
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    description = f"{field.description} {more}".strip()
    return Field(None, description=description, json_schema_extra={**extra, **schema})


def _option(description: str, limits: Range | None = None) -> Any:  # noqa: ANN401 - as pydantic's Field
    """An optional field of Ark's own; the limits are judged where the backend is known."""
    schema: dict[str, Any] = {"minimum": limits.low, "maximum": limits.high} if limits else {}
    return Field(None, description=description, json_schema_extra=schema)


class _RequestModel(BaseModel):
    """An object of a body: only the declared fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _drop_left_out(cls, data: Any) -> Any:  # noqa: ANN401 - any JSON may come
        if not isinstance(data, dict):
            return data
        required = {name for name, field in cls.model_fields.items() if field.is_required()}
        return {
            name: value
            for name, value in data.items()
            if not is_left_out(value) or (value is not None and name in required)
        }


class TextItem(_RequestModel):
    """A part of the prompt. Several are joined, one per line."""

    type: Literal["text"]
    text: str = Field(
        description="`@图片1` or `@image1` marks the subject of the first reference picture,"
        " `@视频1` the first video, `@音频1` the first audio, and so on. Flags behind the words,"
        " such as `--dur 5`, count as the fields that they name; a field of the body wins.",
    )


class FileUrl(_RequestModel):
    """The address of a file."""

    url: str = Field(
        description="An http(s) URL of a public address, or `data:image/png;base64,…`; on the"
        " backend `ark`, a video only by its URL."
    )


class ImageItem(_RequestModel):
    """A picture and its role."""

    type: Literal["image_url"]
    image_url: FileUrl
    role: Role | None = Field(
        None,
        description="`first_frame`, with `last_frame` or without; or `reference_image`, up to"
        f" {SUBJECT_IMAGES.high}; or `frame`, {FRAMES} pictures that a video goes through (not in"
        " Ark). They do not mix. A single picture without a role is the first frame.",
    )
    prompt: str | None = _same_as(Frame, "prompt", "Only of a `frame`.")
    duration: int | None = _same_as(Frame, "duration", "Only of a `frame`.")


class VideoItem(_RequestModel):
    """A reference video, up to 3 on most models."""

    type: Literal["video_url"]
    video_url: FileUrl
    role: Literal["reference_video"] | None = None


class AudioItem(_RequestModel):
    """A reference audio, up to 3 on most models."""

    type: Literal["audio_url"]
    audio_url: FileUrl
    role: Literal["reference_audio"] | None = None


class DraftTask(_RequestModel):
    """A task that was submitted with `draft`."""

    id: str


class DraftItem(_RequestModel):
    """The draft whose final video is made, on ark; nothing else is sent beside it."""

    type: Literal["draft_task"]
    draft_task: DraftTask


Item = Annotated[
    TextItem | ImageItem | VideoItem | AudioItem | DraftItem, Field(discriminator="type")
]


class CreateTask(_RequestModel):
    """A video to make. A field that is left out, or null, has the default of this server.

    Fields of Ark that change nothing pass with every value; those that are not available here pass
    with their neutral value only.
    """

    content: list[Item] = Field(json_schema_extra={"minItems": 1})
    model: str | None = _same_as(
        FirstLastFrame, "model", "Ark's: `doubao-seedance-2-0-fast-260128`."
    )
    resolution: str | None = _same_as(FirstLastFrame, "resolution")
    ratio: str | None = _same_as(
        FirstLastFrame, "ratio", "Without a first frame, `adaptive` counts as left out."
    )
    duration: int | None = _same_as(
        FirstLastFrame, "duration", "-1 counts as left out. With frames, each has its own."
    )
    seed: int | None = _same_as(FirstLastFrame, "seed", "-1 counts as left out.", minimum=OMITTED)
    generate_audio: bool | None = _same_as(
        FirstLastFrame, "audio", "Off if left out, unlike in Ark."
    )
    return_last_frame: bool | None = _same_as(FirstLastFrame, "return_last_frame")
    fps: int | None = _same_as(FirstLastFrame, "fps", "Not in Ark.")
    task_id: str | None = Field(
        None,
        description="An id that was made earlier for this very request: it is looked up first, and"
        " the request is sent only when there is no task: repeating it is safe. Not in Ark.",
    )

    safety_identifier: str | None = _option("Read by Ark only; at most 64 characters.")
    execution_expires_after: int | None = _option("Read by Ark only.", EXPIRY)
    priority: int | None = _option("On ark, of 2.x; elsewhere 0.", PRIORITY)
    service_tier: Literal["default", "flex"] | None = _option(
        "`flex`: without haste, at half the price; on ark, of 1.x."
    )
    draft: bool | None = _option("On ark, of 2.5 and 1.5 pro, at 480p.")
    camera_fixed: bool | None = _option("On ark, of 1.x, without reference images.")
    watermark: bool | None = _option(
        "On ark, as there. The other backends have none: `true` is refused there, not ignored."
    )

    output_format: Literal["mp4"] | None = None
    omni_reference_task_type: Literal["auto", "reference", "edit", "extend"] | None = _option(
        "On ark, of 2.5, with reference files; elsewhere `auto`."
    )
    tools: list[object] | None = Field(None, max_length=0)
    callback_url: str | None = Field(
        None,
        description="Receives a webhook when the task has ended (docs/batches.md); for tasks of the"
        " server's own account only.",
    )
    frames: None = None
