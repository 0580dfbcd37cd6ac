import pickle
import re

from jimeng_core import errors
from jimeng_core.error_codes import ERROR_TEXTS, ErrorCode
from jimeng_core.errors import (
    ERROR_CLASSES,
    InvalidRequest,
    InvalidTaskId,
    JimengError,
    SubmitUnconfirmed,
    WaitTimeout,
)
from jimeng_core.problems import problem
from tests.each import each

CODES = (
    *("invalid_request", "invalid_task_id", "not_found", "expired", "unauthorized"),
    *("insufficient_credits", "permission_denied", "risk_control", "rate_limited"),
    *("too_many_running", "daily_limit", "content_refused", "image_rejected", "upload_failed"),
    *("upstream_error", "upstream_unreadable", "network_error", "submit_unconfirmed"),
    *("generation_failed", "generation_timeout", "wait_timeout"),
)
"""The codes of contract 4."""


def below(kind: type[JimengError]) -> list[type[JimengError]]:
    """The library's direct subclasses of a class; a door may have its own."""
    return [each for each in kind.__subclasses__() if each.__module__ == errors.__name__]


def family(root: type[JimengError] = JimengError) -> list[type[JimengError]]:
    """A class and all its subclasses."""
    return [root, *(each for child in below(root) for each in family(child))]


def drawn_tree() -> dict[str, tuple[str | None, str | None]]:
    """The tree in the module's docstring: each class with its base class and its code."""
    drawn: dict[str, tuple[str | None, str | None]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ([│├└─ ]*)([A-Z]\w+)(?: {2,}([a-z_]+)(?= {2}|$))?", line)
        if match:
            depth = len(match[1]) // 4
            above[depth:] = [match[2]]
            drawn[match[2]] = (above[depth - 1] if depth else None, match[3])
    return drawn


def test_codes() -> None:
    """The codes are the contract's, and a code is its own text."""
    assert tuple(str(code) for code in ErrorCode) == CODES
    assert all(code == str(code) == code.value for code in ErrorCode)


def test_one_class_for_each_code() -> None:
    """Each code has exactly one exception class, which is a leaf of the tree."""
    leaves = [each for each in family() if not below(each)]
    assert {leaf.code: leaf for leaf in leaves} == ERROR_CLASSES
    assert set(ERROR_CLASSES) == set(ErrorCode)
    assert len(leaves) == len(ErrorCode)


def test_drawn_tree() -> None:
    """The tree that the module's docstring draws is the tree of classes, codes too."""
    real = {
        each.__name__: (
            None if each is JimengError else each.__mro__[1].__name__,
            str(each.code) if not below(each) else None,
        )
        for each in family()
    }
    assert drawn_tree() == real


@each("code", ErrorCode)
def test_sentences(code: ErrorCode) -> None:
    """Each code says in one English and one Chinese sentence what happened and what to do."""
    sentence = ERROR_TEXTS[code]
    assert re.fullmatch(r"[A-Z][\x20-\x7e]+\.", sentence.en)
    assert sentence.en.count(".") == 1
    assert re.fullmatch(
        r"[^a-z]*(?:[一-鿿，；、（）]|ID|JPEG|PNG|WebP|sessionid| )+。", sentence.zh
    )
    assert {",", ";"} & set(sentence.en), "a cause and a remedy"
    assert {"，", "；"} & set(sentence.zh), "a cause and a remedy"


@each("code", [ErrorCode.NOT_FOUND, ErrorCode.EXPIRED])
def test_another_account(code: ErrorCode) -> None:
    """Both texts about an unknown id mention that it may be another account's."""
    assert "account" in ERROR_TEXTS[code].en
    assert "账号" in ERROR_TEXTS[code].zh


def test_builtin_families() -> None:
    """Errors with a built-in counterpart are caught as that, too."""
    assert issubclass(WaitTimeout, TimeoutError)
    assert issubclass(InvalidRequest, ValueError)
    assert issubclass(InvalidTaskId, ValueError)


@each("code", ErrorCode)
def test_attributes(code: ErrorCode) -> None:
    """Each error has the contract's attributes, and its `str` is the English message."""
    error = ERROR_CLASSES[code](upstream_code="2038", task_id="7")
    assert (error.code, error.upstream_code, error.task_id) == (code, "2038", "7")
    assert str(error) == error.message == ERROR_TEXTS[code].en
    assert error.message_zh == ERROR_TEXTS[code].zh
    assert error.retryable is ERROR_TEXTS[code].retryable


def test_risk_control_is_not_retried() -> None:
    """Errors that must not be retried automatically are not `retryable`."""
    for code in ("risk_control", "unauthorized", "insufficient_credits", "submit_unconfirmed"):
        assert not ERROR_TEXTS[ErrorCode(code)].retryable


@each("code", ErrorCode)
def test_said_of_another_task(code: ErrorCode) -> None:
    """An error that concerns many tasks can be copied for each, with the same content."""
    error = ERROR_CLASSES[code](upstream_code="1015")
    other = error.about("8")
    assert other is not error
    assert type(other) is type(error)
    assert (error.task_id, other.task_id) == (None, "8")
    assert (other.message, other.message_zh) == (error.message, error.message_zh)
    assert other.upstream_code == "1015"


def test_problems() -> None:
    """An invalid request has every problem that was found; its copy for a task has them too."""
    found = [problem("prompt", "Write.", "请写。"), problem("seed", "Change.", "请改。")]
    error = InvalidRequest("Write.", "请写。", problems=found)
    assert error.problems == tuple(found)
    assert error.about("7").task_id == "7"
    assert error.about("7").problems == tuple(found)


def test_crosses_processes() -> None:
    """A pickled and unpickled error, as in a process pool, has the same attributes."""
    error = SubmitUnconfirmed(upstream_code="HTTP 502", task_id="7")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)
