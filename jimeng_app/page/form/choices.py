"""What can be chosen, as the catalogue says: for a mode, a backend and a model. Pure."""

from dataclasses import dataclass

from jimeng_core.catalog import catalog
from jimeng_core.requests import Mode
from jimeng_core.settings import BackendName


@dataclass(frozen=True, slots=True)
class Choices:
    """What a tab offers."""

    models: tuple[str, ...]
    """Their names."""
    model: str
    """The one that is chosen."""
    seconds: tuple[int, ...]
    resolutions: tuple[str, ...]
    ratios: tuple[str, ...]
    audio: bool
    """Whether sound can be asked for."""
    fps: bool
    """Whether the frames a second can be changed."""


def choices_for(mode: Mode, backend: str, model: str | None) -> Choices:
    """What a tab offers for the model that is chosen.

    Args:
        mode: The tab.
        backend: Where tasks go.
        model: The model that was chosen; the mode's default when the backend does not have it.
    """
    # Where a backend has no such mode the form stays as it is, and says so (`jimeng.sends`).
    backend = backend if catalog().models_for(backend, mode) else BackendName.DEMO
    offered = catalog().models_for(backend, mode)
    names = tuple(each.name for each in offered)
    default = catalog().defaults[mode]
    chosen = model if model in names else default if default in names else names[0]
    offer = offered[names.index(chosen)].offer(backend)
    return Choices(
        models=names,
        model=chosen,
        seconds=offer.seconds if offer else (),
        resolutions=offer.resolutions_for(mode) if offer else (),
        ratios=catalog().image_ratios if mode is Mode.IMAGE else catalog().ratios,
        audio=offer.audio if offer else False,
        fps=backend == BackendName.DEMO,
    )
