"""The app in environments like people's; one start for several conditions, which do not mask."""

import stat
from pathlib import Path

import httpx
import pytest

from tests.app.app_process import picture, running_app
from tests.environment.processes import AS_STRANGER, HOMELESS, give_to_stranger, run
from tests.environment.proxy_servers import closed_port, refusing_proxy

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


def use(url: str) -> None:
    """Make a clip of an uploaded picture, and look something up over MCP."""
    with httpx.Client(base_url=url, trust_env=False, timeout=100) as http:
        files = {"files": ("a.png", picture("teal"), "image/png")}
        [path] = http.post("gradio_api/upload", files=files).raise_for_status().json()
        assert stat.S_IMODE(Path(path).parents[1].stat().st_mode) == 0o700
        data = {"data": ["海", {"path": path, "meta": {"_type": "gradio.FileData"}}]}
        sent = http.post("gradio_api/run/submit_first_last_frame", json=data).raise_for_status()
        assert sent.json()["data"][0]["state"] == "pending"
        call = {"name": "get_video", "arguments": {"task_id": "nonsense"}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        headers = {"Accept": "application/json, text/event-stream"}
        answer = http.post("gradio_api/mcp/", json=message, headers=headers).raise_for_status()
        assert "invalid_task_id" in answer.text


def test_of_another_user_behind_a_closed_proxy(tmp_path: Path) -> None:
    """The app works without a home, beside another user's `/tmp/gradio`, behind a closed proxy.

    Uploads are readable by its own user only, also in a folder that was open to others.
    """
    folder = give_to_stranger(tmp_path / "app")
    give_to_stranger(give_to_stranger(folder / "data") / "uploads").chmod(0o755)  # before
    temporary = give_to_stranger(tmp_path / "tmp")
    (temporary / "gradio").mkdir(mode=0o555)
    proxy = dict.fromkeys(VARIABLES, f"http://{closed_port()}")
    environment = {**HOMELESS, **proxy, "TMPDIR": str(temporary)}
    with running_app(folder, AS_STRANGER, **environment) as url:
        use(url)
    assert not list((temporary / "gradio").iterdir())
    assert stat.S_IMODE((folder / "data" / "uploads").stat().st_mode) == 0o700


def test_behind_odd_proxies(tmp_path: Path) -> None:
    """The app asks no proxy for itself, however the variables are written.

    Here ALL_PROXY is written as GNOME does, and NO_PROXY has entries that nobody can read.
    """
    with refusing_proxy() as (address, asked):
        environment = {
            "HTTP_PROXY": address,
            "all_proxy": f"socks://{address}/",
            "NO_PROXY": "[,a:port,::1/200",
        }
        with running_app(tmp_path, **environment) as url:
            use(url)
    assert asked == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [("all_proxy", "socks4://127.0.0.1:1080"), ("SSL_CERT_FILE", "/nonexistent/ca.pem")],
)
def test_nonsense(variable: str, value: str) -> None:
    """A variable that cannot be understood is named in one sentence, with status 1."""
    done = run("app.py", "--port", "0", env={variable: value})
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"{variable} ")


def test_without_a_home() -> None:
    """Without a home the app says in one sentence which variable names a folder, with status 1."""
    done = run("app.py", "--port", "0", as_stranger=True, env=HOMELESS | {"JIMENG_DATA_DIR": None})
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "JIMENG_DATA_DIR" in done.stderr


@pytest.mark.parametrize("variable", ["GRADIO_TEMP_DIR", "JIMENG_DATA_DIR"])
def test_folder_that_cannot_be_written(variable: str, tmp_path: Path) -> None:
    """A folder for uploads that cannot be written is one sentence that names its variable."""
    file = tmp_path / "file"
    file.touch()
    done = run("app.py", "--port", "0", env={variable: str(file / "folder")})
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert variable in done.stderr
