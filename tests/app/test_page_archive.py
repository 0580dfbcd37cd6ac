import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from jimeng_app.page_routes import archive
from jimeng_app.static_routes import DEMO_MEDIA
from jimeng_core import (
    Completed,
    CompletedImages,
    Image,
    JimengError,
    Lookup,
    NetworkError,
    NotFound,
    Pending,
    Video,
)
from jimeng_core.requests import FirstLastFrame, ImageRequest, Mode
from jimeng_core.settings import Settings
from tests.core.demo_tools import InstantClock

NOW = datetime(2026, 11, 26, 12, 3, tzinfo=UTC)
MP4 = b"\0\0\0\x18ftypmp42" + bytes(300_000)
JPEG = b"\xff\xd8\xff" + bytes(100)
DEMO_ID = "01a20c5b-861c-7ca4-8fb4-7bbe5e838d75"
CDN = "https://cdn.example/"
FILES = {
    f"{CDN}a.mp4?sign=1": (200, MP4),
    f"{CDN}b.jpg": (200, JPEG),
    f"{CDN}page": (200, b"<!doctype html>"),
    f"{CDN}gone.mp4": (403, b""),
    f"{CDN}gone.jpg": (404, b""),
}


def video(task_id: str, url: str) -> Lookup:
    """A finished video."""
    request = FirstLastFrame(prompt="waves", seed=7)
    task = Completed(
        id=task_id,
        mode=Mode.FIRST_LAST_FRAME,
        created_at=NOW,
        request=request,
        video=Video(url=url, width=4, height=2),
        completed_at=NOW,
    )
    return Lookup(task_id, task, None, NOW)


def images(task_id: str, *urls: str) -> Lookup:
    """A finished task of images."""
    task = CompletedImages(
        id=task_id,
        mode=Mode.IMAGE,
        created_at=NOW,
        request=ImageRequest(prompt="snow"),
        images=tuple(Image(url, 2, 1) for url in urls),
        completed_at=NOW,
    )
    return Lookup(task_id, task, None, NOW)


PENDING = Pending(id="waiting", mode=Mode.IMAGE, created_at=NOW, request=None)
LOOKUPS = {
    "one": video("one", f"{CDN}a.mp4?sign=1"),
    DEMO_ID: video(DEMO_ID, f"{DEMO_MEDIA}/{DEMO_ID}.mp4"),
    "pair": images("pair", f"{CDN}b.jpg", f"{CDN}page"),
    "gone": video("gone", f"{CDN}gone.mp4"),
    "cut": video("cut", f"{CDN}cut.mp4"),
    "twice": video("twice", f"{CDN}twice.mp4"),
    "other": video("other", f"{DEMO_MEDIA}/../secret.mp4"),
    "waiting": Lookup("waiting", PENDING, None, NOW),
    "lost": Lookup("lost", None, NotFound(), NOW),
    "late": video("late", f"{CDN}gone.mp4"),
    "late-pair": images("late-pair", f"{CDN}b.jpg", f"{CDN}gone.jpg"),
    "removed": video("removed", f"{CDN}gone.mp4"),
    "cut off": video("cut off", f"{CDN}gone.mp4"),
}
RENEWED = {
    "late": video("late", f"{CDN}a.mp4?sign=1"),
    "late-pair": images("late-pair", f"{CDN}gone.jpg", f"{CDN}b.jpg"),
    "removed": Lookup("removed", None, NotFound(), NOW),
}
"""What a later look-up finds."""


class Call:
    """A call of one visitor."""

    chinese = False

    pool = SimpleNamespace(settings=Settings())
    caller = SimpleNamespace(visitor="1.2.3.4")

    def error_message(self, error: JimengError) -> str:
        return error.message

    def row(self, lookup: Lookup) -> Any:
        return lookup.row()


class _Cut(httpx.AsyncByteStream):
    """A body that breaks off."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield MP4[:HALF]
        raise httpx.ReadError("cut")


HALF = 150_000


def respond(request: httpx.Request) -> httpx.Response:
    """The response of the files' server."""
    if request.url.path == "/cut.mp4":
        return httpx.Response(200, stream=_Cut())
    if request.url.path == "/twice.mp4":
        headers = {"etag": '"1"', "content-length": str(len(MP4))}
        if request.headers.get("range") != f"bytes={HALF}-":
            return httpx.Response(200, headers=headers, stream=_Cut())
        headers = {"etag": '"1"', "content-range": f"bytes {HALF}-{len(MP4) - 1}/{len(MP4)}"}
        return httpx.Response(206, headers=headers, stream=httpx.ByteStream(MP4[HALF:]))
    if str(request.url) not in FILES:
        raise httpx.UnsupportedProtocol("no address")
    status, body = FILES[str(request.url)]
    return httpx.Response(status, stream=httpx.ByteStream(body))


@pytest.fixture
def looked_up() -> list[str]:
    """The ids that were looked up."""
    return []


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, looked_up: list[str]) -> TestClient:
    """An app with the route, whose upstream knows `LOOKUPS`, and `RENEWED` at a second look-up."""

    async def look_up(_: object, ids: list[str]) -> list[Lookup]:
        known = LOOKUPS | (RENEWED if looked_up else {})
        looked_up.extend(ids)
        if "broken" in ids or looked_up.count("cut off") > 1:
            raise NetworkError
        return [known[task_id] for task_id in ids]

    monkeypatch.setattr(archive, "look_up", look_up)
    monkeypatch.setattr(archive, "context_of", lambda *_: Call())
    transport = httpx.MockTransport(respond)
    monkeypatch.setattr(
        archive, "open_http_client", lambda **_: httpx.AsyncClient(transport=transport)
    )
    (tmp_path / f"{DEMO_ID}.mp4").write_bytes(MP4)
    pool: Any = None
    return TestClient(Starlette(routes=[archive.archive_route(pool, tmp_path, InstantClock())]))


def saved(client: TestClient, *ids: str) -> tuple[dict[str, bytes], Any, Any]:
    """The files of an archive, its list, and the comment at its end."""
    response = client.post("/page/archive", json={"ids": ids}).raise_for_status()
    with zipfile.ZipFile(io.BytesIO(response.content)) as content:
        assert content.testzip() is None
        files = {name: content.read(name) for name in content.namelist()}
        comment = json.loads(content.comment)
    return files, json.loads(files.pop("manifest.json")), comment


def test_results(client: TestClient) -> None:
    """An archive has every result under its mode, date and id, and what each was made with."""
    files, manifest, comment = saved(client, "one", DEMO_ID, "one")
    names = [f"first_last_frame-2026-11-26-{name}.mp4" for name in ("one", DEMO_ID)]
    assert files == dict.fromkeys(names, MP4)
    assert comment == {"files": 2, "failed": []}
    first = manifest["files"][0]
    assert {name: first[name] for name in ("id", "prompt", "seed", "width", "size", "sha256")} == {
        "id": "one",
        "prompt": "waves",
        "seed": 7,
        "width": 4,
        "size": len(MP4),
        "sha256": hashlib.sha256(MP4).hexdigest(),
    }


def test_what_is_missing(client: TestClient) -> None:
    """What cannot be downloaded, is no result or has not ended is named; the rest is there."""
    files, manifest, comment = saved(client, "pair", "gone", "other", "waiting", "lost", "cut")
    assert set(files) == {"image-2026-11-26-pair-1.jpg"}
    assert [each["name"] for each in manifest["files"]] == ["image-2026-11-26-pair-1.jpg"]
    assert {each["id"]: each["code"] for each in manifest["failed"]} == {
        "pair": "download_failed",
        "gone": "download_failed",
        "other": "download_failed",
        "waiting": "not_completed",
        "lost": "not_found",
        "cut": "download_failed",
    }
    assert comment == {"files": 1, "failed": [each["id"] for each in manifest["failed"]]}


def test_interrupted_download(client: TestClient) -> None:
    """A file whose download breaks off is continued from there, and then is in the archive."""
    files, _, comment = saved(client, "twice")
    assert files == {"first_last_frame-2026-11-26-twice.mp4": MP4}
    assert comment == {"files": 1, "failed": []}


def test_dead_links(client: TestClient, looked_up: list[str]) -> None:
    """Links that die while the archive is made are asked for again once, and only then named."""
    asked = ["late", "late-pair", "gone", "removed", "cut off"]
    files, manifest, comment = saved(client, *asked)
    assert list(files) == [
        "first_last_frame-2026-11-26-late.mp4",
        "image-2026-11-26-late-pair-1.jpg",
        "image-2026-11-26-late-pair-2.jpg",
    ]
    assert {each["id"]: each["code"] for each in manifest["failed"]} == {
        "gone": "download_failed",
        "removed": "not_found",
        "cut off": "network_error",
    }
    assert comment == {"files": 3, "failed": ["gone", "removed", "cut off"]}
    assert looked_up == [*asked, *asked]


def test_refusals(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that fails as a whole says why; so does one that has no slot; neither is a file."""
    response = client.post("/page/archive", json={"ids": ["broken"]})
    assert (response.status_code, response.json()["detail"]) == (400, NetworkError().message)
    monkeypatch.setattr(archive, "VISITOR_ARCHIVES", 0)
    pool: Any = None
    full = TestClient(Starlette(routes=[archive.archive_route(pool, Path())]))
    refused = full.post("/page/archive", json={"ids": ["one"]})
    assert refused.status_code == 429
    assert "too many" in refused.json()["detail"]


def test_large_files(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is not larger than the limit."""
    monkeypatch.setattr(archive, "MAX_FILE", 100_000)
    _, manifest, _ = saved(client, "one")
    assert [each["id"] for each in manifest["failed"]] == ["one"]


def test_bodies(client: TestClient) -> None:
    """A body without ids is refused."""
    assert client.post("/page/archive", json=[]).status_code == 400
