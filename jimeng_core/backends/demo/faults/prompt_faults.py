"""Failures that a prompt can request for its own task, such as `#fail:content_refused`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from jimeng_core.error_codes import ErrorCode as E

_REQUEST = re.compile(r"#fail:([a-z_]+)")


@dataclass(frozen=True, slots=True)
class PromptFault:
    """How the site shows a failure.

    Attributes:
        at: `submit`: the request is refused with `ret`. `end`: the task runs and ends with status
            30 and this `fail_code`. `deadline`: it never ends. `no_url`: it ends without a URL.
            `deleted`: its record is gone when it should have ended.
        upstream_code: The `ret` or `fail_code`.
        key: The `fail_starling_key` that accompanies it.
    """

    at: Literal["submit", "end", "deadline", "no_url", "deleted"]
    upstream_code: str = ""
    key: str = ""


PROMPT_FAULTS: Mapping[str, PromptFault] = {
    E.CONTENT_REFUSED: PromptFault("end", "2038", "InputTextRisk"),
    E.IMAGE_REJECTED: PromptFault("end", "2039", "InputImageRisk"),
    E.INSUFFICIENT_CREDITS: PromptFault("end", "140001"),
    E.GENERATION_FAILED: PromptFault("end", "2002"),
    E.GENERATION_TIMEOUT: PromptFault("deadline"),
    E.UPSTREAM_UNREADABLE: PromptFault("no_url"),
    E.EXPIRED: PromptFault("deleted"),
    E.UNAUTHORIZED: PromptFault("submit", "1015"),
    E.PERMISSION_DENIED: PromptFault("submit", "3018"),
    E.RISK_CONTROL: PromptFault("submit", "1019"),
    E.RATE_LIMITED: PromptFault("submit", "1057"),
    E.TOO_MANY_RUNNING: PromptFault("submit", "1310"),
    E.DAILY_LIMIT: PromptFault("submit", "121101"),
}
"""By the code that a caller gets (protocol 5 and 9.3 for the upstream's codes)."""


def requested_fault(prompts: Iterable[str]) -> str | None:
    """The code of the first known failure that the prompts request."""
    names = (str(name) for prompt in prompts for name in _REQUEST.findall(prompt))
    return next((name for name in names if name in PROMPT_FAULTS), None)
