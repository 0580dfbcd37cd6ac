"""The endpoint `get_last_frame`: a video's last frame as an upload, to continue from."""

from hashlib import sha256
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import quote

import anyio.to_thread

from jimeng_core.ids import canonical
from jimeng_core.rows import RowError

from .call_context import CallContext
from .endpoint import SUBMITTED_ID, Endpoint, Values
from .uploads import FILE_ROUTE


class LastFrameRow(TypedDict):
    """A last frame, as a picture that every picture parameter takes."""

    id: str | None
    """The task's."""
    picture: str | None  # not `path`: gradio_client would download what has one
    """The picture as picture parameters of this server take it: the path of an upload."""
    url: str | None
    """Where the picture can be seen."""
    error: RowError | None


def last_frame_endpoint() -> Endpoint:
    """The endpoint; its summary and parameters are those of the MCP tool too."""

    async def run(call: CallContext, values: Values) -> dict[str, Any]:
        path = await store_last_frame(call, values["task_id"])
        task_id = canonical(values["task_id"])
        return {"id": task_id, "picture": str(path), "url": upload_url(call, path), "error": None}

    return Endpoint(
        "get_last_frame",
        "The last frame of a completed video, as a picture to continue from: pass `picture` as the"
        " first_frame of the next submission. `url` shows it.",
        (SUBMITTED_ID,),
        run,
        LastFrameRow,
    )


async def store_last_frame(call: CallContext, task_id: str) -> Path:
    """The upload of a task's last frame, which counts as the caller's own.

    Raises:
        JimengError: See `AsyncJimeng.last_frame`.
    """
    async with call.jimeng() as jimeng:
        data = await jimeng.last_frame(task_id)
    path = await anyio.to_thread.run_sync(_store, data, canonical(task_id), call.pool.uploads)
    await call.pool.stored_uploads.keep([path], call.caller.visitor)
    return path


def upload_url(call: CallContext, path: Path) -> str:
    """Where an upload can be seen."""
    return f"{call.base_url}{FILE_ROUTE}{quote(path.as_posix())}"


def _store(data: bytes, task_id: str, uploads: Path) -> Path:
    """Store a picture as Gradio stores an upload: in a folder named by the hash of its bytes."""
    folder = uploads / sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    suffix = ".jpg" if data.startswith(b"\xff\xd8") else ".png"
    path = folder / f"{task_id}-last{suffix}"
    path.write_bytes(data)
    return path
