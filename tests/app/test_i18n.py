import ast
import re
from pathlib import Path

import pytest

import jimeng_app.page
from jimeng_app.page.i18n import I18N, TEXTS, label, model_key, seconds_key, translate
from jimeng_core.catalog import catalog
from jimeng_core.requests import Mode
from jimeng_core.settings import BackendName
from jimeng_core.tasks import TaskState
from tests.each import each

PAGE = Path(next(iter(jimeng_app.page.__path__)))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SENTENCE = re.compile(r"[A-Za-z',]+( [a-z',;:.]+){3,}")


def test_both_languages_say_everything() -> None:
    """Each text exists in both languages, with the same placeholders."""
    for key, (chinese, english) in TEXTS.items():
        assert chinese, key
        assert english, key
        assert set(re.findall(r"{(\w+)}", chinese)) == set(re.findall(r"{(\w+)}", english)), key
        assert not CHINESE.search(english), key


def test_every_text_is_used() -> None:
    """The page uses each text."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in PAGE.rglob("*")
        if path.suffix in {".py", ".js", ".html"}
    )
    built = {f"backend_{name}" for name in BackendName} | {
        f"backend_{name}_about" for name in BackendName
    }
    built |= {
        key for key in TEXTS if key.startswith(("chip_", "column_", "example_", "fact_", "prompt_"))
    }
    built |= {f"token_{name}{end}" for name in ("web", "ark") for end in ("", "_info", "_steps")}
    built |= {
        key for key in TEXTS if key.startswith(("add_", "crop_", "next_", "order_", "price_"))
    }
    built |= {key for key in TEXTS if key.startswith(("batch_", "stage_"))}
    built |= {*Mode, *TaskState, "unknown", "first_frame", "last_frame"}
    for key in re.findall(r"translate\(`([^`]+\$[^`]*)`", code):
        built |= matching(key)
    for key in TEXTS:
        assert key in built or re.search(f"""["']{key}["']""", code), key


def sentences(path: Path) -> list[str]:
    """The strings of a module that read as sentences, in either language; no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]
    return [text for text in strings if CHINESE.search(text) or SENTENCE.fullmatch(text)]


@each("path", sorted(PAGE.rglob("*.py")))
def test_modules_have_no_texts(path: Path) -> None:
    """No module of the page has a text of its own."""
    assert sentences(path) == []


@each("path", sorted(PAGE.rglob("*.html")))
def test_templates_have_no_texts(path: Path) -> None:
    """No template has a text of its own."""
    markup = r"{[{%#].*?[}%#]}|<script>.*?</script>|<style>.*?</style>"
    template = re.sub(markup, "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.sub(r"""<[^<>]*>|\w+="[^"]*"|\s""", "", template)


@each("path", sorted(PAGE.rglob("*.js")))
def test_scripts_have_no_texts(path: Path) -> None:
    """The scripts have no texts of their own, and use only texts that exist."""
    script = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    assert not CHINESE.search(script)
    assert not [text for text in re.findall(r'"([^"]*)"', script) if SENTENCE.fullmatch(text)]
    for key in re.findall(r'translate\(["`]([^"`]+)["`]', script):
        assert matching(key), key


def matching(key: str) -> set[str]:
    """The texts that a key of a script can mean, in which `${…}` stands for any name."""
    names = re.sub(r"\\\$\\\{.*?\\\}", r"\\w+", re.escape(key))
    return {name for name in TEXTS if re.fullmatch(names, name)}


def test_languages_of_the_browser() -> None:
    """Every kind of Chinese gets the Chinese texts, every other language the English ones."""
    assert {"en", "zh", "zh-CN", "zh-TW", "zh-HK"} <= set(I18N.translations)


def test_titles_and_lengths_of_every_model() -> None:
    """Every model, and every length that a model offers, has a text in both languages."""
    for model in catalog().models:
        label(model_key(model.name))  # raises for an unknown key
        for offer in model.offers.values():
            for seconds in offer.seconds:
                label(seconds_key(seconds))
    table = I18N.translations
    assert table["zh-CN"][label(model_key("video-3.0")).key] == "视频 3.0"
    five = label("seconds_5").key
    assert (table["zh-CN"][five], table["en"][five]) == ("5 秒", "5 s")


def test_unknown_keys_are_a_mistake() -> None:
    """An unknown key fails while the page is built."""
    with pytest.raises(KeyError):
        label("no such text")
    with pytest.raises(KeyError):
        translate("no such text", chinese=True)
