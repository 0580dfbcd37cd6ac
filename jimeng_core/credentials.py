"""The credential of each backend, and the error that says how to supply a missing one."""

import re
from collections.abc import Sequence
from typing import Literal

from .errors import Unauthorized
from .pasted_text import plain
from .settings import BackendName, Settings

Source = Literal["argument", "environment", "request", "own"]
"""Where a caller can supply a credential: in Python, on the command line, or at a server; `own`: at
a server that has one, which this caller may not use."""

_CREDENTIALS = {
    BackendName.WEB: (
        *("JIMENG_TOKEN", "the JiMeng site's sessionid cookie"),
        "即梦网站的 sessionid Cookie",
    ),
    BackendName.ARK: ("ARK_API_KEY", "an API key of the Ark console", "火山方舟控制台的 API Key"),
}
_ADVICE: dict[Source, tuple[str, str]] = {
    "argument": (
        "{name} is not set; pass token=… or set it to {en}.",
        "未设置 {name}，请传入 token，或将其设为{zh}。",
    ),
    "environment": (
        "{name} is not set; set it to {en}, in the environment or .env.",
        "未设置 {name}，请在环境变量或 .env 中将其设为{zh}。",
    ),
    "request": ("This backend needs a credential; send {en}.", "该后端需要凭证，请提供{zh}。"),
    "own": (
        "Send {en}, or set JIMENG_SHARE_CREDENTIAL=1 at the server to let others use its own.",
        "请提供{zh}；若要让他人使用服务器自己的凭证，请在服务器上设置 JIMENG_SHARE_CREDENTIAL=1。",
    ),
}

_MALFORMED = {
    BackendName.WEB: (
        "This cannot be a credential of the site; copy only the value of its cookie sessionid.",
        "这不是即梦网站的凭证，请只复制名为 sessionid 的 Cookie 的值。",
    ),
    BackendName.ARK: (
        "The API key contains characters that no key has; copy it again from the Ark console.",
        "API Key 含有不可能的字符，请从火山方舟控制台重新复制。",
    ),
}
"""The error of a text that is not a credential."""
_NAMES = {
    BackendName.WEB: ("sessionid", "sessionid_ss", "sid_tt", "JIMENG_TOKEN", "authorization"),
    BackendName.ARK: ("ARK_API_KEY", "api[ _-]?key", "authorization"),
}
"""Names with which a credential is copied, the most certain first; the three cookies are equal
(protocol 4)."""
MAX_LENGTH = 100_000
"""Characters of a pasted text that are read."""
_QUOTES = "\"'`“”‘’"
_AROUND = f"{_QUOTES} \t\r\n,;<>[](){{}}"
_PREFIX = re.compile(r"^(?:bearer\s+)+", re.IGNORECASE)
_CREDENTIAL = re.compile(r"[\w!#$%&'()*+\-./@^|~]{1,4096}=*", re.ASCII)
"""Signs of a cookie's value and of base64; not those around and between such values."""
_PLACEHOLDERS = {"null", "none", "undefined", "bearer", "sessionid", "true", "false"}


def missing_credential(backend: BackendName, source: Source) -> Unauthorized:
    """The error for a call on `web` or `ark` without a credential."""
    name, en, zh = _CREDENTIALS[backend]
    return Unauthorized(*(text.format(name=name, en=en, zh=zh) for text in _ADVICE[source]))


def read_credential(settings: Settings, source: Source = "argument") -> str:
    """The credential of the selected backend; empty for `demo` if none is set.

    Raises:
        Unauthorized: It is missing, or cannot be one of this backend's.
    """
    credential = clean_credential(settings.backend, settings.credential(settings.backend))
    if not credential and settings.backend is not BackendName.DEMO:
        raise missing_credential(settings.backend, source)
    return credential


def clean_credential(backend: BackendName, pasted: str) -> str:
    """The credential in a text that was pasted, possibly with what stood around it; may be empty.

    Recognized are the cookie with its name, a whole line of cookies, a row of a browser's developer
    tools, an exported JSON list, a variable's assignment, `Bearer` in front, and quotes.

    Raises:
        Unauthorized: The text cannot be a credential of the backend.
    """
    text = plain(_utf8(pasted[:MAX_LENGTH])).strip()
    if backend is BackendName.DEMO:
        return text
    found = _named_value(text, _NAMES[backend]) or _PREFIX.sub("", text.strip(_AROUND), 1).strip(
        _AROUND
    )
    if backend is BackendName.WEB and found[:3].lower() in {"us-", "hk-", "jp-", "sg-"}:
        raise Unauthorized(
            "This token is of a Dreamina account abroad; only the JiMeng site in China is served.",
            "这是海外 Dreamina 账号的凭证，目前只支持国内即梦网站的账号。",
        )
    if found and (not _CREDENTIAL.fullmatch(found) or found.rstrip("=").lower() in _PLACEHOLDERS):
        raise Unauthorized(*_MALFORMED[backend])
    return found


def _named_value(text: str, names: Sequence[str]) -> str | None:
    """The value behind the first of the names that a text has one for."""
    for name in names:
        exported = re.search(rf'\{{[^{{}}]*"name"\s*:\s*"{name}"[^{{}}]*\}}', text)
        if exported and (found := re.search(r'"value"\s*:\s*"([^"]+)"', exported[0])):
            return found[1]
        label = rf"(?<![\w-]){name}(?![\w-])[{_QUOTES}]?(?:\s*[:=]\s*|\s+)"
        value = rf"[{_QUOTES}]?(?:bearer\s+)*([^\s{_QUOTES};,]+)"
        if found := re.search(label + value, text, re.IGNORECASE):
            return found[1]
    return None


def _utf8(text: str) -> str:
    """The text of a header whose UTF-8 was decoded as Latin-1; any other as it is."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
