import httpx

from tests.each import each


@each(
    "path",
    [
        "gradio_api/deep_link?session_hash=a",
        "gradio_api/file=http://example.com/a",
        "gradio_api/file=HTTPS://example.com/a",
        "gradio_api/file=https%3A%2F%2Fexample.com/a",
        "gradio_api/file/https://example.com/a",
        "gradio_api/file/https%3a%2f%2fexample.com/a",
        "gradio_api//file=https://example.com/a",
        "gradio_api/%66ile=https://example.com/a",
        "gradio_api/proxy=https://example.com/a",
        "gradio_api/proxy=/a",
        "gradio_api/custom_component/1/client/component/x.js",
        "gradio_api/component_server",
        "gradio_api/component_server/",
        "gradio_api/dev/reload",
        "gradio_api/stream/a/1/2/playlist.m3u8",
        "gradio_api/vibe-code",
        "gradio_api/vibe-edit/",
        "gradio_api/process_recording",
        "gradio_api/run-history/buckets",
        "gradio_api/runs",
        "gradio_api/user",
        "gradio_api/token",
        "gradio_api/profiling/traces",
        "gradio_api/queue/nothing",
        "svelte/svelte.js",
        "monitoring",
        "monitoring/summary",
        "login",
        "logout",
        "login/huggingface",
        "app.py",
        "redoc",
    ],
)
@each("method", ["GET", "POST"])
def test_hidden_routes(app_url: str, method: str, path: str) -> None:
    """A route that is not on the list is a 404, in every spelling.

    `GET /gradio_api/file=…` is on the list, for uploads only; no other method is.
    """
    expected = 405 if method == "POST" and "ile=" in path else 404
    assert httpx.request(method, app_url + path).status_code == expected


@each(
    "path",
    [
        *("", "config", "config/", "theme.css?v=1", "gradio_api/info", "gradio_api/openapi.json"),
        *("robots.txt", "manifest.json", "static/js/iframeResizer.contentWindow.min.js"),
        *("gradio_api/app_id", "docs", "openapi.json", "gradio_api/mcp/schema", "examples/cat.jpg"),
    ],
)
def test_reachable_routes(app_url: str, path: str) -> None:
    """What the page and the clients of the endpoints need is reachable."""
    assert httpx.get(app_url + path).status_code == 200
