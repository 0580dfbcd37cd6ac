"""What a form offers, and what it says of its pictures, as the catalogue has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from jimeng_core.catalog import Offer, catalog
from jimeng_core.limits import DEFAULT_FPS, FRAMES, IMAGE_PICTURES
from jimeng_core.marks import ReferenceKind
from jimeng_core.requests import Mode
from jimeng_core.settings import BackendName

_USUAL: Final = (5, "720p", "2k")
"""Lengths and resolutions that replace one that a model does not have."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a form offers for a model."""

    models: tuple[str, ...]
    """Their names."""
    model: str
    """The selected one."""
    seconds: tuple[int, ...]
    resolutions: tuple[str, ...]
    ratios: tuple[str, ...]
    audio: bool
    """Whether the model can make sound."""
    seed: bool
    """Whether a seed can be chosen."""
    fps: bool
    """Whether the frame rate can be changed."""


def offers_of(mode: Mode, backend: str) -> dict[str, Offer]:
    """What each model takes, by its name, of the models that a backend has for a mode."""
    models = catalog().models_for(backend, mode)
    return {model.name: offer for model in models if (offer := model.offer(backend))}


def choices_for(mode: Mode, backend: str, model: str | None) -> Choices:
    """What a form offers for the selected model.

    Args:
        mode: The form.
        backend: Where tasks run.
        model: The selected model; the mode's default when the backend does not have it.
    """
    # Where a backend lacks the mode, the form stays as it is and says so (`jimeng.requestSummary`).
    backend = backend if catalog().models_for(backend, mode) else BackendName.DEMO
    offers = offers_of(mode, backend)
    names = tuple(offers)
    selected = next(name for name in (model, catalog().defaults[mode], *names) if name in names)
    offer = offers[selected]
    return Choices(
        models=names,
        model=selected,
        seconds=offer.seconds,
        resolutions=offer.resolutions_for(mode),
        ratios=catalog().image_ratios if mode is Mode.IMAGE else catalog().ratios,
        audio=offer.audio,
        seed=offer.seed,
        fps=backend == BackendName.DEMO,
    )


def browser_choices() -> dict[str, Any]:
    """What the forms offer, by mode and backend, for the page's own scripts.

    Each has its `models`, the `usual` one, and `fps`: the only frame rate, or None where it can be
    changed. A model has whether it can make `audio` and takes a `seed`, and for each list
    its `values` and the `usual` one.
    """
    return {
        mode.value: {backend.value: _browser_choices(mode, backend) for backend in BackendName}
        for mode in Mode
    }


def _browser_choices(mode: Mode, backend: BackendName) -> dict[str, Any]:
    default = choices_for(mode, backend, None)

    def offered(model: str) -> dict[str, Any]:
        choices = choices_for(mode, backend, model)
        lists = {"resolution": choices.resolutions, "duration": choices.seconds}
        return {"audio": choices.audio, "seed": choices.seed} | {
            name: {"values": values, "usual": _usual(values)}
            for name, values in lists.items()
            if values
        }

    return {
        "usual": default.model,
        "fps": None if default.fps else DEFAULT_FPS,
        "models": {name: offered(name) for name in default.models},
    }


def _usual(values: Sequence[Any]) -> Any:  # noqa: ANN401 - a length or a resolution
    """The value that replaces one that is not offered."""
    return next((each for each in _USUAL if each in values), values[0])


def most_files(mode: Mode, offer: Offer) -> dict[str, int]:
    """How many files of each kind a form's list may have, with a model that takes `offer`."""
    if mode is Mode.MULTI_FRAME:
        return {ReferenceKind.IMAGE.value: FRAMES.high}
    if mode is Mode.IMAGE:
        most = IMAGE_PICTURES.high if offer.image_pictures is None else offer.image_pictures
        return {ReferenceKind.IMAGE.value: most}
    return {
        ReferenceKind.IMAGE.value: offer.subject_images,
        ReferenceKind.VIDEO.value: offer.references.videos if offer.references else 0,
        ReferenceKind.AUDIO.value: offer.references.audios if offer.references else 0,
    }


class CropEffect(StrEnum):
    """What the selected ratio does to a form's pictures."""

    CROPS = "crops"
    """The middle of each picture fills the ratio; the rest is cut off."""
    FOLLOWS = "follows"
    """The video has the first picture's ratio, whatever is selected."""
    UNKNOWN = ""
    """The pictures are not frames, or the effect is not known."""


def crop_effect(mode: Mode, backend: str, offer: Offer) -> CropEffect:
    """What a backend does with the pictures of a form.

    Args:
        mode: The form.
        backend: Where tasks run.
        offer: What the selected model takes there.
    """
    if backend == BackendName.DEMO and mode in {Mode.FIRST_LAST_FRAME, Mode.MULTI_FRAME}:
        return CropEffect.CROPS
    if mode is not Mode.FIRST_LAST_FRAME:
        return CropEffect.UNKNOWN  # no capture of the site's multi-frame shows it
    if backend == BackendName.WEB or offer.start_ratio:
        return CropEffect.FOLLOWS
    return CropEffect.CROPS
