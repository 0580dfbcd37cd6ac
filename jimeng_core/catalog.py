"""Models as data (`catalog.toml`), and the names that one model goes by."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal

SubjectForm = Literal["unified", "idip", "ark"]
"""How subject reference is written on the wire (protocol 7.5 3a and 3b, Ark protocol A5)."""

MULTI_FRAME_RESOLUTION: Final = "720p"
"""1080p excludes multi-frame, and subject reference in its old form (protocol 7.4, sure)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one model takes on one backend."""

    key: str
    """The backend's own name of the model: the site's `model_req_key`, or Ark's model id."""
    seconds: tuple[int, ...]
    """The lengths that can be asked for, in seconds, ascending; none where it makes no videos.
    Multi-frame has its own rule."""
    resolutions: tuple[str, ...]
    frames: frozenset[str] = frozenset()
    """What first/last frame may start from: `text`, `first`, `last` (first and last)."""
    multi_frame: bool = False
    subject_form: SubjectForm | None = None
    subject_images: int = 0
    """The most pictures that subject reference takes, 0 where it has none."""
    subject_resolutions: tuple[str, ...] = ()
    """The resolutions of subject reference, where they are fewer."""
    image_pictures: int | None = None
    """The most pictures that images can start from; None where it makes no images."""
    audio: bool = False
    seed: bool = True
    """Whether a seed can be chosen."""
    start_ratio: str | None = None
    """The only ratio that is taken with a start picture, whatever a request says."""
    benefits: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The site's `benefit_type` for each resolution (protocol 7.7)."""

    def supports(self, mode: str) -> bool:
        """Whether the model makes something in this mode here."""
        match mode:
            case "first_last_frame":
                return bool(self.frames)
            case "multi_frame":
                return self.multi_frame
            case "subject_reference":
                return self.subject_images > 0
            case "image":
                return self.image_pictures is not None
            case _:
                return False

    def resolutions_for(self, mode: str) -> tuple[str, ...]:
        """The resolutions in which the model makes something in this mode."""
        if mode == "multi_frame" or (mode == "subject_reference" and self.subject_form == "idip"):
            return (MULTI_FRAME_RESOLUTION,)
        if mode == "subject_reference" and self.subject_resolutions:
            return self.subject_resolutions
        return self.resolutions


@dataclass(frozen=True, slots=True)
class Model:
    """One model, under the name that this library uses."""

    name: str
    title: str
    title_zh: str
    offers: Mapping[str, Offer]
    """By backend: `web` and `ark`. The demo backend takes what `web` takes."""

    def offer(self, backend: str) -> Offer | None:
        """What the model takes on a backend; None where the backend does not have it."""
        return self.offers.get("web" if backend == "demo" else backend)

    def supports(self, mode: str) -> bool:
        """Whether some backend has the model for this mode."""
        return any(offer.supports(mode) for offer in self.offers.values())


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that `catalog.toml` says."""

    models: tuple[Model, ...]
    ratios: tuple[str, ...]
    """Those of videos."""
    image_ratios: tuple[str, ...]
    defaults: Mapping[str, str]
    """The model that a mode uses when none is named."""

    def find(self, name: str) -> Model | None:
        """The model of a name: ours, the site's key, or Ark's id. None when it is unknown."""
        for model in self.models:
            if name == model.name or any(name == offer.key for offer in model.offers.values()):
                return model
        return None

    def models_for(self, backend: str, mode: str) -> tuple[Model, ...]:
        """The models that a backend has for a mode, in the catalogue's order."""
        return tuple(
            model
            for model in self.models
            if (offer := model.offer(backend)) is not None and offer.supports(mode)
        )

    def public_name(self, key: str) -> str:
        """Our name for whatever a backend calls a model; the key itself when it is unknown."""
        model = self.find(key)
        return model.name if model else key


@cache
def catalog() -> Catalog:
    """The catalogue that is shipped with the library, read once."""
    data = tomllib.loads(files(__package__).joinpath("catalog.toml").read_text(encoding="utf-8"))
    return Catalog(
        models=tuple(_model(entry) for entry in data["model"]),
        ratios=tuple(data["ratios"]),
        image_ratios=tuple(data["image_ratios"]),
        defaults=MappingProxyType(data["default"]),
    )


def _model(entry: Mapping[str, Any]) -> Model:
    return Model(
        name=entry["name"],
        title=entry["title"],
        title_zh=entry.get("title_zh", entry["title"]),
        offers=MappingProxyType(
            {backend: _offer(entry[backend]) for backend in ("web", "ark") if backend in entry}
        ),
    )


def _offer(entry: Mapping[str, Any]) -> Offer:
    seconds, subject = entry.get("seconds", ()), entry.get("subject", {})
    benefits = {
        resolution: entry.get(f"benefit_{resolution}", entry["benefit"]).format(
            resolution=resolution
        )
        for resolution in entry["resolutions"]
        if "benefit" in entry
    }
    return Offer(
        key=entry["key"],
        seconds=tuple(range(seconds["from"], seconds["to"] + 1))
        if isinstance(seconds, dict)
        else tuple(seconds),
        resolutions=tuple(entry["resolutions"]),
        frames=frozenset(entry.get("frames", ())),
        multi_frame=entry.get("multi_frame", False),
        subject_form=subject.get("form"),
        subject_images=subject.get("images", 0),
        subject_resolutions=tuple(subject.get("resolutions", ())),
        image_pictures=entry.get("image", {}).get("pictures"),
        audio=entry.get("audio", False),
        seed=entry.get("seed", True),
        start_ratio=entry.get("start_ratio"),
        benefits=MappingProxyType(benefits),
    )
