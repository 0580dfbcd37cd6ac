"""Routes beside Gradio's: the demo's videos, the examples' pictures, and two that stay shut."""

import re
from pathlib import Path

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

DEMO_MEDIA = "/demo-media"
"""Where the demo's videos are served; what the client is given as `media_base`."""

_NAME = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:-[1-8])?\.(?P<kind>mp4|jpg)"
)


EXAMPLES_PATH = "/examples"
"""Where the pictures of the page's examples are served."""


_PACKED = Path(__file__).parent / "assets"


EXAMPLES = _PACKED if _PACKED.is_dir() else Path(__file__).parents[1] / "assets"
"""Their folder: in a wheel, or in the project. No other file of it is served."""

_EXAMPLE = re.compile(r"[a-z]{1,20}\.jpg")


_TYPES = {"mp4": "video/mp4", "jpg": "image/jpeg"}


class _WebLink(StringConvertor):
    """The rest of a path that is a link to elsewhere."""

    regex = r"(?i:https?:).*"


register_url_convertor("weblink", _WebLink())


def routes(media: Path) -> list[BaseRoute]:
    """What stands before Gradio's own routes.

    Args:
        media: The folder of the demo's videos and posters.
    """

    async def demo_media(request: Request) -> Response:
        name = _NAME.fullmatch(request.path_params["name"])
        if name is None or not (path := media / name[0]).is_file():
            raise HTTPException(404)
        return FileResponse(  # answers ranges, which players ask for
            path,
            media_type=_TYPES[name["kind"]],
            headers={"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"},
        )

    async def example(request: Request) -> Response:
        name = _EXAMPLE.fullmatch(request.path_params["name"])
        if name is None or not (path := EXAMPLES / name[0]).is_file():
            raise HTTPException(404)
        return FileResponse(
            path, media_type="image/jpeg", headers={"Cache-Control": "public, max-age=86400"}
        )

    return [
        Route(f"{EXAMPLES_PATH}/{{name}}", example, methods=["GET"]),
        Route(f"{DEMO_MEDIA}/{{name}}", demo_media, methods=["GET"]),
        # Writes what stands on a visitor's page, credential included, into a file.
        Route("/gradio_api/deep_link", _shut),
        # Fetches any public address for anyone; the page shows videos straight from where they are.
        Route("/gradio_api/file={link:weblink}", _shut),
    ]


async def _shut(_: Request) -> Response:
    raise HTTPException(404)
