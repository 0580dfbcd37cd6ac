"""Construction of the backend that the settings select."""

from typing import TYPE_CHECKING

import httpx

from jimeng_core.clock import Clock
from jimeng_core.credentials import read_credential
from jimeng_core.errors import InvalidRequest
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
    """The backend that the settings name, imported when it is used: only the demo has a renderer.

    Raises:
        Unauthorized: Its credential is missing or malformed.
        InvalidRequest: Faults for a backend other than the demo.
    """
    if faults and settings.backend is not BackendName.DEMO:
        raise InvalidRequest(
            "Fault injection works on the demo backend only; a real one would charge for it.",
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
                read_credential(settings),
                base_url=settings.base_url,
                timeout=settings.timeout,
                clock=clock,
                transport=transport,
            )
        case BackendName.ARK:
            from .ark.backend import ArkBackend  # noqa: PLC0415

            return ArkBackend(
                read_credential(settings),
                base_url=settings.ark_base_url,
                timeout=settings.timeout,
                clock=clock,
                transport=transport,
            )
