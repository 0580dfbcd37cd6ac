"""The credential of each backend, and the error that says how to supply a missing one."""

from typing import Literal

from .errors import Unauthorized
from .settings import BackendName, Settings

Source = Literal["argument", "environment", "request"]
"""Where a caller can supply a credential: in Python, on the command line, or at the server."""

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
}


def missing_credential(backend: BackendName, source: Source) -> Unauthorized:
    """The error for a call on `web` or `ark` without a credential."""
    name, en, zh = _CREDENTIALS[backend]
    return Unauthorized(*(text.format(name=name, en=en, zh=zh) for text in _ADVICE[source]))


def read_credential(settings: Settings, source: Source = "argument") -> str:
    """The credential of the selected backend without surrounding spaces; empty for `demo`.

    Raises:
        Unauthorized: It is missing, or cannot be one of this backend's.
    """
    backend, credential = settings.backend, settings.credential(settings.backend).strip()
    if not credential and backend is not BackendName.DEMO:
        raise missing_credential(backend, source)
    if backend is BackendName.WEB and credential[:3].lower() in {"us-", "hk-", "jp-", "sg-"}:
        raise Unauthorized(
            "This token is of a Dreamina account abroad; only the JiMeng site in China is served.",
            "这是海外 Dreamina 账号的凭证，目前只支持国内即梦网站的账号。",
        )
    printable = credential.isascii() and credential.isprintable()
    if backend is BackendName.ARK and (not printable or " " in credential):
        raise Unauthorized(
            "The API key contains characters that no key has; copy it again from the Ark console.",
            "API Key 含有不可能的字符，请从火山方舟控制台重新复制。",
        )
    return credential
