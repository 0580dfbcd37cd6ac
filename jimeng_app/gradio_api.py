"""The registry's endpoints as Gradio's named endpoints and MCP tools."""

import inspect
import json
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import gradio as gr
from gradio.events import api
from starlette.requests import Request

from jimeng_core.errors import JimengError

from .background_tasks import with_timeout
from .call_context import CallContext, context_of, handle_errors
from .client_pool import ClientPool
from .endpoints import Endpoint, EndpointResult, registry

MCP_PATH = "/gradio_api/mcp"


MCP_WAIT_SECONDS = 41.0
"""Seconds that a synchronous twin waits over MCP."""


MCP_DEADLINE_SECONDS = 44.0
"""Seconds after which any tool has answered (contract 6: 45; most clients end at 60)."""

_NAMED = inspect.Parameter.POSITIONAL_OR_KEYWORD


class RawInputBlocks(gr.Blocks):
    """Blocks that take the values of an event with `preprocess=False` as they are.

    Gradio would look into them for file objects all the same: it refuses paths with an exception
    instead of a row, fetches URLs by rules of its own, and keeps a copy of every value, be it a
    picture or a credential, in the caller's session. The doors have stricter rules for pictures
    (`jimeng_app.picture_input`), and want nothing to be kept.
    """

    async def preprocess_data(
        self,
        block_fn: Any,  # noqa: ANN401 - Gradio's own, as are the rest
        inputs: list[Any],
        state: Any,  # noqa: ANN401
        explicit_call: bool = False,
    ) -> Any:  # noqa: ANN401
        """The values of a call, with defaults for those that it leaves out."""
        if block_fn.preprocess:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        blocks = block_fn.inputs
        given = [*inputs, *(block.value for block in blocks[len(inputs) :])]
        return [
            state[block._id] if block.stateful else value  # noqa: SLF001 - as Gradio itself does
            for block, value in zip(blocks, given, strict=False)
        ]


def register_endpoints(pool: ClientPool) -> None:
    """Register every endpoint. Before the page's events: an event could take one's name first."""
    for endpoint in registry():
        api(
            _handler(endpoint, pool),
            api_name=endpoint.name,
            # Over MCP a queued call comes back in from this machine itself, and would be taken for
            # a local one, which may spend the server's credential. Unqueued it arrives as it was.
            queue=False,
            # gradio_client queues all the same. Calls wait for the upstream, not for a processor:
            # none is to wait for another, and how many may run at once is the upstream's to say.
            concurrency_limit=None,
        )


def _handler(endpoint: Endpoint, pool: ClientPool) -> Callable[..., Awaitable[Any]]:
    """The function that Gradio calls: its signature is the endpoint's, with Gradio's own around."""

    async def handler(request: gr.Request, *values: Any) -> Any:  # noqa: ANN401 - checked further in
        *given, _token, _backend = values
        web = web_request(request)
        mcp = MCP_PATH in web.url.path
        call = context_of(pool, web, timeout=MCP_WAIT_SECONDS if mcp else math.inf)
        work = handle_errors(
            lambda: endpoint.run(call, *given), lambda error: endpoint.on_error(call, error, given)
        )
        answer = await (
            with_timeout(MCP_DEADLINE_SECONDS, work, lambda: _timeout_result(endpoint, call, given))
            if mcp
            else work
        )
        # MCP gets str() of an answer: of a dict that would be Python, not JSON.
        return json.dumps(answer, ensure_ascii=False) if mcp else answer

    _set_signature(handler, endpoint)
    return handler


def _timeout_result(endpoint: Endpoint, call: CallContext, given: Sequence[Any]) -> EndpointResult:
    """The answer when time is up: the task as it was seen last, else why there is none."""
    known = call.known_so_far()
    if isinstance(known, JimengError):
        return endpoint.on_error(call, known, given)
    return call.task_row(known)


def _set_signature(handler: Callable[..., object], endpoint: Endpoint) -> None:
    """Give a function the name, words and signature that Gradio and MCP read off it."""
    header = gr.Header | None
    parameters: Sequence[inspect.Parameter] = (
        inspect.Parameter("request", _NAMED, annotation=gr.Request),
        *endpoint.parameters,
        # Read from the request itself; they stand here so that MCP lists them. Last, because Gradio
        # writes a header over whatever stands in its place.
        inspect.Parameter("x_jimeng_token", _NAMED, default=None, annotation=header),
        inspect.Parameter("x_jimeng_backend", _NAMED, default=None, annotation=header),
    )
    signature = inspect.Signature(parameters, return_annotation=endpoint.returns)
    handler.__name__ = handler.__qualname__ = endpoint.name
    handler.__doc__ = endpoint.doc
    handler.__annotations__ = {
        **{parameter.name: parameter.annotation for parameter in parameters},
        "return": endpoint.returns,
    }
    vars(handler)["__signature__"] = signature


def web_request(request: gr.Request) -> Request:
    """The request itself: Gradio's is a shell around it, and over MCP there is no shell.

    The shell turns what it is asked for into JSON and back, which breaks on some of it (`scope`).
    """
    return getattr(request, "request", None) or cast("Request", request)
