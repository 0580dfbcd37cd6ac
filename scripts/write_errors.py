"""Writes docs/errors.md from the tables that the library itself uses: `make docs`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from jimeng_core.backends.ark import error_mapping as ark
from jimeng_core.backends.web.error_mapping import ErrorEntry, error_table
from jimeng_core.error_codes import ERROR_TEXTS, ErrorCode, ErrorText

PAGE: Final = Path(__file__).parents[1] / "docs" / "errors.md"

_HEAD: Final = """\
# Errors 错误代码

Written by `make docs`; do not edit. Our codes come from `jimeng_core/error_texts.toml`, the site's
from `jimeng_core/backends/web/error_table.toml`, Ark's from
`jimeng_core/backends/ark/error_mapping.py`.

Every error has one of **our codes**. What the upstream itself said stands beside it, as text, in
`upstream_code`; a code of the upstream that is not known passes through there and never becomes
another code.

每个错误都有一个**统一代码**；上游自己的代码以文字形式保留在 `upstream_code` 中，
未知代码原样透传，不会被当成别的代码。

*Again* 重试: whether doing the same again can help. *Charged* 扣费: whether credits may be gone.
`possible` 可能: a task that failed can cost all the same, and only the account's ledger on the site
tells; `returned` 已返还: the site says that it gave them back.
"""

_OURS: Final = """\
## Our codes 统一代码
"""

_REFUSALS: Final = """\
## The site: `ret` 提交或查询被拒

The site answers HTTP 200 with a `ret` other than `0`. Nothing was accepted, so nothing is charged.
Where `ret` is not known, a `fail_code` within the answer is looked for in this table too.
"""

_FAILURES: Final = """\
## The site: `fail_code` and keys 任务失败

The task was accepted and ended without a video. `fail_code` can be empty while only
`fail_starling_key` or `fail_msg` tells; a key also counts within a longer text. A failed task that
names no reason is `content_refused` where the site's review ended it (status 10 or 40), else
`generation_failed`.
"""

_UNMAPPED: Final = """\
## Not mapped: passes through 不映射，原样透传

Their sources disagree, or nobody saw them. A caller gets `upstream_error` (`ret`) or
`generation_failed` (a failed task), with the code itself in `upstream_code`.
"""


_ARK: Final = """\
## Ark: `error.code` 方舟错误码

Codes have parts (`InputImageSensitiveContentDetected.PrivacyInformation`): one that does not stand
here as a whole counts as its first part. `QuotaExceeded` is `too_many_running` where its message
speaks of a queue, else `insufficient_credits`. An unknown code is told by the HTTP status (401,
403, 429), else it is `upstream_error`. A task fails by what concerns its words, pictures or
balance; by any other code it is `generation_failed`, `cancelled` too, and `expired` is
`generation_timeout`.
"""


def page() -> str:
    """The whole page."""
    known = error_table()
    places = (("`ret`", known.refusals), ("`fail_code`", known.failures))
    unmapped = [(place, each) for place, entries in places for each in entries if not each.code]
    parts = (
        _HEAD,
        _OURS,
        _table(("code", "what to do 怎么办", "again", "charged"), map(_our_row, ErrorCode)),
        _REFUSALS,
        _entries(known.refusals),
        _FAILURES,
        _entries(known.failures),
        _UNMAPPED,
        _table(
            ("where", "code", "said to mean 据称含义", "why not 原因"),
            ((place, _codes(each), _both(each.en, each.zh), each.why) for place, each in unmapped),
        ),
        _ARK,
        _table(("code", "here", "what to do 怎么办", "again"), _ark_rows()),
    )
    return "\n".join(parts)


def _our_row(code: ErrorCode) -> Sequence[str]:
    said = ERROR_TEXTS[code]
    return f"`{code}`", _said(said), _again(said), "possible" if said.charged else "no"


def _ark_rows() -> Iterator[Sequence[str]]:
    for code in ErrorCode:
        names = [f"`{name}`" for name, meant in ark.REQUEST_ERRORS.items() if meant is code]
        if names:
            own, general = ark.ERROR_TEXTS.get(code), ERROR_TEXTS[code]
            to_do = _said(own) if own else f"as `{code}` above"
            yield ", ".join(names), f"`{code}`", to_do, _again(general)


def _entries(entries: Iterable[ErrorEntry]) -> str:
    return _table(
        ("code", "means 含义", "here", "what to do 怎么办", "again", "charged"),
        (_entry_row(each, each.code) for each in entries if each.code),
    )


def _entry_row(entry: ErrorEntry, code: ErrorCode) -> Sequence[str]:
    means = _both(entry.en, entry.zh) + (f"<br>*{entry.why}*" if entry.why else "")
    general = ERROR_TEXTS[code]
    own = (entry.sentence.en, entry.sentence.zh) != (general.en, general.zh)
    to_do = _said(entry.sentence) if own else f"as `{code}` above"
    again = _again(entry.sentence)
    return _codes(entry), means, f"`{code}`", to_do, again, entry.charged.value


def _codes(entry: ErrorEntry) -> str:
    return ", ".join(f"`{code}`" for code in entry.codes)


def _said(said: ErrorText) -> str:
    return _both(said.en, said.zh)


def _again(said: ErrorText) -> str:
    return "yes" if said.retryable else "no"


def _both(en: str, zh: str) -> str:
    return f"{en}<br>{zh}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines([head, ["---"] * len(head), *rows])) + "\n"


def _lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
