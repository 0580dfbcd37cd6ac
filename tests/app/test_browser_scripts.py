import gzip

import pytest
from jinja2 import DictLoader, Environment
from starlette.applications import Starlette
from starlette.testclient import TestClient

from jimeng_app.page.browser_scripts import URLS, script_route
from jimeng_app.page.head import HeadLoader
from jimeng_app.page.i18n import TEXTS
from tests.each import each


@pytest.fixture
def client() -> TestClient:
    """An app with the scripts."""
    return TestClient(Starlette(routes=[script_route()]))


@each("name", URLS)
def test_scripts(client: TestClient, name: str) -> None:
    """The page names every script, and browsers keep it as long as they like."""
    gradio = DictLoader({"index.html": "<head><style></style></head>"})
    page = Environment(loader=HeadLoader(gradio), autoescape=True).get_template("index.html")
    assert f'"{URLS[name]}"' in page.render()
    response = client.get(URLS[name], headers={"accept-encoding": "gzip"})
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["content-encoding"] == "gzip"
    assert "immutable" in response.headers["cache-control"]
    assert "// " in response.text or "export const" in response.text


def test_without_compression(client: TestClient) -> None:
    """A client that takes no compression gets none; both are the same script, with every text."""
    plain = client.get(URLS["settings.js"], headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert all(text.en[:20] in plain.text.replace('\\"', '"') for text in TEXTS.values())
    assert len(gzip.compress(plain.content)) < 15_000


@each(
    "path",
    [
        URLS["main.js"].replace("main.js", "globals.d.ts"),
        URLS["main.js"].replace("main.js", "..%2Ftheme.py"),
        "scripts/0123456789abcdef/main.js",
        "scripts/main.js",
    ],
)
def test_other_files(client: TestClient, path: str) -> None:
    """No other file is served, and none under the address of another version."""
    assert client.get(path).status_code == 404
