"""Pictures at a door: an upload of ours, an http(s) URL or a `data:` URI, and nothing else.

Callers are strangers, so a path counts only when it leads to a file that somebody uploaded here.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes

from jimeng_core.errors import InvalidRequest
from jimeng_core.requests import Picture

LIMIT = 30 * 2**20
"""Bytes of a picture in a `data:` URI; what the library takes from a URL too."""

_WEB = re.compile(r"https?://\S+", re.IGNORECASE)


_DATA = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)


_FOLDER = re.compile(r"[0-9a-f]{64}")
"""Gradio puts an upload into a folder that is named after the hash of its bytes. Whoever names the
folder has the picture; other folders in there are Gradio's own."""


def parse_picture(given: object, uploads: Path | None) -> Picture | None:
    """What a caller gave as a picture, for a request; None when nothing was given.

    Args:
        given: A string, or Gradio's file object (`{"path": …}`), as it arrived.
        uploads: Gradio's upload folder; None at a door that takes no uploads.

    Raises:
        InvalidRequest: It is neither an upload, nor an http(s) URL, nor a `data:` URI.
    """
    text = _text(given)
    if not text:
        return None
    if _WEB.fullmatch(text):
        return text
    if head := _DATA.match(text):
        return _decode_data_uri(head[0], text[head.end() :])
    if uploads is None:
        raise InvalidRequest(
            "A picture must be an http(s) URL or a data: URI.",
            "图片必须是 http(s) 链接或 data: URI。",
        )
    return _uploaded(text, uploads)


def _text(given: object) -> str:
    if given is None:
        return ""
    if isinstance(given, str):
        return given.strip()
    if isinstance(given, Mapping):
        for name in ("path", "url"):
            if isinstance(value := given.get(name), str) and value.strip():
                return value.strip()
    raise _not_a_picture()


def _uploaded(text: str, uploads: Path) -> Path:
    try:
        path = Path(text).resolve(strict=True)  # follows links, so that none leads out
        inside = path.relative_to(uploads.resolve())
    except (OSError, ValueError, RuntimeError):  # no such file, a NUL, elsewhere, a loop of links
        raise _not_a_picture() from None
    folder, *rest = inside.parts or ("",)
    if not _FOLDER.fullmatch(folder) or len(rest) != 1 or not path.is_file():
        raise _not_a_picture()
    return path


def _decode_data_uri(head: str, body: str) -> bytes:
    encoded = head.lower().removesuffix(",").endswith(";base64")
    # Four characters of base64 are three bytes; an escape is three characters for one byte.
    if len(body) > (LIMIT * 4 // 3 + 4 if encoded else LIMIT * 3):
        raise _too_large()
    try:
        data = base64.b64decode(body, validate=True) if encoded else unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        raise InvalidRequest(
            "The data: URI of a picture is broken; encode the file in base64 again.",
            "图片的 data: URI 有误，请重新用 base64 编码该文件。",
        ) from None
    if len(data) > LIMIT:
        raise _too_large()
    return data


def _not_a_picture() -> InvalidRequest:
    return InvalidRequest(
        "A picture must be an uploaded file, an http(s) URL or a data: URI; upload the file first.",
        "图片必须是已上传的文件、http(s) 链接或 data: URI，请先上传文件。",
    )


def _too_large() -> InvalidRequest:
    return InvalidRequest(
        f"A picture is larger than {LIMIT // 2**20} MB; make it smaller.",
        f"图片超过 {LIMIT // 2**20} MB，请缩小后再试。",
    )
