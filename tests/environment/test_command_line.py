"""The command line in environments like people's."""

import json
import os
from collections.abc import Iterator

import pytest

from tests.app.app_process import ROOT
from tests.environment.processes import HOMELESS, SHIMS, Variables, run
from tests.environment.proxy_servers import running_site, socks_proxy

OLD = "0199f0a0-0000-7000-8000-000000000000"
STATE = f'"id": "{OLD}", "mode": null, "state": "processing"'


@pytest.fixture
def web() -> Iterator[Variables]:
    """The settings for a site on this machine, on which every task is running."""
    with running_site() as url:
        yield {"JIMENG_TOKEN": "0123456789abcdef-of-a-test", "JIMENG_BASE_URL": url}


def test_without_a_home(web: Variables) -> None:
    """Without a home everything works that needs no folder; else one sentence names the setting."""
    homeless = HOMELESS | {"JIMENG_DATA_DIR": None}
    found = run("get", "--json", OLD, as_stranger=True, env=homeless | web)
    assert (found.returncode, found.stderr) == (0, "")
    assert STATE in found.stdout
    demo = run("--backend", "demo", "credits", as_stranger=True, env=homeless)
    assert (demo.returncode, demo.stdout, demo.stderr.count("\n")) == (2, "", 1)
    assert "JIMENG_DATA_DIR" in demo.stderr


def test_behind_a_socks_proxy(web: Variables) -> None:
    """`jimeng` works behind a SOCKS proxy, with entries in NO_PROXY that nobody can read."""
    with socks_proxy() as (address, hosts):
        proxy: Variables = {"all_proxy": f"socks://{address}/", "NO_PROXY": "[,a:port"}
        done = run("get", "--json", OLD, env=web | proxy)
    assert (done.returncode, done.stderr, hosts) == (0, "", ["127.0.0.1"])
    assert STATE in done.stdout


@pytest.mark.parametrize(
    ("variable", "value"),
    [("https_proxy", "ftp://127.0.0.1:21"), ("SSL_CERT_FILE", "/nonexistent/ca.pem")],
)
def test_nonsense(web: Variables, variable: str, value: str) -> None:
    """A variable that cannot be understood is named in one sentence, with the status of misuse."""
    done = run("credits", env=web | {variable: value})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"{variable} ")


@pytest.mark.parametrize("hours", [8, -8])
def test_wrong_clock(web: Variables, hours: int) -> None:
    """A clock that is hours off here makes no running task failed, and no progress end."""
    shim: Variables = {
        "PYTHONPATH": f"{SHIMS}{os.pathsep}{ROOT}",
        "SHIM_CLOCK_AHEAD": str(hours * 3600),
    }
    done = run("get", "--json", OLD, env=web | shim)
    assert (done.returncode, done.stderr) == (0, "")
    assert STATE in done.stdout
    [row] = json.loads(done.stdout)
    assert 0 < row["progress"] < 50
