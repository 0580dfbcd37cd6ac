from datetime import UTC, datetime, timedelta

from jimeng_core import Processing, Video
from jimeng_core.backends.web.results import url_expiry
from tests.core.web.record_tools import COVER, ORIGIN, Json, finished, item, origin, read, video_of
from tests.each import each


def definition(url: str, width: int = 0, height: int = 0) -> Json:
    """A definition of `transcoded_video`; some have no sizes."""
    sizes = {"width": width, "height": height} if width else {}
    return {"video_url": f"https://v.example/{url}"} | sizes


def test_everything_of_the_video() -> None:
    """The best definition gives the URL, its expiry, the sizes and the frame rate."""
    assert video_of(item({"origin": origin()})) == Video(
        url=ORIGIN,
        cover_url=COVER,
        expires_at=datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        width=1280,
        height=720,
        duration_seconds=5.042,
        fps=24,
    )


@each(
    ("source", "expected"),
    [
        # `origin` before a larger definition
        (
            item({"1080p": definition("hd", 1920, 1080), "origin": origin("https://v.example/o")}),
            "o",
        ),
        # the largest other definition where origin is missing, or empty
        (item({"360p": definition("s", 640, 360), "720p": definition("l", 1280, 720)}), "l"),
        (item({"origin": None, "720p": definition("l", 1280, 720)}), "l"),
        (item({"origin": {"video_url": ""}, "360p": definition("s", 640, 360)}), "s"),
        # sizes that only the names tell
        (item({"360p": definition("s"), "1080p": definition("l"), "720p": definition("m")}), "l"),
        # the fallbacks, in their order
        (
            item(
                None, origin_video={"video_url": "https://v.example/ov"}, url="https://v.example/u"
            ),
            "ov",
        ),
        (item(None, video_url="https://v.example/vu", play_url="https://v.example/p"), "vu"),
        (item(None, play_url="https://v.example/p", download_url="https://v.example/d"), "p"),
        (item(None, download_url="https://v.example/d", url="https://v.example/u"), "d"),
        (item(None, url="https://v.example/u"), "u"),
    ],
)
def test_the_most_reliable_url(source: Json, expected: str) -> None:
    """The URL is the first of those of protocol 9.1, the most reliable first."""
    assert video_of(source).url == f"https://v.example/{expected}"


def test_common_attr() -> None:
    """If the video itself has none, `common_attr` may have the URL; the video's own wins."""
    source = item()
    source["common_attr"]["transcoded_video"] = {"origin": origin("https://v.example/ca")}
    assert video_of(source).url == "https://v.example/ca"
    source["video"]["transcoded_video"] = {"360p": definition("own", 640, 360)}
    assert video_of(source).url == "https://v.example/own"


def test_origin_item_list() -> None:
    """The items of `origin_item_list` come last."""
    other = item({"origin": origin("https://v.example/second")})
    assert video_of(origin_item_list=[other]).url == "https://v.example/second"
    first = item({"origin": origin("https://v.example/first")})
    assert video_of(first, origin_item_list=[other]).url == "https://v.example/first"


@each(
    "url",
    ["", "  ", "javascript:alert(1)", "file:///etc/passwd", "/srv/a.mp4", "data:,x", "ftp://a/b"],
)
def test_unsafe_urls(url: str) -> None:
    """Only an http(s) URL is accepted; the cover is never taken instead."""
    task = read(finished(item({"origin": origin(url)})), after=timedelta(seconds=61))
    assert isinstance(task, Processing)
    assert task.progress == 99


def test_an_unsafe_cover() -> None:
    """A cover that is not an http(s) URL is left out."""
    source = item({"origin": origin()}, cover_url="javascript:alert(1)")
    assert video_of(source).cover_url is None


def test_numbers_as_text() -> None:
    """Sizes and lengths may be text; invalid ones are None."""
    source = {"video_url": ORIGIN, "width": "1280", "height": "-1", "fps": 0}
    video = video_of(item({"origin": source}, duration_ms=None, duration="5"))
    assert (video.width, video.height, video.fps) == (1280, None, None)
    assert video.duration_seconds == 5


HEX_END = f"{int(datetime(2026, 9, 8, tzinfo=UTC).timestamp()):x}"


@each(
    ("url", "expected"),
    [
        (
            "https://v.example/a.mp4?x-expires=1790000000",
            datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        ),
        (f"https://v.example/{'0a' * 16}/{HEX_END}/video/a.mp4", datetime(2026, 9, 8, tzinfo=UTC)),
        ("https://v.example/a.mp4", None),
        ("https://v.example/a.mp4?x-expires=soon", None),
        ("https://v.example/a.mp4?x-expires=7", None),
        (f"https://v.example/{'0a' * 16}/00000001/a.mp4", None),
        ("https://[", None),
    ],
)
def test_expiry(url: str, expected: datetime | None) -> None:
    """The expiry of a link is read from the link, and never guessed."""
    assert url_expiry(url) == expected
