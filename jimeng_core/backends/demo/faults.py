"""Failures that can be asked for: `#fail:content_refused` in a prompt, to rehearse what follows."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from jimeng_core.codes import ErrorCode

_E = ErrorCode
_ASKED = re.compile(r"#fail:([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """How the site shows a failure.

    Attributes:
        at: `submit`: the request is refused with `ret`. `end`: the task runs and ends with status
            30 and this `fail_code`. `deadline`: it never ends. `no_url`: it ends and has no URL.
            `deleted`: its record is gone when it should have ended.
        upstream_code: The `ret` or `fail_code`.
        key: The `fail_starling_key` that goes with it.
    """

    at: Literal["submit", "end", "deadline", "no_url", "deleted"]
    upstream_code: str = ""
    key: str = ""


FAULTS: Mapping[str, Fault] = {
    _E.CONTENT_REFUSED: Fault("end", "2038", "InputTextRisk"),
    _E.IMAGE_REJECTED: Fault("end", "2039", "InputImageRisk"),
    _E.INSUFFICIENT_CREDITS: Fault("end", "140001"),
    _E.GENERATION_FAILED: Fault("end", "2002"),
    _E.GENERATION_TIMEOUT: Fault("deadline"),
    _E.UPSTREAM_UNREADABLE: Fault("no_url"),
    _E.EXPIRED: Fault("deleted"),
    _E.UNAUTHORIZED: Fault("submit", "1015"),
    _E.PERMISSION_DENIED: Fault("submit", "3018"),
    _E.RISK_CONTROL: Fault("submit", "1019"),
    _E.RATE_LIMITED: Fault("submit", "1057"),
    _E.TOO_MANY_RUNNING: Fault("submit", "1310"),
    _E.DAILY_LIMIT: Fault("submit", "121101"),
}
"""By the code that a caller gets (wire facts 5 and 9.3 for the upstream's)."""


def asked_fault(prompts: Iterable[str]) -> str | None:
    """The code of the first failure that the prompts ask for; None when they ask for none."""
    for prompt in prompts:
        for name in _ASKED.findall(prompt):
            if name in FAULTS:
                return str(name)
    return None
