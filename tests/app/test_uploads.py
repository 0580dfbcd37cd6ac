from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from jimeng_app.uploads import upload_routes
from tests.app.app_process import picture

FOLDER = "0123456789abcdef" * 4


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """An app with uploads of ten bytes, and other files in and outside their folder."""
    for name in ("a b.png", "page.html", "drawing.SVG", "no-suffix"):
        path = tmp_path / "uploads" / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0123456789")
    (tmp_path / "uploads" / "other").mkdir()
    (tmp_path / "uploads" / "other" / "a.png").write_bytes(b"secret")
    (tmp_path / "a.png").write_bytes(b"secret")
    return TestClient(Starlette(routes=upload_routes(tmp_path / "uploads")))


def address(folder: Path, name: str) -> str:
    """The path of an upload on the server."""
    return f"/gradio_api/file={folder}/uploads/{FOLDER}/{name}"


def test_whole_upload(client: TestClient, tmp_path: Path) -> None:
    """A picture is shown, privately, and its type is not guessed."""
    response = client.get(address(tmp_path, "a b.png"))
    assert (response.status_code, response.content) == (200, b"0123456789")
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"].startswith("inline")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"].startswith("private")


@pytest.mark.parametrize("name", ["page.html", "drawing.SVG", "no-suffix"])
def test_what_a_browser_could_run(client: TestClient, tmp_path: Path, name: str) -> None:
    """A file that may have a script is downloaded, as bytes."""
    response = client.get(address(tmp_path, name))
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=0-99", 206, b"0123456789"),
        ("bytes=-99", 206, b"0123456789"),
        ("Bytes=0-0", 206, b"0"),
        ("bytes=10-", 416, None),
        ("bytes=99-100", 416, None),
        *(
            (text, 200, b"0123456789")
            for text in (
                *("bytes=4-2", "bytes=a-b", "bytes=", "bytes", "", "-", "items=0-1", "bytes=-"),
                *("bytes=1-2-3", "bytes=0-1,3-4", "bytes=--1", "bytes=0x1-2", "bytes=" + "9" * 40),
                *("bytes=" + "0-0," * 500, "bytes=\u00e9-2"),
            )
        ),
    ],
)
def test_ranges(
    client: TestClient, tmp_path: Path, asked: str, status: int, content: bytes | None
) -> None:
    """One range is served, one beyond the end is a 416, and what is no range is ignored."""
    headers = {b"range": asked.encode("latin-1"), b"x-secret": b"mine"}
    response = client.get(address(tmp_path, "a b.png"), headers=headers)
    assert response.status_code == status
    assert content is None or response.content == content
    assert "x-secret" not in response.headers
    if status == 206:
        assert response.headers["content-range"].endswith("/10")


@pytest.mark.parametrize(
    "path",
    [
        "{0}/a.png",
        "{0}/uploads/other/a.png",
        f"{{0}}/uploads/{FOLDER}/../../a.png",
        f"{{0}}/uploads/{FOLDER}",
        f"{{0}}/uploads/{FOLDER}/nothing.png",
        "/etc/passwd",
        "https://example.com/a.png",
        "a.png%00",
        "",
    ],
)
def test_other_files(client: TestClient, tmp_path: Path, path: str) -> None:
    """No other file is served, and no URL is fetched."""
    response = client.get("/gradio_api/file=" + path.format(tmp_path).replace("../", "%2e%2e/"))
    assert response.status_code == 404


def test_uploaded_to_the_app(app_url: str) -> None:
    """What is uploaded to the app is served by it."""
    data = picture("teal", 8, 8)
    response = httpx.post(f"{app_url}gradio_api/upload", files={"files": ("x.png", data)})
    [path] = response.json()
    assert httpx.get(f"{app_url}gradio_api/file={path}").content == data
