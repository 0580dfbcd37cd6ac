"""One word, one meaning: names and phrases that had several meanings, or none, do not come back."""

import ast
import functools
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.each import each

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(
    path for name in ("jimeng_core", "jimeng_app") for path in (ROOT / name).rglob("*.py")
)
SCRIPTS = sorted((ROOT / "jimeng_app").rglob("*.js"))
PROSE = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "app.py", "Makefile")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "jimeng_app").rglob("*.css")),
]

RETIRED_NAMES = """
    Studio Desk Board Plan Trace Errand World Told Seen Minted Upright Room Silence Place Turns Lost
    Guest Order Trouble Change Checked Doors Kept Found Sentence Given GivenPicture Entry Reading
    Options Place Deletes Fit Fields Draft peek settle place dig patience opened followed
    say tell minted lay upright dice farewell
"""
"""Names of classes and functions that were metaphors, or stood for several things."""

RETIRED_VARIABLES = "given told kept asked said seen desk room studio errand dice patience strip"
"""Names of variables, parameters and attributes likewise."""

RETIRED_PHRASES = (
    *("whoever", "at the most", "is none", "are none", "what there is of", "anew", "goes on"),
    *("all the same", "so much of", "is no business", "how the code wants", "rehears"),
    *("a defect of ours", "nobody foresaw", "not foreseen", "so many seconds", "Pure."),
)
"""Habits of the prose; the field's plain English says each of them in fewer words."""


def ids(path: Path) -> str:
    """A file's path from the root."""
    return str(path.relative_to(ROOT))


@functools.cache
def nodes(path: Path) -> list[ast.AST]:
    """All nodes of the syntax tree of a module."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def definitions(path: Path) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every class and function of a module."""
    for node in nodes(path):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def variables(path: Path) -> set[str]:
    """The names that a module assigns: variables, parameters, attributes, loop targets."""
    names: set[str] = set()
    for node in nodes(path):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()):
                names.add(name)
    return {name.strip("_") for name in names}


RETIRED = re.compile(rf"\b(?:{'|'.join(map(re.escape, RETIRED_PHRASES))})")


def in_prose(path: Path) -> list[str]:
    """The retired phrases of a file; those of a Python file in its comments and strings only."""
    text = path.read_text(encoding="utf-8")
    found = RETIRED.findall(on_one_line(text))
    if found and path.suffix == ".py":
        kinds = {tokenize.COMMENT, tokenize.STRING}
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        prose = " ".join(token.string for token in tokens if token.type in kinds)
        found = RETIRED.findall(on_one_line(prose))
    return found


def on_one_line(text: str) -> str:
    """A text without line breaks and signs of comments."""
    return " ".join(text.replace("#", " ").split())


def test_a_class_name_means_one_thing() -> None:
    """No two classes of the library and the app share a name, private ones included."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in CODE:
        for node in definitions(path):
            if isinstance(node, ast.ClassDef):
                places[node.name.lstrip("_")].append(ids(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@each("path", CODE)
def test_no_retired_name(path: Path) -> None:
    """No class, function or variable has a name that was retired."""
    defined = {node.name.strip("_") for node in definitions(path)}
    assert defined & set(RETIRED_NAMES.split()) == set()
    assert variables(path) & set(RETIRED_VARIABLES.split()) == set()


@each("path", [*CODE, *SCRIPTS, *PROSE])
def test_no_retired_phrase(path: Path) -> None:
    """No docstring, comment, message or document has a phrase that was retired."""
    assert in_prose(path) == []
