"""Pictures and clips at a door: an upload, an http(s) URL or a `data:` URI.

Callers are strangers: of all paths, only those of Gradio's own uploads are accepted.
"""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes

from jimeng_core.clips.loading import MAX_BYTES as MAX_CLIP_BYTES
from jimeng_core.errors import InvalidRequest
from jimeng_core.marks import ReferenceKind
from jimeng_core.pictures.loading import MAX_BYTES
from jimeng_core.requests import Picture
from jimeng_core.safe_fetch import parse_url

_WEB = re.compile(r"https?://", re.IGNORECASE)
_DATA = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)
_BASE64 = re.compile(r";\s*base64\s*,$", re.IGNORECASE)
_USUAL_ALPHABET = bytes.maketrans(b"-_", b"+/")
"""Of base64, instead of the URL-safe one."""
_NOUNS = {
    ReferenceKind.IMAGE: ("A picture", "图片"),
    ReferenceKind.VIDEO: ("A video", "视频"),
    ReferenceKind.AUDIO: ("An audio", "音频"),
}
_IGNORED = b" \t\r\n\f="
"""White space between the characters of base64, and the padding behind them."""
_FOLDER = re.compile(r"[0-9a-f]{64}")
"""Gradio puts an upload into a folder named by the hash of its bytes, which only a caller who has
the picture can know. Other folders beside these are Gradio's own."""
MAX_BYTES_OF = {ReferenceKind.IMAGE: MAX_BYTES, **MAX_CLIP_BYTES}
"""The largest file of each kind."""


class NotUploaded(Exception):
    """A path is not that of an upload."""


def parse_file(
    value: object, uploads: Path | None, kind: ReferenceKind = ReferenceKind.IMAGE
) -> Picture | None:
    """The file that a caller sent as a string or as Gradio's file object (`{"path": …}`).

    None if the value is empty. `uploads` is Gradio's upload folder, if the door has uploads.

    Raises:
        InvalidRequest: It is neither an upload, nor an http(s) URL, nor a `data:` URI.
    """
    try:
        text = _text(value)
    except NotUploaded:
        raise _not_a_file(kind) from None
    if not text:
        return None
    if _WEB.match(text):
        parse_url(text)
        return text
    if head := _DATA.match(text):
        return _decode_data_uri(head[0], text[head.end() :], kind)
    noun, noun_zh = _NOUNS[kind]
    if uploads is None:
        raise InvalidRequest(
            f"{noun} must be an http(s) URL or a data: URI.",
            f"{noun_zh}必须是 http(s) 链接或 data: URI。",
        )
    try:
        return uploaded_file(text, uploads)
    except NotUploaded:
        raise _not_a_file(kind) from None


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        texts = (value.get("path"), value.get("url"))
        value = next((text for text in texts if isinstance(text, str) and text.strip()), texts)
    if value is None or isinstance(value, str):
        return (value or "").strip()
    raise NotUploaded


def uploaded_file(text: str, uploads: Path) -> Path:
    """The file of an upload, by its path.

    Raises:
        NotUploaded: There is no such upload.
    """
    try:
        path = Path(text).resolve(strict=True)  # resolves symbolic links too
        inside = path.relative_to(uploads.resolve())
    except (OSError, ValueError, RuntimeError):  # no such file, a NUL, elsewhere, a loop of links
        raise NotUploaded from None
    folder, *rest = inside.parts or ("",)
    if not _FOLDER.fullmatch(folder) or len(rest) != 1 or not path.is_file():
        raise NotUploaded
    return path


def _decode_data_uri(head: str, body: str, kind: ReferenceKind) -> bytes:
    """The bytes of a `data:` URI, as browsers read it: with escapes, line breaks, no padding."""
    limit = MAX_BYTES_OF[kind]
    if len(body) > limit * 3:  # an escape is three characters for one byte
        raise _too_large(kind)
    try:
        data = unquote_to_bytes(body)
        if _BASE64.search(head):
            data = data.translate(_USUAL_ALPHABET, _IGNORED)
            # Not decoded when it is too large: four characters are three bytes.
            data = data[: limit * 4 // 3 + 8]
            data = base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
    except ValueError:
        raise InvalidRequest(
            f"The data: URI of {_NOUNS[kind][0].lower()} is broken; encode the file in base64"
            " again.",
            f"{_NOUNS[kind][1]}的 data: URI 有误，请重新用 base64 编码该文件。",
        ) from None
    if len(data) > limit:
        raise _too_large(kind)
    return data


def _not_a_file(kind: ReferenceKind) -> InvalidRequest:
    noun, noun_zh = _NOUNS[kind]
    return InvalidRequest(
        f"{noun} must be an uploaded file, an http(s) URL or a data: URI; upload the file first.",
        f"{noun_zh}必须是已上传的文件、http(s) 链接或 data: URI，请先上传文件。",
    )


def _too_large(kind: ReferenceKind) -> InvalidRequest:
    (noun, noun_zh), megabytes = _NOUNS[kind], MAX_BYTES_OF[kind] >> 20
    return InvalidRequest(
        f"{noun} is larger than {megabytes} MB; make it smaller.",
        f"{noun_zh}超过 {megabytes} MB，请缩小后再试。",
    )
