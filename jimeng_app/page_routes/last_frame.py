"""The last frame of a video, as an upload with which a form of the page can begin."""

from typing import Any

from gradio.processing_utils import save_bytes_to_cache
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jimeng_app.call_context import CallContext, context_of, handle_errors
from jimeng_app.client_pool import ClientPool
from jimeng_app.json_body import parse_json, read_body


def last_frame_route(pool: ClientPool) -> Route:
    """The route: a request has `id`; the response has the `path` of an upload, or a `message`."""

    async def serve(request: Request) -> Response:
        call = context_of(pool, request)

        async def read() -> dict[str, Any]:
            body = parse_json(await read_body(request))
            task_id = body.get("id") if isinstance(body, dict) else None
            return await _read(call, str(task_id))

        return JSONResponse(
            await handle_errors(read, lambda error: {"message": call.error_message(error)})
        )

    return Route("/page/last-frame", serve, methods=["POST"])


async def _read(call: CallContext, task_id: str) -> dict[str, Any]:
    """The file, as Gradio's picture fields hold one.

    Raises:
        JimengError: The frame could not be read.
    """
    with call.seat():
        async with call.jimeng() as jimeng:
            picture = await jimeng.last_frame(task_id)
    name = "last-frame.png" if picture.startswith(b"\x89PNG") else "last-frame.jpg"
    path = save_bytes_to_cache(picture, name, str(call.pool.uploads))
    url = f"{call.base_url}/gradio_api/file={path}"
    return {"path": path, "url": url, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
