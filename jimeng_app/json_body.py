"""The body of a request: a limit of its size, and JSON as callers send it."""

import json
from typing import Any, Final

from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request

from jimeng_core.errors import InvalidRequest

MAX_BODY: Final = 64 * 2**20
"""The largest body in bytes, with its pictures in base64: the same as Ark's (Ark protocol A7)."""
MAX_COMMAS: Final = 200_000
"""Commas of a body, enough for a list of ids that is far too long to be refused in a row."""


class TooLarge(InvalidRequest):
    """A body is larger than `MAX_BODY`."""

    def __init__(self) -> None:
        super().__init__(
            f"The body is larger than {MAX_BODY >> 20} MB; use fewer or smaller pictures, or"
            " http(s) URLs.",
            f"请求体超过 {MAX_BODY >> 20} MB，请减少或缩小图片，或改用 http(s) 链接。",
        )


class NotJson(InvalidRequest):
    """A body is not JSON."""

    def __init__(self) -> None:
        super().__init__(
            "The body is not JSON in UTF-8; send a JSON object.",
            "请求体不是 UTF-8 编码的 JSON，请发送一个 JSON 对象。",
        )


async def read_body(request: Request) -> bytearray:
    """The body of a request, in UTF-8 without a byte order mark.

    Raises:
        TooLarge: It is larger than `MAX_BODY`; the rest of it is not read.
        InvalidRequest: The connection was closed before its end.
        NotJson: It has a byte order mark of an encoding in which it is not.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_BODY:
        raise TooLarge
    body = bytearray()
    try:
        async for chunk in request.stream():
            if len(body) + len(chunk) > MAX_BODY:
                raise TooLarge
            body += chunk
    except ClientDisconnect:
        raise InvalidRequest(
            "The body is incomplete; send the request again.", "请求体不完整，请重新发送。"
        ) from None
    encoding = json.detect_encoding(body)
    try:
        return body if encoding == "utf-8" else bytearray(body.decode(encoding).encode())
    except UnicodeError:
        raise NotJson from None


def parse_json(text: bytes | bytearray | str, max_commas: int = MAX_COMMAS) -> Any:  # noqa: ANN401 - JSON of any shape
    """The value of a JSON text.

    Commas are counted before it is parsed: a few bytes of JSON can become very many objects in
    memory. A picture in base64 has none.

    Raises:
        NotJson: It is not JSON, or its values are nested too deeply.
        InvalidRequest: It has more values than any request.
    """
    commas = text.count(",") if isinstance(text, str) else text.count(b",")
    if commas > max_commas:
        raise InvalidRequest(
            "The body has more values than any request; leave out what is no part of it.",
            "请求体中的值远多于任何请求所需，请去掉多余的内容。",
        )
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        raise NotJson from None
