"""Problems of a request: building them, and the exception that carries them."""

from collections.abc import Sequence

from .error_codes import ErrorCode
from .errors import InvalidRequest, Problem


def problem(field: str, message: str, message_zh: str) -> Problem:
    """A rule that a field breaks."""
    return Problem(field, ErrorCode.INVALID_REQUEST, message, message_zh)


def invalid_request(problems: Sequence[Problem]) -> InvalidRequest:
    """The exception of one or more problems; the first one speaks."""
    first = problems[0]
    return InvalidRequest(first.message, first.message_zh, problems=problems)


def choice(field: str, what: str, what_zh: str, given: object, allowed: Sequence[str]) -> Problem:
    """That a value is none of those on offer."""
    return problem(
        field,
        f"The {what} {given} is not on offer here; choose one of {', '.join(allowed)}.",
        f"{what_zh}不支持 {given}，可选：{'、'.join(allowed)}。",
    )
