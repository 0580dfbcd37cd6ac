"""The description of this door in OpenAPI: its own routes, and none of Gradio's. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from .errors import STATUSES, ErrorBody
from .request_models import CreateTask

_REFERENCE = "#/components/schemas/{model}"

ABOUT = """\
JiMeng Studio in the dialect of Volcengine Ark. A program written for the official SDK works after
its base URL is changed to one of ours: /api/v3 (the configured backend), /demo/api/v3, /web/api/v3
or /ark/api/v3. The credential goes into the header Authorization, as "Bearer …": the site's
sessionid for web, the API key for ark, anything or nothing for demo.

An answer to a create may be lost. So a program that must not pay twice mints an id first (a UUID of
version 7), sends it as task_id, and repeats the same request for as long as it likes. After the
error submit_unconfirmed the task may exist: look up the id that stands in the error."""

CREATE_BODY: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": _REFERENCE.format(model=CreateTask.__name__)}}
        },
    }
}
"""The body of a create, which the route reads itself: by a limit, and not in the event loop."""


def _responses() -> dict[int | str, dict[str, Any]]:
    codes: defaultdict[HTTPStatus, list[str]] = defaultdict(list)
    for code, status in STATUSES.items():
        codes[status].append(code)
    codes[HTTPStatus.METHOD_NOT_ALLOWED].append("invalid_request")
    codes[HTTPStatus.REQUEST_ENTITY_TOO_LARGE].append("invalid_request")
    told: dict[int | str, dict[str, Any]] = {
        status.value: {"model": ErrorBody, "description": f"{status.phrase}: {', '.join(names)}"}
        for status, names in sorted(codes.items())
    }
    # FastAPI would add a 422 of its own, which never comes: but for that, unless there is this.
    return told | {"default": {"model": ErrorBody, "description": "Any other error"}}


RESPONSES = _responses()
"""What every call may answer besides its result."""


def describe(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The document of this door's routes, but for `servers`, which the request tells."""
    document = get_openapi(
        title="JiMeng Studio: HTTP in Ark's dialect",
        version="v3",
        description=ABOUT,
        routes=routes,
    )
    body = CreateTask.model_json_schema(ref_template=_REFERENCE)
    document["components"]["schemas"] |= body.pop("$defs") | {CreateTask.__name__: body}
    return document
