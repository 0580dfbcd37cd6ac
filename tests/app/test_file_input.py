import base64
import re
from pathlib import Path
from typing import Any

import pytest

from jimeng_app import file_input
from jimeng_app.file_input import parse_file
from jimeng_core import InvalidRequest
from jimeng_core.marks import ReferenceKind
from jimeng_core.pictures.loading import MAX_BYTES
from tests.app.app_process import picture
from tests.each import each

HASH = "0123456789abcdef" * 4
PNG = picture("teal", 8, 8)


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    """Gradio's upload folder with one upload, and a secret file outside of it."""
    folder = tmp_path / "uploads"
    (folder / HASH).mkdir(parents=True)
    (folder / HASH / "a.png").write_bytes(PNG)
    (tmp_path / "secret.png").write_bytes(PNG)
    return folder


@each("nothing", [None, "", "  "])
def test_nothing(nothing: str | None, uploads: Path) -> None:
    """An empty value is no picture."""
    assert parse_file(nothing, uploads) is None


@each("meta", [{}, {"meta": {"_type": "gradio.FileData"}, "url": "http://x/a"}])
def test_upload(meta: dict[str, Any], uploads: Path) -> None:
    """An upload is accepted as a path and as Gradio's file object, with and without `meta`."""
    path = uploads / HASH / "a.png"
    assert parse_file(str(path), uploads) == path
    assert parse_file({"path": str(path), **meta}, uploads) == path


def test_upload_folder_behind_a_link(uploads: Path, tmp_path: Path) -> None:
    """The upload folder may be a symbolic link, as /tmp is on some systems."""
    link = tmp_path / "link"
    link.symlink_to(uploads)
    assert parse_file(str(link / HASH / "a.png"), link) == uploads / HASH / "a.png"


@pytest.mark.parametrize(
    "text",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "../secret.png",
        "{uploads}/../secret.png",
        "{uploads}/" + HASH + "/../../secret.png",
        "{uploads}/" + HASH + "/out.png",
        "{uploads}/" + HASH,
        "{uploads}",
        "{uploads}/" + HASH + "/gone.png",
        "{uploads}/deep_links/state.json",
        "{uploads}/" + HASH + "/deeper/a.png",
        "{uploads}/loop/a.png",
        "app.py",
        "a\0b",
        "ftp://example.com/a.png",
        "javascript:alert(1)",
        "http://",
    ],
)
def test_other_files_are_refused(text: str, uploads: Path) -> None:
    """No spelling of a path gives access to a file that is not an upload."""
    (uploads / HASH / "out.png").symlink_to(uploads.parent / "secret.png")
    (uploads / "deep_links").mkdir()
    (uploads / "deep_links" / "state.json").write_text("{}")
    (uploads / HASH / "deeper").mkdir()
    (uploads / HASH / "deeper" / "a.png").write_bytes(PNG)
    (uploads / "loop").symlink_to(uploads / "loop")
    path = text.replace("{uploads}", str(uploads))
    for value in (path, {"path": path}, {"path": path, "meta": {"_type": "gradio.FileData"}}):
        with pytest.raises(InvalidRequest):
            parse_file(value, uploads)


@each(("kind", "noun"), [("image", "A picture"), ("video", "A video"), ("audio", "An audio")])
def test_nouns(kind: str, noun: str, uploads: Path) -> None:
    """The message says what kind of file is meant."""
    for folder in (uploads, None):
        with pytest.raises(InvalidRequest, match=f"^{noun} must be") as caught:
            parse_file("a.bin", folder, ReferenceKind(kind))
        assert re.match("(图片|视频|音频)必须是", caught.value.message_zh)
    with pytest.raises(InvalidRequest, match=noun.lower()):
        parse_file("data:;base64,%%%", uploads, ReferenceKind(kind))


def test_size_of_a_clip(uploads: Path) -> None:
    """A video may be larger than a picture, an audio is smaller."""
    uri = "data:video/mp4;base64," + "A" * (31 << 20) + "A" * (12 << 20)
    assert parse_file(uri, uploads, ReferenceKind.VIDEO) == bytes(43 * 2**20 * 3 // 4)
    with pytest.raises(InvalidRequest, match="An audio is larger than 15 MB"):
        parse_file(uri, uploads, ReferenceKind.AUDIO)


@each("value", [5, True, [], ["/etc/passwd"], {}, {"path": 5}, {"name": "a"}])
def test_other_types(value: object, uploads: Path) -> None:
    """Values of other types are refused with the same message."""
    with pytest.raises(InvalidRequest, match="uploaded file"):
        parse_file(value, uploads)


def test_web_url(uploads: Path) -> None:
    """An http(s) URL is passed to the library, which fetches it by its own rules."""
    url = "https://example.com/a.png?b=c"
    assert parse_file(url, uploads) == url
    assert parse_file({"path": url, "meta": {"_type": "gradio.FileData"}}, uploads) == url


def test_data_uri(uploads: Path) -> None:
    """A `data:` URI is decoded, from base64 or percent-encoding."""
    encoded = base64.b64encode(PNG).decode()
    assert parse_file(f"data:image/png;base64,{encoded}", uploads) == PNG
    assert parse_file("data:,a%20b", uploads) == b"a b"


@each(
    "body",
    [
        "{}",
        " {}",
        "\n{}\n",
        "{lines}",
        "{escaped}",
        "{safe}",
        "{bare}",
        "{safe_bare}",
    ],
)
@each("head", ["data:image/png;base64,", "DATA:image/png; BASE64,", "data:;base64,"])
def test_spellings_of_base64(head: str, body: str, uploads: Path) -> None:
    """Base64 comes in lines of 76, with spaces, escapes, the URL-safe alphabet, or no padding."""
    data = bytes(range(256)) * 3 + b"~"  # with + and / in base64, and padding
    usual, safe = base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()
    text = body.format(
        usual,
        lines=base64.encodebytes(data).decode().replace("\n", "\r\n"),
        escaped=usual.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D"),
        safe=safe,
        bare=usual.rstrip("="),
        safe_bare=safe.rstrip("="),
    )
    assert parse_file(head + text, uploads) == data


def test_large_base64_in_lines(uploads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line breaks do not count towards the limit."""
    monkeypatch.setitem(file_input.MAX_BYTES_OF, ReferenceKind.IMAGE, 30_000)
    encoded = base64.encodebytes(bytes(30_000)).decode()
    assert parse_file("data:image/png;base64," + encoded, uploads) == bytes(30_000)
    with pytest.raises(InvalidRequest, match="larger than"):
        parse_file("data:image/png;base64," + encoded + "AAAA", uploads)


@each(
    "url",
    [
        "https://example.com/my photo.png",
        "https://example.com/a b/图 片.png?name=a b",
        " HTTPS://EXAMPLE.com/a\tb.png\n",
        "https://example.com/a\r\nb.png",
    ],
)
def test_web_url_with_spaces(url: str, uploads: Path) -> None:
    """A URL may have spaces and line breaks, as browsers take them."""
    assert parse_file(url, uploads) == url.strip()


@each("url", ["http:a.png", "https:/example.com/a", "http:///a", "http://u:p@a/b"])
def test_web_url_without_a_host(url: str, uploads: Path) -> None:
    """What the library would refuse, or take for a file, is refused at the door."""
    with pytest.raises(InvalidRequest):
        parse_file(url, uploads)


def test_broken_data_uri(uploads: Path) -> None:
    """A `data:` URI with broken base64 is refused with that reason."""
    with pytest.raises(InvalidRequest, match="base64"):
        parse_file("data:image/png;base64,%%%", uploads)


@each("head", ["data:image/png;base64,", "data:image/png,"])
def test_large_data_uri(head: str, uploads: Path) -> None:
    """A `data:` URI above 30 MB is refused before it is decoded."""
    with pytest.raises(InvalidRequest, match="30 MB"):
        parse_file(head + "A" * (MAX_BYTES * 4), uploads)
