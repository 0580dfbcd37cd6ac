"""Whose credential a call may spend, and on which backend. Pure: decided from the request alone."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import SecretStr

from jimeng_core.errors import InvalidRequest, Unauthorized
from jimeng_core.settings import BackendName, Settings

_FORWARDING = re.compile(
    r"via|forwarded.*|x-forwarded.*|x-original-.*"
    r"|(.*-)?(client|real|remote|user|proxyuser|connecting|external|originating)-?(ip|addr|address)"
)
"""How the headers are called by which proxies tell for whom they ask."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as the request tells."""

    address: str | None
    """The address at the other end of the connection."""
    headers: Mapping[str, str]
    """By name in small letters."""

    @property
    def forwarded(self) -> bool:
        """Whether somebody passed the request on, so that its sender is not who connected."""
        return any(_FORWARDING.fullmatch(name) for name in self.headers)

    @property
    def local(self) -> bool:
        """Whether the request comes from this machine, and from no foreign page in its browser.

        A page of another site can make the browser here send requests to 127.0.0.1, under its own
        name in `Origin`, or in `Host` when it points its name to this machine.
        """
        host = self.headers.get("host", "")
        origin = self.headers.get("origin")
        return (
            not self.forwarded
            and _is_loopback(self.address or "")
            and _is_loopback(urlsplit(f"//{host}").hostname or "")
            and (origin is None or urlsplit(origin).netloc == host)
            and self.headers.get("sec-fetch-site") != "cross-site"
        )

    @property
    def visitor(self) -> str:
        """What tells visitors apart: the first address that the request went through."""
        first = self.headers.get("x-forwarded-for", "").partition(",")[0].strip()
        return first or self.address or "unknown"


@dataclass(frozen=True, slots=True)
class Access:
    """What a call may use."""

    backend: BackendName
    token: SecretStr | None = field(default=None, repr=False)
    """The caller's own credential; None: none is needed, or the server's own is meant."""


def grant(
    settings: Settings, caller: Caller, *, public: bool, backend: str = "", token: str = ""
) -> Access:
    """What a caller may use (contract 5 and 6).

    Args:
        settings: The server's.
        caller: Who asks.
        public: Whether the app runs with a share link or on a Space.
        backend: The backend that was asked for; empty: the server's choice.
        token: The credential that the caller brought; empty: none.

    Raises:
        InvalidRequest: The backend does not exist.
        Unauthorized: The backend needs a credential, and there is none that this caller may spend.
    """
    chosen = _backend(settings, backend.strip(), token.strip())
    if token.strip():
        return Access(chosen, SecretStr(token.strip()))
    if chosen is BackendName.DEMO:
        return Access(chosen)
    if may_spend(settings, caller, public=public) and settings.credential(chosen):
        return Access(chosen)
    raise _wanting(chosen)


def may_spend(settings: Settings, caller: Caller, *, public: bool) -> bool:
    """Whether a caller who brings no credential may use the server's own."""
    return settings.share_credential or (caller.local and not public)


def _backend(settings: Settings, asked: str, token: str) -> BackendName:
    if not asked:
        # A credential without a backend means the site, as it does in Python, unless the server
        # was told where tasks run.
        guess = BackendName.WEB if token and not settings.chosen_backend else settings.backend
        asked = guess
    if asked not in list(BackendName):
        names = ", ".join(BackendName)
        raise InvalidRequest(
            f"There is no backend {asked[:40]!r} here; choose one of {names}.",
            f"这里没有后端 {asked[:40]!r}，可选：{names}。",
        )
    return BackendName(asked)


def _wanting(backend: BackendName) -> Unauthorized:
    """That a credential is needed, and which."""
    if backend is BackendName.ARK:
        return Unauthorized(
            "Ark needs an API key; give one of the Ark console.",
            "方舟后端需要 API Key，请填写火山方舟控制台的 API Key。",
        )
    return Unauthorized(
        "The JiMeng site needs a session token; log in there and give the cookie sessionid.",
        "即梦网站需要登录凭证，请登录后填写名为 sessionid 的 Cookie。",
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
