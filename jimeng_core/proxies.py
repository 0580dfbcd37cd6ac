"""The proxies of the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.

httpx reads the same variables, but raises `ValueError` or `ImportError` for values that it does not
know, and for any entry of NO_PROXY that it cannot parse.
"""

import ipaddress
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self
from urllib.request import getproxies

import httpx

from .errors import InvalidRequest

_SCHEMES: Final = ("http", "https", "all")
_HOST: Final = re.compile(rb"[\w.-]+|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE | re.ASCII)
_NO_PROXY_NAME: Final = re.compile(r"(?:\*?\.)?([\w-]+(?:\.[\w-]+)*)\.?(?::(\d{1,5}))?", re.ASCII)
"""A host name of NO_PROXY, with its port if it has one."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """Which requests go through which proxy."""

    urls: dict[str, str]
    """By the scheme of the requests, or `all`; the URLs may hold a password."""
    bypass: tuple[str, ...] = ()
    """Hosts that are reached directly: the readable entries of NO_PROXY."""

    @classmethod
    def from_environment(cls) -> Self:
        """The proxies of the environment, else, on Windows and macOS, those of the system.

        Raises:
            InvalidRequest: A variable is no address of a proxy; the message names the variable.
        """
        found = getproxies()
        urls = {each: _proxy_url(each, found[each]) for each in _SCHEMES if found.get(each)}
        entries = (entry.strip().strip("[]") for entry in found.get("no", "").split(","))
        return cls(urls, tuple(filter(_is_readable, entries)))

    def export(self, direct_hosts: Sequence[str]) -> None:
        """Write the variables back so that every HTTP library of this process can read them.

        Args:
            direct_hosts: Hosts that bypass the proxies too.
        """
        variables = {f"{scheme}_proxy": url for scheme, url in self.urls.items()}
        bypass = [each for each in self.bypass if not (":" in each and "/" in each)]  # httpx raises
        variables["no_proxy"] = ",".join(dict.fromkeys([*bypass, *direct_hosts]))
        for name in [name for name in os.environ if _scheme_of(name)]:
            del os.environ[name]
        os.environ.update(variables)
        os.environ["NO_PROXY"] = variables["no_proxy"]  # some programs read only this spelling

    def proxy_for(self, url: httpx.URL) -> str | None:
        """The URL of the proxy for a request; None if it is sent directly."""
        proxy = self.urls.get(url.scheme) or self.urls.get("all")
        if proxy is None or "*" in self.bypass:
            return None
        port = url.port or (443 if url.scheme == "https" else 80)
        return None if any(_matches(each, url.host, port) for each in self.bypass) else proxy


def _scheme_of(variable: str) -> str | None:
    """The part of a proxy variable's name before `_proxy`; None for other variables."""
    scheme = variable.lower().removesuffix("_proxy")
    return scheme if scheme in (*_SCHEMES, "no") and scheme != variable.lower() else None


def _proxy_url(scheme: str, value: str) -> str:
    """The URL of a proxy in a variable's value."""
    text = value.strip()
    text = text if "://" in text else f"http://{text}"
    text = re.sub("^socks://", "socks5://", text, flags=re.IGNORECASE)  # as curl reads it
    with suppress(ValueError, httpx.InvalidURL):
        url = httpx.Proxy(text).url
        port = 80 if url.port is None else url.port
        if _HOST.fullmatch(url.raw_host) and 0 < port < 1 << 16:
            return text
    names = (name for name, of_it in os.environ.items() if of_it and _scheme_of(name) == scheme)
    name = max(names, key=str.islower, default=f"{scheme}_proxy")  # lower case takes precedence
    raise InvalidRequest(
        f"{name} is not the address of a usable proxy; write it as http://HOST:PORT or"
        " socks5://HOST:PORT, with special characters of a password percent-encoded, or unset it.",
        f"{name} 不是可用的代理地址，请写成 http://主机:端口 或 socks5://主机:端口"
        "（密码中的特殊字符需做百分号编码），或取消该变量。",
    )


def _is_readable(entry: str) -> bool:
    return entry == "*" or _network(entry) is not None or bool(_NO_PROXY_NAME.fullmatch(entry))


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY is for a host: its address, network, name or parent domain."""
    if network := _network(entry):
        with suppress(ValueError):
            return ipaddress.ip_address(host) in network
        return False
    match = _NO_PROXY_NAME.fullmatch(entry)
    if match is None or (match[2] and int(match[2]) != port):
        return False
    return f".{host.lower().rstrip('.')}".endswith(f".{match[1].lower()}")


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    with suppress(ValueError):
        return ipaddress.ip_network(entry, strict=False)
    return None
