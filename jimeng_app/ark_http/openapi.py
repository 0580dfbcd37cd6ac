"""The OpenAPI description of the routes in Ark's dialect; Gradio's are not part of it."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from jimeng_core.error_codes import ErrorCode

from .errors import CODES
from .request_models import CreateTask
from .response_models import ErrorBody

_REFERENCE = "#/components/schemas/{model}"

ABOUT = """\
JiMeng Studio in the dialect of Volcengine Ark. A program for the official SDK works once its base
URL is changed to one of these: /api/v3 (the configured backend), /demo/api/v3, /web/api/v3 or
/ark/api/v3. The header Authorization carries the credential, as "Bearer …": the site's sessionid
for web, the API key for ark, any text or none for demo.

The response to a create can be lost. To avoid paying twice, generate an id first (a UUID of
version 7), send it as task_id, and repeat the same request as often as necessary. After the error
submit_unconfirmed the task may exist: look up the id in the error."""

CREATE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": _REFERENCE.format(model=CreateTask.__name__)}}
        },
    }
}
"""The body of a create. FastAPI does not know it: the route reads and parses it itself."""

_CODES: dict[HTTPStatus, Iterable[ErrorCode]] = {
    **CODES,
    HTTPStatus.METHOD_NOT_ALLOWED: (ErrorCode.INVALID_REQUEST,),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (ErrorCode.INVALID_REQUEST,),
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    **{
        status.value: {"model": ErrorBody, "description": f"{status.phrase}: {', '.join(codes)}"}
        for status, codes in sorted(_CODES.items())
    },
    # With a default response, FastAPI does not add its own 422, which never occurs here.
    "default": {"model": ErrorBody, "description": "Any other error"},
}
"""The error responses of every call."""


def describe(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The OpenAPI document of the routes, without `servers`, which depend on the request."""
    document = get_openapi(
        title="JiMeng Studio: HTTP in Ark's dialect",
        version="v3",
        description=ABOUT,
        routes=routes,
    )
    body = CreateTask.model_json_schema(ref_template=_REFERENCE)
    document["components"]["schemas"] |= body.pop("$defs") | {CreateTask.__name__: body}
    return document
