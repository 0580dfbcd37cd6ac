"""Routes beside Gradio's: the demo's videos and the pictures of the examples."""

import io
import re
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

import anyio.to_thread
from PIL import Image, ImageOps
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from .uploads import RangedFile

DEMO_MEDIA = "/demo-media"
"""The path of the demo's videos; the client's `media_base`."""
_DEMO_NAME = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:-[1-8])?\.(?:mp4|jpg)"
)

EXAMPLES_PATH = "/examples"
"""The path of the pictures of the page's examples."""
THUMBNAILS_PATH = f"{EXAMPLES_PATH}/small"
"""The path of the same pictures in the size in which the forms show them."""
_THUMBNAIL = (320, 160)
"""The size of a thumbnail on a screen with two pixels to a CSS pixel."""
_EXAMPLE_NAME = re.compile(r"[a-z]{1,20}\.jpg")

_PACKAGED = Path(__file__).parent / "assets"
EXAMPLES = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[1] / "assets"
"""Their folder: in an installed wheel, or in the project."""

_MEDIA_TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg"}


def demo_file(media: Path, url: str) -> Path | None:
    """The file of a link to the demo's folder `media`; None: it leads elsewhere."""
    folder, _, name = url.rpartition("/")
    return media / name if folder == DEMO_MEDIA and _DEMO_NAME.fullmatch(name) else None


def routes(media: Path) -> list[BaseRoute]:
    """The routes, which must come before Gradio's; `media` is the folder of the demo's files."""
    return [
        Route(f"{THUMBNAILS_PATH}/{{name}}", _serve_thumbnail),
        Route(
            f"{EXAMPLES_PATH}/{{name}}", _files(EXAMPLES, _EXAMPLE_NAME, "public, max-age=86400")
        ),
        Route(f"{DEMO_MEDIA}/{{name}}", _files(media, _DEMO_NAME, "private, max-age=3600")),
    ]


async def _serve_thumbnail(request: Request) -> Response:
    name = request.path_params["name"]
    if not _EXAMPLE_NAME.fullmatch(name) or not (EXAMPLES / name).is_file():
        raise HTTPException(404)
    content = await anyio.to_thread.run_sync(_thumbnail, name)
    headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(content, headers=headers, media_type="image/jpeg")


@cache
def _thumbnail(name: str) -> bytes:
    """An example's picture, which fills the size of a thumbnail."""
    out = io.BytesIO()
    with Image.open(EXAMPLES / name) as picture:
        ImageOps.fit(picture.convert("RGB"), _THUMBNAIL).save(out, "JPEG", quality=80)
    return out.getvalue()


def _files(
    folder: Path, names: re.Pattern[str], cache_control: str
) -> Callable[[Request], Awaitable[Response]]:
    """Serve the files of a folder whose names match a pattern; byte ranges are supported."""

    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        if not names.fullmatch(name) or not (path := folder / name).is_file():
            raise HTTPException(404)
        headers = {"Cache-Control": cache_control, "X-Content-Type-Options": "nosniff"}
        return RangedFile(path, headers=headers, media_type=_MEDIA_TYPES[path.suffix])

    return serve
