"""What a create may carry: Ark's body, as far as it can be kept here. Types only.

What would change the result or its cost, and cannot be had here, is refused by its type: silence
would sell something else than was ordered. Its neutral value passes, and so does what changes
neither. A null counts as left out: the official SDK sends one for every argument without a value.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Role = Literal["first_frame", "last_frame", "reference_image", "frame"]

OMITTED = -1
"""The number by which Ark leaves a seed to chance, and a length to the model."""


class _RequestModel(BaseModel):
    """An object of a body: no field more than is declared, and a null is no value."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, data: Any) -> Any:  # noqa: ANN401 - any JSON may come
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None}


class TextItem(_RequestModel):
    """Words of the prompt. Several items are joined, one to a line."""

    type: Literal["text"]
    text: Annotated[
        str,
        Field(
            description="`@图片1` or `@image1` marks the subject of the first reference picture,"
            " and so on. Everything is the prompt: flags after it, such as `--dur 5`, are not"
            " read; use the fields."
        ),
    ]


class ImageUrl(_RequestModel):
    """Where a picture is."""

    url: Annotated[
        str,
        Field(description="An http(s) URL of a public address, or `data:image/png;base64,…`."),
    ]


class ImageItem(_RequestModel):
    """A picture, and what it is for."""

    type: Literal["image_url"]
    image_url: ImageUrl
    role: Annotated[
        Role | None,
        Field(
            description="`first_frame`, with `last_frame` or without; or `reference_image`, up to"
            " nine; or `frame`, two to ten pictures that a video goes through (not in Ark). They"
            " do not mix. A single picture without a role is the first frame."
        ),
    ] = None
    prompt: Annotated[
        str | None, Field(description="What happens while it leads on; only of a `frame`.")
    ] = None
    duration: Annotated[
        int | None, Field(description="Seconds that it leads on, 1 to 6; only of a `frame`.")
    ] = None


Item = Annotated[TextItem | ImageItem, Field(discriminator="type")]


class CreateTask(_RequestModel):
    """A video to make. Whatever is left out, or null, has the default of this server.

    Fields of Ark that change nothing pass in every value; those that cannot be had here pass in
    their neutral value only.
    """

    content: list[Item]
    model: Annotated[
        str | None,
        Field(
            description="`seedance-2.0-fast`, the site's own key, or Ark's id"
            " (`doubao-seedance-2-0-fast-260128`)."
        ),
    ] = None
    resolution: Annotated[str | None, Field(description="480p, 720p, 1080p or 4k.")] = None
    ratio: Annotated[
        str | None,
        Field(description="21:9, 16:9, 4:3, 1:1, 3:4 or 9:16; `adaptive` counts as left out."),
    ] = None
    duration: Annotated[
        int | None,
        Field(description="Seconds; -1 counts as left out. With frames, each has its own."),
    ] = None
    seed: Annotated[
        int | None, Field(description="The same one repeats a result; -1 counts as left out.")
    ] = None
    generate_audio: Annotated[
        bool | None, Field(description="Sound. Left out it is off: other than in Ark.")
    ] = None
    fps: Annotated[
        int | None, Field(description="Frames a second, of `demo` only. Not in Ark.")
    ] = None
    task_id: Annotated[
        str | None,
        Field(
            description="An id that was minted earlier for this very request: it is looked up"
            " first, and sent only when nothing is there, so that repeating it is safe. Not in Ark."
        ),
    ] = None

    safety_identifier: str | None = None
    execution_expires_after: int | None = None

    camera_fixed: Literal[False] | None = None
    draft: Literal[False] | None = None
    return_last_frame: Literal[False] | None = None
    watermark: Annotated[
        Literal[False] | None,
        Field(description="None can be ordered here, so `true` is refused and not forgotten."),
    ] = None
    priority: Literal[0] | None = None
    service_tier: Literal["default"] | None = None
    output_format: Literal["mp4"] | None = None
    omni_reference_task_type: Literal["auto"] | None = None
    tools: Annotated[list[object] | None, Field(max_length=0)] = None
    callback_url: None = None
    frames: None = None
