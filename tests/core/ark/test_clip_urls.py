"""Reference videos and audios on Ark: by URL, and audios as base64 (Ark protocol A5)."""

import pytest

from jimeng_core import AsyncJimeng, InvalidRequest, SubjectReference, sources
from tests.clip_files import audio_file, video_file
from tests.core.ark.fake_ark import FakeArk, sent_json

pytestmark = pytest.mark.anyio
URL = "https://files.example/dance.mp4?signature=1"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that were downloaded; each has a video of 2 s."""
    urls: list[str] = []

    async def fetch(url: str, **_limits: object) -> bytes:
        urls.append(url)
        return video_file() if url == URL else b"just text"

    monkeypatch.setattr(sources, "fetch_bytes", fetch)
    return urls


async def test_a_video_by_url(jimeng: AsyncJimeng, ark: FakeArk, fetched: list[str]) -> None:
    """The file behind a URL is checked, and the URL itself is sent; nothing else is asked for."""
    request = SubjectReference(
        prompt="像@视频1，配@音频1", videos=[URL], audios=[audio_file()], model="seedance-2.5"
    )
    await jimeng.submit_video(request)
    assert fetched == [URL]
    [create] = ark.requests
    text, video, audio = sent_json(create)["content"]
    assert text["text"] == "像[视频1]，配[音频1]"
    assert video == {"type": "video_url", "video_url": {"url": URL}, "role": "reference_video"}
    assert audio["audio_url"]["url"].startswith("data:audio/mp3;base64,")


@pytest.mark.parametrize(
    ("videos", "field", "words"),
    [
        ([video_file()], "videos[0]", "by its http(s) URL only"),
        ([URL, "https://files.example/notes.mp4"], "videos[1]", "no video that can be read"),
    ],
)
async def test_nothing_is_sent(
    jimeng: AsyncJimeng, ark: FakeArk, fetched: list[str], videos: list[str], field: str, words: str
) -> None:
    """A local video, and a URL of something else, are refused before any request to Ark."""
    with pytest.raises(InvalidRequest) as caught:
        await jimeng.submit_video(SubjectReference(prompt="海", videos=videos))
    assert [each.field for each in caught.value.problems] == [field]
    assert words in caught.value.message
    assert ark.requests == []


async def test_a_check_fetches_nothing(jimeng: AsyncJimeng, fetched: list[str]) -> None:
    """`check` judges what needs no network."""
    assert await jimeng.check(SubjectReference(prompt="海", videos=[URL])) == []
    assert fetched == []
