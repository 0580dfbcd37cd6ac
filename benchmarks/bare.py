"""The baselines: the same requests with httpx and nothing around them."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Final

import httpx

from benchmarks.samples import record_bytes
from jimeng_core.backends.web import signing, wire
from jimeng_core.lookups import IDS_PER_REQUEST

TOKEN: Final = "benchmark"  # noqa: S105 - made up
WEB_ID: Final = "7123456789012345678"


class BareClient:
    """Look-ups and submissions without this library."""

    def __init__(self, base_url: str) -> None:
        self.client = httpx.AsyncClient(timeout=30)
        self._base_url = base_url

    async def look_up(self, ids: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
        """Send one request for some ids, and parse the JSON of its response."""
        response = await self.client.post(
            self._base_url + wire.LOOK_UP,
            params=signing.query(WEB_ID),
            headers=signing.headers(wire.LOOK_UP, 1_790_786_145)
            | {"Content-Type": "application/json", "Cookie": signing.cookie(TOKEN, WEB_ID)},
            content=json.dumps({"submit_ids": list(ids)}).encode(),
        )
        return json.loads(response.content)

    async def look_up_many(self, ids: Sequence[str]) -> None:
        """Send one request for each 100 ids, all at once."""
        starts = range(0, len(ids), IDS_PER_REQUEST)
        await asyncio.gather(*(self.look_up(ids[i : i + IDS_PER_REQUEST]) for i in starts))

    async def one_by_one(self, ids: Sequence[str]) -> None:
        """Send one request for each id, in sequence."""
        for task_id in ids:
            await self.look_up([task_id])

    async def ten_at_a_time(self, ids: Sequence[str]) -> None:
        """Send one request for each id, ten of them concurrently."""
        slots = asyncio.Semaphore(10)

        async def look_up(task_id: str) -> None:
            async with slots:
                await self.look_up([task_id])

        await asyncio.gather(*(look_up(task_id) for task_id in ids))

    async def submit(self, pictures: Sequence[bytes]) -> None:
        """Send the four requests of a submission with pictures, which are sent at once."""
        store = f"{self._base_url}/"
        apply = {"Action": "ApplyImageUpload", "UploadNum": str(len(pictures))}
        address = (await self.client.get(store, params=apply)).json()["Result"]["UploadAddress"]
        uris = [info["StoreUri"] for info in address["StoreInfos"]]
        await asyncio.gather(
            *(
                self.client.post(f"{self._base_url}/upload/v1/{uri}", content=picture)
                for uri, picture in zip(uris, pictures, strict=True)
            )
        )
        commit = {"SessionKey": address["SessionKey"]}
        await self.client.post(store, params={"Action": "CommitImageUpload"}, json=commit)
        await self.client.post(self._base_url + wire.GENERATE, content=record_bytes())
