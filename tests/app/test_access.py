from typing import Any

import pytest
from pydantic import SecretStr

from jimeng_app.access import Access, Caller, describe_lending, grant
from jimeng_core import BackendName, InvalidRequest, Settings, Unauthorized
from tests.each import each

LOCAL_HOST = {"host": "127.0.0.1:7860"}
LOCAL = Caller("127.0.0.1", LOCAL_HOST)
REMOTE = Caller("203.0.113.7", {"host": "jimeng.example"})


def settings(**values: Any) -> Settings:
    """Settings with these values only."""
    return Settings(_env_file=None, **values)


@each("caller", [LOCAL, REMOTE])
def test_demo_needs_nothing(caller: Caller) -> None:
    """The demo needs no credential, from any caller."""
    assert grant(settings(), caller, public=True).backend is BackendName.DEMO


@each(
    "caller",
    [
        LOCAL,
        Caller("127.0.0.1", LOCAL_HOST | {"origin": "http://127.0.0.1:7860"}),
        Caller("::1", {"host": "[::1]:7860"}),
        Caller(
            "127.0.0.1",
            LOCAL_HOST
            | {
                "connection": "keep-alive",
                "origin": "http://127.0.0.1:7860",
                "x-gradio-user": "api",
            }
            | {"sec-fetch-site": "same-origin", "user-agent": "a", "x-stainless-os": "Linux"}
            | {"accept": "*/*", "referer": "http://127.0.0.1:7860/", "x-jimeng-backend": "web"},
        ),
        Caller("::ffff:127.0.0.1", {"host": "localhost:7860"}),
    ],
)
def test_local_caller_uses_the_servers_credential(caller: Caller) -> None:
    """A request from this machine may use the server's credential."""
    access = grant(settings(token="secret"), caller, public=False)
    assert access == Access(BackendName.WEB)


@each(
    "caller",
    [
        REMOTE,
        Caller(None, LOCAL_HOST),
        Caller("127.0.0.1", LOCAL_HOST | {"x-forwarded-for": "203.0.113.7"}),
        Caller("127.0.0.1", LOCAL_HOST | {"x-forwarded-host": "jimeng.example"}),
        Caller("127.0.0.1", LOCAL_HOST | {"forwarded": "for=203.0.113.7"}),
        Caller("127.0.0.1", LOCAL_HOST | {"x-real-ip": "127.0.0.1"}),
        *(
            Caller("127.0.0.1", LOCAL_HOST | {name: "203.0.113.7"})
            for name in (
                *("true-client-ip", "x-cluster-client-ip", "fastly-client-ip", "client-ip"),
                *("x-forwarded", "forwarded-for", "x-proxyuser-ip", "x-envoy-external-address"),
                *("cf-connecting-ip", "x-original-for", "via", "x-remote-addr"),
                *("cdn-src-ip", "x-http-forwarded-for", "x-source-ip", "remote-host"),
                *("x-azure-socketip", "x-azure-clientip", "cf-connecting-ipv6", "cdn-loop"),
                *("x_forwarded_for", "x_real_ip", "client_ip", "http_forwarded", "x-peer-addr"),
                *("proxy-connection", "keep-alive", "x-amzn-trace-id", "x-arr-log-id"),
            )
        ),
        Caller("127.0.0.1", LOCAL_HOST, http_version="1.0"),
        Caller("127.0.0.1", LOCAL_HOST | {"connection": "close"}),
        Caller("127.0.0.1", LOCAL_HOST | {"connection": "TE, Close"}),
        Caller("127.0.0.1", LOCAL_HOST | {"origin": "https://evil.example"}),
        Caller("127.0.0.1", LOCAL_HOST | {"origin": "null"}),
        Caller("127.0.0.1", LOCAL_HOST | {"sec-fetch-site": "cross-site"}),
        Caller("127.0.0.1", {"host": "rebound.example:7860"}),
        Caller("127.0.0.1", {}),
    ],
)
def test_other_callers_need_a_credential(caller: Caller) -> None:
    """A remote, forwarded or cross-site request may not use the server's credential."""
    with pytest.raises(Unauthorized):
        grant(settings(token="secret"), caller, public=False)


def test_public_app_shares_no_credential() -> None:
    """With a share link or on a Space, a request from this machine needs a credential too."""
    with pytest.raises(Unauthorized):
        grant(settings(token="secret"), LOCAL, public=True)


def test_shared_credential() -> None:
    """With `JIMENG_SHARE_CREDENTIAL=1` every caller may use the server's credential."""
    shared = settings(token="secret", share_credential=True)
    assert grant(shared, REMOTE, public=True) == Access(BackendName.WEB)


def test_callers_own_credential_wins() -> None:
    """A caller's own credential is used rather than the server's, and is not in the repr."""
    access = grant(settings(token="secret"), LOCAL, public=False, token=" mine ")
    assert access == Access(BackendName.WEB, SecretStr("mine"))
    assert "mine" not in repr(access)


def test_credential_without_a_backend() -> None:
    """A credential without a backend means `web`, as in Python, unless the server has a default."""
    assert grant(settings(), REMOTE, public=True, token="mine").backend is BackendName.WEB
    chosen = settings(chosen_backend="demo")
    assert grant(chosen, REMOTE, public=True, token="mine").backend is BackendName.DEMO


def test_web_needs_a_credential() -> None:
    """`web` without a credential is refused before anything is sent."""
    with pytest.raises(Unauthorized):
        grant(settings(), LOCAL, public=False, backend="web")


@each(
    ("backend", "own", "other"), [("web", "token", "ark_api_key"), ("ark", "ark_api_key", "token")]
)
def test_each_backend_has_its_own_credential(backend: str, own: str, other: str) -> None:
    """The server's credential of one backend is not used for another."""
    access = grant(settings(**{own: "secret"}), LOCAL, public=False, backend=backend)
    assert access == Access(BackendName(backend))
    with pytest.raises(Unauthorized):
        grant(settings(**{other: "secret"}), LOCAL, public=False, backend=backend)


def test_missing_credential_is_named() -> None:
    """The error about a missing credential names the one that the backend needs."""
    for backend, words in (("web", "sessionid"), ("ark", "API key")):
        with pytest.raises(Unauthorized, match=words):
            grant(settings(), REMOTE, public=True, backend=backend)


def test_unknown_backend() -> None:
    """An unknown backend is refused, with the names of those that exist."""
    with pytest.raises(InvalidRequest, match="demo, web, ark"):
        grant(settings(), LOCAL, public=False, backend="nonsense")


@each(
    ("address", "forwarded", "proxies", "expected"),
    [
        ("10.0.0.1", "6.6.6.6, 203.0.113.7", None, "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7", None, "203.0.113.7"),
        ("8.8.8.8", "203.0.113.7", None, "8.8.8.8"),
        ("8.8.8.8", "203.0.113.7", 1, "203.0.113.7"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.7, 10.0.0.2", 2, "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7", 3, "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7", 0, "10.0.0.1"),
        ("10.0.0.1", " , ", None, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7:4711", None, "203.0.113.7"),
        ("10.0.0.1", "[2001:db8:1:2:3::4]:4711", None, "2001:db8:1:2::/64"),
        ("10.0.0.1", "2001:db8:1:2::9", None, "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "", None, "10.0.0.1"),
        (None, "", None, "unknown"),
        ("10.0.0.1", "nonsense" * 50, None, ("nonsense" * 50)[:100]),
    ],
)
def test_visitors(address: str | None, forwarded: str, proxies: int | None, expected: str) -> None:
    """A visitor is the address that the trusted proxies have seen, not one that he names."""
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert Caller(address, headers, trusted_proxies=proxies).visitor == expected


def test_who_may_spend_is_said() -> None:
    """The sentence names the variables of the credentials, never their values."""
    assert not describe_lending(settings(), public=False)
    assert not describe_lending(settings(token="s3cret"), public=True)
    local = describe_lending(settings(token="s3cret", ark_api_key="s3cret"), public=False)
    assert "this computer may spend JIMENG_TOKEN and ARK_API_KEY" in local
    shared = describe_lending(settings(token="s3cret", share_credential=True), public=True)
    assert "everyone" in shared
    assert "s3cret" not in local + shared


PROXIED = {"host": "inner:7860", "x-forwarded-host": "jimeng.example", "x-forwarded-proto": "https"}


@each(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"origin": "https://jimeng.example"}, True),
        ({"origin": "https://Jimeng.example"}, True),
        ({"origin": "http://inner:7860"}, True),
        ({"origin": "https://jimeng.example", "x-forwarded-prefix": "/studio"}, True),
        ({"origin": "https://other.example", "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "https://jimeng.example.evil"}, False),
        ({"origin": "https://jimeng.exampl"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "http://inner:7861"}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://"}, False),
        ({"origin": "https://jimeng.example", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://jimeng.example", "sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
    ],
)
def test_shared_credential_is_for_the_own_page(headers: dict[str, str], allowed: bool) -> None:
    """A page of another site spends no credential, also where everyone who reaches the app may."""
    shared = settings(token="secret", share_credential=True)
    caller = Caller("203.0.113.7", PROXIED | headers)
    if allowed:
        assert grant(shared, caller, public=False) == Access(BackendName.WEB)
    else:
        with pytest.raises(Unauthorized):
            grant(shared, caller, public=False)
        assert grant(shared, caller, public=False, token="mine").token


@each("own", ["token", "ark_api_key"])
def test_servers_credential_is_explained(own: str) -> None:
    """Whoever may not use the server's credential reads which setting would allow it."""
    with pytest.raises(Unauthorized, match="JIMENG_SHARE_CREDENTIAL") as raised:
        grant(settings(**{own: "secret"}), REMOTE, public=False)
    assert "JIMENG_SHARE_CREDENTIAL" in raised.value.message_zh
    assert "secret" not in raised.value.message
