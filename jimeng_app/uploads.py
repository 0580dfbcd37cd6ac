"""Uploads: the route of their files, in place of Gradio's."""

import mimetypes
import re
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from .file_input import NotUploaded, uploaded_file

FILE_ROUTE = "/gradio_api/file="
"""The route of an upload, before its path."""

_RANGE = re.compile(rb"\s*bytes=\s*(?:([0-9]{1,15})-([0-9]{0,15})|-[0-9]{1,15})\s*", re.IGNORECASE)
_PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".avif"}
_SHOWN = frozenset({*_PICTURES, ".mp4", ".mov", ".mp3", ".wav"})
"""The suffixes of files that browsers show and that contain no script."""


class RangedFile(FileResponse):
    """A file, whole or one range of it; as RFC 9110 says, a range that is no range is ignored."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        headers = [
            (name, value)
            for name, value in scope["headers"]
            if name.lower() != b"range" or _is_range(value)
        ]
        await super().__call__({**scope, "headers": headers}, receive, send)


def upload_routes(uploads: Path) -> list[BaseRoute]:
    """The route of the files in Gradio's upload folder; the page shows pictures by it."""

    async def serve(request: Request) -> Response:
        try:
            path = uploaded_file(request.path_params["path"], uploads)
        except NotUploaded:
            raise HTTPException(404) from None
        shown = path.suffix.lower() in _SHOWN
        return RangedFile(
            path,
            media_type=(shown and mimetypes.guess_type(path.name)[0]) or "application/octet-stream",
            filename=path.name,
            content_disposition_type="inline" if shown else "attachment",
            headers={
                "Cache-Control": "private, max-age=3600",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
            },
        )

    return [Route(f"{FILE_ROUTE}{{path:path}}", serve)]


def _is_range(value: bytes) -> bool:
    match = _RANGE.fullmatch(value)
    return match is not None and not (match[1] and match[2] and int(match[1]) > int(match[2]))
