from typing import Any

import pytest
from pydantic import SecretStr

from jimeng_app.access import Access, Caller, grant
from jimeng_core import BackendName, InvalidRequest, Settings, Unauthorized

HERE = {"host": "127.0.0.1:7860"}
LOCAL = Caller("127.0.0.1", HERE)
AWAY = Caller("203.0.113.7", {"host": "jimeng.example"})


def settings(**given: Any) -> Settings:
    """Settings of these values alone."""
    return Settings(_env_file=None, **given)


@pytest.mark.parametrize("caller", [LOCAL, AWAY])
def test_demo_needs_nothing(caller: Caller) -> None:
    """Anyone may use the demo, wherever the app runs."""
    assert grant(settings(), caller, public=True).backend is BackendName.DEMO


@pytest.mark.parametrize(
    "caller",
    [
        LOCAL,
        Caller("127.0.0.1", HERE | {"origin": "http://127.0.0.1:7860"}),
        Caller("::1", {"host": "[::1]:7860"}),
        Caller("::ffff:127.0.0.1", {"host": "localhost:7860"}),
    ],
)
def test_own_machine_spends_the_servers_credential(caller: Caller) -> None:
    """A request of this machine itself may spend the server's own credential."""
    access = grant(settings(token="secret"), caller, public=False)
    assert access == Access(BackendName.WEB)


@pytest.mark.parametrize(
    "caller",
    [
        AWAY,
        Caller(None, HERE),
        Caller("127.0.0.1", HERE | {"x-forwarded-for": "203.0.113.7"}),
        Caller("127.0.0.1", HERE | {"x-forwarded-host": "jimeng.example"}),
        Caller("127.0.0.1", HERE | {"forwarded": "for=203.0.113.7"}),
        Caller("127.0.0.1", HERE | {"x-real-ip": "127.0.0.1"}),
        *(
            Caller("127.0.0.1", HERE | {name: "203.0.113.7"})
            for name in (
                *("true-client-ip", "x-cluster-client-ip", "fastly-client-ip", "client-ip"),
                *("x-forwarded", "forwarded-for", "x-proxyuser-ip", "x-envoy-external-address"),
                *("cf-connecting-ip", "x-original-for", "via", "x-remote-addr"),
            )
        ),
        Caller("127.0.0.1", HERE | {"origin": "https://evil.example"}),
        Caller("127.0.0.1", HERE | {"origin": "null"}),
        Caller("127.0.0.1", HERE | {"sec-fetch-site": "cross-site"}),
        Caller("127.0.0.1", {"host": "rebound.example:7860"}),
        Caller("127.0.0.1", {}),
    ],
)
def test_everyone_else_brings_a_credential(caller: Caller) -> None:
    """Whoever comes from elsewhere, through a proxy or from a foreign page may not spend it."""
    with pytest.raises(Unauthorized):
        grant(settings(token="secret"), caller, public=False)


def test_public_app_spends_for_nobody() -> None:
    """With a share link or on a Space, even this machine brings a credential."""
    with pytest.raises(Unauthorized):
        grant(settings(token="secret"), LOCAL, public=True)


def test_sharing_is_a_decision() -> None:
    """`JIMENG_SHARE_CREDENTIAL=1` lets everyone spend it."""
    shared = settings(token="secret", share_credential=True)
    assert grant(shared, AWAY, public=True) == Access(BackendName.WEB)


def test_callers_own_credential_wins() -> None:
    """A credential that the caller brings is used, whoever may spend the server's."""
    access = grant(settings(token="secret"), LOCAL, public=False, token=" mine ")
    assert access == Access(BackendName.WEB, SecretStr("mine"))
    assert "mine" not in repr(access)


def test_credential_alone_means_the_site() -> None:
    """A caller who brings a credential and names no backend means the site, as in Python."""
    assert grant(settings(), AWAY, public=True, token="mine").backend is BackendName.WEB
    chosen = settings(chosen_backend="demo")
    assert grant(chosen, AWAY, public=True, token="mine").backend is BackendName.DEMO


def test_site_needs_a_credential() -> None:
    """The site without any credential is refused before anything is sent."""
    with pytest.raises(Unauthorized):
        grant(settings(), LOCAL, public=False, backend="web")


@pytest.mark.parametrize(
    ("backend", "own", "other"), [("web", "token", "ark_api_key"), ("ark", "ark_api_key", "token")]
)
def test_each_backend_has_its_own_credential(backend: str, own: str, other: str) -> None:
    """The server's credential of one backend opens no other."""
    access = grant(settings(**{own: "secret"}), LOCAL, public=False, backend=backend)
    assert access == Access(BackendName(backend))
    with pytest.raises(Unauthorized):
        grant(settings(**{other: "secret"}), LOCAL, public=False, backend=backend)


def test_wanting_credential_is_named() -> None:
    """Whoever lacks a credential is told which one the backend takes."""
    for backend, words in (("web", "sessionid"), ("ark", "API key")):
        with pytest.raises(Unauthorized, match=words):
            grant(settings(), AWAY, public=True, backend=backend)


def test_backends_that_are_not_there() -> None:
    """A backend that does not exist is refused with the names of those that do."""
    with pytest.raises(InvalidRequest, match="demo, web, ark"):
        grant(settings(), LOCAL, public=False, backend="nonsense")


def test_visitors_are_told_apart() -> None:
    """Behind a proxy a visitor is the first address, else the one that connected."""
    behind = Caller("10.0.0.1", {"x-forwarded-for": "203.0.113.7, 10.0.0.2"})
    assert behind.visitor == "203.0.113.7"
    assert AWAY.visitor == "203.0.113.7"
