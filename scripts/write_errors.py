"""Write docs/errors.md from the tables that the library uses: `make docs`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from jimeng_core.backends.error_table import ErrorEntry, load_error_table
from jimeng_core.error_codes import ERROR_TEXTS, ErrorCode, ErrorText

PAGE: Final = Path(__file__).parents[1] / "docs" / "errors.md"
SITE: Final = load_error_table("jimeng_core.backends.web")
ARK: Final = load_error_table("jimeng_core.backends.ark")

_HEAD: Final = """\
# Errors 错误代码

Written by `make docs`; do not edit. Our codes come from `jimeng_core/error_texts.toml`, the site's
from `jimeng_core/backends/web/error_table.toml`, Ark's from
`jimeng_core/backends/ark/error_table.toml`.

Every error has one of **our codes**. The upstream's own code stands beside it, as text, in
`upstream_code`; an unknown code of the upstream passes through there and never becomes another
code.

每个错误都有一个**统一代码**；上游自己的代码以文字形式保留在 `upstream_code` 中，
未知代码原样透传，不会被当成别的代码。

*Again* 重试: whether doing the same again can help. *Charged* 扣费: whether credits may be gone.
`possible` 可能: a failed task may still be charged, and only the account's ledger on the site
decides; `returned` 已返还: the site says that it returned them.
"""

_OURS: Final = """\
## Our codes 统一代码
"""

_REQUEST_ERRORS: Final = """\
## The site: `ret` 提交或查询被拒

The site answers HTTP 200 with a `ret` other than `0`. Nothing was accepted, so nothing is charged.
If `ret` is unknown, a `fail_code` inside the response is looked up in this table too.
"""

_TASK_ERRORS: Final = """\
## The site: `fail_code` and keys 任务失败

The task was accepted and ended without a video. `fail_code` can be empty while only
`fail_starling_key` or `fail_msg` has the reason; a key also matches inside a longer text. A failed
task without a reason is `content_refused` if the site's review ended it (status 10 or 40), else
`generation_failed`.
"""

_UNMAPPED: Final = """\
## Not mapped: passes through 不映射，原样透传

Their sources disagree, or nobody saw them. A caller gets `upstream_error` (`ret`) or
`generation_failed` (a failed task), with the code itself in `upstream_code`.
"""


_ARK: Final = """\
## Ark: `error.code` 方舟错误码

Codes have parts (`InputImageSensitiveContentDetected.PrivacyInformation`): one that is not here as
a whole counts as its first part. `QuotaExceeded` is told apart by its message. The HTTP status
counts if the code is unknown; any other unknown code is `upstream_error`. A failed task has the
code below if that is about its prompt, its pictures or the balance; otherwise it is
`generation_failed`, `cancelled` too, and `expired` is `generation_timeout`.
"""


def page() -> str:
    """The whole page."""
    places = (("`ret`", SITE.request_errors), ("`fail_code`", SITE.task_errors))
    unmapped = [(place, each) for place, entries in places for each in entries if not each.code]
    parts = (
        _HEAD,
        _OURS,
        _table(("code", "what to do 怎么办", "again", "charged"), map(_our_row, ErrorCode)),
        _REQUEST_ERRORS,
        _entries(SITE.request_errors),
        _TASK_ERRORS,
        _entries(SITE.task_errors),
        _UNMAPPED,
        _table(
            ("where", "code", "said to mean 据称含义", "why not 原因"),
            ((place, _codes(each), _means(each), each.why) for place, each in unmapped),
        ),
        _ARK,
        _entries(ARK.request_errors),
    )
    return "\n".join(parts)


def _our_row(code: ErrorCode) -> Sequence[str]:
    text = ERROR_TEXTS[code]
    return f"`{code}`", _both(text.en, text.zh), _again(text), "possible" if text.charged else "no"


def _entries(entries: Iterable[ErrorEntry]) -> str:
    return _table(
        ("code", "means 含义", "here", "what to do 怎么办", "again", "charged"),
        (_entry_row(each, each.code) for each in entries if each.code),
    )


def _entry_row(entry: ErrorEntry, code: ErrorCode) -> Sequence[str]:
    means = _means(entry) + (f"<br>*{entry.why}*" if entry.why else "")
    text, general = entry.text, ERROR_TEXTS[code]
    own = (text.en, text.zh) != (general.en, general.zh)
    to_do = _both(text.en, text.zh) if own else f"as `{code}` above"
    return _codes(entry), means, f"`{code}`", to_do, _again(text), entry.charged.value


def _codes(entry: ErrorEntry) -> str:
    return ", ".join(f"`{code}`" for code in entry.codes)


def _means(entry: ErrorEntry) -> str:
    return _both(entry.means_en, entry.means_zh)


def _again(text: ErrorText) -> str:
    return "yes" if text.retryable else "no"


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
