from datetime import timedelta

from jimeng_core import ErrorCode, Failed
from jimeng_core.backends.web.error_mapping import map_error
from jimeng_core.errors import ERROR_CLASSES
from tests.core.web.record_tools import read, record
from tests.each import each

E = ErrorCode

REFUSED = {
    E.RATE_LIMITED: ["1", "1057", "2020", "10020"],
    E.INVALID_REQUEST: ["1000", "1001", "1002", "2008"],
    E.INSUFFICIENT_CREDITS: ["1006", "5000"],
    E.TOO_MANY_RUNNING: ["1010", "1310"],
    E.UNAUTHORIZED: ["1015", "34010105"],
    E.PERMISSION_DENIED: ["1018", "3018", "3021", "4003", "4010"],
    E.RISK_CONTROL: ["1019", "1021", "4013", "-4", "-6"],
    E.CONTENT_REFUSED: ["1063", "1159", "1161", "1162", "2005", "2050"],
    E.IMAGE_REJECTED: ["2003", "2004", "2048"],
    E.UPLOAD_FAILED: ["3020"],
    E.DAILY_LIMIT: ["121101"],
    # Sources disagree, or no log shows them: they pass through (protocol 5).
    E.UPSTREAM_ERROR: ["1014", "2014", "4001", "4002", "5001", "5002", "987654", "busy"],
}


@each(("ret", "code"), [(ret, code) for code, rets in REFUSED.items() for ret in rets])
def test_every_ret(ret: str, code: ErrorCode) -> None:
    """Each `ret` of protocol 5 is one error code, and its own text is in `upstream_code`."""
    error = map_error({"ret": ret, "errmsg": "m", "data": None})
    assert type(error) is ERROR_CLASSES[code]
    assert error.upstream_code == ret


@each(
    ("ret", "fail_code", "code"),
    [
        ("3018", "1017", E.PERMISSION_DENIED),
        ("1017", "", E.PERMISSION_DENIED),
        ("-6", "4013", E.RISK_CONTROL),
        ("1310", "exceed_model_parallel_max", E.TOO_MANY_RUNNING),
        ("1019", "", E.RISK_CONTROL),
        ("987654", "4013", E.RISK_CONTROL),
        ("987654", "123456", E.UPSTREAM_ERROR),
    ],
)
def test_the_inner_code(ret: str, fail_code: str, code: ErrorCode) -> None:
    """`fail_code` decides if `ret` is unknown; `upstream_code` is always `ret`."""
    data = {"aigc_data": None, "fail_code": fail_code, "fail_starling_key": "k"}
    error = map_error({"ret": ret, "data": data})
    assert (error.code, error.upstream_code) == (code, ret)


@each("number", [1015, 1019])
def test_ret_as_number(number: int) -> None:
    """A `ret` that is a number means the same."""
    assert map_error({"ret": number}).code is map_error({"ret": str(number)}).code


FAILED = {
    E.CONTENT_REFUSED: ["2038", "2005", "2042", "2043", "2050", "130006", "2004"],
    E.IMAGE_REJECTED: ["2003", "2039", "2041", "2048", "4011"],
    E.GENERATION_FAILED: ["2002", "2047", "987654"],
    E.INSUFFICIENT_CREDITS: ["1006", "140001"],
}


def map_failure(**fields: object) -> tuple[ErrorCode, str | None]:
    """The code of a failed record, and the upstream's own."""
    task = read(record(30, **fields), after=timedelta(minutes=1))
    assert isinstance(task, Failed)
    return task.failure.code, task.failure.upstream_code


@each(
    ("fail_code", "code"),
    [(number, code) for code, numbers in FAILED.items() for number in numbers],
)
def test_every_fail_code(fail_code: str, code: ErrorCode) -> None:
    """Each `fail_code` of protocol 9.3 is one error code, as text and as number."""
    assert map_failure(fail_code=fail_code) == (code, fail_code)
    assert map_failure(fail_code=int(fail_code)) == (code, fail_code)


@each(
    ("key", "code"),
    [
        ("web_text_violates_community_guidelines_toast", E.CONTENT_REFUSED),
        ("web_fail2generate_copyright_block", E.CONTENT_REFUSED),
        ("InputTextRisk", E.CONTENT_REFUSED),
        ("OutputVideoRisk", E.CONTENT_REFUSED),
        ("OutputImageRisk", E.CONTENT_REFUSED),
        ("InputVideoRisk", E.CONTENT_REFUSED),
        ("InputImageRisk", E.IMAGE_REJECTED),
        ("RejectFace", E.IMAGE_REJECTED),
        ("TaskCanceled", E.GENERATION_FAILED),
        ("web_nobody_knows_this_key", E.GENERATION_FAILED),
    ],
)
@each("empty", ["", None, 0, "0"])
def test_only_a_key(key: str, code: ErrorCode, empty: object) -> None:
    """If `fail_code` is empty, the starling key has the reason (five real cases)."""
    assert map_failure(fail_code=empty, fail_starling_key=key) == (code, key)


def test_key_beside_an_unknown_code() -> None:
    """A key explains an unknown code; the code itself is in `upstream_code`."""
    key = "web_text_violates_community_guidelines_toast"
    assert map_failure(fail_code=2047, fail_starling_key=key) == (E.CONTENT_REFUSED, "2047")
    assert map_failure(fail_code="", fail_msg="err: InputTextRisk (1)") == (
        E.CONTENT_REFUSED,
        "err: InputTextRisk (1)",
    )
