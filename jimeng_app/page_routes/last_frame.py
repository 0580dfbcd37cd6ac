"""The last frame of a video, as an upload with which a form of the page can begin."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jimeng_app.call_context import CallContext, context_of, handle_errors
from jimeng_app.client_pool import ClientPool
from jimeng_app.json_body import parse_json, read_body
from jimeng_app.last_frame_endpoint import store_last_frame, upload_url


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
    with call.slot():
        path = await store_last_frame(call, task_id)
    return {
        "path": str(path),
        "url": upload_url(call, path),
        "orig_name": path.name,
        "meta": {"_type": "gradio.FileData"},
    }
