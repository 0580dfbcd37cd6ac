"""The requests: one frozen model per mode.

Building a request checks names and types only. Whether it may be sent is judged as a whole, by
`jimeng_core.validation.problems` and by `AsyncJimeng.check`.

Each field's description, default and limits stand here once: the endpoints, the MCP tools, the
command line and the HTTP door derive theirs from `fields_of`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo

from . import limits
from .catalog import catalog
from .marks import ReferenceKind
from .pasted_text import is_blank, visible
from .problems import from_pydantic

Picture = Path | str | bytes
"""A picture: a path, an http(s) URL, or the bytes of an image file."""
Clip = Path | str | bytes
"""A video or an audio: a path, an http(s) URL, or the bytes of the file."""


class Mode(StrEnum):
    """The ways to make a video, and the one to make images."""

    FIRST_LAST_FRAME = "first_last_frame"
    MULTI_FRAME = "multi_frame"
    SUBJECT_REFERENCE = "subject_reference"
    IMAGE = "image"


SUBJECT_IMAGES: Final = limits.Range(1, catalog().subject_images)
"""Pictures of a subject reference; a model can take fewer, and none are needed beside videos or
audios (protocol 7.5)."""
SUBJECT_VIDEOS: Final = limits.Range(0, catalog().most_references.videos)
SUBJECT_AUDIOS: Final = limits.Range(0, catalog().most_references.audios)
"""Videos and audios of a subject reference; most models take fewer."""
ADAPTIVE: Final = "adaptive"
"""The ratio of the first frame's picture, or the one nearest to it."""


class _Value(BaseModel):
    """A frozen value whose construction raises `InvalidRequest`."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    def __init__(self, **data: Any) -> None:  # noqa: ANN401 - pydantic checks each
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise from_pydantic(error.errors(include_url=False, include_input=False)) from None

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show bytes as their length."""
        return [(name, _abridged(value)) for name, value in super().__repr_args__()]

    @field_validator("model", check_fields=False)
    @classmethod
    def _named(cls, name: str) -> str:
        """The mode's default for a blank name."""
        default: str = cls.model_fields["model"].default
        return default if is_blank(name) else visible(name).strip()

    @field_validator("prompt", "model", "resolution", "ratio", check_fields=False)
    @classmethod
    def _encodable(cls, text: str) -> str:
        """Refuse half of a surrogate pair, which broken JSON can hold: it has no UTF-8."""
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("a lone surrogate") from None
        return text


def _abridged(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(_abridged(item) for item in value)
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else value


def _limited(default: Any, description: str, allowed: limits.Range, unit: str = "imum") -> Any:  # noqa: ANN401 - as pydantic's Field
    """A field within limits, which its description names as `{}` and its JSON schema states.

    They are no constraint of pydantic's: `jimeng_core.validation` reports what is outside.
    """
    schema: dict[str, Any] = {f"min{unit}": allowed.low, f"max{unit}": allowed.high}
    return Field(default, description=description.format(allowed), json_schema_extra=schema)


def _prompt(description: str, default: Any = ...) -> Any:  # noqa: ANN401 - as pydantic's Field
    return Field(
        default,
        description=description.format(f"at most {limits.PROMPT_LIMIT} characters"),
        json_schema_extra={"maxLength": limits.PROMPT_LIMIT},
    )


def _model(mode: Mode) -> Any:  # noqa: ANN401 - as pydantic's Field
    names = (model.name for model in catalog().models if model.supports(mode))
    return Field(
        catalog().defaults[mode],
        description=f"Name of the model: {', '.join(names)}; or the upstream's own key of one.",
    )


_Seconds = Annotated[
    int, Field(description="Length of the video in seconds; most models take 4 to 15.")
]
_REPEATS = "The same seed repeats a result where the model can."
_Seed = Annotated[
    int | None, _limited(..., f"Random seed, {{}}; omit for a random one. {_REPEATS}", limits.SEEDS)
]


class _VideoSettings(_Value):
    """The fields that all three video requests share."""

    mode: ClassVar[Mode]

    resolution: str = Field("720p", description="480p, 720p, 1080p or 4k, as the model has it.")
    # The site lets a first frame decide whatever the request says (protocol 7.3); Ark and the demo
    # crop.
    ratio: str = Field(
        "16:9",
        description=f"Width to height: {', '.join(catalog().ratios)}; with a first frame also"
        f" {ADAPTIVE}, the ratio of its picture.",
    )
    fps: int = _limited(
        limits.DEFAULT_FPS,
        f"Frames per second: {limits.DEFAULT_FPS}; on the demo backend {{}}.",
        limits.DEMO_FPS,
    )
    seed: _Seed = None
    audio: bool = Field(False, description="Whether the video has sound, where the model makes it.")  # noqa: FBT003
    return_last_frame: bool = Field(
        False,  # noqa: FBT003
        description="Whether ark is to make a picture of the last frame, as last_frame_url; on the"
        " other backends it is cut from the video when it is asked for.",
    )


class FirstLastFrame(_VideoSettings):
    """A video from a first frame to a last one (首尾帧), from a first frame, or from text alone."""

    mode = Mode.FIRST_LAST_FRAME

    prompt: Annotated[str, _prompt("What happens in the video, {}.")]
    first_frame: Picture | None = Field(None, description="The picture that the video starts with.")
    last_frame: Picture | None = Field(
        None, description="The picture that the video ends with; needs a first frame."
    )
    duration: _Seconds = 5
    model: str = _model(Mode.FIRST_LAST_FRAME)


class Frame(_Value):
    """One picture of a multi-frame video."""

    image: Annotated[Picture, Field(description="The picture.")]
    prompt: str = _prompt("What happens in this picture's part of the video, {}.", "")
    duration: int = _limited(
        5, "Length of its part of the video in seconds, {}.", limits.FRAME_SECONDS
    )

    if TYPE_CHECKING:

        def __init__(self, image: Picture, prompt: str = "", duration: int = 5) -> None: ...

    else:  # a missing or surplus value raises InvalidRequest, not TypeError

        def __init__(self, *values: object, **named: object) -> None:
            names = ("image", "prompt", "duration")[: len(values)]
            super().__init__(**dict(zip(names, values, strict=True)), **named)


class MultiFrame(_VideoSettings):
    """A video through several pictures (智能多帧), each with its own prompt and seconds."""

    mode = Mode.MULTI_FRAME

    frames: Annotated[
        tuple[Frame, ...], _limited(..., "The frames in order, {}.", limits.FRAMES, "Items")
    ]
    model: str = _model(Mode.MULTI_FRAME)

    @property
    def duration(self) -> int:
        """Length in seconds: the sum of the frames'."""
        return sum(frame.duration for frame in self.frames)

    @property
    def prompt(self) -> str:
        """The frames' prompts, joined by " / "; what the row shows."""
        return joined_prompts(frame.prompt for frame in self.frames)


class _Clips(_VideoSettings):
    """The clips of a subject reference.

    In a class of their own they are the last fields, so that calls that name no parameters keep
    their meaning.
    """

    videos: Annotated[tuple[Clip, ...], ReferenceKind.VIDEO] = _limited(
        (),
        "Videos to take motion, camera or style from, {}; mostly up to 3.",
        SUBJECT_VIDEOS,
        "Items",
    )
    audios: Annotated[tuple[Clip, ...], ReferenceKind.AUDIO] = _limited(
        (), "Sounds or voices for the video, {}; mostly up to 3.", SUBJECT_AUDIOS, "Items"
    )


class SubjectReference(_Clips):
    """A video by reference (主体参考): the subjects of pictures, and also videos and audios."""

    mode = Mode.SUBJECT_REFERENCE

    prompt: Annotated[
        str,
        _prompt(
            "What happens in the video, {}; @图片1 or @image1 stands for the subject of the first"
            " picture, @视频1 or @video1 for the first video, @音频1 or @audio1 for the first"
            " audio, and so on."
        ),
    ]
    images: tuple[Picture, ...] = _limited(
        (),
        "The pictures of the subjects, {}; mostly up to 9. None are needed beside videos.",
        limits.Range(0, SUBJECT_IMAGES.high),
        "Items",
    )
    duration: _Seconds = 5
    model: str = _model(Mode.SUBJECT_REFERENCE)

    def __init__(self, **data: Any) -> None:  # noqa: ANN401 - pydantic checks each
        if not data.keys() & {"images", "videos", "audios"}:
            raise from_pydantic([{"type": "missing", "loc": ("images",)}])
        super().__init__(**data)


class ImageRequest(_Value):
    """Images from text (图片), or from text and other pictures."""

    mode: ClassVar[Mode] = Mode.IMAGE

    prompt: Annotated[str, _prompt("What the images show, {}.")]
    images: tuple[Picture, ...] = _limited(
        (), "Pictures to start from, {}.", limits.IMAGE_PICTURES, "Items"
    )
    count: int = _limited(
        4, "How many images to make, {}; one task makes all of them.", limits.IMAGE_COUNT
    )
    model: str = _model(Mode.IMAGE)
    resolution: str = Field("2k", description="2k, or 4k where the model has it.")
    ratio: str = Field("1:1", description=f"Width to height: {', '.join(catalog().image_ratios)}.")
    # With pictures, whether the site heeds the seed is not known.
    seed: _Seed = None


VideoRequest = FirstLastFrame | MultiFrame | SubjectReference
AnyRequest = VideoRequest | ImageRequest

REQUESTS: Final[Mapping[Mode, type[AnyRequest]]] = {
    request.mode: request
    for request in (FirstLastFrame, MultiFrame, SubjectReference, ImageRequest)
}
"""The request of each mode."""


def fields_of(request: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a request by name: its own first, those that modes share last."""
    own = request.__annotations__
    return dict(sorted(request.model_fields.items(), key=lambda field: field[0] not in own))


def joined_prompts(prompts: Iterable[str]) -> str:
    """The prompts of several frames as one text: those that are not empty, joined by " / "."""
    return " / ".join(prompt for prompt in prompts if prompt)
