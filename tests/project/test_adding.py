"""docs/adding.md lists the places that a new thing touches; these tests keep the lists true."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from jimeng_core import ErrorCode, JimengError, Row
from jimeng_core.catalog import catalog
from jimeng_core.requests import REQUESTS, Mode
from jimeng_core.settings import BackendName, Settings
from tests.each import each
from tests.project.test_docs import ROOT, setting_names, text_of

PAGE = text_of("docs/adding.md")
_SCRIPT = text_of("jimeng_app/page/scripts/list_order.js")
COLUMNS = re.findall(r"^  (\w+): ", _SCRIPT.partition("const KEYS = {")[2], re.MULTILINE)
CODE_SPAN = re.compile(r"``\s(.+?)\s``|`([^`]+)`")
VIDEO_MODES = [mode for mode in Mode if mode is not Mode.IMAGE]
DOORS = ("Python", "named endpoints", "MCP", "HTTP in Ark's dialect", "command line")


class Thing(NamedTuple):
    """Something that exists today, under the names that the tables use."""

    names: dict[str, str]
    kinds: frozenset[str] = frozenset()
    """Values of the column "for" that it belongs to, besides `all`."""


class Line(NamedTuple):
    """One line of a table."""

    files: list[str]
    contains: list[str]
    kind: str


def error_classes() -> dict[ErrorCode, str]:
    """The name of the exception class of each code."""
    classes, found = [JimengError], {}
    while classes:
        each = classes.pop()
        classes += each.__subclasses__()
        if each.__module__ == JimengError.__module__ and "code" in vars(each):
            found[each.code] = each.__name__
    return found


def things() -> dict[str, list[Thing]]:
    """What exists today, by the heading of its table."""
    modes = [
        Thing(
            {
                "value": mode,
                "NAME": mode.name,
                "Class": REQUESTS[mode].__name__,
                "annotation": ": ClassVar[Mode]" if mode is Mode.IMAGE else "",
            },
            frozenset({"images" if mode is Mode.IMAGE else "videos"}),
        )
        for mode in Mode
    ]
    backends = [
        Thing(
            {"value": name, "NAME": name.name},
            frozenset() if name is BackendName.DEMO else frozenset({"with credential"}),
        )
        for name in BackendName
    ]
    classes = error_classes()
    return {
        "A mode": modes,
        "A model": [Thing({"value": each.name, "title": each.title}) for each in catalog().models],
        "An error code": [
            Thing({"value": code, "NAME": code.name, "Class": classes[code]}) for code in ErrorCode
        ],
        "A meaning of an upstream's code": [],
        "A backend": backends,
        "A door": [Thing({"title": door}) for door in DOORS],
        "A setting": [
            Thing(
                {"value": name},
                frozenset({"all but batches" if name in setting_names(Settings) else "batches"}),
            )
            for name in setting_names()
        ],
        "A field of the row": [Thing({"value": name}) for name in Row.__annotations__],
        "A column of the page's table": [Thing({"value": name}) for name in COLUMNS],
        "A text of the page": [],
    }


THINGS = things()


def section(heading: str) -> str:
    """The text below a heading."""
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def lines(heading: str) -> Iterator[Line]:
    """The lines of the table below a heading."""
    for row in re.findall(r"^\| (`.*) \|$", section(heading), re.MULTILINE):
        files, _, contains, kind = (cell.strip() for cell in row.split(" |"))
        yield Line(code_spans(files), code_spans(contains), kind)


def code_spans(cell: str) -> list[str]:
    """The contents of a cell's code spans."""
    return [double or single for double, single in CODE_SPAN.findall(cell)]


def test_every_kind_has_a_table() -> None:
    """The page has one section, with a table, for each kind of thing."""
    assert re.findall(r"^## (.*)$", PAGE, re.MULTILINE) == list(THINGS)
    assert all(list(lines(heading)) for heading in THINGS)


@each("heading", THINGS)
def test_listed_places_mention_what_exists(heading: str) -> None:
    """Every listed file exists, and mentions each existing thing as its line says."""
    missing = []
    for line in lines(heading):
        for thing in THINGS[heading]:
            for template in line.files:
                path = ROOT / template.format(**thing.names)
                assert path.exists(), template
                if line.kind == "all" or line.kind in thing.kinds:
                    text = path.read_text(encoding="utf-8")
                    needed = [each.format(**thing.names) for each in line.contains]
                    missing += [f"{path.name}: {each}" for each in needed if each not in text]

    assert missing == []


@each("heading", THINGS)
def test_lines_concern_something(heading: str) -> None:
    """A line that says what files contain says for which things, and there are some."""
    for line in lines(heading):
        kinds = {"all"}.union(*(thing.kinds for thing in THINGS[heading]))
        assert line.kind in kinds if line.contains else line.kind == ""


@each(
    ("heading", "mention"),
    [
        ("A mode", rf"\bMode\.[A-Z]|\"(?:{'|'.join(VIDEO_MODES)})\""),
        ("A backend", r"\bBackendName\.[A-Z]"),
    ],
)
def test_no_other_module_names_one(heading: str, mention: str) -> None:
    """Every module that names a mode or a backend is listed in the section."""
    listed = {
        span.format(**thing.names)
        for span in code_spans(section(heading))
        if re.fullmatch(r"[\w/.{}]+\.py", span)
        for thing in THINGS[heading]
    }
    modules = [
        path for name in ("jimeng_core", "jimeng_app") for path in (ROOT / name).rglob("*.py")
    ]
    naming = {
        str(path.relative_to(ROOT))
        for path in modules
        if re.search(mention, path.read_text(encoding="utf-8"))
    }

    assert sorted(naming - listed) == []
