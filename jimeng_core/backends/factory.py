"""Construction of the backend that the settings select."""

from typing import TYPE_CHECKING

import httpx

from jimeng_core.clock import Clock
from jimeng_core.errors import InvalidRequest, Unauthorized
from jimeng_core.settings import BackendName, Settings

from . import log_redaction
from .base import Backend

if TYPE_CHECKING:
    from .demo import FaultPlan


def open_backend(
    settings: Settings,
    clock: Clock,
    *,
    visitor: str | None = None,
    media_base: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    faults: "FaultPlan | None" = None,
) -> Backend:
    """The backend that the settings name.

    Each is imported when it is used: a session with the site needs no video renderer.

    Raises:
        Unauthorized: It needs a credential, and there is none.
        InvalidRequest: Faults are to be rehearsed on it: only the demo is for that.
    """
    if faults and settings.backend is not BackendName.DEMO:
        raise InvalidRequest(
            "Faults are rehearsed on the demo backend only; a real one would ask money for them.",
            "故障演练只能用 demo 后端，真实后端可能会扣费。",
        )
    log_redaction.install()
    match settings.backend:
        case BackendName.DEMO:
            from .demo import DemoBackend  # noqa: PLC0415

            return DemoBackend(
                settings, clock, visitor=visitor, media_base=media_base, faults=faults
            )
        case BackendName.WEB:
            from .web.backend import WebBackend  # noqa: PLC0415

            return WebBackend(
                session_token(settings),
                base_url=settings.base_url,
                timeout=settings.timeout,
                clock=clock,
                transport=transport,
            )
        case BackendName.ARK:
            from .ark.backend import ArkBackend  # noqa: PLC0415

            return ArkBackend(
                api_key(settings),
                base_url=settings.ark_base_url,
                timeout=settings.timeout,
                clock=clock,
                transport=transport,
            )


def session_token(settings: Settings) -> str:
    """The session token that the settings hold.

    Raises:
        Unauthorized: There is none, or it is one of a region that is not served here.
    """
    token = settings.token.get_secret_value().strip()
    if not token:
        raise Unauthorized(
            "There is no session token; give token=… or set JIMENG_TOKEN to the site's sessionid.",
            "没有登录凭证，请传入 token 或把 JIMENG_TOKEN 设为网站的 sessionid。",
        )
    if token[:3].lower() in ("us-", "hk-", "jp-", "sg-"):
        raise Unauthorized(
            "This token is of a Dreamina account abroad; only the JiMeng site in China is served.",
            "这是海外 Dreamina 账号的凭证，目前只支持国内即梦网站的账号。",
        )
    return token


def api_key(settings: Settings) -> str:
    """The Ark API key that the settings hold.

    Raises:
        Unauthorized: There is none, or it is none that a header can carry.
    """
    key = settings.ark_api_key.get_secret_value().strip()
    if not key:
        raise Unauthorized(
            "There is no API key; give token=… or set ARK_API_KEY to a key of the Ark console.",
            "没有 API Key，请传入 token 或把 ARK_API_KEY 设为火山方舟控制台的 API Key。",
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise Unauthorized(
            "The API key has characters that no key has; copy it again from the Ark console.",
            "API Key 含有不可能的字符，请从火山方舟控制台重新复制。",
        )
    return key
