"""Task ids as people paste and pipe them: what stands between and around them does not matter."""

import codecs

from jimeng_core.ids import canonical, extract_ids
from jimeng_core.pasted_text import decode, is_blank
from tests.each import each

FIRST = "01a20c5b-85c2-7bb7-9552-bd257c97a343"
SECOND = "cgt-20261124120000-a1b2c"


@each(
    "text",
    [
        "{0} {1}",
        "\ufeff{0}\r\n{1}\r\n",
        "{0},{1}",
        "{0}，{1}。",
        "{0}；\u3000{1}",
        "“{0}”、‘{1}’",
        "`{0}` `{1}`",
        "任务ID：{0}\n任务ID：{1}",
        "任务 ID： {0}, task_id = {1}",
        "id:{0} ID={1}",
        "任务ID{0} {1}",
        "【{0}】（{1}）",
        '["{0}", "{1}"]',
        "['{0}', '{1}']",
        '{{"id": "{0}", "task_id":"{1}"}}',
        "1. {0}\n2. {1}",
        "(1) {0} 2) {1}",
        "- {0}\n• {1}",
        "\u200b{0}\u200b \u2060{1}\u200e",
        "https://example.com/tasks/{0}?a=b {1}",
        "<{0}>|<{1}>",
    ],
)
def test_ids_are_found(text: str) -> None:
    """Ids are found in order, whatever stands between and around them."""
    assert extract_ids(text.format(FIRST, SECOND)) == [FIRST, SECOND]


@each("text", ["", " \n", "，", "任务ID：", "-", "“”", "\ufeff", "task_id:", "1."])
def test_no_ids(text: str) -> None:
    """A label or a sign without an id is no id."""
    assert extract_ids(text) == []


def test_words_are_kept() -> None:
    """A word that is no id stays, for its look-up to say so; doubles stay too."""
    assert extract_ids("nonsense a:b，-1 x x") == ["nonsense", "a:b", "-1", "x", "x"]
    assert extract_ids("ID：7400000000000000001") == ["7400000000000000001"]


@each("text", ["“{}”", "任务ID：{}", "\ufeff{}", "`{}`,", " {} "])
def test_one_id(text: str) -> None:
    """Where one id is meant, it is looked up by its own spelling."""
    assert canonical(text.format(FIRST.upper())) == FIRST
    assert canonical(text.format(SECOND)) == SECOND
    assert canonical(f"{FIRST} {SECOND}") == f"{FIRST} {SECOND}"


@each(
    "data",
    [
        FIRST.encode(),
        codecs.BOM_UTF8 + FIRST.encode(),
        FIRST.encode("utf-16"),
        codecs.BOM_UTF16_BE + FIRST.encode("utf-16-be"),
        FIRST.encode("utf-16-le"),
        FIRST.encode("utf-16-be"),
        FIRST.encode("utf-32"),
    ],
)
def test_piped_text(data: bytes) -> None:
    """Standard input is decoded by its byte order mark, as PowerShell writes one."""
    assert decode(data) == FIRST


def test_other_bytes() -> None:
    """Bytes of another encoding spoil their own characters only."""
    assert decode(b"\xff\xfa a") == "\ufffd\ufffd a"
    assert decode(b"") == ""


def test_blank_text() -> None:
    """A text of spaces and invisible characters shows nothing."""
    assert is_blank("\u200b \ufeff\n")
    assert not is_blank("\u200b海")
