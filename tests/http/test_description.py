"""The description of this door, for programs and for people."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from jimeng_app.ark_http.docs_page import page
from jimeng_core import ErrorCode

TASKS = "/contents/generations/tasks"
BASES = ("/api/v3", "/demo/api/v3", "/web/api/v3", "/ark/api/v3")


@pytest.fixture
def document(app_url: str) -> Any:
    """The description of the running app."""
    return httpx.get(f"{app_url}/openapi.json").json()


def test_exactly_our_calls(document: Any) -> None:
    """It lists this door's calls, on all their paths, and none of Gradio's."""
    assert {path: set(calls) for path, calls in document["paths"].items()} == {
        **{f"{base}{TASKS}": {"get", "post"} for base in BASES},
        **{f"{base}{TASKS}/{{task_id}}": {"get", "delete"} for base in BASES},
    }


def test_what_is_described(document: Any, app_url: str) -> None:
    """Bodies, roles, answers, errors and the credential are there, and every reference holds."""
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
            told = {str(each) for each in operation["responses"]}
            assert told >= {"200", "400", "401", "403", "404", "424", "429", "502", "503"}
            assert "422" not in told  # FastAPI's own, which never comes
            assert operation["security"]
            assert operation["description"]


def test_address(app_url: str) -> None:
    """The calls are found where the reader found the description: behind a proxy, too."""
    headers = {"x-forwarded-host": "jimeng.example", "x-forwarded-proto": "https"}
    document = httpx.get(f"{app_url}/openapi.json", headers=headers).json()
    assert document["servers"] == [{"url": "https://jimeng.example"}]
    assert httpx.get(f"{app_url}/openapi.json").json()["servers"] == [{"url": app_url}]


class Reading(HTMLParser):
    """What a page links to, and which elements it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        told = dict(attributes)
        self.links |= {value for name in ("href", "src") if (value := told.get(name))}
        self.names |= {value for name in ("id",) if (value := told.get(name))}


def test_page(app_url: str, document: Any) -> None:
    """The page tells the same, runs no script, and asks no other host for anything."""
    answer = httpx.get(f"{app_url}/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'sha256"
    )
    seen = Reading(answer.text)
    assert not seen.tags & {"script", "link", "img", "iframe", "form"}
    outside = {link for link in seen.links if not link.startswith("#")}
    assert outside == {"openapi.json"}
    assert {link.removeprefix("#") for link in seen.links - outside} <= seen.names
    assert seen.names == set(document["components"]["schemas"])
    for path in document["paths"]:
        assert path in answer.text


def test_markup_is_text(document: Any) -> None:
    """Nothing in a description can become markup."""
    info = {"title": "<b>", "description": "<script>"}
    text = page({**document, "info": info})
    assert "<b>" not in text
    assert "<script>" not in text


def test_other_paths_are_gradios(app_url: str) -> None:
    """What is not ours is answered as it was before."""
    for path in ("/other/api/v3/contents/generations/tasks", "/api/v3", "/api/v3/models"):
        assert httpx.get(f"{app_url}{path}").json() == {"detail": "Not Found"}
    assert httpx.get(f"{app_url}/config").json()["mode"] == "blocks"
