"""Parameters have the requests' names and defaults at every door."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import typer
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from jimeng_app.cli.commands import app
from jimeng_core.requests import Mode
from tests.doors.door import REQUESTS
from tests.doors.http_door import NAMES, ROLES

NEEDED = "needed"
"""In the place of a default, where there is none."""
Parameters = Mapping[str, object]


def of_request(mode: Mode) -> Parameters:
    """What a request takes."""
    return {
        name: NEEDED if field.is_required() else plain(field.default)
        for name, field in REQUESTS[mode].model_fields.items()
    }


def plain(value: object) -> object:
    """A default as JSON knows it."""
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("mode", Mode)
def test_endpoints(mode: Mode, client: Client) -> None:
    """gradio_client offers the request's fields, and `timeout` beside them to the twin."""
    described = client.view_api(return_format="dict", print_info=False)["named_endpoints"]

    def told(name: str) -> Parameters:
        return {
            each["parameter_name"]: each["parameter_default"]
            if each["parameter_has_default"]
            else NEEDED
            for each in described[f"/{name}"]["parameters"]
        }

    assert told(f"submit_{mode}") == of_request(mode)
    assert told(f"generate_{mode}") == {**of_request(mode), "timeout": 600}


@pytest.mark.parametrize("mode", Mode)
def test_tools(mode: Mode, app_url: str) -> None:
    """MCP's schemas tell the same; what has no default is required."""

    async def schemas() -> dict[str, Any]:
        async with (
            streamable_http_client(f"{app_url}gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return {tool.name: tool.inputSchema for tool in (await session.list_tools()).tools}

    schema = asyncio.run(schemas())[f"submit_{mode}"]
    needed = set(schema.get("required", ()))
    told = {
        name: NEEDED if name in needed else about.get("default")
        for name, about in schema["properties"].items()
    }
    # Gradio leaves out a default that is false or empty.
    assert told == {name: default or None for name, default in of_request(mode).items()}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("verb", ["submit", "check"])
def test_command_line(mode: Mode, verb: str) -> None:
    """Every field is an option of the same name; of frames, each part is one, too."""
    group: Any = typer.main.get_command(app)
    command = group.commands[verb].commands[mode.replace("_", "-")]
    beside = {"task_id", "as_json"}
    told = {each.name: each for each in command.params if each.name not in beside}
    if mode is Mode.MULTI_FRAME:
        frame_parts = {"frame", "prompt", "duration"}
        assert frame_parts <= set(told)
        told = {name: each for name, each in told.items() if name not in frame_parts}
    expected = of_request(mode)
    assert set(told) == set(expected)
    for name, option in told.items():
        assert f"--{name.replace('_', '-')}" in option.opts
        if mode is not Mode.MULTI_FRAME or name != "frames":
            default = NEEDED if option.required else plain(option.default)
            assert default == expected[name], name


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.IMAGE])
def test_dialect_of_ark(mode: Mode, app_url: str) -> None:
    """The description of Ark's dialect has a place for every field, under Ark's name."""
    schemas = httpx.get(f"{app_url}openapi.json").json()["components"]["schemas"]
    body = set(schemas["CreateTask"]["properties"])
    roles = set(ROLES.values()) | {"frame"}
    assert roles <= set(str(schemas["ImageItem"]).replace("'", " ").split())
    for name in of_request(mode):
        if name not in {"prompt", "frames", *ROLES}:
            assert NAMES.get(name, name) in body
