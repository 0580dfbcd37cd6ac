import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from jimeng_app import stored_uploads
from jimeng_app.client_pool import ClientPool
from jimeng_app.stored_uploads import StoredUploads
from jimeng_app.upload_quota import UploadQuota
from jimeng_core import Settings

Upload = Callable[..., Any]


@pytest.fixture
def upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Upload:
    """Upload bytes as a visitor, to an app that stores them as Gradio does; limits: 100, 250."""
    monkeypatch.setattr(stored_uploads, "FILE_BYTES", 10)
    count = 0

    async def store(request: Request) -> JSONResponse:
        nonlocal count
        data = await request.body()
        folder = tmp_path / hashlib.sha256(data).hexdigest()
        folder.mkdir(exist_ok=True)
        path = folder / "a.png"
        path.write_bytes(data)
        count += 1
        os.utime(path, (count, count))
        return JSONResponse([str(path)])

    pool = ClientPool(Settings(_env_file=None), tmp_path)
    app = Starlette(routes=[Route("/gradio_api/upload", store, methods=["POST"])])
    pool.stored_uploads = StoredUploads(tmp_path, visitor_bytes=100, all_bytes=250)
    quota = UploadQuota(app, pool)
    client = TestClient(quota, base_url="http://127.0.0.1:7860")

    def post(data: bytes, visitor: str = "10.1.1.1", **headers: str) -> Any:
        headers |= {"x-forwarded-for": visitor}
        return client.post("/gradio_api/upload", content=data, headers=headers)

    return post


def stored(folder: Path) -> list[bytes]:
    """The first byte of each upload, in order."""
    return sorted(path.read_bytes()[:1] for path in folder.rglob("*.png"))


def test_oldest_of_a_visitor(upload: Upload, tmp_path: Path) -> None:
    """Beyond a visitor's limit his oldest uploads are removed, and no one else's."""
    upload(b"x" * 60, "10.2.2.2")
    for first in (b"a", b"b", b"c"):
        assert upload(first * 45).status_code == 200
    assert stored(tmp_path) == [b"b", b"c", b"x"]


def test_oldest_of_all(upload: Upload, tmp_path: Path) -> None:
    """Beyond the limit of all, the oldest uploads are removed, whose ever they are."""
    for number, first in enumerate((b"a", b"b", b"c", b"d")):
        upload(first * 90, f"10.3.3.{number}")
    assert stored(tmp_path) == [b"c", b"d"]


def test_many_small_files(upload: Upload, tmp_path: Path) -> None:
    """A file counts something however small it is."""
    for number in range(30):
        upload(bytes([number]))
    assert len(stored(tmp_path)) == 10


def test_files_of_earlier_runs(upload: Upload, tmp_path: Path) -> None:
    """What earlier runs have left, given-up uploads too, counts among all and is removed first."""
    (tmp_path / ("0" * 64)).mkdir()
    old = [tmp_path / ("0" * 64) / "old.png", tmp_path / "tmp123.png"]
    for path in old:
        path.write_bytes(b"o" * 120)
        os.utime(path, (0, 0))
    upload(b"a" * 90)
    assert stored(tmp_path) in ([b"a", b"o"], [b"a"])
    upload(b"b" * 90, "10.2.2.2")
    assert stored(tmp_path) == [b"a", b"b"]


def test_too_large(upload: Upload, tmp_path: Path) -> None:
    """One upload cannot be larger than the limit, whether or not its length is announced.

    The page shows the text of the refusal as it is.
    """
    refused = upload(b"a" * 101)
    assert (refused.status_code, refused.text[:30]) == (413, "A file may have 0 MB at most; ")
    assert upload(b"a" * 101, **{"accept-language": "zh-CN"}).text[:10] == "文件不能超过 0 M"
    assert upload(iter([b"a" * 60, b"a" * 60])).status_code == 413
    assert upload(b"a" * 99).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_other_sites_cannot_upload(upload: Upload, tmp_path: Path, headers: dict[str, str]) -> None:
    """A page of another site cannot fill the disk of its visitors."""
    refused = upload(b"a", **headers)
    assert (refused.status_code, "window of its own" in refused.text) == (403, True)
    assert "单独的窗口" in upload(b"a", **headers, **{"accept-language": "zh-CN"}).text
    assert not stored(tmp_path)
    assert upload(b"a", origin="http://127.0.0.1:7860").status_code == 200


def test_uploads_of_the_app(app_url: str) -> None:
    """The app has these limits."""
    files = {"files": ("a.png", b"a")}
    address = f"{app_url}gradio_api/upload"
    assert httpx.post(address, files=files).status_code == 200
    foreign = {"origin": "https://evil.example"}
    assert httpx.post(address, files=files, headers=foreign).status_code == 403


def test_deleted_folder(upload: Upload, tmp_path: Path) -> None:
    """A folder that was deleted is made again, readable by the app's user only."""
    tmp_path.rmdir()
    assert upload(b"a").status_code == 200
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.anyio
async def test_uploads_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload that ends while others are being removed does not disturb that."""
    uploads = StoredUploads(tmp_path)
    started, ended = threading.Event(), threading.Event()
    owners: list[int] = []

    def remove() -> None:
        before = len(uploads._owners)
        started.set()
        ended.wait(20)
        owners.append(len(uploads._owners) - before)

    monkeypatch.setattr(uploads, "_remove_oldest", remove)
    async with anyio.create_task_group() as group:
        group.start_soon(uploads.keep, [tmp_path / "a"], "a")
        await anyio.to_thread.run_sync(started.wait, 20)
        group.start_soon(uploads.keep, [tmp_path / "b"], "b")
        await anyio.wait_all_tasks_blocked()
        ended.set()
    assert owners == [0, 0]
