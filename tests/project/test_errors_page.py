"""The atlas of errors, and the page that is written from it."""

import re
from collections import Counter

import pytest

from jimeng_core import ErrorCode, Failed
from jimeng_core.backends.web.error_mapping import Charged, ErrorEntry, error_table, map_error
from jimeng_core.backends.web.records import RecordContext, read_record
from jimeng_core.clock import SystemClock
from jimeng_core.error_codes import ERROR_TEXTS
from scripts.write_errors import PAGE, page

ENTRIES = [*error_table().refusals, *error_table().failures]

RET = """
    1 1057 2020 10020 1000 1001 1002 1006 1010 1014 1015 1017 1018 1019 1021 1063 1159 1161 1162
    1310 2003 2004 2005 2008 2014 2048 2050 3018 3020 3021 4001 4002 4003 4010 4013 5000 5001 5002
    121101 -4 -6 34010105 exceed_model_parallel_max
"""
"""Every `ret` of protocol 5, and what is carried within one."""
FAIL = """
    1006 1180 2002 2003 2004 2005 2038 2039 2041 2042 2043 2048 2050 4011 130006 140001
    InputTextRisk InputImageRisk OutputImageRisk OutputVideoRisk InputVideoRisk RejectFace
    TaskCanceled web_text_violates_community_guidelines_toast web_fail2generate_copyright_block
"""
"""Every `fail_code` and key of protocol 9.3."""


def name(entry: ErrorEntry) -> str:
    """What a test of an entry is called."""
    return entry.codes[0]


def test_the_page_is_current() -> None:
    """docs/errors.md says what the library says; `make docs` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_atlas_is_whole() -> None:
    """It has every code that the facts tell of, each once in its place."""
    listed = [
        Counter(code for entry in entries for code in entry.codes)
        for entries in (error_table().refusals, error_table().failures)
    ]
    assert listed == [Counter(RET.split()), Counter(FAIL.split())]


@pytest.mark.parametrize("entry", ENTRIES, ids=name)
def test_what_an_entry_says(entry: ErrorEntry) -> None:
    """Each tells its meaning and, in one sentence with a remedy, what to do, in both languages."""
    assert entry.en.isascii()
    assert re.search("[一-鿿]", entry.zh)
    assert re.fullmatch(r"[A-Z][\x20-\x7e]+\.", entry.sentence.en)
    assert entry.sentence.en.count(".") == 1
    assert ";" in entry.sentence.en or "," in entry.sentence.en
    assert re.fullmatch(r"[^。]+[，；][^。]+。", entry.sentence.zh)


@pytest.mark.parametrize("entry", [each for each in ENTRIES if not each.code], ids=name)
def test_what_is_not_mapped_has_a_reason(entry: ErrorEntry) -> None:
    """A code that passes through says why, on the page too."""
    assert entry.why
    assert f"`{entry.codes[0]}`" in page().partition("## Not mapped")[2]


@pytest.mark.parametrize("entry", error_table().refusals, ids=name)
def test_a_refusal_speaks_its_sentence(entry: ErrorEntry) -> None:
    """What a caller reads of a `ret` is what the atlas says, and a refusal costs nothing."""
    for code in entry.codes:
        error = map_error({"ret": code})
        assert error.code is (entry.code or ErrorCode.UPSTREAM_ERROR)
        assert (error.message, error.message_zh) == (entry.sentence.en, entry.sentence.zh)
        assert error.retryable is entry.sentence.retryable
        assert error.upstream_code == code
        assert entry.charged is Charged.NO


@pytest.mark.parametrize("entry", error_table().failures, ids=name)
def test_a_failure_speaks_its_sentence(entry: ErrorEntry) -> None:
    """What a caller reads of a `fail_code` or a key is what the atlas says."""
    for code in entry.codes:
        field = "fail_code" if code.isdigit() else "fail_starling_key"
        record = {"status": 30, field: code}
        task = read_record(record, RecordContext("7", SystemClock().now()))
        assert isinstance(task, Failed)
        told = task.failure
        assert told.code is (entry.code or ErrorCode.GENERATION_FAILED)
        assert (told.message, told.message_zh) == (entry.sentence.en, entry.sentence.zh)
        assert (told.retryable, told.upstream_code) == (entry.sentence.retryable, code)
        assert entry.charged is not Charged.NO


def test_the_same_code_may_be_charged() -> None:
    """A code of ours that can be a task's end says that it may cost."""
    ends = {entry.code for entry in error_table().failures if entry.code}
    ends -= {ErrorCode.INSUFFICIENT_CREDITS}  # there was nothing to take
    assert all(ERROR_TEXTS[code].charged for code in ends)
