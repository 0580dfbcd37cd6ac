"""Videos and audios at the demo site: its store, and drafts that name them."""

import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jimeng_core.backends.demo.draft_parsing import parse_draft
from jimeng_core.backends.demo.parsed_draft import DraftRefused, ParsedClip, ParsedDraft
from jimeng_core.backends.demo.upload_stores import UPLOAD_HOST
from jimeng_core.backends.web.draft_base import UploadedClip
from jimeng_core.marks import ReferenceKind
from jimeng_core.requests import SubjectReference
from tests.core.demo.site_client import (
    PICTURES,
    URIS,
    Json,
    SiteClient,
    body_of,
    changed,
    open_site,
)
from tests.each import each

LIST = ("video_gen_inputs", 0, "unified_edit_input", "material_list")
META = ("video_gen_inputs", 0, "unified_edit_input", "meta_list")


def video(vid: str = "v1", seconds: float = 5) -> UploadedClip:
    """An uploaded video."""
    return UploadedClip(ReferenceKind.VIDEO, vid, 640, 640, round(seconds * 1000))


def audio(vid: str = "v2", seconds: float = 5) -> UploadedClip:
    """An uploaded audio."""
    return UploadedClip(ReferenceKind.AUDIO, vid, 0, 0, round(seconds * 1000))


def body(
    *clips: UploadedClip, pictures: int = 1, prompt: str = "让@图片1像@视频1", **changes: Any
) -> Json:
    """The submission of a request with pictures and clips."""
    request = SubjectReference(prompt=prompt, images=["a"] * pictures, **changes)
    return body_of(request, *PICTURES[:pictures], clips=clips)


def parse(submission: Json) -> ParsedDraft:
    """The parsed submission, at a site that has all files."""
    return parse_draft(submission, [*URIS, "v1", "v2"])


def refusal(submission: Json) -> str:
    """The message of the refusal of a submission."""
    with pytest.raises(DraftRefused) as caught:
        parse(submission)
    assert caught.value.ret == "1000"
    return caught.value.errmsg


def test_parsed() -> None:
    """A draft has its pictures, videos and audios, and the prompt with all marks."""
    draft = parse(body(video(), audio()))
    assert [shot.uri for shot in draft.shots] == URIS[:1]
    assert draft.clips == (ParsedClip("video", "v1"), ParsedClip("audio", "v2"))
    assert draft.prompt == "@音频1让@图片1像@视频1"


def test_clips_alone() -> None:
    """A draft needs no picture beside a video; on 2.5 an audio needs nothing beside it."""
    assert parse(body(video(), pictures=0, prompt="海")).shots == ()
    alone = body(audio(), pictures=0, prompt="海", model="seedance-2.5")
    assert parse(alone).clips == (ParsedClip("audio", "v2"),)


@each(
    ("submission", "words"),
    [
        (body(*[video(seconds=3)] * 4), "4 videos"),
        (body(*[audio(seconds=3)] * 4, prompt="海"), "4 audios"),
        (body(*[video(seconds=2)] * 3, audio(), pictures=9), "13 materials"),
        (body(audio(), pictures=0, prompt="海"), "audios alone"),
        (body(video(seconds=8), video(seconds=7.5)), "15.5 s of video"),
        (body(audio(seconds=31), prompt="海", model="seedance-2.5"), "31.0 s of audio"),
        (body(video(seconds=1)), "duration of video"),
        (body(video("v3")), "unknown uri v3"),
        (changed(body(video()), *LIST, 1, "material_type", to="film"), "unknown material_type"),
        (changed(body(video()), *LIST, 1, "video_info", "vid", to=...), "unknown uri"),
        (changed(body(video()), *LIST, 1, "video_info", "width", to=0), "without width"),
        (changed(body(video()), *LIST, 1, "video_info", "type", to="audio"), "type of video_info"),
        (changed(body(video()), *META, 1, "meta_type", to="video"), "meta_type of mat"),
        (changed(body(video()), *META, 1, "material_ref", "material_idx", to=2), "material_idx 2"),
    ],
)
def test_refused(submission: Json, words: str) -> None:
    """A draft beyond a limit of its model, or with an incomplete clip, is refused."""
    assert words in refusal(submission)


def test_order_of_materials() -> None:
    """Marks count the materials, so that their order is fixed: pictures, videos, audios."""
    submission = body(video(), audio(), prompt="海")
    first, second, third = ({"material_type": kind} for kind in ("audio", "image", "video"))
    assert "order" in refusal(changed(submission, *LIST, to=[first, second, third]))


def test_a_model_without_clips() -> None:
    """A model that takes pictures only refuses clips."""
    submission = changed(
        body(video(), duration=5), "model_req_key", to="dreamina_ic_generate_video_model_vgfm_3.0"
    )
    assert "takes no videos" in refusal(submission)


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncIterator[SiteClient]:
    """A client of a site."""
    async with open_site(tmp_path) as opened:
        yield opened


async def applied(caller: SiteClient) -> Json:
    """The node of an apply."""
    answer = await caller.vod("ApplyUploadInner", FileType="video", IsInner="1", FileSize="5")
    return dict(answer.json()["Result"]["InnerUploadAddress"]["UploadNodes"][0])


async def put(caller: SiteClient, node: Json) -> httpx.Response:
    """The answer to the upload of a clip."""
    store = node["StoreInfos"][0]
    headers = {"Authorization": store["Auth"], "Content-CRC32": f"{zlib.crc32(b'video'):x}"}
    url = f"https://{node['UploadHost']}/upload/v1/{store['StoreUri']}"
    return await caller.http.post(url, content=b"video", headers=headers)


@pytest.mark.anyio
async def test_an_upload(caller: SiteClient) -> None:
    """Apply, upload and commit lead to a vid, whose bytes are those that were sent."""
    node = await applied(caller)
    assert node["UploadHost"] == UPLOAD_HOST
    early = await caller.vod("CommitUploadInner", {"SessionKey": node["SessionKey"]})
    assert early.json()["ResponseMetadata"]["Error"]["Code"] == "NotUploaded"
    assert (await put(caller, node)).json()["code"] == 2000
    answer = await caller.vod("CommitUploadInner", {"SessionKey": node["SessionKey"]})
    [result] = answer.json()["Result"]["Results"]
    assert result["Vid"] == node["Vid"]
    assert caller.site.store.upload(result["Vid"]).read_bytes() == b"video"
    assert result["Vid"] in caller.site.store.uris()


@pytest.mark.anyio
@each(
    ("action", "query", "code"),
    [
        ("ApplyUploadInner", {"FileType": "audio", "IsInner": "1"}, "InvalidParameter"),
        ("ApplyUploadInner", {"FileType": "video"}, "InvalidParameter"),
        ("ApplyUploadInner", {"SpaceName": "tb4s082cfz"}, "InvalidSpaceName"),
        ("ApplyUploadInner", {"scene": 2}, "SignatureDoesNotMatch"),
        ("CommitUploadInner", {"body": {"SessionKey": "x.y"}}, "InvalidSessionKey"),
        ("CommitUploadInner", {"body": {}}, "InvalidSessionKey"),
        ("CommitUploadInner", {}, "InvalidAction"),
    ],
)
async def test_refused_steps(
    caller: SiteClient, action: str, query: dict[str, Any], code: str
) -> None:
    """The store refuses other types, spaces, tokens and keys."""
    answer = await caller.vod(action, **query)
    assert answer.json()["ResponseMetadata"]["Error"]["Code"] == code
