"""Videos and audios on the site: their way to VOD, and how a draft names them (protocol 11.1)."""

import json
import re
import zlib
from typing import Any

import httpx
import pytest

from jimeng_core import AsyncJimeng, InvalidRequest, PreparedRequest, UploadFailed
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.marks import ReferenceKind
from jimeng_core.pictures.loading import read_picture
from jimeng_core.requests import SubjectReference
from tests.clip_files import video_file
from tests.core.web.fake_site import (
    IMAGEX_HOST,
    SITE_HOST,
    STS_TOKEN,
    TOKEN,
    UPLOAD_AUTH,
    UPLOAD_HOST,
    VOD_HOST,
    Answer,
    FakeSite,
    Json,
    cookie_of,
    in_turn,
    png,
    sent_json,
)

pytestmark = pytest.mark.anyio
PICTURE = read_picture(png(), "images[0]")
VIDEO = ClipFile(ReferenceKind.VIDEO, b"a video", "mp4", 2.0, 640, 640, "sha of the video")
AUDIO = ClipFile(ReferenceKind.AUDIO, b"an audio", "mp3", 3.0, 0, 0, "sha of the audio")
PRO = "dreamina_video_seedance"
TAKEN = httpx.Response(200, json={"code": 2000})


def prepared(
    *files: Any, prompt: str = "让@图片1像@视频1那样跳舞", **changes: Any
) -> PreparedRequest:
    """A request with loaded files: a picture, a video and an audio unless others are given."""
    files = files or (PICTURE, VIDEO, AUDIO)
    clips = [file for file in files if isinstance(file, ClipFile)]
    fields = {
        "images": ["a.png"] * (len(files) - len(clips)),
        "videos": ["b.mp4"] * sum(clip.kind is ReferenceKind.VIDEO for clip in clips),
        "audios": ["c.mp3"] * sum(clip.kind is ReferenceKind.AUDIO for clip in clips),
    }
    return PreparedRequest(SubjectReference(prompt=prompt, **fields, **changes), files)


def sent_draft(site: FakeSite) -> Json:
    """The input of the last draft."""
    content = json.loads(sent_json(site.generate.calls.last.request)["draft_content"])
    gen_video = content["component_list"][0]["abilities"]["gen_video"]
    [video_input] = gen_video["text_to_video_params"]["video_gen_inputs"]
    return dict(video_input["unified_edit_input"])


def commerce(site: FakeSite) -> Json:
    """What the last submission declares for the bill."""
    return dict(sent_json(site.generate.calls.last.request)["extend"]["m_video_commerce_info"])


async def test_the_steps(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Each clip has an apply, an upload and a commit at VOD; pictures go to ImageX as ever."""
    await jimeng.submit(prepared())
    sent = [(each.method, each.url.host, each.url.path) for each in site.requests]
    assert sorted(sent) == sorted(
        [
            *[("POST", SITE_HOST, "/mweb/v1/get_upload_token")] * 2,
            ("GET", IMAGEX_HOST, "/"),
            ("POST", UPLOAD_HOST, "/upload/v1/tos-cn-i-tb4s082cfz/1-0"),
            ("POST", IMAGEX_HOST, "/"),
            *[("GET", VOD_HOST, "/")] * 2,
            ("POST", UPLOAD_HOST, "/upload/v1/tos-cn-v-148450/v02"),
            ("POST", UPLOAD_HOST, "/upload/v1/tos-cn-v-148450/v03"),
            *[("POST", VOD_HOST, "/")] * 2,
            ("POST", SITE_HOST, "/mweb/v1/execute_generate_audit"),
            ("POST", SITE_HOST, "/mweb/v1/aigc_draft/generate"),
        ]
    )
    assert sent[-1][2] == "/mweb/v1/aigc_draft/generate"


async def test_what_vod_is_sent(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A token of scene 1; the type is video for audios too; nothing says who the account is."""
    await jimeng.submit(prepared(AUDIO, VIDEO, PICTURE))
    assert sorted(sent_json(call.request)["scene"] for call in site.get_token.calls) == [1, 2]
    sizes = set()
    for call in site.apply_clip.calls:
        query = call.request.url.params
        assert (query["Version"], query["FileType"], query["IsInner"]) == (
            "2020-11-19",
            "video",
            "1",
        )
        assert query["SpaceName"] == "tb4s082cfz"  # what the token said
        assert re.fullmatch("[a-z0-9]{10,11}", query["s"])
        sizes.add(query["FileSize"])
    assert sizes == {str(len(VIDEO.data)), str(len(AUDIO.data))}
    for call in site.commit_clip.calls:
        body = sent_json(call.request)
        assert body["Functions"] == []
        assert body["SessionKey"].startswith("example-session-key")
    for request in site.requests:
        if request.url.host != SITE_HOST:
            assert cookie_of(request) == {}
            assert TOKEN not in str(request.url) + str(request.headers) + str(request.content)
        if request.url.host == VOD_HOST:
            assert "/cn-north-1/vod/aws4_request" in request.headers["authorization"]
            assert request.headers["x-amz-security-token"] == STS_TOKEN


async def test_the_bytes(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """An upload host gets the bytes, their checksum, and its own permission."""
    await jimeng.submit(prepared(VIDEO, prompt="海"))
    request = site.upload.calls.last.request
    assert request.content == VIDEO.data
    assert request.headers["content-crc32"] == f"{zlib.crc32(VIDEO.data):08x}"
    assert request.headers["authorization"] == UPLOAD_AUTH


async def test_the_materials(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Materials are pictures, videos, audios; what VOD measured stands there, in milliseconds."""
    await jimeng.submit(prepared())
    image, video, audio = sent_draft(site)["material_list"]
    assert image["material_type"] == "image"
    assert video["material_type"] == "video"
    info = video["video_info"]
    assert info.pop("id")
    assert info == {
        "type": "video",
        "source_from": "upload",
        "name": "",
        "vid": "v02",
        "fps": 0,
        "width": 642,
        "height": 644,
        "duration": 2500,
    }
    info = audio["audio_info"]
    assert info.pop("id")
    assert info == {
        "type": "audio",
        "source_from": "upload",
        "name": "",
        "vid": "v03",
        "duration": 2500,
    }


async def test_the_marks(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Marks count the materials of all kinds; files that the prompt does not name come first."""
    second = ClipFile(ReferenceKind.VIDEO, b"another", "mp4", 2.0, 640, 640, "another sha")
    await jimeng.submit(
        prepared(PICTURE, VIDEO, second, AUDIO, prompt="@视频2里的@图片1，配@音频1。")
    )
    pieces = [
        (piece["meta_type"], piece.get("material_ref", {}).get("material_idx"), piece["text"])
        for piece in sent_draft(site)["meta_list"]
    ]
    assert pieces == [
        ("video", 1, ""),
        ("video", 2, ""),
        ("text", None, "里的"),
        ("image", 0, ""),
        ("text", None, "，配"),
        ("audio", 3, ""),
        ("text", None, "。"),
    ]


async def test_the_prompt_reads_back(jimeng: AsyncJimeng) -> None:
    """A record's prompt has the marks of all kinds, and not those that the draft added."""
    task = await jimeng.submit(prepared(prompt="@image1 随@音频1跳舞"))
    echo = (await jimeng.get_video(task.id)).request
    assert echo
    assert echo.prompt == "@图片1 随@音频1跳舞"


@pytest.mark.parametrize(
    ("model", "plain", "with_video"),
    [
        (
            "seedance-2.0",
            "dreamina_video_seedance_20_pro",
            "dreamina_video_seedance_20_pro_with_video",
        ),
        ("seedance-2.0-fast", "dreamina_seedance_20_fast", "dreamina_seedance_20_fast_with_video"),
        ("seedance-2.5", "seedance_25_720p_no_input_video_output", "seedance_25_720p_output"),
        ("seedance-2.0-vip", "seedance_20_pro_720p_output", "seedance_20_pro_720p_output"),
    ],
)
async def test_what_is_billed(
    jimeng: AsyncJimeng, site: FakeSite, model: str, plain: str, with_video: str
) -> None:
    """Reference videos change the benefit of some models and add their seconds; audios do not."""
    await jimeng.submit(prepared(PICTURE, AUDIO, prompt="海", model=model))
    assert commerce(site)["benefit_type"] == plain
    assert commerce(site)["amount"] == 5
    await jimeng.submit(prepared(PICTURE, VIDEO, AUDIO, prompt="海", model=model))
    assert commerce(site)["benefit_type"] == with_video
    assert commerce(site)["amount"] == 7.5


async def test_each_content_once(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """The same clip is sent once, in one request and in the next."""
    counts: list[tuple[int, int]] = []
    await jimeng.submit(
        prepared(VIDEO, VIDEO, prompt="海"), on_upload=lambda *count: counts.append(count)
    )
    await jimeng.submit(prepared(VIDEO, AUDIO, prompt="海"))
    assert site.upload.call_count == site.commit_clip.call_count == 2
    size = len(VIDEO.data)
    assert counts == [(0, size), (size, size)]
    assert [each["video_info"]["vid"] for each in sent_draft(site)["material_list"][:1]] == ["v01"]


@pytest.mark.parametrize("step", ["apply_clip", "upload", "commit_clip"])
@pytest.mark.parametrize("fault", [httpx.Response(502), httpx.ReadTimeout("t")])
async def test_a_step_is_repeated(
    jimeng: AsyncJimeng, site: FakeSite, step: str, fault: Answer
) -> None:
    """A step is free: it is tried three times, then the task is sent once."""
    works = {"apply_clip": site.issue_clip_slot, "commit_clip": site.commit_clip_upload}
    answer = works.get(step, lambda _: TAKEN)
    route = getattr(site, step)
    route.mock(side_effect=in_turn(fault, fault, answer))
    await jimeng.submit(prepared(VIDEO, prompt="海"))
    assert route.call_count == 3
    assert site.generate.call_count == 1


@pytest.mark.parametrize(
    ("step", "answer", "code"),
    [
        ("apply_clip", {"Result": {}}, "ApplyUploadInner: no place to upload to"),
        ("apply_clip", {"ResponseMetadata": {"Error": {"Code": "NoSpace"}}}, "NoSpace"),
        ("upload", {"code": 4000}, "upload 4000"),
        ("commit_clip", {"Result": {"Results": [{}]}}, "CommitUploadInner: no Vid"),
    ],
)
async def test_a_refused_step(
    jimeng: AsyncJimeng, site: FakeSite, step: str, answer: Json, code: str
) -> None:
    """A refusal ends the upload at once, and nothing is submitted."""
    route = getattr(site, step)
    route.mock(return_value=httpx.Response(200, json=answer))
    with pytest.raises(UploadFailed) as caught:
        await jimeng.submit(prepared(VIDEO, prompt="海"))
    assert caught.value.upstream_code == code
    assert route.call_count == 1
    assert site.generate.call_count == 0


async def test_a_stale_token(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A token that VOD refuses is replaced once; that of the pictures is kept."""
    stale = httpx.Response(403, json={"ResponseMetadata": {"Error": {"Code": "ExpiredToken"}}})
    site.apply_clip.mock(side_effect=in_turn(stale, site.issue_clip_slot))
    await jimeng.submit(prepared(PICTURE, VIDEO, prompt="海"))
    assert sorted(sent_json(call.request)["scene"] for call in site.get_token.calls) == [1, 1, 2]
    site.apply_clip.mock(return_value=stale)
    with pytest.raises(UploadFailed) as caught:
        await jimeng.submit(prepared(AUDIO, PICTURE, prompt="海"))
    assert caught.value.upstream_code == "ExpiredToken"


async def test_a_forgotten_clip(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """When the site refuses a draft with clips of earlier, they are uploaded again, once."""
    await jimeng.submit(prepared(VIDEO, prompt="海"))
    refused = httpx.Response(200, json={"ret": "1000", "errmsg": "invalid parameter", "data": None})
    site.generate.mock(side_effect=in_turn(refused, site.accept))
    await jimeng.submit(prepared(VIDEO, prompt="海"))
    assert site.upload.call_count == 2
    assert sent_draft(site)["material_list"][0]["video_info"]["vid"] == "v02"


@pytest.mark.parametrize("meta", [None, {}, {"Duration": 0}, {"Duration": "x", "Width": -1}, []])
async def test_vod_says_nothing(jimeng: AsyncJimeng, site: FakeSite, meta: object) -> None:
    """What VOD does not say is what was measured here; an absurd length is limited."""
    result = {"Results": [{"Vid": "v1", "VideoMeta": meta}]}
    site.commit_clip.mock(return_value=httpx.Response(200, json={"Result": result}))
    await jimeng.submit(prepared(VIDEO, prompt="海"))
    info = sent_draft(site)["material_list"][0]["video_info"]
    assert (info["width"], info["height"], info["duration"]) == (640, 640, 2000)


async def test_from_a_file(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """The bytes of a video are measured, uploaded and named."""
    request = SubjectReference(prompt="像@视频1", videos=[video_file()])
    await jimeng.submit_video(request)
    assert site.upload.calls.last.request.content == video_file()


async def test_what_may_not_be_sent(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Each file that may not be sent has a sentence of its own, and nothing is sent at all."""
    bad = [b"just text", video_file(fps=10)]
    with pytest.raises(InvalidRequest) as caught:
        await jimeng.submit_video(SubjectReference(prompt="@视频1 @视频7", videos=bad))
    found = {each.field: each.message for each in caught.value.problems}
    assert list(found) == ["prompt", "videos[0]", "videos[1]"]
    assert "@视频7" in found["prompt"]
    assert "is no video that can be read" in found["videos[0]"]
    assert "has 10 frames per second" in found["videos[1]"]
    assert site.requests == []
