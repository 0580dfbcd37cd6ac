"""Authorization of a call: which backend and whose credential it may use."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from jimeng_core.backends.demo import EXPIRED_SESSION
from jimeng_core.credentials import clean_credential, missing_credential
from jimeng_core.errors import InvalidRequest
from jimeng_core.settings import BackendName, Settings

from .absolute_urls import base_url

_FORWARDING = re.compile(
    # Whom the proxy forwards for, and to which name.
    r"(.*-)?forward(ed|er)(-.*)?|x-original-.*|x-coming-from"
    r"|(.*-)?(client|real|remote|user|proxyuser|connecting|external|originating|origin|source|src"
    r"|socket|peer|viewer)-?(ip|ipv4|ipv6|addr|address|host|port)"
    # Who the proxy is: programs, services, and what concerns it alone (hop by hop).
    r"|via|(x-)?proxy-.*|keep-alive|max-forwards|(x-)?cdn-.*|x-(url-)?scheme|front-end-https"
    r"|(x-)?(akamai|amz|amzn|appengine|arr|azure|cf|envoy|fly|incap|nf|nginx|tailscale|varnish"
    r"|vercel)(-.*)?"
)
"""Names of the headers that proxies add, with `-` for `_`."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request."""

    address: str | None
    """The address at the other end of the connection."""
    headers: Mapping[str, str]
    """Names are in lower case."""
    http_version: str = "1.1"
    trusted_proxies: int | None = None
    """See the setting of this name."""

    @property
    def forwarded(self) -> bool:
        """Whether a proxy forwarded the request: `address` is then the proxy's.

        A proxy that adds no header is recognized by HTTP 1.0 or by `Connection: close`, as nginx
        sends them; browsers and this project's clients send neither.
        """
        return (
            self.http_version == "1.0"
            or "close" in self.headers.get("connection", "").lower()
            or any(_FORWARDING.fullmatch(name.replace("_", "-")) for name in self.headers)
        )

    @property
    def own_page(self) -> bool:
        """Whether no page of another site sent the request: this app's page did, or no page.

        A browser names the sender in `Origin` and `Sec-Fetch-Site`. A proxy may have replaced the
        host, so that only the latter says that the origin is this app's.
        """
        origin = self.headers.get("origin", "").lower()
        site = self.headers.get("sec-fetch-site", "")
        if not origin:
            return site in {"", "none", "same-origin"}
        if site:
            return site == "same-origin"
        own = (f"{scheme}://{self.headers.get('host', '')}" for scheme in ("http", "https"))
        forwarded = (
            base_url(self.headers, scheme=scheme, root_path="") for scheme in ("http", "https")
        )
        return any(f"{url.lower()}/".startswith(f"{origin}/") for url in (*own, *forwarded))

    @property
    def local(self) -> bool:
        """Whether the request comes from this machine, and not from another site's page.

        A page of another site can make a browser on this machine send requests to 127.0.0.1. They
        carry that site's name in `Origin`, or in `Host` if the name resolves to 127.0.0.1.
        """
        host = urlsplit(f"//{self.headers.get('host', '')}").hostname or ""
        return (
            not self.forwarded
            and _is_loopback(self.address or "")
            and _is_loopback(host)
            and self.own_page
        )

    @property
    def visitor(self) -> str:
        """The address that identifies a visitor.

        It is the entry of `X-Forwarded-For` that the outermost of the trusted proxies added: all
        before it is the visitor's own word.
        """
        proxies = self.trusted_proxies
        if proxies is None:
            proxies = 0 if _is_public(self.address or "") else 1
        entries = [
            *filter(None, map(str.strip, self.headers.get("x-forwarded-for", "").split(",")))
        ]
        entry = entries[-proxies:][0] if proxies and entries else self.address
        return _visitor(entry or "unknown")


@dataclass(frozen=True, slots=True)
class Access:
    """A permission to use a backend."""

    backend: BackendName
    token: SecretStr | None = None
    """The caller's own credential; None: the server's, or none is needed."""


def grant(
    settings: Settings, caller: Caller, *, public: bool, backend: str = "", token: str = ""
) -> Access:
    """The access of a caller (contract 5 and 6).

    `public`: whether the app runs with a share link or on a Space. `backend`: the name of the
    requested backend; empty for the server's default. `token`: the caller's own credential or "".

    Raises:
        InvalidRequest: The backend does not exist.
        Unauthorized: The backend needs a credential, and this caller may not use the server's; or
            the caller's own is malformed.
    """
    name = _backend(settings, backend.strip(), token.strip())
    if name is BackendName.DEMO and token.strip() != EXPIRED_SESSION:
        return Access(name)  # with any key or none: a task opens wherever its id is known
    if token := clean_credential(name, token):
        return Access(name, SecretStr(token))
    if may_spend(settings, caller, public=public) and settings.credential(name):
        return Access(name)
    raise missing_credential(name, "own" if settings.credential(name) else "request")


def may_spend(settings: Settings, caller: Caller, *, public: bool) -> bool:
    """Whether a caller without a credential may use the server's own."""
    return caller.own_page and (settings.share_credential or (caller.local and not public))


def describe_lending(settings: Settings, *, public: bool) -> str:
    """The sentence that says who may spend the server's credentials; "" if nobody may."""
    variables = {BackendName.WEB: "JIMENG_TOKEN", BackendName.ARK: "ARK_API_KEY"}
    names = " and ".join(text for name, text in variables.items() if settings.credential(name))
    if not names or (public and not settings.share_credential):
        return ""
    if settings.share_credential:
        return f"JIMENG_SHARE_CREDENTIAL=1: everyone who reaches this address may spend {names}."
    return (
        f"Whoever calls from this computer may spend {names}. Behind a proxy that runs on this"
        " computer, have it send X-Forwarded-For, so that its visitors do not count as such."
    )


def _backend(settings: Settings, name: str, token: str) -> BackendName:
    if not name:
        # As in Python, a credential without a backend means `web`, unless the server has a default.
        return BackendName.WEB if token and not settings.chosen_backend else settings.backend
    if name not in list(BackendName):
        names = ", ".join(BackendName)
        raise InvalidRequest(
            f"There is no backend {name[:40]!r}; choose one of {names}.",
            f"没有后端 {name[:40]!r}，可选：{names}。",
        )
    return BackendName(name)


def _visitor(entry: str) -> str:
    """An entry without a port; of an IPv6 address the part that is a customer's own."""
    match = re.fullmatch(r"\[(.+)\](?::[0-9]+)?|([0-9.]+):[0-9]+", entry)
    text = (match[1] or match[2]) if match else entry
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text[:100]
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return bool((getattr(address, "ipv4_mapped", None) or address).is_loopback)
