from datetime import UTC, datetime

from jimeng_app.absolute_urls import base_url, with_absolute_urls
from jimeng_core import Completed, Lookup, NotFound, Video
from tests.each import each

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@each(
    ("headers", "root_path", "expected"),
    [
        ({"host": "127.0.0.1:7860"}, "", "http://127.0.0.1:7860"),
        ({"host": "[::1]:7860"}, "", "http://[::1]:7860"),
        (
            {
                "host": "10.0.0.2:7860",
                "x-forwarded-host": "jimeng.example, inner",
                "x-forwarded-proto": "https, http",
            },
            "",
            "https://jimeng.example",
        ),
        (
            {"host": "me-studio.hf.space", "x-forwarded-proto": "https"},
            "",
            "https://me-studio.hf.space",
        ),
        ({"host": "jimeng.example"}, "/studio/", "http://jimeng.example/studio"),
        (
            {"host": "10.0.0.2"},
            "https://jimeng.example/studio/",
            "https://jimeng.example/studio",
        ),
        ({"host": "jimeng.example/evil?<script>"}, "", ""),
        ({"host": "a", "x-forwarded-proto": "javascript"}, "", "http://a"),
        ({"host": "a"}, "/..//<b>", "http://a"),
        ({"host": "a"}, "/../..", "http://a"),
        ({}, "", ""),
        ({}, "/studio", "/studio"),
        ({"host": "jimeng_app:7860"}, "", "http://jimeng_app:7860"),
        ({"host": "_app.my_net."}, "", "http://_app.my_net."),
        ({"host": "lab.example", "x-forwarded-port": "8443"}, "", "http://lab.example:8443"),
        ({"host": "lab.example:81", "x-forwarded-port": "8443"}, "", "http://lab.example:81"),
        ({"host": "lab.example", "x-forwarded-port": "80"}, "", "http://lab.example"),
        ({"host": "lab.example", "x-forwarded-port": "nonsense"}, "", "http://lab.example"),
        (
            {"host": "[2001:db8::7]", "x-forwarded-port": "8443", "x-forwarded-proto": "HTTPS"},
            "",
            "https://[2001:db8::7]:8443",
        ),
        (
            {"host": "lab.example", "x-forwarded-port": "443", "x-forwarded-proto": "Https,http"},
            "",
            "https://lab.example",
        ),
        ({"host": "lab.example", "x-forwarded-prefix": "/clips/"}, "", "http://lab.example/clips"),
        ({"host": "lab.example", "x-forwarded-prefix": "/a, /b"}, "", "http://lab.example/a/b"),
        ({"host": "lab.example", "x-forwarded-prefix": "/a"}, "/a", "http://lab.example/a"),
        ({"host": "lab.example", "x-forwarded-prefix": "//evil"}, "", "http://lab.example"),
        (
            {
                "host": "inner",
                "forwarded": 'for=1.2.3.4;Proto=https;host="out.example:8443", for=x',
            },
            "",
            "https://out.example:8443",
        ),
        (
            {"host": "inner", "forwarded": "host=out.example", "x-forwarded-host": "x.example"},
            "",
            "http://x.example",
        ),
        (
            {"host": "inner:1", "forwarded": 'for="[::1]:4711";proto=https'},
            "",
            "https://inner:1",
        ),
        *(
            ({"host": "inner", "x-forwarded-host": host}, "/p", "/p")
            for host in (
                *("https://evil.example", "a b", "a@b", "..", "-", "a..b", "[::g]", "[:]"),
                *("a:0", "a:65536", "a:123456", "1.2.3.999", "a/b", "a\\b", "é", "x" * 254),
            )
        ),
    ],
)
def test_base_url(headers: dict[str, str], root_path: str, expected: str) -> None:
    """The base URL has the caller's host, port, scheme and path; without a host it is a path."""
    assert base_url(headers, scheme="http", root_path=root_path) == expected


def completed(url: str, cover: str | None) -> Lookup:
    """The look-up of a completed task."""
    task = Completed(
        id="1",
        mode=None,
        created_at=NOW,
        video=Video(url=url, cover_url=cover),
        completed_at=NOW,
    )
    return Lookup(id="1", task=task, error=None, checked_at=NOW)


def test_own_urls_become_absolute() -> None:
    """The base URL is put in front of URLs without a host."""
    row = with_absolute_urls(
        completed("/demo-media/1.mp4", "/demo-media/1.jpg"), "https://a/b"
    ).row()
    assert row["video_url"] == "https://a/b/demo-media/1.mp4"
    assert row["cover_url"] == "https://a/b/demo-media/1.jpg"


def test_other_urls_are_unchanged() -> None:
    """A URL with a host is unchanged, and a missing cover stays missing."""
    row = with_absolute_urls(completed("https://cdn.example/v?sig=1", None), "https://a").row()
    assert (row["video_url"], row["cover_url"]) == ("https://cdn.example/v?sig=1", None)


def test_failed_look_up_is_unchanged() -> None:
    """A look-up without a task is returned as it is."""
    lookup = Lookup(id="1", task=None, error=NotFound(), checked_at=NOW)
    assert with_absolute_urls(lookup, "https://a") is lookup
