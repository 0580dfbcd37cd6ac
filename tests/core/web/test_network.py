"""Proxies and certificates: every client of a submission follows the same variables."""

import hashlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    InvalidRequest,
    NetworkError,
    TaskState,
    UploadFailed,
)
from jimeng_core.network import Network, tls_context
from tests.core.certificates import write_certificate
from tests.core.web.fake_site import TOKEN, FakeClock, png
from tests.core.web.socket_site import HOST, Served, serving
from tests.each import each
from tests.environment.proxy_servers import closed_port, refusing_proxy, socks_proxy

pytestmark = pytest.mark.anyio
REQUEST = FirstLastFrame(prompt="海", first_frame=png())
PLAIN = FirstLastFrame(prompt="海")
ADDRESS = x509.IPAddress(ipaddress.ip_address(HOST))
OLD = "0199f0a0-0000-7000-8000-000000000000"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The certificate of the site, with its key."""
    return write_certificate(tmp_path / "ca.pem", ADDRESS)


def tls_of(certificate: Path) -> ssl.SSLContext:
    """The context of a server with a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
async def secure(clock: FakeClock, certificate: Path) -> AsyncIterator[Served]:
    """The site over TLS."""
    async with serving(clock, tls_of(certificate)) as served:
        yield served


@pytest.fixture
async def served(clock: FakeClock) -> AsyncIterator[Served]:
    """The site over HTTP."""
    async with serving(clock) as served:
        yield served


def client_of(served: Served, clock: FakeClock) -> AsyncJimeng:
    """A client of a site behind a socket."""
    return AsyncJimeng("web", TOKEN, base_url=served.base_url, clock=clock)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_own_certificates(
    variable: str,
    secure: Served,
    clock: FakeClock,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Look-ups, submissions and uploads trust the certificates that the variables name."""
    folder = certificate.parent / "trusted"
    folder.mkdir()
    (folder / f"{_subject_hash(certificate)}.0").write_bytes(certificate.read_bytes())
    monkeypatch.setenv(variable, str(certificate if variable == "SSL_CERT_FILE" else folder))
    async with client_of(secure, clock) as jimeng:
        task = await jimeng.submit_video(REQUEST)
        assert (await jimeng.get_video(task.id)).state is TaskState.PENDING
    assert secure.site.upload.call_count == 1


def _subject_hash(certificate: Path) -> str:
    """The name under which OpenSSL looks for a certificate in a folder.

    It hashes the subject with its values as lower-case UTF-8, without the outer header of two
    bytes (X509_NAME_hash).
    """
    subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
    lower = [x509.NameAttribute(each.oid, str(each.value).lower()) for each in subject]
    digest = hashlib.sha1(x509.Name(lower).public_bytes()[2:], usedforsecurity=False).digest()
    return digest[3::-1].hex()


async def test_untrusted_certificate(secure: Served, clock: FakeClock) -> None:
    """An untrusted certificate is a network error that says so; nothing is unconfirmed."""
    async with client_of(secure, clock) as jimeng:
        for call in (jimeng.get_video(OLD), jimeng.submit_video(PLAIN)):
            with pytest.raises(NetworkError, match=r"certificate is not trusted .*SSL_CERT_FILE"):
                await call
        [lookup] = await jimeng.get_videos([OLD])
    assert lookup.error
    assert "证书不受信任" in lookup.error.message_zh
    assert clock.sleeps == []


async def test_untrusted_upload_host(
    secure: Served, clock: FakeClock, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error of an upload says the same."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    other = write_certificate(certificate.with_name("other.pem"), ADDRESS)
    async with serving(clock, tls_of(other)) as store:
        secure.site.upload_host = store.site.upload_host
        async with client_of(secure, clock) as jimeng:
            with pytest.raises(UploadFailed, match="certificate is not trusted"):
                await jimeng.submit_video(REQUEST)


@each("content", [None, "", "no certificate"])
def test_unusable_certificates(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without certificates is an invalid request that names the variable."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(InvalidRequest, match=r"^SSL_CERT_FILE "):
        AsyncJimeng("web", TOKEN)


def test_one_context() -> None:
    """All clients of the process share one TLS context."""
    assert tls_context() is tls_context()


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks"])
async def test_socks(
    scheme: str, served: Served, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A SOCKS proxy is used, except for uploads, which the upload hosts reject (protocol 11)."""
    with socks_proxy() as (address, hosts):
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://{address}/")
        async with client_of(served, clock) as jimeng:
            task = await jimeng.submit_video(REQUEST)
            assert (await jimeng.get_video(task.id)).state is TaskState.PENDING
    assert set(hosts) == {HOST}
    assert len(hosts) == served.site.get_token.call_count + 2


async def test_refusing_proxy(
    secure: Served, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a proxy that refuses, a submission was not sent: a network error that says so."""
    with refusing_proxy() as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", address)
        async with client_of(secure, clock) as jimeng:
            for call in (jimeng.get_video(OLD), jimeng.submit_video(PLAIN)):
                with pytest.raises(NetworkError, match=r"^The proxy of "):
                    await call
    assert {line.split()[0] for line in asked} == {b"CONNECT"}
    assert clock.sleeps == []


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_closed_proxy(
    scheme: str, served: Served, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is behind a proxy on which nobody listens."""
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://{closed_port()}")
    async with client_of(served, clock) as jimeng:
        with pytest.raises(NetworkError, match=r"^The proxy of "):
            await jimeng.submit_video(PLAIN)
    assert served.site.requests == []


async def test_unreadable_exception(
    served: Served, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The readable entries of NO_PROXY count beside those that cannot be read."""
    monkeypatch.setenv("ALL_PROXY", f"http://{closed_port()}")
    monkeypatch.setenv("NO_PROXY", "[,a:port,::1/200,127.0.0.0/8")
    async with client_of(served, clock) as jimeng:
        assert (await jimeng.submit_video(PLAIN)).state is TaskState.PENDING


@each("backend", ["web", "ark"])
def test_unusable_proxy(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that cannot be understood is an invalid request when the client is made."""
    monkeypatch.setenv("all_proxy", "socks4://127.0.0.1:1080")
    with pytest.raises(InvalidRequest, match=r"^all_proxy "):
        AsyncJimeng(backend, TOKEN)


async def test_no_netrc(served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Passwords of `.netrc` are not sent."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {HOST} login a password b")
    monkeypatch.setenv("NETRC", str(netrc))
    async with httpx.AsyncClient(transport=Network(), trust_env=False) as http:
        await http.post(f"{served.base_url}/mweb/v1/get_history_by_ids", json={"submit_ids": []})
    assert "authorization" not in served.site.requests[0].headers
