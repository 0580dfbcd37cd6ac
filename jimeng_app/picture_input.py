"""Pictures at a door: an upload, an http(s) URL or a `data:` URI.

Callers are strangers: of all paths, only those of Gradio's own uploads are accepted.
"""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes

from jimeng_core.errors import InvalidRequest
from jimeng_core.pictures.loading import MAX_BYTES
from jimeng_core.requests import Picture
from jimeng_core.safe_fetch import parse_url

_WEB = re.compile(r"https?://", re.IGNORECASE)
_DATA = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)
_BASE64 = re.compile(r";\s*base64\s*,$", re.IGNORECASE)
_USUAL_ALPHABET = bytes.maketrans(b"-_", b"+/")
"""Of base64, instead of the URL-safe one."""
_IGNORED = b" \t\r\n\f="
"""White space between the characters of base64, and the padding behind them."""
_FOLDER = re.compile(r"[0-9a-f]{64}")
"""Gradio puts an upload into a folder named by the hash of its bytes, which only a caller who has
the picture can know. Other folders beside these are Gradio's own."""


def parse_picture(value: object, uploads: Path | None) -> Picture | None:
    """The picture that a caller sent as a string or as Gradio's file object (`{"path": …}`).

    None if the value is empty. `uploads` is Gradio's upload folder, if the door has uploads.

    Raises:
        InvalidRequest: It is neither an upload, nor an http(s) URL, nor a `data:` URI.
    """
    text = _text(value)
    if not text:
        return None
    if _WEB.match(text):
        parse_url(text)
        return text
    if head := _DATA.match(text):
        return _decode_data_uri(head[0], text[head.end() :])
    if uploads is None:
        raise InvalidRequest(
            "A picture must be an http(s) URL or a data: URI.",
            "图片必须是 http(s) 链接或 data: URI。",
        )
    return uploaded_file(text, uploads)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        texts = (value.get("path"), value.get("url"))
        value = next((text for text in texts if isinstance(text, str) and text.strip()), texts)
    if value is None or isinstance(value, str):
        return (value or "").strip()
    raise _not_a_picture()


def uploaded_file(text: str, uploads: Path) -> Path:
    """The file of an upload, by its path.

    Raises:
        InvalidRequest: There is no such upload.
    """
    try:
        path = Path(text).resolve(strict=True)  # resolves symbolic links too
        inside = path.relative_to(uploads.resolve())
    except (OSError, ValueError, RuntimeError):  # no such file, a NUL, elsewhere, a loop of links
        raise _not_a_picture() from None
    folder, *rest = inside.parts or ("",)
    if not _FOLDER.fullmatch(folder) or len(rest) != 1 or not path.is_file():
        raise _not_a_picture()
    return path


def _decode_data_uri(head: str, body: str) -> bytes:
    """The bytes of a `data:` URI, as browsers read it: with escapes, line breaks, no padding."""
    if len(body) > MAX_BYTES * 3:  # an escape is three characters for one byte
        raise _too_large()
    try:
        data = unquote_to_bytes(body)
        if _BASE64.search(head):
            data = data.translate(_USUAL_ALPHABET, _IGNORED)
            if len(data) > MAX_BYTES * 4 // 3 + 4:  # before decoding: four characters are three
                raise _too_large()
            data = base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
    except ValueError:
        raise InvalidRequest(
            "The data: URI of a picture is broken; encode the file in base64 again.",
            "图片的 data: URI 有误，请重新用 base64 编码该文件。",
        ) from None
    if len(data) > MAX_BYTES:
        raise _too_large()
    return data


def _not_a_picture() -> InvalidRequest:
    return InvalidRequest(
        "A picture must be an uploaded file, an http(s) URL or a data: URI; upload the file first.",
        "图片必须是已上传的文件、http(s) 链接或 data: URI，请先上传文件。",
    )


def _too_large() -> InvalidRequest:
    return InvalidRequest(
        f"A picture is larger than {MAX_BYTES >> 20} MB; make it smaller.",
        f"图片超过 {MAX_BYTES >> 20} MB，请缩小后再试。",
    )
