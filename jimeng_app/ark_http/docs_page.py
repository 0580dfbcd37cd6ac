"""The description as a page that needs no script and asks no other host. Pure.

Swagger's page loads its scripts from hosts that not everybody reaches, and shows no more.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
details { border: 1px solid #8888; border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem }
summary { cursor: pointer; font-family: ui-monospace, monospace; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% }
th, td { border-top: 1px solid #8884; padding: .3rem .5rem; text-align: left; vertical-align: top }
.about { white-space: pre-line }
"""


_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""The page's Content-Security-Policy: its own style, and nothing else."""

Json = Mapping[str, Any]


def page(document: Json) -> str:
    """The page of an OpenAPI document."""
    info, schemas = document["info"], document["components"]["schemas"]
    parts = [
        f"<h1>{escape(info['title'])}</h1>",
        f"<p class=about>{escape(info['description'])}</p>",
        "<p><a href='openapi.json'>openapi.json</a></p>",
        "<h2>Calls</h2>",
        *(
            _operation(method, path, operation)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        ),
        "<h2>Objects</h2>",
        *(_schema(name, schema) for name, schema in schemas.items()),
    ]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style>{''.join(parts)}</html>"
    )


def _operation(method: str, path: str, operation: Json) -> str:
    bodies = [("body", operation["requestBody"])] if "requestBody" in operation else []
    bodies += list(operation["responses"].items())
    rows = [
        *((each["name"], each["schema"], each) for each in operation.get("parameters", [])),
        *((name, _json_schema(each), each) for name, each in bodies),
    ]
    return (
        f"<details><summary>{method.upper()} {escape(path)}</summary>"
        f"<p class=about>{escape(operation.get('description', ''))}</p>{_table(rows)}</details>"
    )


def _json_schema(body: Json) -> Json:
    schema: Json = body.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _schema(name: str, schema: Json) -> str:
    rows = [(field, each, each) for field, each in schema.get("properties", {}).items()]
    values = ", ".join(schema.get("enum", ()))
    return (
        # The id stands inside: a link to it opens what it stands in.
        f"<details><summary>{escape(name)}</summary>"
        f"<p class=about id='{escape(name)}'>{escape(schema.get('description', ''))}</p>"
        f"<p>{escape(values)}</p>{_table(rows)}</details>"
    )


def _table(rows: list[tuple[str, Json, Json]]) -> str:
    lines = (
        f"<tr><th>{escape(name)}<td>{' or '.join(_types(schema))}"
        f"<td>{escape(about.get('description', ''))}"
        for name, schema, about in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _types(schema: Json) -> Iterator[str]:
    """The types that a schema allows, as HTML."""
    if reference := schema.get("$ref"):
        name = escape(reference.rpartition("/")[2])
        yield f"<a href='#{name}'>{name}</a>"
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _types(one)
    if schema.get("type") == "array":
        yield f"list of {' or '.join(_types(schema['items'])) or 'anything'}"
    elif values := schema.get("enum", [schema["const"]] if "const" in schema else []):
        yield escape(" or ".join(map(json.dumps, values)), quote=False)
    elif "type" in schema:
        yield escape(schema["type"])
