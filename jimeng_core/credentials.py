"""The credential of each backend, and the error that says how to supply a missing one."""

from enum import Enum

from .errors import Unauthorized
from .settings import BackendName, Settings

_CREDENTIALS = {
    BackendName.WEB: (
        "JIMENG_TOKEN",
        "the JiMeng site's sessionid cookie",
        "即梦网站的 sessionid Cookie",
    ),
    BackendName.ARK: ("ARK_API_KEY", "an API key of the Ark console", "火山方舟控制台的 API Key"),
}
"""The variable that holds it, and what it is, in English and Chinese."""

_FOREIGN_PREFIXES = ("us-", "hk-", "jp-", "sg-")


class Advice(Enum):
    """How a caller can supply a missing credential; `{0}` is the variable, `{1}` its value."""

    ARGUMENT = (
        "{0} is not set; pass token=… or set it to {1}.",
        "未设置 {0}，请传入 token，或将其设为{1}。",
    )
    ENVIRONMENT = (
        "{0} is not set; set it to {1}, in the environment or .env.",
        "未设置 {0}，请在环境变量或 .env 中将其设为{1}。",
    )
    REQUEST = (
        "This backend needs a credential; send {1}.",
        "该后端需要凭证，请提供{1}。",
    )


def missing_credential(backend: BackendName, advice: Advice) -> Unauthorized:
    """The error for a call on `web` or `ark` without a credential."""
    variable, *values = _CREDENTIALS[backend]
    return Unauthorized(
        *(text.format(variable, value) for text, value in zip(advice.value, values, strict=True))
    )


def read_credential(settings: Settings, advice: Advice = Advice.ARGUMENT) -> str:
    """The credential of the selected backend without surrounding spaces; empty for `demo`.

    Raises:
        Unauthorized: It is missing, or cannot be one of this backend's.
    """
    credential = settings.credential(settings.backend).strip()
    if settings.backend is BackendName.DEMO:
        return credential
    if not credential:
        raise missing_credential(settings.backend, advice)
    if settings.backend is BackendName.WEB and credential[:3].lower() in _FOREIGN_PREFIXES:
        raise Unauthorized(
            "This token is of a Dreamina account abroad; only the JiMeng site in China is served.",
            "这是海外 Dreamina 账号的凭证，目前只支持国内即梦网站的账号。",
        )
    if settings.backend is BackendName.ARK and not (
        credential.isascii() and credential.isprintable() and " " not in credential
    ):
        raise Unauthorized(
            "The API key contains characters that no key has; copy it again from the Ark console.",
            "API Key 含有不可能的字符，请从火山方舟控制台重新复制。",
        )
    return credential
