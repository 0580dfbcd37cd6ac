"""The body of a create, written out."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimeng_core import InvalidRequest
from jimeng_core.backends.ark import wire
from jimeng_core.backends.ark.request_body import build_content, build_parameters, encode_body
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.marks import ReferenceKind
from jimeng_core.pictures.loading import read_picture
from jimeng_core.pictures.picture_file import PictureFile
from jimeng_core.requests import FirstLastFrame, Frame, MultiFrame, SubjectReference
from tests.core.ark.fake_ark import FAST
from tests.core.web.fake_site import png
from tests.each import each

FIRST, LAST = (read_picture(png(color), "image") for color in ("teal", "navy"))
NOT_SENT = {"watermark", "callback_url", "frames", "camera_fixed", "negative_prompt", "fps"}


def first_last(**changes: Any) -> FirstLastFrame:
    """A request with only a prompt, except for the changes."""
    return FirstLastFrame(**{"prompt": "海", **changes})


def fields(request: Any, base_url: str = wire.CHINA) -> dict[str, Any]:
    """All of a body except its content and its deadline."""
    parameters = build_parameters(request, base_url, 172_000)
    assert parameters.pop("execution_expires_after") == 172_000
    return parameters


def uri(picture: PictureFile) -> str:
    """A picture as it is sent."""
    return "data:image/png;base64," + base64.b64encode(picture.data).decode()


def test_prompt_alone() -> None:
    """Without pictures: body fields only, no sound, and nothing that was not requested."""
    assert fields(first_last(duration=6, ratio="9:16")) == {
        "model": FAST,
        "resolution": "720p",
        "ratio": "9:16",
        "duration": 6,
        "generate_audio": False,
    }
    assert build_content(first_last(), []) == [{"type": "text", "text": "海"}]


def test_last_frame_in_return() -> None:
    """The picture of the last frame is asked for only if it is wanted."""
    assert fields(first_last(return_last_frame=True))["return_last_frame"] is True
    assert "return_last_frame" not in fields(first_last())


def test_first_and_last_frame() -> None:
    """First and last frame are data URIs in their order, each with its role."""
    request = first_last(first_frame=b"", last_frame=b"")
    assert build_content(request, [FIRST, LAST]) == [
        {"type": "text", "text": "海"},
        {"type": "image_url", "image_url": {"url": uri(FIRST)}, "role": "first_frame"},
        {"type": "image_url", "image_url": {"url": uri(LAST)}, "role": "last_frame"},
    ]


def test_first_frame_alone() -> None:
    """A single first frame has its role."""
    _, image = build_content(first_last(first_frame=b""), [FIRST])
    assert image["role"] == "first_frame"


def test_subject_reference() -> None:
    """References are in order, and the marks are those that the models read."""
    request = SubjectReference(prompt="@图片2跑向@image1 0点", images=[b"", b""])
    prompt, *images = build_content(request, [FIRST, LAST])
    assert prompt == {"type": "text", "text": "[图2]跑向[图1] 0点"}
    assert images == [
        {"type": "image_url", "image_url": {"url": uri(picture)}, "role": "reference_image"}
        for picture in (FIRST, LAST)
    ]


def test_reference_clips() -> None:
    """A video goes by its URL; an audio too, or as base64; the marks of all kinds are Ark's."""
    url = "https://files.example/a.mp4?signature=1"
    video = ClipFile(ReferenceKind.VIDEO, b"video", "mp4", 5, 640, 640, "", url)
    audio = ClipFile(ReferenceKind.AUDIO, b"audio", "wav", 5, 0, 0, "")
    far = ClipFile(ReferenceKind.AUDIO, b"audio", "mp3", 5, 0, 0, "", "https://files.example/a.mp3")
    request = SubjectReference(
        prompt="@图片1随@audio2像@视频1", images=[b""], videos=[url], audios=[b"", b""]
    )
    prompt, *items = build_content(request, [FIRST, video, audio, far])
    assert prompt == {"type": "text", "text": "[图1]随[音频2]像[视频1]"}
    data = "data:audio/wav;base64," + base64.b64encode(b"audio").decode()
    assert items == [
        {"type": "image_url", "image_url": {"url": uri(FIRST)}, "role": "reference_image"},
        {"type": "video_url", "video_url": {"url": url}, "role": "reference_video"},
        {"type": "audio_url", "audio_url": {"url": data}, "role": "reference_audio"},
        {"type": "audio_url", "audio_url": {"url": far.url}, "role": "reference_audio"},
    ]


def test_a_large_video_by_url() -> None:
    """What is sent by its URL takes no room in the body."""
    huge = ClipFile(ReferenceKind.VIDEO, bytes(70 * 2**20), "mp4", 5, 640, 640, "", "https://a.b/c")
    request = SubjectReference(prompt="海", videos=["https://a.b/c"])
    assert len(encode_body(request, [huge], {})) < 1000


def test_multi_frame() -> None:
    """Multi-frame is refused, with the names of the backends that have it."""
    request = MultiFrame(frames=[Frame(b""), Frame(b"")])
    with pytest.raises(InvalidRequest, match="web or demo") as caught:
        build_content(request, [FIRST, LAST])
    assert "web" in caught.value.message_zh


@each(
    ("request_", "ratio"),
    [
        (first_last(model="seedance-2.5", first_frame=b"", ratio="9:16"), "adaptive"),
        (first_last(model="seedance-2.5", first_frame=b"", last_frame=b""), "adaptive"),
        (first_last(model="seedance-2.5", ratio="9:16"), "9:16"),
        (first_last(model="ep-2026-new", first_frame=b"", ratio="9:16"), "adaptive"),
        (first_last(first_frame=b"", ratio="9:16"), "9:16"),
        (first_last(first_frame=b""), "16:9"),
        (first_last(first_frame=b"", ratio="adaptive"), "adaptive"),
        (first_last(), "16:9"),
        (SubjectReference(prompt="海", images=[b""], model="seedance-2.5", ratio="1:1"), "1:1"),
    ],
)
def test_ratio(request_: FirstLastFrame | SubjectReference, ratio: str) -> None:
    """2.5 with a first frame gets `adaptive`; otherwise the request's ratio is sent."""
    assert fields(request_)["ratio"] == ratio


@each(
    ("model", "audio", "sent"),
    [
        ("seedance-2.5", False, False),
        ("seedance-2.0", True, True),
        ("video-3.5-pro", False, False),
        ("ep-2026-new", False, False),
        ("video-3.0-pro", False, None),
    ],
)
def test_audio(model: str, audio: bool, sent: bool | None) -> None:
    """`generate_audio` is always sent to a model with sound, and never to another."""
    assert fields(first_last(model=model, audio=audio)).get("generate_audio") is sent


def test_seed() -> None:
    """A seed is sent if one is chosen, 0 too."""
    assert fields(first_last(model="video-3.0-pro", seed=0))["seed"] == 0
    assert "seed" not in fields(first_last(model="video-3.0-pro"))


@each(
    ("model", "at_china", "at_byteplus"),
    [
        ("seedance-2.5", "doubao-seedance-2-5-260628", "dreamina-seedance-2-5-260628"),
        (FAST, FAST, "dreamina-seedance-2-0-fast-260128"),
        ("dreamina_seedance_40", FAST, "dreamina-seedance-2-0-fast-260128"),
        ("video-3.0-pro", "doubao-seedance-1-0-pro-250528", "seedance-1-0-pro-250528"),
        ("ep-2026-new", "ep-2026-new", "ep-2026-new"),
        ("seedance-9", "seedance-9", "seedance-9"),
    ],
)
def test_models(model: str, at_china: str, at_byteplus: str) -> None:
    """A model has the id of the address; an unknown one is sent as it is."""
    request = first_last(model=model)
    assert fields(request)["model"] == at_china
    assert fields(request, "https://ark.ap-southeast.bytepluses.com/api/v3")["model"] == at_byteplus
    assert fields(request, "https://proxy.example/bytepluses.com")["model"] == at_china
    if at_china.startswith("doubao"):
        assert wire.china_id(at_byteplus) == at_china


def test_encoded() -> None:
    """A body is UTF-8 JSON of the fields and the content, without flags in the prompt."""
    request = first_last(prompt="海 --dur 5", first_frame=b"")
    parameters = build_parameters(request, wire.CHINA, 170_000)
    body = json.loads(encode_body(request, [FIRST], parameters))
    assert body == parameters | {"content": build_content(request, [FIRST])}
    assert body["content"][0]["text"] == "海 --dur 5"
    assert not NOT_SENT & body.keys()


def test_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body of exactly the limit is accepted, and one byte more is not."""
    request = first_last(first_frame=b"")
    size = len(encode_body(request, [FIRST], {}))
    monkeypatch.setattr(wire, "BODY_LIMIT", size)
    assert len(encode_body(request, [FIRST], {})) == size
    monkeypatch.setattr(wire, "BODY_LIMIT", size - 1)
    with pytest.raises(InvalidRequest, match="larger than Ark takes"):
        encode_body(request, [FIRST], {})


def test_far_too_large() -> None:
    """Nine pictures of the largest size are refused in both languages."""
    picture = PictureFile(bytes(8 * 2**20), "png", 300, 300, "")
    request = SubjectReference(prompt="海", images=[b""] * 9)
    with pytest.raises(InvalidRequest, match="64 MB") as caught:
        encode_body(request, [picture] * 9, {})
    assert "64 MB" in caught.value.message_zh


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_prompt(prompt: str) -> None:
    """Any prompt can be sent, and one without marks is unchanged."""
    request = first_last(prompt=prompt)
    body = json.loads(encode_body(request, [], build_parameters(request, wire.CHINA, 170_000)))
    assert body["content"] == [{"type": "text", "text": prompt}]
