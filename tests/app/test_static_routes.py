from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from jimeng_app.page.form.examples import PICTURES
from jimeng_app.static_routes import (
    DEMO_MEDIA,
    EXAMPLES,
    EXAMPLES_PATH,
    THUMBNAILS_PATH,
    demo_file,
    routes,
)
from tests.each import each

TASK = "01a20c5b-861c-7ca4-8fb4-7bbe5e838d75"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """An app with a video of ten bytes, and other files in and outside its folder."""
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / f"{TASK}.mp4").write_bytes(b"0123456789")
    (folder / "secret.mp4").write_bytes(b"secret")
    (tmp_path / f"{TASK}.mp4").write_bytes(b"secret")
    return TestClient(Starlette(routes=routes(folder)))


def test_whole_video(client: TestClient) -> None:
    """A video is served with its media type, and with `nosniff`."""
    response = client.get(f"{DEMO_MEDIA}/{TASK}.mp4")
    assert (response.status_code, response.content) == (200, b"0123456789")
    assert response.headers["content-type"] == "video/mp4"
    assert response.headers["x-content-type-options"] == "nosniff"


@each("name", sorted({name for names in PICTURES.values() for name in names}))
def test_pictures_of_the_examples(client: TestClient, name: str) -> None:
    """The pictures of the examples are served, small, and named in the list of licences."""
    response = client.get(f"{EXAMPLES_PATH}/{name}")
    assert response.headers["content-type"] == "image/jpeg"
    assert 10_000 < len(response.content) < 250_000
    small = client.get(f"{THUMBNAILS_PATH}/{name}")
    assert small.headers["content-type"] == "image/jpeg"
    assert len(small.content) < 20_000
    assert f"`{name}`" in (EXAMPLES / "README.md").read_text(encoding="utf-8")


@each("name", ["README.md", "../app.py", "..%2Fapp.py", "x.jpg", "CAT.jpg"])
def test_other_files_of_the_assets(client: TestClient, name: str) -> None:
    """No other file of the pictures' folder, or of any other folder, is served."""
    assert client.get(f"{EXAMPLES_PATH}/{name}").status_code == 404
    assert client.get(f"{THUMBNAILS_PATH}/{name}").status_code == 404


def test_part_of_a_video(client: TestClient) -> None:
    """Byte ranges, which video players request, are supported."""
    response = client.get(f"{DEMO_MEDIA}/{TASK}.mp4", headers={"range": "bytes=2-4"})
    assert (response.status_code, response.content) == (206, b"234")
    assert response.headers["content-range"] == "bytes 2-4/10"


@each(
    "name",
    [
        "secret.mp4",
        f"{TASK}.txt",
        f"{TASK}",
        f"..%2f{TASK}.mp4",
        f"%2e%2e/{TASK}.mp4",
        f"{TASK}.mp4%00",
        "01a20c5b-85c2-7bb7-9552-bd257c97a343.mp4",
    ],
)
def test_other_files_of_the_demo(name: str, client: TestClient) -> None:
    """Only files named by a task id with a known suffix are served."""
    assert client.get(f"{DEMO_MEDIA}/{name}").status_code == 404


def test_file_of_a_link(tmp_path: Path) -> None:
    """A link to one of the demo's files leads to it; no other link leads to a file."""
    assert demo_file(tmp_path, f"{DEMO_MEDIA}/{TASK}.mp4") == tmp_path / f"{TASK}.mp4"
    for link in (f"{DEMO_MEDIA}/../{TASK}.mp4", f"/etc/{TASK}.mp4", f"{DEMO_MEDIA}/secret.mp4"):
        assert demo_file(tmp_path, link) is None
