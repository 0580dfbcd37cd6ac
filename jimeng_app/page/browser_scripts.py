"""The page's scripts: ES modules, served as they are under an address that changes with them."""

import gzip
import hashlib
import json
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .form.choices import browser_choices
from .i18n import browser_texts

PATH = "/scripts"
"""The path below which they are served."""


def _read_scripts() -> dict[str, bytes]:
    """The modules by name, with `settings.js`, which this server writes."""
    folder = files(__package__).joinpath("scripts")
    scripts = {
        file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(".js")
    }
    settings = "".join(
        f"export const {name} = {json.dumps(value, ensure_ascii=False, separators=(',', ':'))};\n"
        for name, value in {"texts": browser_texts(), "choices": browser_choices()}.items()
    )
    return scripts | {"settings.js": settings.encode()}


_SCRIPTS = dict(sorted(_read_scripts().items()))
_PACKED = {name: gzip.compress(script, mtime=0) for name, script in _SCRIPTS.items()}
_VERSION = hashlib.sha256(b"".join(_SCRIPTS.values())).hexdigest()[:16]

# Relative, so that they also work behind a proxy and a share link.
URLS = {name: f"{PATH.lstrip('/')}/{_VERSION}/{name}" for name in _SCRIPTS}
"""The address of each module, relative to the page's."""


async def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _SCRIPTS or request.path_params["version"] != _VERSION:
        raise HTTPException(404)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    return Response(
        _PACKED[name] if packed else _SCRIPTS[name],
        media_type="text/javascript",
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
            **({"Content-Encoding": "gzip"} if packed else {}),
        },
    )


def script_route() -> Route:
    """The route of the scripts."""
    return Route(f"{PATH}/{{version}}/{{name}}", _serve)
