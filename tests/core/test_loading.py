import asyncio
import io
import os
import re
import threading
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from jimeng_core.errors import InvalidRequest
from jimeng_core.pictures import loading
from jimeng_core.pictures.loading import MAX_BYTES, load_picture, read_picture
from jimeng_core.pictures.picture_file import PictureFile
from jimeng_core.requests import Picture
from jimeng_core.sources import is_url
from tests.each import each


def png(width: int = 400, height: int = 300) -> bytes:
    """A PNG file."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def write(name: str, data: bytes) -> None:
    """Write a file in the test's own directory."""
    Path(name).write_bytes(data)


def link_to_itself(name: str) -> None:
    """Create a symbolic link to itself."""
    Path(name).symlink_to(name)


async def load(picture: Picture) -> PictureFile:
    """Load a picture of the field `images[0]`."""
    return await load_picture(picture, "images[0]", timeout=5, allow_private=True)


async def refusal(picture: Picture) -> InvalidRequest:
    """The error, whose messages must begin with the field in both languages."""
    with pytest.raises(InvalidRequest) as caught:
        await load(picture)
    assert re.match(r"images\[0\][ :]", caught.value.message)
    assert re.match(r"images\[0\][ ：]", caught.value.message_zh)
    assert re.search("[一-鿿]", caught.value.message_zh)
    return caught.value


@pytest.mark.anyio
async def test_from_a_path(tmp_path: Path) -> None:
    """A path may be a Path or a str; the file is read unchanged."""
    write("garden.png", png())
    for path in (tmp_path / "garden.png", str(tmp_path / "garden.png"), "garden.png"):
        assert (await load(path)).data == png()


@each("name", ["photo:1.jpg", "data:a,b.png", "http:1.png", "~a.png", "C:x.png"])
@pytest.mark.anyio
async def test_name_like_a_url(name: str) -> None:
    """A file that is there is a path, whatever its name looks like."""
    write(name, png())
    for given in (name, f"./{name}", Path(name)):
        assert (await load(given)).data == png()
        assert not is_url(given)


@pytest.mark.anyio
async def test_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`~` is the home folder, except where a folder has that name."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "a.png").write_bytes(png())
    for given in ("~/a.png", Path("~/a.png")):
        assert (await load(given)).data == png()
    Path("~").mkdir()
    write("~/a.png", png(500))
    assert (await load("~/a.png")).width == 500
    assert "does not exist" in (await refusal("~nobody-has-this-name/a.png")).message


@pytest.mark.anyio
async def test_name_does_not_matter() -> None:
    """The bytes decide: a PNG may be called .jpg, and a text file called .png is refused."""
    write("a.jpg", png())
    write("b.png", b"not a picture")
    assert (await load("a.jpg")).format == "png"
    assert "whatever its name says" in (await refusal("b.png")).message


@pytest.mark.anyio
async def test_from_bytes() -> None:
    """Bytes are accepted, with their format, size and digest."""
    picture = await load(png())
    assert (picture.format, picture.width, picture.height) == ("png", 400, 300)
    assert picture.sha256 == sha256(png()).hexdigest()
    assert picture.media_type == "image/png"


def test_bytes_are_not_shown() -> None:
    """The repr of a picture does not contain its bytes."""
    assert len(repr(read_picture(png(), "image"))) < 200


@pytest.mark.anyio
async def test_from_the_web() -> None:
    """A URL is downloaded, with its scheme in any case and with surrounding spaces."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(png()) + png())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await load(f" HTTP://127.0.0.1:{port}/a.png\n")).data == png()


@pytest.mark.anyio
async def test_private_url_is_refused_with_the_field() -> None:
    """A failed download names the field; private addresses need `allow_private`."""
    with pytest.raises(InvalidRequest, match=r"^images\[0\]: http://127.0.0.1/a.png leads to"):
        await load_picture(
            "http://127.0.0.1/a.png?sig=1", "images[0]", timeout=5, allow_private=False
        )


@each(
    ("picture", "words"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        (b"", "is empty"),
        ("missing.png", "does not exist"),
        ("file.png/below.png", "does not exist"),
        (".", "names a folder"),
        (Path(), "names a folder"),
        pytest.param("nul\0byte.png", "not a possible path", id="NUL"),
        pytest.param("lone\ud800surrogate.png", "not a possible path", id="surrogate"),
        pytest.param("long" * 5000, "not a possible path", id="long"),
        ("/dev/zero", "a device or a pipe"),
        ("/dev/null", "a device or a pipe"),
        ("loop.png", "cannot be read"),
        ("file:///etc/passwd", "without file:"),
        ("FILE:/etc/passwd", "without file:"),
        ("ftp://example.com/a.png", "neither a path nor an http"),
        ("data:image/png;base64,AAAA", "is a data: URI"),
        ("http:", "does not lead to an http"),
        ("https://", "does not lead to an http"),
    ],
)
@pytest.mark.anyio
async def test_no_file(picture: Picture, words: str) -> None:
    """Each reason why a picture cannot be read has its own message."""
    write("file.png", png())
    if picture == "loop.png":
        link_to_itself("loop.png")
    assert words in (await refusal(picture)).message


@pytest.mark.anyio
async def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without permission has its own message (simulated: root may read everything)."""

    def forbid(path: str, flags: int) -> int:
        raise PermissionError(path)

    monkeypatch.setattr(os, "open", forbid)
    assert "may not be read" in (await refusal("secret.png")).message


@pytest.mark.anyio
async def test_pipe_does_not_hang() -> None:
    """A pipe without a writer is refused at once."""
    os.mkfifo("pipe.png")
    async with asyncio.timeout(100):
        assert "a device or a pipe" in (await refusal("pipe.png")).message


@pytest.mark.anyio
async def test_size_limit() -> None:
    """A file of 30 MB is decoded; one byte more is refused by its size."""
    write("big.png", b"x" * (MAX_BYTES + 1))
    for picture in ("big.png", b"x" * (MAX_BYTES + 1)):
        assert "larger than 30 MB" in (await refusal(picture)).message
    assert "is not a JPEG" in (await refusal(b"x" * MAX_BYTES)).message


@pytest.mark.anyio
async def test_endless_file_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most one byte more than the limit is read of a file of any size (here: sparse)."""
    sizes = []

    def recorded(data: bytes, field: str) -> PictureFile:
        sizes.append(len(data))
        return read_picture(data, field)

    monkeypatch.setattr(loading, "read_picture", recorded)
    write("hole.png", b"")
    os.truncate("hole.png", 1 << 34)
    await refusal("hole.png")
    assert sizes == [MAX_BYTES + 1]


def test_size_limit_of_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that exceeds the limit after rotation is refused."""
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.effect_noise((400, 300), 90).save(out, "WEBP", exif=exif, quality=1)
    monkeypatch.setattr(loading, "MAX_BYTES", len(out.getvalue()))
    with pytest.raises(InvalidRequest, match="once turned upright"):
        read_picture(out.getvalue(), "image")


@pytest.mark.anyio
async def test_event_loop_is_not_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are decoded in other threads than the event loop's."""
    threads = []

    def recorded(data: bytes, field: str) -> PictureFile:
        threads.append(threading.current_thread())
        return read_picture(data, field)

    monkeypatch.setattr(loading, "read_picture", recorded)
    await load(png())
    assert threads
    assert threading.main_thread() not in threads


@each(
    ("picture", "expected"),
    [
        ("https://example.com/a.png", True),
        (" HTTP://example.com", True),
        ("a.png", False),
        ("C:\\a.png", False),
        ("ftp://example.com/a.png", False),
        (Path("http://example.com/a.png"), False),
        (b"http://example.com/a.png", False),
    ],
)
def test_is_url(picture: Picture, *, expected: bool) -> None:
    """Only a `str` that begins with http: or https: is a URL."""
    assert is_url(picture) is expected
