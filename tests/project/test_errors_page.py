"""The error tables of the site and of Ark, and the page that is written from them."""

import re
from collections import Counter

from jimeng_core import ErrorCode, Failed
from jimeng_core.backends.error_table import Charged, ErrorEntry
from jimeng_core.backends.web.error_mapping import map_error
from jimeng_core.backends.web.records import read_record
from jimeng_core.clock import SystemClock
from jimeng_core.error_codes import ERROR_TEXTS
from scripts.write_errors import ARK, PAGE, SITE, page
from tests.each import each

SITE_ENTRIES = [*SITE.request_errors, *SITE.task_errors]
ENTRIES = [*SITE_ENTRIES, *ARK.request_errors]

RET = """
    1 1057 2020 10020 1000 1001 1002 1006 1010 1014 1015 1017 1018 1019 1021 1063 1159 1161 1162
    1310 2003 2004 2005 2008 2014 2048 2050 3018 3020 3021 4001 4002 4003 4010 4013 5000 5001 5002
    121101 -4 -6 34010105 exceed_model_parallel_max
"""
"""Every `ret` of protocol 5, and the codes inside one."""
FAIL = """
    1006 1180 2002 2003 2004 2005 2038 2039 2041 2042 2043 2048 2050 4011 130006 140001
    InputTextRisk InputImageRisk OutputImageRisk OutputVideoRisk InputVideoRisk RejectFace
    TaskCanceled web_text_violates_community_guidelines_toast web_fail2generate_copyright_block
"""
"""Every `fail_code` and key of protocol 9.3."""


def name(entry: ErrorEntry) -> str:
    """The test id of an entry."""
    return entry.codes[0]


def test_the_page_is_current() -> None:
    """docs/errors.md agrees with the library; `make docs` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_site_table_is_complete() -> None:
    """It has every code of the protocol page, each once in its section."""
    listed = [
        Counter(code for entry in entries for code in entry.codes)
        for entries in (SITE.request_errors, SITE.task_errors)
    ]
    assert listed == [Counter(RET.split()), Counter(FAIL.split())]


@each("entry", ENTRIES)
def test_what_an_entry_says(entry: ErrorEntry) -> None:
    """Each has its meaning and, in one sentence with a remedy, what to do, in both languages."""
    assert entry.means_en.isascii()
    assert re.search("[一-鿿]", entry.means_zh)
    assert re.fullmatch(r"[A-Z][\x20-\x7e]+\.", entry.text.en)
    assert entry.text.en.count(".") == 1
    assert ";" in entry.text.en or "," in entry.text.en
    assert re.fullmatch(r"[^。]+[，；][^。]+。", entry.text.zh)


@each("entry", [each for each in SITE_ENTRIES if not each.code])
def test_what_is_not_mapped_has_a_reason(entry: ErrorEntry) -> None:
    """A code that passes through has a reason, and is on the page."""
    assert entry.why
    assert f"`{entry.codes[0]}`" in page().partition("## Not mapped")[2]


@each("entry", SITE.request_errors)
def test_the_message_of_a_request_error(entry: ErrorEntry) -> None:
    """The error of a `ret` has the table's message, and costs nothing."""
    for code in entry.codes:
        error = map_error({"ret": code})
        assert error.code is (entry.code or ErrorCode.UPSTREAM_ERROR)
        assert (error.message, error.message_zh) == (entry.text.en, entry.text.zh)
        assert error.retryable is entry.text.retryable
        assert error.upstream_code == code
        assert entry.charged is Charged.NO


@each("entry", SITE.task_errors)
def test_the_message_of_a_task_error(entry: ErrorEntry) -> None:
    """The failure of a `fail_code` or a key has the table's message."""
    for code in entry.codes:
        field = "fail_code" if code.isdigit() else "fail_starling_key"
        record = {"status": 30, field: code}
        task = read_record(record, "7", SystemClock().now())
        assert isinstance(task, Failed)
        failure = task.failure
        assert failure.code is (entry.code or ErrorCode.GENERATION_FAILED)
        assert (failure.message, failure.message_zh) == (entry.text.en, entry.text.zh)
        assert (failure.retryable, failure.upstream_code) == (entry.text.retryable, code)
        assert entry.charged is not Charged.NO


def test_the_same_code_may_be_charged() -> None:
    """A code of ours that a failed task can have says that it may be charged."""
    ends = {entry.code for entry in SITE.task_errors if entry.code}
    ends -= {ErrorCode.INSUFFICIENT_CREDITS}  # there was nothing to take
    assert all(ERROR_TEXTS[code].charged for code in ends)
