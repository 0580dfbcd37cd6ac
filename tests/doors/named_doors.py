"""The named endpoints: through gradio_client, and as MCP tools through the official client."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import httpx
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent

from jimeng_core.requests import Mode
from tests.doors.door import Fields, Row, UploadSlot, sent


class _Named(ABC):
    def __init__(self, place: UploadSlot) -> None:
        self._place = place

    @abstractmethod
    def _call(self, name: str, **values: Any) -> Any:
        """What an endpoint answers."""

    def submit(self, mode: Mode, fields: Fields) -> Row:
        return dict(self._call(f"submit_{mode}", **sent(fields)))

    def generate(self, mode: Mode, fields: Fields) -> Row:
        return dict(self._call(f"generate_{mode}", timeout=100, **sent(fields)))

    def get(self, task_id: str) -> Row:
        return dict(self._call("get_video", task_id=task_id))

    def get_many(self, ids: Sequence[str]) -> list[Row]:
        return list(self._call("get_videos", task_ids=list(ids)))


class Endpoints(_Named):
    """gradio_client."""

    def _call(self, name: str, **values: Any) -> Any:
        headers = self._place.headers
        job = self._place.client.submit(api_name=f"/{name}", headers=headers, **values)
        return job.result(timeout=110)


class Mcp(_Named):
    """MCP over streamable HTTP."""

    def _call(self, name: str, **values: Any) -> Any:
        return asyncio.run(self._ask(name, values))

    async def _ask(self, name: str, values: dict[str, Any]) -> Any:
        async with (
            httpx.AsyncClient(headers=self._place.headers, timeout=60) as network,
            streamable_http_client(f"{self._place.url}gradio_api/mcp/", http_client=network) as (
                read,
                write,
                _,
            ),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            answer = await session.call_tool(name, values)
        assert not answer.isError, answer
        [content] = answer.content
        assert isinstance(content, TextContent)
        return json.loads(content.text)
