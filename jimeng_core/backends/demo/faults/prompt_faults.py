"""Failures that can be asked for: `#fail:content_refused` in a prompt, to rehearse what follows."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from jimeng_core.error_codes import ErrorCode

_E = ErrorCode


_ASKED = re.compile(r"#fail:([a-z_]+)")


@dataclass(frozen=True, slots=True)
class PromptFault:
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


PROMPT_FAULTS: Mapping[str, PromptFault] = {
    _E.CONTENT_REFUSED: PromptFault("end", "2038", "InputTextRisk"),
    _E.IMAGE_REJECTED: PromptFault("end", "2039", "InputImageRisk"),
    _E.INSUFFICIENT_CREDITS: PromptFault("end", "140001"),
    _E.GENERATION_FAILED: PromptFault("end", "2002"),
    _E.GENERATION_TIMEOUT: PromptFault("deadline"),
    _E.UPSTREAM_UNREADABLE: PromptFault("no_url"),
    _E.EXPIRED: PromptFault("deleted"),
    _E.UNAUTHORIZED: PromptFault("submit", "1015"),
    _E.PERMISSION_DENIED: PromptFault("submit", "3018"),
    _E.RISK_CONTROL: PromptFault("submit", "1019"),
    _E.RATE_LIMITED: PromptFault("submit", "1057"),
    _E.TOO_MANY_RUNNING: PromptFault("submit", "1310"),
    _E.DAILY_LIMIT: PromptFault("submit", "121101"),
}
"""By the code that a caller gets (protocol 5 and 9.3 for the upstream's)."""


def requested_fault(prompts: Iterable[str]) -> str | None:
    """The code of the first failure that the prompts ask for; None when they ask for none."""
    for prompt in prompts:
        for name in _ASKED.findall(prompt):
            if name in PROMPT_FAULTS:
                return str(name)
    return None
