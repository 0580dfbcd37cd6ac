"""Citations of the protocol pages and of the contract."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.each import each

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "protocol": "docs/protocol/jimeng.md",
    "Ark protocol": "docs/protocol/ark.md",
    "contract": "docs/contract.md",
}
FOLDERS = ("jimeng_core", "jimeng_app", "tests", "docs", "benchmarks", "scripts")
SUFFIXES = {".py", ".md", ".toml", ".js", ".css"}

# Put together here, so that this file does not contain them.
OLD_FORMS = (
    "wire " + "facts",
    "Ark " + "facts",
    "contract, " + "section",
    "contract's " + "section",
)

LABEL = r"(?:[A-F]\d{0,2}|\d{1,2}(?:\.\d{1,2}|[a-z])?)(?!\w|\.\d)"
"""A section or item: `9`, `9.1`, `3a`, `A4`, `0.6`."""
NEXT = rf"(?:(?: \([^()]*\))?(?:,| and| or|, and|, or) | (?=\d[a-z]\b)){LABEL}"
"""One more label of a list: after `,`, `and` or `or`, or a lettered item right behind its section.
What is in parentheses between them is skipped."""
CITATION = re.compile(rf"\b(Ark protocol|[Pp]rotocol|[Cc]ontract) ({LABEL}(?:{NEXT})*)")


def joined(text: str) -> str:
    """A text with its line breaks and the marks of comments replaced by spaces."""
    return re.sub(r"[ \t]*\n[ \t]*(?:(?:#|//|\*)[ \t]+)?(?=\S)", " ", text)


def citations(text: str) -> Iterator[tuple[str, str]]:
    """Each cited label, with the name of its page."""
    for match in CITATION.finditer(joined(text)):
        page = match[1] if match[1] in PAGES else match[1].lower()
        for label in re.findall(LABEL, re.sub(r"\([^()]*\)", "", match[2])):
            yield page, label


def labels(page: str) -> set[str]:
    """What can be cited on a page: numbered headings, and items that begin with a bold label."""
    heading, item = rf"#{{2,4}} ({LABEL})[. ]", rf"[-|] \*\*({LABEL})\*\*"
    return {"".join(found) for found in re.findall(rf"^(?:{heading}|{item})", page, re.MULTILINE)}


def texts() -> dict[str, str]:
    """The project's code and documents, by path from the root."""
    found = [
        *ROOT.glob("README*"),
        *(path for name in FOLDERS for path in (ROOT / name).rglob("*")),
    ]
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in found
        if path.suffix in SUFFIXES
    }


def test_every_citation_leads_to_a_section() -> None:
    """A cited section exists on its page; there are as many citations as the code needs."""
    known = {
        name: labels((ROOT / path).read_text(encoding="utf-8")) for name, path in PAGES.items()
    }
    cited = [(path, *cite) for path, text in texts().items() for cite in citations(text)]

    assert [
        f"{path}: {page} {label}" for path, page, label in cited if label not in known[page]
    ] == []
    assert len(cited) >= 100


@each("form", OLD_FORMS)
def test_nothing_is_cited_in_an_old_form(form: str) -> None:
    """Citations name a page of this repository, in one form."""
    found = [path for path, text in texts().items() if form.lower() in joined(text).lower()]

    assert found == []


@each(
    ("text", "expected"),
    [
        ("(protocol\n    # 9;\n    # contract 4).", "9 4"),
        ("protocol 7.1 and 7.3, Ark protocol A4, A10", "7.1 7.3 A4 A10"),
        ("protocol 5 (`ret`, 1) and 9.3 (`fail_code`), 9.2", "5 9.3 9.2"),
        ("(protocol 7.5 3a and 3b, Ark protocol 0.6)", "7.5 3a 3b 0.6"),
        ("protocol 5: 1000 to 1002; protocol 5, 3020", "5 5"),
        ("a `Backend` protocol. A contract of 4; the Ark protocol, a page; subcontract 4", ""),
    ],
)
def test_citations_are_found(text: str, expected: str) -> None:
    """Lists count one by one, over line ends too; codes and other uses of the words do not."""
    assert " ".join(label for _, label in citations(text)) == expected


def test_a_citation_names_its_page() -> None:
    """The words before a label are the page, whatever the case of their first letter."""
    found = list(citations("Protocol 7.7, Ark protocol A4 and contract 4"))

    assert found == [("protocol", "7.7"), ("Ark protocol", "A4"), ("contract", "4")]


def test_labels_are_headings_and_bold_items() -> None:
    """Headings of levels 2 to 4 count, and items that begin with a label; words do not."""
    page = "# 8\n## 9. Query\n### 9.1 Record\n#### 3a. Old\n## A. Ark\n## F0 x\n## Every 5\n"
    page += "- **F3** When?\n| **0.6** | no key |\n- **Never** so\n**7** text"

    assert labels(page) == {"9", "9.1", "3a", "A", "F0", "F3", "0.6"}
