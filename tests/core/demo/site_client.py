"""A test client that sends the site's own requests to a demo site."""

import json
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from jimeng_core.backends.demo.draft_parsing import parse_draft
from jimeng_core.backends.demo.parsed_draft import DraftRefused
from jimeng_core.backends.demo.site import DemoLimits, DemoSite
from jimeng_core.backends.demo.transport import DemoTransport
from jimeng_core.backends.upstream_clock import UpstreamClock
from jimeng_core.backends.web import signing, wire
from jimeng_core.backends.web.draft import build_submission
from jimeng_core.backends.web.draft_base import DraftContext, Uploaded, UploadedClip
from jimeng_core.backends.web.uploads.sigv4 import SigV4Auth
from jimeng_core.backends.web.uploads.token import read_token
from jimeng_core.backends.web.wire import UploadScene
from jimeng_core.clock import Clock, SystemClock
from jimeng_core.ids import new_task_id
from jimeng_core.requests import AnyRequest
from tests.core.demo_tools import picture

Json = dict[str, Any]
URIS = [f"tos-cn-i-tb4s082cfz/{number}" for number in range(12)]
PICTURES = [Uploaded(uri, 400, 300, "png") for uri in URIS]
"""Uploaded pictures of a submission."""


class SiteClient:
    """A client of a demo site, without the web backend in between."""

    def __init__(self, site: DemoSite, pace: float, clock: Clock) -> None:
        self.site = site
        self.clock = UpstreamClock(clock)
        self.transport = DemoTransport(site, visitor=None, pace=pace, media_base="/media")
        self.http = httpx.AsyncClient(transport=self.transport)

    async def ask(
        self, path: str, body: object, session: str | None = "demo", **headers: str
    ) -> Json:
        """The answer of a site endpoint."""
        signed = signing.headers(path, 1_790_786_145)
        cookie = {} if session is None else {"Cookie": signing.cookie(session, "7")}
        answer = await self.http.post(
            wire.SITE + path,
            content=json.dumps(body),
            headers={**signed, **cookie, **headers},
        )
        assert answer.status_code == 200
        return dict(answer.json())

    async def imagex(self, action: str, body: object = None, **query: str) -> httpx.Response:
        """The answer of the picture store to a request signed with a token of the site."""
        answer = await self.ask(wire.UPLOAD_TOKEN, {"scene": 2})
        token = read_token(answer["data"], self.site.now(), UploadScene.PICTURES)
        return await self.http.request(
            "GET" if body is None else "POST",
            wire.IMAGEX,
            params={"Action": action, "ServiceId": wire.SERVICE_ID, **query},
            content=None if body is None else json.dumps(body),
            auth=SigV4Auth(token, "imagex", self.clock),
        )

    async def vod(
        self, action: str, body: object = None, scene: int = 1, **query: str
    ) -> httpx.Response:
        """The answer of the store of clips to a request signed with a token of a scene."""
        answer = await self.ask(wire.UPLOAD_TOKEN, {"scene": scene})
        token = read_token(answer["data"], self.site.now(), UploadScene.CLIPS)
        return await self.http.request(
            "GET" if body is None else "POST",
            wire.VOD,
            params={"Action": action, "SpaceName": wire.VOD_SPACE, **query},
            content=None if body is None else json.dumps(body),
            auth=SigV4Auth(token, "vod", self.clock),
        )

    async def apply(self, count: int = 1) -> Json:
        """Apply for the upload of `count` pictures."""
        answer = await self.imagex("ApplyImageUpload", UploadNum=str(count))
        return dict(answer.json()["Result"]["UploadAddress"])

    async def put(self, place: Json, data: bytes, **headers: str) -> httpx.Response:
        """The answer to the upload of a picture."""
        url = f"https://{place['UploadHosts'][0]}/upload/v1/{place['StoreInfos'][0]['StoreUri']}"
        own = {
            "Authorization": place["StoreInfos"][0]["Auth"],
            "Content-CRC32": f"{zlib.crc32(data):08x}",
        }
        return await self.http.post(url, content=data, headers={**own, **headers})

    async def uploaded(self, colour: str = "teal") -> Uploaded:
        """Upload a picture of one colour."""
        place = await self.apply()
        assert (await self.put(place, picture(colour))).json()["code"] == 2000
        answer = await self.imagex("CommitImageUpload", {"SessionKey": place["SessionKey"]})
        assert answer.json()["Result"]["Results"][0]["UriStatus"] == 2000
        return Uploaded(place["StoreInfos"][0]["StoreUri"], 400, 300, "png")

    async def submit(self, request: AnyRequest, *pictures: Uploaded, **by: Any) -> Json:
        """The answer to a submission."""
        return await self.ask(wire.GENERATE, body_of(request, *pictures), **by)

    async def record(self, submit_id: str, session: str = "demo") -> Json | None:
        """The record of a task; None when the site has none."""
        answer = await self.ask(wire.LOOK_UP, {"submit_ids": [submit_id]}, session)
        assert answer["ret"] == "0"
        found: Json | None = answer["data"].get(submit_id)
        return found


def body_of(
    request: AnyRequest, *pictures: Uploaded, clips: Sequence[UploadedClip] = (), task_id: str = ""
) -> Json:
    """The submission that the web backend would send."""
    ids = iter(range(10**6))
    draft = DraftContext(
        task_id=task_id or new_task_id(),
        pictures=pictures,
        seed=7,
        seed_chosen=True,
        created_ms=0,
        new_id=lambda: str(next(ids)),
        clips=clips,
    )
    return build_submission(request, draft)


VIDEO = ("gen_video", "text_to_video_params")
"""The path to a video in the abilities of a draft."""


def changed(body: Json, *path: str | int, to: object, inside: tuple[str, ...] = VIDEO) -> Json:
    """A body with one value of its draft's abilities replaced, or removed when `to` is `...`."""
    draft = json.loads(body["draft_content"])
    place: Any = draft["component_list"][0]["abilities"]
    for step in (*inside, *path[:-1]):
        place = place[step]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return {**body, "draft_content": json.dumps(draft)}


@asynccontextmanager
async def open_site(
    folder: Path, clock: Clock | None = None, pace: float = 0, limits: DemoLimits | None = None
) -> AsyncIterator[SiteClient]:
    """Open a site over a folder, and a client of it."""
    clock = clock or SystemClock()
    site = DemoSite(folder, lambda: clock.now().timestamp(), limits or DemoLimits())
    caller = SiteClient(site, pace, clock)
    try:
        async with caller.http:
            yield caller
    finally:
        site.close()


def refusal(body: Json) -> str:
    """The code with which the site refuses a submission of `PICTURES`."""
    with pytest.raises(DraftRefused) as caught:
        parse_draft(body, URIS)
    assert caught.value.errmsg
    return caught.value.ret
