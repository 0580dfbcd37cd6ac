"""The demo's store of videos takes large files in parts (protocol 11.1)."""

import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jimeng_core import SubjectReference
from jimeng_core.backends.demo.store import Store
from jimeng_core.backends.web.uploads import vod
from tests.clip_files import video_file
from tests.core.demo.site_client import SiteClient, open_site
from tests.core.demo_tools import client, draw_in_no_time

pytestmark = pytest.mark.anyio
PARTS = (b"first", b"second")


@pytest.fixture
async def caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SiteClient]:
    """A client of a site with the quick renderer."""
    draw_in_no_time(monkeypatch)
    async with open_site(tmp_path / "demo") as caller:
        yield caller


class Upload:
    """An upload to the store."""

    def __init__(self, caller: SiteClient, node: dict[str, Any]) -> None:
        self._caller = caller
        self._node = node
        self.vid = node["Vid"]

    @classmethod
    async def apply(cls, caller: SiteClient) -> "Upload":
        answer = await caller.vod("ApplyUploadInner", FileType="video", IsInner="1")
        [node] = answer.json()["Result"]["InnerUploadAddress"]["UploadNodes"]
        return cls(caller, node)

    async def post(self, content: bytes = b"", **query: str) -> int:
        """The code of a request to the upload host."""
        [info] = self._node["StoreInfos"]
        headers = {
            "Authorization": info["Auth"],
            "Content-CRC32": f"{zlib.crc32(content):08x}",
        }
        answer: httpx.Response = await self._caller.http.post(
            f"https://{self._node['UploadHost']}/upload/v1/{info['StoreUri']}",
            params=query,
            content=content,
            headers=headers,
        )
        return int(answer.json()["code"])

    async def init(self) -> int:
        return await self.post(uploadmode="part", phase="init")

    async def part(self, number: int, content: bytes, offset: int, upload: str = "") -> int:
        return await self.post(
            content,
            uploadid=upload or self.vid,
            part_number=str(number),
            phase="transfer",
            part_offset=str(offset),
        )

    async def finish(self, *parts: bytes) -> int:
        listed = ",".join(f"{n}:{zlib.crc32(part):08x}" for n, part in enumerate(parts, 1))
        return await self.post(
            listed.encode(), uploadmode="part", phase="finish", uploadid=self.vid
        )


async def test_parts(caller: SiteClient) -> None:
    """Parts become one file; the last one may be sent again, as after a lost response."""
    upload = await Upload.apply(caller)
    codes = [
        await upload.init(),
        await upload.part(1, PARTS[0], 0),
        await upload.part(2, b"broken off and longer", 5),
        await upload.part(2, PARTS[1], 5),
    ]
    assert codes == [2000] * 4
    assert not caller.site.store.upload(upload.vid).exists()
    assert await upload.finish(*PARTS) == 2000
    assert caller.site.store.upload(upload.vid).read_bytes() == b"firstsecond"
    assert await upload.finish(*PARTS) == 4000  # it has ended


async def test_what_is_refused(caller: SiteClient) -> None:
    """A part before the announcement, of another upload or out of order, and a wrong list."""
    upload = await Upload.apply(caller)
    assert await upload.part(1, PARTS[0], 0) == 4000
    assert await upload.finish() == 4000
    assert await upload.init() == 2000
    assert await upload.finish() == 4000
    assert await upload.part(2, PARTS[1], 5) == 4000
    assert await upload.part(1, PARTS[0], 0, upload="another") == 4000
    assert await upload.part(1, PARTS[0], 0) == 2000
    assert await upload.finish(*PARTS) == 4000
    assert await upload.finish(PARTS[1]) == 4000
    assert not caller.site.store.upload(upload.vid).exists()


async def test_no_parts_of_pictures(caller: SiteClient) -> None:
    """The store of pictures takes them whole."""
    place = await caller.apply()
    place["StoreInfos"][0]["StoreUri"] += "?uploadmode=part&phase=init"
    assert (await caller.put(place, b"")).json()["code"] == 4000


async def test_a_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large reference video arrives in parts, byte for byte, and its task is accepted."""
    draw_in_no_time(monkeypatch)
    data = video_file()
    monkeypatch.setattr(vod, "PART_BYTES", len(data) // 3)
    monkeypatch.delattr(Store, "put_file")  # no file is sent whole
    async with client(tmp_path) as jimeng:
        await jimeng.submit_video(SubjectReference(prompt="像@视频1", videos=[data]))
    stored = [file.read_bytes() for file in tmp_path.rglob("pictures/*")]
    assert stored == [data]
