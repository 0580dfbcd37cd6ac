"""The catalogue of models, from `catalog.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal

SubjectForm = Literal["unified", "idip", "ark"]
"""The wire form of a subject reference (protocol 7.5 3a and 3b, Ark protocol A5)."""

MULTI_FRAME_RESOLUTION: Final = "720p"
"""1080p excludes multi-frame, and subject reference in its old form (protocol 7.4, sure)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The options of one model on one backend."""

    key: str
    """The backend's name of the model: the site's `model_req_key`, or Ark's model id."""
    resolutions: tuple[str, ...]
    seconds: tuple[int, ...] = ()
    """Lengths of a video in seconds, ascending; empty for a model of images. Multi-frame videos are
    limited by frame instead."""
    frames: tuple[str, ...] = ()
    """What a first/last frame video may start from: `text`, `first`, `last` (first and last)."""
    multi_frame: bool = False
    subject_form: SubjectForm | None = None
    subject_images: int = 0
    """The most pictures of a subject reference; 0: the model has no subject reference."""
    subject_resolutions: tuple[str, ...] = ()
    """Resolutions of a subject reference, where they are fewer."""
    image_pictures: int | None = None
    """The most pictures that images can start from; None: the model makes no images."""
    audio: bool = False
    """Whether a video can have sound."""
    seed: bool = True
    """Whether a seed can be chosen."""
    start_ratio: str | None = None
    """The only ratio with a start picture, whatever the request says."""
    benefits: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The site's `benefit_type` for each resolution (protocol 7.7)."""

    def supports(self, mode: str) -> bool:
        """Whether the model supports a mode here."""
        return {
            "first_last_frame": bool(self.frames),
            "multi_frame": self.multi_frame,
            "subject_reference": self.subject_images > 0,
            "image": self.image_pictures is not None,
        }.get(mode, False)

    def resolutions_for(self, mode: str) -> tuple[str, ...]:
        """The resolutions of a mode."""
        if mode == "multi_frame" or (mode == "subject_reference" and self.subject_form == "idip"):
            return (MULTI_FRAME_RESOLUTION,)
        if mode == "subject_reference" and self.subject_resolutions:
            return self.subject_resolutions
        return self.resolutions


@dataclass(frozen=True, slots=True)
class Model:
    """A model, under the name that this library uses."""

    name: str
    title: str
    title_zh: str
    offers: Mapping[str, Offer]
    """By backend: `web` and `ark`. The demo backend takes what `web` takes."""

    def offer(self, backend: str) -> Offer | None:
        """The model's options on a backend; None: the backend does not have it."""
        return self.offers.get("web" if backend == "demo" else backend)

    def supports(self, mode: str) -> bool:
        """Whether the model supports a mode on some backend."""
        return any(offer.supports(mode) for offer in self.offers.values())


@dataclass(frozen=True, slots=True)
class Catalog:
    """The content of `catalog.toml`."""

    models: tuple[Model, ...]
    ratios: tuple[str, ...]
    """Ratios of videos."""
    image_ratios: tuple[str, ...]
    defaults: Mapping[str, str]
    """The default model of each mode."""

    def find(self, name: str) -> Model | None:
        """The model with a name: ours, the site's key, or Ark's id. None: it is unknown."""
        for model in self.models:
            if name == model.name or any(name == offer.key for offer in model.offers.values()):
                return model
        return None

    def models_for(self, backend: str, mode: str) -> tuple[Model, ...]:
        """The models of a mode on a backend, in the catalogue's order."""
        return tuple(
            model
            for model in self.models
            if (offer := model.offer(backend)) is not None and offer.supports(mode)
        )

    def public_name(self, key: str) -> str:
        """Our name of a model that a backend calls `key`; the key itself when it is unknown."""
        model = self.find(key)
        return model.name if model else key


@cache
def catalog() -> Catalog:
    """The catalogue of the library, read once."""
    data = tomllib.loads(files(__package__).joinpath("catalog.toml").read_text(encoding="utf-8"))
    return Catalog(
        models=tuple(_model(entry) for entry in data["model"]),
        ratios=tuple(data["ratios"]),
        image_ratios=tuple(data["image_ratios"]),
        defaults=MappingProxyType(data["default"]),
    )


def _model(entry: Mapping[str, Any]) -> Model:
    offers = {name: _offer(entry[name]) for name in ("web", "ark") if name in entry}
    title = entry["title"]
    return Model(entry["name"], title, entry.get("title_zh", title), MappingProxyType(offers))


def _offer(entry: Mapping[str, Any]) -> Offer:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in entry.items()
        if not name.startswith("benefit")
    }
    if isinstance(seconds := values.get("seconds"), dict):
        values["seconds"] = tuple(range(seconds["from"], seconds["to"] + 1))
    benefits = {
        name: entry.get(f"benefit_{name}", entry["benefit"]).format(resolution=name)
        for name in entry["resolutions"]
        if "benefit" in entry
    }
    return Offer(**values, benefits=MappingProxyType(benefits))
