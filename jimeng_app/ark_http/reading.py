"""Reading a body that may be too large, without keeping more of it than is taken."""

from starlette.requests import ClientDisconnect, Request

from jimeng_core.errors import InvalidRequest

from .errors import TooLarge

LIMIT = 64 * 2**20
"""Bytes of a body, pictures in base64 included: as many as Ark takes (Ark facts A7)."""


async def read_body(request: Request) -> bytearray:
    """The body of a request.

    Raises:
        TooLarge: It has more bytes than this door takes; no more of them were read.
        InvalidRequest: It broke off.
    """
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > LIMIT:
        raise _too_large()
    body = bytearray()
    try:
        async for chunk in request.stream():
            if len(body) + len(chunk) > LIMIT:
                raise _too_large()
            body += chunk
    except ClientDisconnect:
        raise InvalidRequest(
            "The body broke off; send the request again.", "请求体中断，请重新发送。"
        ) from None
    return body


def _too_large() -> TooLarge:
    megabytes = LIMIT >> 20
    return TooLarge(
        f"The body is larger than {megabytes} MB; use fewer or smaller pictures, or http(s) URLs.",
        f"请求体超过 {megabytes} MB，请减少或缩小图片，或改用 http(s) 链接。",
    )
