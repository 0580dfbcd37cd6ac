"""The catalogue of models, from `catalog.toml`."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal

SubjectForm = Literal["unified", "idip", "ark"]
"""The wire form of a subject reference (protocol 7.5 3a and 3b, Ark protocol A5)."""

_WORDS: Final = re.compile(r"[a-z]+|[0-9]+|[^\W\d_a-z]+")
_DATE: Final = re.compile(r"-[0-9]{6}$")

MULTI_FRAME_RESOLUTION: Final = "720p"
"""1080p excludes multi-frame, and subject reference in its old form (protocol 7.4, sure)."""


@dataclass(frozen=True, slots=True)
class ReferenceLimits:
    """What a subject reference may have besides pictures (protocol 7.5, Ark protocol A6, A7)."""

    videos: int
    audios: int
    total: int
    """Files of all kinds together."""
    seconds: int
    """The longest video or audio, and the sum of all videos, and of all audios."""
    audio_alone: bool = False
    """Whether audios need no picture and no video beside them."""


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
    references: ReferenceLimits | None = None
    """Videos and audios of a subject reference; None: only pictures."""
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
    video_benefits: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The same with reference videos, where it differs."""

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
    aliases: tuple[str, ...] = ()
    """Other names that certainly mean this model."""

    def offer(self, backend: str) -> Offer | None:
        """The model's options on a backend; None: the backend does not have it."""
        return self.offers.get("web" if backend == "demo" else backend)

    def supports(self, mode: str) -> bool:
        """Whether the model supports a mode on some backend."""
        return any(offer.supports(mode) for offer in self.offers.values())


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The known prices in one unit."""

    as_of: date
    """When they were read."""
    rates: Mapping[str, Mapping[str, float]]
    """By the model's name, then by kind: `base`, `video`, `audio`, also `base_1080p`."""

    def rate(self, model: str, resolution: str, kind: str = "base") -> float | None:
        """The rate of a kind at a resolution; None where it is not known."""
        rates = self.rates.get(model, {})
        return rates.get(f"{kind}_{resolution}", rates.get(kind))


@dataclass(frozen=True, slots=True)
class Catalog:
    """The content of `catalog.toml`."""

    models: tuple[Model, ...]
    ratios: tuple[str, ...]
    """Ratios of videos."""
    image_ratios: tuple[str, ...]
    defaults: Mapping[str, str]
    """The default model of each mode."""
    ark_options: Mapping[str, tuple[str, ...]]
    """The names of the models that have each of Ark's own fields."""
    prices: Mapping[str, PriceTable]
    """By unit: `credits` of the site; `CNY` and `USD` for a million of Ark's tokens."""
    _by_spelling: Mapping[str, Model] = field(repr=False)
    """The models by each of their names, as `_spelling` writes it."""

    @property
    def subject_images(self) -> int:
        """The most pictures of a subject reference that any model takes."""
        offers = (offer for model in self.models for offer in model.offers.values())
        return max(offer.subject_images for offer in offers)

    @property
    def most_references(self) -> ReferenceLimits:
        """The widest limits of videos and audios that any model has."""
        offers = (offer for model in self.models for offer in model.offers.values())
        return max((each.references for each in offers if each.references), key=lambda r: r.total)

    def find(self, name: str) -> Model | None:
        """The model with a name; None: it is unknown.

        A name is ours, a title, the site's key, Ark's id with or without its date, or what other
        clients call ours (`jimeng-video-3.0`), in any case and with any signs between the words.
        """
        spelling = _spelling(name)
        return next(
            (
                self._by_spelling[each]
                for each in (spelling, *_without_client(spelling))
                if each in self._by_spelling
            ),
            None,
        )

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


def is_foreign(name: str) -> bool:
    """Whether no upstream can have a model of this name: another client's, or one with spaces."""
    return " " in name.strip() or bool(_without_client(_spelling(name)))


def _spelling(name: str) -> str:
    """The words and numbers of a name, in lower case: `seedance 2 0 fast`."""
    text = unicodedata.normalize("NFKC", name).casefold().replace("即梦", "jimeng ")
    return " ".join(_WORDS.findall(text))


def _without_client(spelling: str) -> list[str]:
    """What another client's name says behind `jimeng`; empty for a name without it."""
    client, _, rest = spelling.partition(" ")
    if client != "jimeng":
        return []
    return [rest, rest.removeprefix("video "), f"image {rest}"]


def _spellings(model: Model) -> set[str]:
    """The spellings of a model's names."""
    names = {model.name, model.title, model.title_zh, *model.aliases}
    names |= {offer.key for offer in model.offers.values()}
    if "ark" in model.offers:
        dated = model.offers["ark"].key
        for key in (dated, _DATE.sub("", dated)):
            short = key.removeprefix("doubao-")
            names |= {key, short, f"dreamina-{short}"}  # BytePlus calls them so (Ark protocol A1)
    return {_spelling(name) for name in names}


@cache
def catalog() -> Catalog:
    """The catalogue of the library, read once."""
    data = tomllib.loads(files(__package__).joinpath("catalog.toml").read_text(encoding="utf-8"))
    limits = {name: ReferenceLimits(**entry) for name, entry in data["references"].items()}
    models = tuple(_model(entry, limits) for entry in data["model"])
    return Catalog(
        models=models,
        ratios=tuple(data["ratios"]),
        image_ratios=tuple(data["image_ratios"]),
        defaults=MappingProxyType(data["default"]),
        ark_options=MappingProxyType(
            {name: tuple(models) for name, models in data["ark_options"].items()}
        ),
        prices=MappingProxyType({unit: _prices(table) for unit, table in data["price"].items()}),
        _by_spelling={each: model for model in models for each in _spellings(model)},
    )


def _model(entry: Mapping[str, Any], limits: Mapping[str, ReferenceLimits]) -> Model:
    offers = {name: _offer(entry[name], limits) for name in ("web", "ark") if name in entry}
    title = entry["title"]
    return Model(
        entry["name"],
        title,
        entry.get("title_zh", title),
        MappingProxyType(offers),
        tuple(entry.get("aliases", ())),
    )


def _prices(table: dict[str, Any]) -> PriceTable:
    return PriceTable(table.pop("as_of"), MappingProxyType(table))


def _offer(entry: Mapping[str, Any], limits: Mapping[str, ReferenceLimits]) -> Offer:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in entry.items()
        if not name.startswith("benefit")
    }
    if isinstance(seconds := values.get("seconds"), dict):
        values["seconds"] = tuple(range(seconds["from"], seconds["to"] + 1))
    if "references" in values:
        values["references"] = limits[values["references"]]
    benefits = {
        name: entry.get(f"benefit_{name}", entry["benefit"]).format(resolution=name)
        for name in entry["resolutions"]
        if "benefit" in entry
    }
    with_video = {
        name: entry["benefit_video"].format(resolution=name)
        for name in entry["resolutions"]
        if "benefit_video" in entry
    }
    return Offer(
        **values, benefits=MappingProxyType(benefits), video_benefits=MappingProxyType(with_video)
    )
