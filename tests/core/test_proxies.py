"""The proxies of the environment."""

import os

import httpx
import pytest

from jimeng_core import InvalidRequest
from jimeng_core.proxies import Proxies
from tests.each import each


def proxy_of(url: str) -> str | None:
    """The proxy for a request, by the environment."""
    return Proxies.from_environment().proxy_for(httpx.URL(url))


@each(
    ("value", "proxy"),
    [
        ("http://127.0.0.1:7890", "http://127.0.0.1:7890"),
        ("127.0.0.1:7890", "http://127.0.0.1:7890"),
        (" http://proxy.example:3128/ ", "http://proxy.example:3128/"),
        ("https://user:p%40ss@proxy.example", "https://user:p%40ss@proxy.example"),
        ("socks5://[::1]:1080", "socks5://[::1]:1080"),
        ("socks5h://127.0.0.1:1080", "socks5h://127.0.0.1:1080"),
        ("socks://127.0.0.1:1080/", "socks5://127.0.0.1:1080/"),
        ("SOCKS://proxy_1:1080", "socks5://proxy_1:1080"),
    ],
)
@each("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_usable(variable: str, value: str, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy may be written as curl takes it; `socks://`, as GNOME writes it, is SOCKS 5."""
    monkeypatch.setenv(variable, value)
    assert proxy_of("https://site.example/x") == proxy
    assert (proxy_of("http://site.example/x") == proxy) is variable.lower().startswith("all")


@each(
    "value",
    [
        *("no proxy, please", "http://", ":8080", "http://h:99999", "http://h:0", "h:port"),
        *("ftp://h:21", "socks4://h:1080", "ht!tp://h", "[::1", "http=h:80;https=h:80"),
        "http://user:s#cret@h:80",
    ],
)
@each("variable", ["HTTP_PROXY", "https_proxy", "All_Proxy"])
def test_unusable(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything else is an invalid request that names the variable and repeats nothing of it."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidRequest) as raised:
        Proxies.from_environment()
    for message in (raised.value.message, raised.value.message_zh):
        assert message.startswith(f"{variable} ")
        assert "s#cret" not in message


def test_scheme_has_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable of the scheme wins over ALL_PROXY; an empty lower-case one disables a proxy."""
    monkeypatch.setenv("ALL_PROXY", "socks5://all:1")
    monkeypatch.setenv("HTTPS_PROXY", "https:1")
    assert proxy_of("https://site.example") == "http://https:1"
    assert proxy_of("http://site.example") == "socks5://all:1"
    monkeypatch.setenv("https_proxy", "")
    assert proxy_of("https://site.example") == "socks5://all:1"


@each(
    ("entries", "direct", "proxied"),
    [
        ("site.example", ("site.example", "a.Site.Example"), ("notsite.example",)),
        (".site.example", ("a.site.example", "site.example"), ("site.example.org",)),
        ("*.site.example", ("a.b.site.example",), ("example",)),
        ("site.example:8080", ("site.example:8080",), ("site.example", "site.example:80")),
        ("10.0.0.0/8,192.168.1.7", ("10.9.8.7", "192.168.1.7:9"), ("11.0.0.1", "192.168.1.8")),
        ("::1,fd00::/8", ("[::1]:7860", "[fd12::1]"), ("[fe00::1]", "127.0.0.1")),
        ("[::1]", ("[::1]",), ("[::2]",)),
        ("*", ("site.example", "127.0.0.1"), ()),
        ("a.example, *", ("site.example",), ()),
        ("", (), ("localhost",)),
    ],
)
def test_no_proxy(
    entries: str,
    direct: tuple[str, ...],
    proxied: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """NO_PROXY has host names with all below them, addresses, networks, and `*` for all."""
    monkeypatch.setenv("ALL_PROXY", "http://proxy:1")
    monkeypatch.setenv("NO_PROXY", entries)
    assert [host for host in direct if proxy_of(f"https://{host}/")] == []
    assert [host for host in proxied if not proxy_of(f"https://{host}/")] == []


@each("entry", ["[", "a:port", "http://x y", "::1/200", "，", "%", "\t", "a b"])
def test_unreadable_no_proxy(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry of NO_PROXY that cannot be read has no effect on the others."""
    monkeypatch.setenv("ALL_PROXY", "http://proxy:1")
    monkeypatch.setenv("NO_PROXY", f"one.example,{entry},two.example")
    assert proxy_of("http://one.example") is proxy_of("http://two.example") is None
    assert proxy_of("http://three.example") == "http://proxy:1"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment in place of the process's; a test that changes it changes nothing else."""
    environment: dict[str, str] = {}
    monkeypatch.setattr(os, "environ", environment)
    return environment


def test_export(exported: dict[str, str]) -> None:
    """What is written back is readable for httpx, with our own hosts as exceptions."""
    exported |= {
        "ALL_PROXY": "socks://127.0.0.1:1/",
        "HTTP_PROXY": "127.0.0.1:2",
        "no_proxy": "one.example,::1/128,[,fd00::/8,[::2]",
        "MY_PROXY": "stays",
    }
    Proxies.from_environment().export(["localhost", "::1"])
    exported.pop("PYTEST_CURRENT_TEST")
    assert exported == {
        "all_proxy": "socks5://127.0.0.1:1/",
        "http_proxy": "http://127.0.0.1:2",
        "no_proxy": "one.example,::2,localhost,::1",
        "NO_PROXY": "one.example,::2,localhost,::1",
        "MY_PROXY": "stays",
    }
    assert proxy_of("https://one.example") is None
    assert proxy_of("https://two.example") == "socks5://127.0.0.1:1/"
