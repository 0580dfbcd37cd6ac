"""Errors in the row: of a task, of a look-up, of a submission."""

import json
from datetime import UTC, datetime

from jimeng_core.error_codes import ERROR_TEXTS, ErrorCode
from jimeng_core.errors import ERROR_CLASSES, InvalidTaskId, NotFound, SubmitUnconfirmed
from jimeng_core.rows import Lookup, Row, build_row
from jimeng_core.tasks import Failed, Failure
from tests.each import each

NOON = datetime(2026, 11, 24, 12, 0, 0, 123_456, tzinfo=UTC)


def test_failed_look_up() -> None:
    """The row of a failed look-up has an error and no state: the task is not `failed`."""
    row = Lookup("nonsense", None, InvalidTaskId(task_id="nonsense"), NOON).row()
    assert row == {
        **dict.fromkeys(Row.__annotations__),
        "id": "nonsense",
        "error": {
            "code": "invalid_task_id",
            "message": ERROR_TEXTS[ErrorCode.INVALID_TASK_ID].en,
            "upstream_code": None,
            "retryable": False,
        },
        "checked_at": "2026-11-24T12:00:00.123+00:00",
    }


@each("code", ErrorCode)
def test_every_error(code: ErrorCode) -> None:
    """The row of every code has its text, in either language."""
    lookup = Lookup("7", None, ERROR_CLASSES[code](upstream_code="5"), NOON)
    sentence = ERROR_TEXTS[code]
    for chinese, message in ((False, sentence.en), (True, sentence.zh)):
        assert lookup.row(chinese=chinese)["error"] == {
            "code": str(code),
            "message": message,
            "upstream_code": "5",
            "retryable": sentence.retryable,
        }


def test_chinese_failure() -> None:
    """The row of a failed task can be in Chinese."""
    failure = Failure.of(ErrorCode.CONTENT_REFUSED, "2038")
    failed = Failed(id="7", mode=None, created_at=None, failure=failure)
    error = Lookup("7", failed, None, NOON).row(chinese=True)["error"]
    assert error
    assert error["message"] == ERROR_TEXTS[ErrorCode.CONTENT_REFUSED].zh


def test_refused_submission() -> None:
    """The row of a refused submission has no state, and an id where the error has one."""
    refused = build_row(None, None, NotFound(), NOON)
    assert tuple(refused) == tuple(Row.__annotations__)
    assert (refused["id"], refused["state"]) == (None, None)
    unconfirmed = build_row("7", None, SubmitUnconfirmed(task_id="7"), NOON)
    assert unconfirmed["id"] == "7"
    assert unconfirmed["error"]
    assert unconfirmed["error"]["code"] == "submit_unconfirmed"


def test_row_of_any_text() -> None:
    """An id with a lone surrogate still makes a row that can be encoded."""
    row = build_row("\ud800", None, InvalidTaskId(), NOON)
    assert json.dumps(row, ensure_ascii=False).encode()
