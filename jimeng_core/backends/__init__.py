"""Where tasks run: one package a backend, each behind the protocol of `base`."""

from typing import TYPE_CHECKING

import httpx

from jimeng_core.clock import Clock
from jimeng_core.errors import InvalidRequest, Unauthorized
from jimeng_core.settings import BackendName, Settings

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
        InvalidRequest: It is not there yet, or is to be rehearsed on: only the demo is.
    """
    if faults and settings.backend is not BackendName.DEMO:
        raise InvalidRequest(
            "Faults are rehearsed on the demo backend only; a real one would ask money for them.",
            "故障演练只能用 demo 后端，真实后端可能会扣费。",
        )
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
            raise InvalidRequest(
                "The ark backend is not part of this version; use web or demo.",
                "这个版本还没有 ark 后端，请使用 web 或 demo。",
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
