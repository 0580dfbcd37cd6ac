"""What callers give, made into requests. The page and the endpoints both come through here.

The parameters are the requests' fields with the requests' defaults. Values arrive as JSON, of any
type: the requests themselves check them, and pictures are checked by `jimeng_app.picture_input`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from jimeng_core import FirstLastFrame, Frame, ImageRequest, MultiFrame, SubjectReference
from jimeng_core.catalog import catalog
from jimeng_core.errors import InvalidRequest
from jimeng_core.problems import invalid_request, problem
from jimeng_core.requests import DEFAULT_FPS, AnyRequest, Mode, Picture

from .picture_input import parse_picture

PictureInput = str | dict[str, Any]
"""An http(s) URL, a `data:` URI, the path of an upload, or Gradio's file object."""

_MODELS = catalog().defaults


class FrameInput(TypedDict, total=False):
    """One picture of a multi-frame video, of which only `image` is needed."""

    image: PictureInput
    prompt: str
    duration: int


def first_last_frame(
    uploads: Path,
    prompt: str,
    first_frame: PictureInput | None = None,
    last_frame: PictureInput | None = None,
    duration: int = 5,
    model: str = _MODELS[Mode.FIRST_LAST_FRAME],
    resolution: str = "720p",
    ratio: str = "16:9",
    fps: int = DEFAULT_FPS,
    seed: int | None = None,
    audio: bool = False,
) -> FirstLastFrame:
    """A video from a first picture to a last one, from a first picture, or from words alone.

    Args:
        uploads: Gradio's upload folder.
        prompt: What happens in the video, at most 2000 characters.
        first_frame: The picture it starts with: an http(s) URL, a data: URI or an uploaded file.
        last_frame: The picture it ends with; needs a first one.
        duration: Length in seconds; most models take 4 to 15.
        model: A model's name, such as seedance-2.0-fast.
        resolution: 480p, 720p, 1080p or 4k, as the model has it.
        ratio: Width to height: 21:9, 16:9, 4:3, 1:1, 3:4 or 9:16.
        fps: Frames a second; others than 24 only on the demo backend.
        seed: The same number repeats a result where the model can; leave out for chance.
        audio: Whether the video has sound, where the model makes it.
    """
    return FirstLastFrame(
        prompt=prompt,
        first_frame=_picture(first_frame, "first_frame", uploads),
        last_frame=_picture(last_frame, "last_frame", uploads),
        duration=duration,
        model=model,
        resolution=resolution,
        ratio=ratio,
        fps=fps,
        seed=seed,
        audio=audio,
    )


def multi_frame(
    uploads: Path,
    frames: list[FrameInput],
    model: str = _MODELS[Mode.MULTI_FRAME],
    resolution: str = "720p",
    ratio: str = "16:9",
    fps: int = DEFAULT_FPS,
    seed: int | None = None,
    audio: bool = False,
) -> MultiFrame:
    """A video through 2 to 10 pictures, each with words and seconds of its own.

    Args:
        uploads: Gradio's upload folder.
        frames: The pictures in order: objects of image (an http(s) URL, a data: URI or an uploaded
            file), prompt (what happens while it leads on) and duration (1 to 6 seconds; else 5).
        model: A model's name: video-3.0-fast or video-3.0.
        resolution: 720p.
        ratio: Width to height: 21:9, 16:9, 4:3, 1:1, 3:4 or 9:16.
        fps: Frames a second; others than 24 only on the demo backend.
        seed: The same number repeats a result where the model can; leave out for chance.
        audio: Whether the video has sound, where the model makes it.
    """
    return MultiFrame(
        frames=tuple(
            _frame(frame, f"frames[{index}]", uploads)
            for index, frame in enumerate(_listed(frames, "frames"))
        ),
        model=model,
        resolution=resolution,
        ratio=ratio,
        fps=fps,
        seed=seed,
        audio=audio,
    )


def subject_reference(
    uploads: Path,
    prompt: str,
    images: list[PictureInput],
    duration: int = 5,
    model: str = _MODELS[Mode.SUBJECT_REFERENCE],
    resolution: str = "720p",
    ratio: str = "16:9",
    fps: int = DEFAULT_FPS,
    seed: int | None = None,
    audio: bool = False,
) -> SubjectReference:
    """A video in which the subjects of 1 to 9 pictures appear.

    Args:
        uploads: Gradio's upload folder.
        prompt: What happens; @图片1 or @image1 stands for the first picture's subject, and so on.
        images: The pictures: http(s) URLs, data: URIs or uploaded files.
        duration: Length in seconds; most models take 4 to 15.
        model: A model's name, such as seedance-2.0-fast.
        resolution: 480p, 720p, 1080p or 4k, as the model has it.
        ratio: Width to height: 21:9, 16:9, 4:3, 1:1, 3:4 or 9:16.
        fps: Frames a second; others than 24 only on the demo backend.
        seed: The same number repeats a result where the model can; leave out for chance.
        audio: Whether the video has sound, where the model makes it.
    """
    return SubjectReference(
        prompt=prompt,
        images=_pictures(images, uploads),
        duration=duration,
        model=model,
        resolution=resolution,
        ratio=ratio,
        fps=fps,
        seed=seed,
        audio=audio,
    )


def image(
    uploads: Path,
    prompt: str,
    images: list[PictureInput] = [],  # noqa: B006 - Gradio tells callers a list's default only so
    count: int = 4,
    model: str = _MODELS[Mode.IMAGE],
    resolution: str = "2k",
    ratio: str = "1:1",
    seed: int | None = None,
) -> ImageRequest:
    """Images from words, or from words and up to 9 pictures.

    Args:
        uploads: Gradio's upload folder.
        prompt: What is to be seen, at most 2000 characters.
        images: Pictures to start from: http(s) URLs, data: URIs or uploaded files.
        count: How many images to make, 1 to 8.
        model: A model's name, such as image-4.0.
        resolution: 2k, or 4k as the model has it.
        ratio: Width to height: 21:9, 16:9, 3:2, 4:3, 1:1, 3:4, 2:3 or 9:16.
        seed: The same number repeats a result where the model can; leave out for chance.
    """
    return ImageRequest(
        prompt=prompt,
        images=_pictures(images, uploads),
        count=count,
        model=model,
        resolution=resolution,
        ratio=ratio,
        seed=seed,
    )


BUILDERS: dict[Mode, Callable[..., AnyRequest]] = {
    Mode.FIRST_LAST_FRAME: first_last_frame,
    Mode.MULTI_FRAME: multi_frame,
    Mode.SUBJECT_REFERENCE: subject_reference,
    Mode.IMAGE: image,
}
"""How the request of each mode is made."""


def _pictures(given: object, uploads: Path) -> tuple[Picture, ...]:
    return tuple(
        _needed(each, f"images[{index}]", uploads)
        for index, each in enumerate(_listed(given, "images"))
    )


def _frame(given: object, field: str, uploads: Path) -> dict[str, Any]:
    """A frame's fields; the request makes the frame, and names it in what does not fit."""
    if not isinstance(given, Mapping) or not set(given) <= set(Frame.model_fields):
        raise _field_error(
            field,
            "A frame is an object of image, prompt and duration.",
            "每一帧应包含 image、prompt 和 duration。",
        )
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    values["image"] = _needed(given.get("image"), f"{field}.image", uploads)
    return values


def _needed(given: object, field: str, uploads: Path) -> Picture:
    picture = _picture(given, field, uploads)
    if picture is None:
        raise _field_error(field, "A picture is missing here; add one.", "这里缺少图片，请添加。")
    return picture


def _picture(given: object, field: str, uploads: Path) -> Picture | None:
    try:
        return parse_picture(given, uploads)
    except InvalidRequest as error:
        raise _field_error(field, error.message, error.message_zh) from None


def _listed(given: object, field: str) -> Sequence[object]:
    if isinstance(given, list | tuple):
        return given
    raise _field_error(field, f"{field} must be a list.", f"{field} 应为列表。")


def _field_error(field: str, message: str, message_zh: str) -> InvalidRequest:
    return invalid_request([problem(field, message, message_zh)])
