"""Parameters have the names and defaults of the requests' fields at every door."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import typer
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from jimeng_app.cli.commands import build_app
from jimeng_core.requests import Mode
from tests.doors.door import REQUESTS
from tests.doors.http_door import CLIPS, NAMES, ROLES
from tests.each import each

REQUIRED = "required"
"""Stands for a parameter without a default."""
Parameters = Mapping[str, object]


def of_request(mode: Mode) -> Parameters:
    """The fields of a request."""
    return {
        name: REQUIRED if field.is_required() else plain(field.default)
        for name, field in REQUESTS[mode].model_fields.items()
    }


def plain(value: object) -> object:
    """A default as a JSON value."""
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("mode", Mode)
def test_endpoints(mode: Mode, client: Client) -> None:
    """gradio_client has the request's fields, then ours, of which `timeout` is `generate_…`'s."""
    described = client.view_api(return_format="dict", print_info=False)["named_endpoints"]

    def parameters(name: str) -> Parameters:
        return {
            item["parameter_name"]: item["parameter_default"]
            if item["parameter_has_default"]
            else REQUIRED
            for item in described[f"/{name}"]["parameters"]
        }

    ours = {"callback_url": None, "task_id": None}
    submit = {**of_request(mode), **ours}
    generate = {**of_request(mode), "timeout": 600, **ours}
    for name, expected in ((f"submit_{mode}", submit), (f"generate_{mode}", generate)):
        assert parameters(name) == expected
        names, last = list(parameters(name)), list(expected)[len(of_request(mode)) :]
        assert names[len(of_request(mode)) :] == last


@each("mode", Mode)
def test_tools(mode: Mode, app_url: str) -> None:
    """MCP's schemas have the same fields; those without a default are required."""

    async def schemas() -> dict[str, Any]:
        async with (
            streamable_http_client(f"{app_url}gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return {tool.name: tool.inputSchema for tool in (await session.list_tools()).tools}

    tool = asyncio.run(schemas())[f"submit_{mode}"]
    required = set(tool.get("required", ()))
    parameters = {
        name: REQUIRED if name in required else schema.get("default")
        for name, schema in tool["properties"].items()
    }
    # A default that is false or empty is left out.
    expected = {name: default or None for name, default in of_request(mode).items()}
    assert parameters == {**expected, "task_id": None, "callback_url": None}


@each("mode", Mode)
@each("verb", ["submit", "check"])
def test_command_line(mode: Mode, verb: str) -> None:
    """Every field is an option of the same name, and so is every field of a frame."""
    group: Any = typer.main.get_command(build_app())
    command = group.commands[verb].commands[mode.replace("_", "-")]
    other_options = {"task_id", "as_json", "dry_run"}
    options = {each.name: each for each in command.params if each.name not in other_options}
    if mode is Mode.MULTI_FRAME:
        frame_parts = {"frame", "prompt", "duration"}
        assert frame_parts <= set(options)
        options = {name: each for name, each in options.items() if name not in frame_parts}
    expected = of_request(mode)
    assert set(options) == set(expected)
    for name, option in options.items():
        assert f"--{name.replace('_', '-')}" in option.opts
        if mode is not Mode.MULTI_FRAME or name != "frames":
            default = REQUIRED if option.required else plain(option.default)
            assert default == expected[name], name


@each("mode", [mode for mode in Mode if mode is not Mode.IMAGE])
def test_dialect_of_ark(mode: Mode, app_url: str) -> None:
    """The OpenAPI document of Ark's dialect has every field, by Ark's name."""
    schemas = httpx.get(f"{app_url}openapi.json").json()["components"]["schemas"]
    body = set(schemas["CreateTask"]["properties"])
    roles = set(ROLES.values()) | {"frame"}
    assert roles <= set(str(schemas["ImageItem"]).replace("'", " ").split())
    for name in of_request(mode):
        if name in CLIPS:
            assert f"reference_{CLIPS[name]}" in str(schemas[f"{CLIPS[name].title()}Item"])
        elif name not in {"prompt", "frames", *ROLES}:
            assert NAMES.get(name, name) in body
