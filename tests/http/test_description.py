"""The description of the routes in Ark's dialect, as OpenAPI and as a page."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from jimeng_app.ark_http.docs_page import page
from jimeng_core import ErrorCode, FirstLastFrame, Frame
from tests.doors.http_door import NAMES

TASKS = "/contents/generations/tasks"
BASES = ("/api/v3", "/demo/api/v3", "/web/api/v3", "/ark/api/v3")


@pytest.fixture
def document(app_url: str) -> Any:
    """The OpenAPI document of the running app."""
    return httpx.get(f"{app_url}/openapi.json").json()


def test_paths(document: Any) -> None:
    """The document has the calls of each backend, and none of Gradio's."""
    assert {path: set(calls) for path, calls in document["paths"].items()} == {
        **{f"{base}{TASKS}": {"get", "post"} for base in BASES},
        **{f"{base}{TASKS}/{{task_id}}": {"get", "delete"} for base in BASES},
    }


def test_contents(document: Any, app_url: str) -> None:
    """Bodies, roles, responses, errors and the credential are described; references resolve."""
    schemas = document["components"]["schemas"]
    for reference in re.findall(r'"\$ref": ?"([^"]+)"', httpx.get(f"{app_url}/openapi.json").text):
        assert reference.removeprefix("#/components/schemas/") in schemas
    create = document["paths"][f"/api/v3{TASKS}"]["post"]
    body = create["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/CreateTask"}
    for role in ("first_frame", "last_frame", "reference_image", "frame"):
        assert f"'{role}'" in str(schemas["ImageItem"])
    assert {"id", "status", "content", "progress", "queue_position"} <= set(
        schemas["TaskRecord"]["properties"]
    )
    assert set(schemas["ErrorCode"]["enum"]) == set(ErrorCode)
    for operations in document["paths"].values():
        for operation in operations.values():
            statuses = set(operation["responses"])
            assert statuses >= {"200", "400", "401", "403", "404", "424", "429", "502", "503"}
            assert "422" not in statuses  # FastAPI's own, which never occurs
            assert operation["security"]
            assert operation["description"]


def test_fields_are_those_of_the_requests(document: Any) -> None:
    """Fields with the meaning of a request's have its description and its limits."""
    schemas = document["components"]["schemas"]
    create, item = (schemas[name]["properties"] for name in ("CreateTask", "ImageItem"))
    shared = set(FirstLastFrame.model_fields) - {"prompt", "first_frame", "last_frame"}
    fields = [
        *((create[NAMES.get(name, name)], FirstLastFrame.model_fields[name]) for name in shared),
        *((item[name], Frame.model_fields[name]) for name in ("prompt", "duration")),
    ]
    for schema, field in fields:
        assert schema["description"].startswith(field.description)
    assert (item["duration"]["minimum"], item["duration"]["maximum"]) == (1, 6)
    assert item["prompt"]["maxLength"] == 2000
    assert (create["seed"]["minimum"], create["seed"]["maximum"]) == (-1, 2**32 - 1)


def test_server_url(app_url: str) -> None:
    """`servers` has the URL under which the document was requested, also behind a proxy."""
    headers = {"x-forwarded-host": "jimeng.example", "x-forwarded-proto": "https"}
    document = httpx.get(f"{app_url}/openapi.json", headers=headers).json()
    assert document["servers"] == [{"url": "https://jimeng.example"}]
    assert httpx.get(f"{app_url}/openapi.json").json()["servers"] == [{"url": app_url}]


class ParsedPage(HTMLParser):
    """The tags, links and ids of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        values = dict(attributes)
        self.links |= {value for name in ("href", "src") if (value := values.get(name))}
        self.ids |= {value for name in ("id",) if (value := values.get(name))}


def test_page(app_url: str, document: Any) -> None:
    """The page has the same contents, no script, and no resource of another host."""
    response = httpx.get(f"{app_url}/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'sha256"
    )
    parsed = ParsedPage(response.text)
    assert not parsed.tags & {"script", "link", "img", "iframe", "form"}
    other_links = {link for link in parsed.links if not link.startswith("#")}
    assert other_links == {"openapi.json"}
    assert {link.removeprefix("#") for link in parsed.links - other_links} <= parsed.ids
    assert parsed.ids == set(document["components"]["schemas"])
    for path in document["paths"]:
        assert path in response.text


def test_markup_is_text(document: Any) -> None:
    """Markup in a description is escaped."""
    info = {"title": "<b>", "description": "<script>"}
    text = page({**document, "info": info})
    assert "<b>" not in text
    assert "<script>" not in text


def test_other_paths(app_url: str) -> None:
    """Other paths are handled by Gradio."""
    for path in ("/other/api/v3/contents/generations/tasks", "/api/v3", "/api/v3/models"):
        assert httpx.get(f"{app_url}{path}").json() == {"detail": "Not Found"}
    assert httpx.get(f"{app_url}/config").json()["mode"] == "blocks"


def test_content_is_not_empty(document: Any) -> None:
    """The description says that an empty list of content is refused."""
    create = document["components"]["schemas"]["CreateTask"]
    assert create["properties"]["content"]["minItems"] == 1
