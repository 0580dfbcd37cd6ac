"""Every text of the page, in both languages, from the files in `locales/`.

`label` returns a text that the browser translates by its own language: for what is on the page from
the start. `translate` returns it in the language of a request: for what handlers return.
"""

import tomllib
from importlib.resources import files
from typing import NamedTuple

import gradio as gr
from gradio.i18n import I18nData

from jimeng_core.catalog import catalog


class Translation(NamedTuple):
    """One text, in both languages."""

    zh: str
    en: str


def model_key(name: str) -> str:
    """The key of a model's title."""
    return f"model_{name}".replace(".", "_")  # a point would lead the browser into a nested table


def seconds_key(seconds: int) -> str:
    """The key of a length."""
    return f"seconds_{seconds}"


def _load() -> dict[str, Translation]:
    texts: dict[str, Translation] = {}
    for file in files(__package__).joinpath("locales").iterdir():
        for key, text in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if key in texts:
                raise KeyError(key)  # two files have it
            texts[key] = Translation(**text)
    return texts


TEXTS = _load()
"""Every text, by its key."""

_MODELS = catalog().models
_TITLES = {model_key(model.name): Translation(model.title_zh, model.title) for model in _MODELS}
_LABELS = (
    TEXTS
    | _TITLES
    | {
        seconds_key(n): Translation(*(text.format(n=n) for text in TEXTS["seconds"]))
        for model in _MODELS
        for offer in model.offers.values()
        for n in offer.seconds
    }
)

_KEY_PREFIX = "app_"
"""Keeps our keys apart from Gradio's own in the browser's table, `image` among them."""

_CHINESE = ("zh", "zh-CN", "zh-SG", "zh-TW", "zh-HK", "zh-MO", "zh-Hans", "zh-Hant")

I18N = gr.I18n(
    **{
        locale: {_KEY_PREFIX + key: getattr(text, locale[:2]) for key, text in _LABELS.items()}
        for locale in ("en", *_CHINESE)
    }
)
"""The labels of the browser's languages."""


def browser_texts() -> dict[str, dict[str, str]]:
    """The texts of the page's own scripts, by language."""
    return {
        language: {key: getattr(text, language) for key, text in (TEXTS | _TITLES).items()}
        for language in Translation._fields
    }


def label(key: str) -> I18nData:
    """A text that the browser translates by its own language."""
    if key not in _LABELS:
        raise KeyError(key)
    return I18N(_KEY_PREFIX + key)


def translate(key: str, *, chinese: bool, **values: object) -> str:
    """A text in the language of a request, with values filled in."""
    text = TEXTS[key]
    return (text.zh if chinese else text.en).format(**values)
