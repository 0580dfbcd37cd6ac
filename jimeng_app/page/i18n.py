"""Every word on the page, in both languages; they stand in `words/`, a file for each room.

`label` gives a text that the browser chooses by its own language: for what is on the page from the
start. `say` gives it in the language of a request: for what handlers answer.
"""

import tomllib
from importlib.resources import files
from typing import NamedTuple

import gradio as gr
from gradio.i18n import I18nData

from jimeng_core.catalog import catalog

LONGEST = 60
"""Seconds up to which lengths can be chosen."""


class Translation(NamedTuple):
    """One text, in both languages."""

    zh: str
    en: str


def model_key(name: str) -> str:
    """Under which key a model's title stands."""
    return f"model_{name}".replace(".", "_")  # a point would lead the browser into a deeper table


def seconds_key(seconds: int) -> str:
    """Under which key a length stands."""
    return f"seconds_{seconds}"


def _read() -> dict[str, Translation]:
    """What stands in `words/`."""
    texts: dict[str, Translation] = {}
    for room in files(__package__).joinpath("locales").iterdir():
        for key, words in tomllib.loads(room.read_text(encoding="utf-8")).items():
            if key in texts:
                raise KeyError(key)  # two rooms say it
            texts[key] = Translation(**words)
    return texts


def _all() -> dict[str, Translation]:
    """The texts, and what follows from them and from the catalogue."""
    lengths = {
        seconds_key(n): Translation(*(words.format(n=n) for words in TEXTS["seconds"]))
        for n in range(1, LONGEST + 1)
    }
    models = {
        model_key(model.name): Translation(model.title_zh, model.title)
        for model in catalog().models
    }
    return TEXTS | lengths | models


TEXTS = _read()
"""Every text, by its key."""


_ALL = _all()


_KEY_PREFIX = "app_"
"""How our keys begin in the browser's table: Gradio's own stand there too, `image` among them."""


_CHINESE = ("zh", "zh-CN", "zh-SG", "zh-TW", "zh-HK", "zh-MO", "zh-Hans", "zh-Hant")

_I18N = gr.I18n(
    en={_KEY_PREFIX + key: text.en for key, text in _ALL.items()},
    **{locale: {_KEY_PREFIX + key: text.zh for key, text in _ALL.items()} for locale in _CHINESE},
)


def translations() -> gr.I18n:
    """What `launch` takes, so that the browser can choose."""
    return _I18N


def browser_texts() -> dict[str, dict[str, str]]:
    """What the page's own scripts may say, by language."""
    return {
        "zh": {key: text.zh for key, text in TEXTS.items()},
        "en": {key: text.en for key, text in TEXTS.items()},
    }


def label(key: str) -> I18nData:
    """A text that the browser chooses by its own language."""
    if key not in _ALL:
        raise KeyError(key)
    return _I18N(_KEY_PREFIX + key)


def translate(key: str, *, chinese: bool, **values: object) -> str:
    """A text in the language of a request, with values filled in."""
    text = TEXTS[key]
    return (text.zh if chinese else text.en).format(**values)
