"""The named endpoints: through gradio_client, and as MCP tools through the official client."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent

from jimeng_core.requests import Mode
from tests.app.app_process import wait_for_stream
from tests.doors.door import Fields, Row, Target, as_json


class _Named(ABC):
    def __init__(self, target: Target) -> None:
        self._target = target

    @abstractmethod
    def _call(self, name: str, **values: Any) -> Any:
        """The response of an endpoint."""

    def submit(self, mode: Mode, fields: Fields) -> Row:
        return dict(self._call(f"submit_{mode}", **as_json(fields)))

    def generate(self, mode: Mode, fields: Fields) -> Row:
        return dict(self._call(f"generate_{mode}", timeout=100, **as_json(fields)))

    def estimate(self, mode: Mode, fields: Fields) -> Row:
        price = dict(self._call("estimate", mode=mode.value, fields=as_json(dict(fields))))
        assert price.pop("error") is None
        return price

    def cost(self, task_id: str) -> Row:
        row = dict(self._call("get_cost", task_id=task_id))
        assert (row.pop("id"), row.pop("error")) == (task_id, None)
        return row

    def last_frame(self, task_id: str) -> bytes:
        return Path(self._call("get_last_frame", task_id=task_id)["picture"]).read_bytes()

    def get(self, task_id: str) -> Row:
        return dict(self._call("get_video", task_id=task_id))

    def get_many(self, ids: Sequence[str]) -> list[Row]:
        return list(self._call("get_videos", task_ids=list(ids)))


class Endpoints(_Named):
    """gradio_client."""

    def _call(self, name: str, **values: Any) -> Any:
        headers = self._target.headers
        wait_for_stream(self._target.client)
        job = self._target.client.submit(api_name=f"/{name}", headers=headers, **values)
        return job.result(timeout=110)


class Mcp(_Named):
    """MCP over streamable HTTP."""

    def _call(self, name: str, **values: Any) -> Any:
        return asyncio.run(self._ask(name, values))

    async def _ask(self, name: str, values: dict[str, Any]) -> Any:
        async with (
            httpx.AsyncClient(headers=self._target.headers, timeout=100) as http,
            streamable_http_client(f"{self._target.url}gradio_api/mcp/", http_client=http) as (
                read,
                write,
                _,
            ),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            response = await session.call_tool(name, values)
        assert not response.isError, response
        [content] = response.content
        assert isinstance(content, TextContent)
        return json.loads(content.text)
