"""The registry's endpoints in Gradio: for its clients, its description and the page's API panel."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr
from gradio.data_classes import APIInfo
from gradio.events import api
from starlette.requests import Request

from .call_context import context_of
from .client_pool import ClientPool
from .endpoint import Endpoint, EndpointResult
from .endpoints import registry


class RawInputBlocks(gr.Blocks):
    """Blocks whose events with `preprocess=False` get their input values unchanged.

    Gradio would still look for file objects in them: it raises for paths instead of returning a
    row, fetches URLs by its own rules, and stores a copy of every value, pictures and credentials
    too, in the caller's session. `jimeng_app.file_input` is stricter and stores nothing.
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

    def get_api_info(self, all_endpoints: bool = False, page: str | None = None) -> APIInfo:
        """What clients and the API panel read, with the descriptions that Gradio leaves out."""
        info = super().get_api_info(all_endpoints, page)
        for endpoint in registry():
            described = info["named_endpoints"][f"/{endpoint.name}"]["parameters"]
            for own, parameter in zip(endpoint.parameters, described, strict=False):
                parameter["python_type"]["description"] = own.description
        return info


_HEADERS = (
    "Headers: `x-jimeng-backend` says where the task runs (`demo`, `web` or `ark`; without it,"
    " where the server's settings say), `x-jimeng-token` is the credential there (`demo` needs"
    " none). The same as plain HTTP is described under `/docs`."
)


def register_endpoints(pool: ClientPool) -> None:
    """Register every endpoint. Call it before the page's events are, which could take its name.

    `jimeng_app.endpoint_routes` answers direct HTTP calls; `gradio_client` comes through Gradio.
    """
    for endpoint in registry():
        api(
            _handler(endpoint, pool),
            api_name=endpoint.name,
            queue=False,
            # gradio_client queues anyway. Calls wait for the upstream and not for a processor, and
            # it is the upstream that limits how many run at once.
            concurrency_limit=None,
        )


def _handler(endpoint: Endpoint, pool: ClientPool) -> Callable[..., Awaitable[EndpointResult]]:
    """The function for Gradio to call, with the endpoint's name, description and signature."""

    async def handler(request: gr.Request, *inputs: Any) -> EndpointResult:  # noqa: ANN401 - not validated yet
        pool.call_limiter.begun()
        arguments = endpoint.by_position(inputs)
        return await endpoint.call(context_of(pool, web_request(request)), arguments)

    named = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter("request", named, annotation=gr.Request),
        *(
            inspect.Parameter(each.name, named, default=each.default, annotation=each.annotation)
            for each in endpoint.parameters
        ),
    ]
    signature = inspect.Signature(parameters, return_annotation=endpoint.returns)
    handler.__name__ = handler.__qualname__ = endpoint.name
    # Gradio reads an `Args:` section of one line for each parameter.
    lines = (f"    {each.name}: {each.description}" for each in endpoint.parameters)
    handler.__doc__ = "\n".join([endpoint.summary, "", _HEADERS, "", "Args:", *lines])
    handler.__annotations__ = {
        **{parameter.name: parameter.annotation for parameter in parameters},
        "return": endpoint.returns,
    }
    vars(handler)["__signature__"] = signature
    return handler


def web_request(request: gr.Request) -> Request:
    """The underlying request.

    Gradio's wrapper passes its attributes through JSON, which fails for some (`scope`).
    """
    if request.request is None:
        raise TypeError("the event has no request")
    return request.request
