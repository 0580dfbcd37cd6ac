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
from .call_context import context_of, handle_errors
from .client_pool import ClientPool
from .endpoints import Endpoint, EndpointResult, registry

MCP_PATH = "/gradio_api/mcp"

MCP_WAIT_SECONDS = 41.0
"""The longest time that a `generate_…` tool waits."""

MCP_DEADLINE_SECONDS = 44.0
"""The time after which every tool has responded (contract 6: 45; most clients give up at 60)."""

_NAMED = inspect.Parameter.POSITIONAL_OR_KEYWORD


class RawInputBlocks(gr.Blocks):
    """Blocks whose events with `preprocess=False` get their input values unchanged.

    Gradio would still look for file objects in them: it raises for paths instead of returning a
    row, fetches URLs by its own rules, and stores a copy of every value, pictures and credentials
    too, in the caller's session. `jimeng_app.picture_input` is stricter and stores nothing.
    """

    async def preprocess_data(
        self,
        block_fn: Any,  # noqa: ANN401 - Gradio's own signature
        inputs: list[Any],
        state: Any,  # noqa: ANN401
        explicit_call: bool = False,
    ) -> Any:  # noqa: ANN401
        """Fill in the defaults of values that a call leaves out."""
        if block_fn.preprocess:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        blocks = block_fn.inputs
        values = [*inputs, *(block.value for block in blocks[len(inputs) :])]
        return [
            state[block._id] if block.stateful else value  # noqa: SLF001 - as in Gradio itself
            for block, value in zip(blocks, values, strict=False)
        ]


def register_endpoints(pool: ClientPool) -> None:
    """Register every endpoint. Call it before the page's events are, which could take its name."""
    for endpoint in registry():
        api(
            _handler(endpoint, pool),
            api_name=endpoint.name,
            # Gradio sends a queued MCP call to itself over the loopback, which would look like a
            # local caller, who may use the server's credential. Unqueued, the request is unchanged.
            queue=False,
            # gradio_client queues anyway. Calls wait for the upstream and not for a processor, and
            # it is the upstream that limits how many run at once.
            concurrency_limit=None,
        )


def _handler(endpoint: Endpoint, pool: ClientPool) -> Callable[..., Awaitable[Any]]:
    """The function for Gradio to call, with the endpoint's signature and Gradio's parameters."""

    async def handler(request: gr.Request, *inputs: Any) -> Any:  # noqa: ANN401 - not validated yet
        *values, _token, _backend = inputs
        web = web_request(request)
        mcp = MCP_PATH in web.url.path
        call = context_of(pool, web, timeout=MCP_WAIT_SECONDS if mcp else math.inf)

        def on_error(error: JimengError) -> EndpointResult:
            return endpoint.on_error(call, error, values)

        def on_timeout() -> EndpointResult:
            known = call.known_so_far()
            return on_error(known) if isinstance(known, JimengError) else call.task_row(known)

        work = handle_errors(lambda: endpoint.run(call, *values), on_error)
        if not mcp:
            return await work
        result = await with_timeout(MCP_DEADLINE_SECONDS, work, on_timeout)
        return json.dumps(result, ensure_ascii=False)  # MCP would send str() of it: not JSON

    _set_signature(handler, endpoint)
    return handler


def _set_signature(handler: Callable[..., object], endpoint: Endpoint) -> None:
    """Give a function the name, docstring and signature from which Gradio and MCP describe it."""
    header = gr.Header | None
    parameters: Sequence[inspect.Parameter] = (
        inspect.Parameter("request", _NAMED, annotation=gr.Request),
        *endpoint.parameters,
        # For MCP to list; `context_of` reads them from the request. They must be last, as Gradio
        # overwrites the input at a header's position.
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
    """The underlying request. Gradio wraps it, except over MCP.

    The wrapper passes its attributes through JSON, which fails for some (`scope`).
    """
    return getattr(request, "request", None) or cast("Request", request)
