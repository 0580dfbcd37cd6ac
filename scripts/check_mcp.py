"""Check the MCP door of a running app with any version of the official Python SDK.

    python scripts/check_mcp.py http://127.0.0.1:7860/gradio_api/mcp

The tests do this with the version that Gradio requires; for another one, use an environment of its
own: `python -m venv mcp-newest`, `mcp-newest/bin/pip install mcp`, `mcp-newest/bin/python …`.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import mcp
from mcp.client.streamable_http import streamable_http_client

VALUES = {"prompt": "waves", "duration": "5", "seed": None, "model": "", "first_frame": None}
"""A submission as language models write one: numbers as text, null for what is left out."""


@asynccontextmanager
async def connected(url: str, mode: str) -> AsyncIterator[Any]:
    """A client: of 2.x its `Client`, of 1.x a session."""
    if hasattr(mcp, "Client"):
        async with mcp.Client(url, mode=mode) as client:
            yield client
        return
    async with (
        streamable_http_client(url) as (read, write, _),
        mcp.ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


async def check(url: str, mode: str) -> None:
    """List the tools, submit a task, and look it up."""
    async with connected(url, mode) as client:

        async def call(name: str, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
            return json.loads((await client.call_tool(name, arguments)).content[0].text)

        tools = (await client.list_tools()).tools
        row = await call("submit_first_last_frame", VALUES)
        rows = await call("get_videos", {"task_ids": json.dumps([row["id"], "nonsense"])})
        refused = await call("submit_first_last_frame", {"prompt": "a", "unknown": 1})
    states = [row["state"], *(each["state"] for each in rows), refused["error"]["code"]]
    print(f"mcp {version('mcp')}, {mode}: {len(tools)} tools; {', '.join(map(str, states))}")


def main() -> None:
    """Check each way in which the SDK can begin a connection."""
    for mode in ("auto", "legacy") if hasattr(mcp, "Client") else ("initialize",):
        asyncio.run(check(sys.argv[1], mode))


if __name__ == "__main__":
    main()
