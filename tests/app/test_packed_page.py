import httpx

from tests.each import each


@each("path", ["", "config", "gradio_api/info"])
def test_page_is_packed(app_url: str, path: str) -> None:
    """The page and its description take at most 60 KB each on the wire."""
    with httpx.stream("GET", app_url + path, headers={"accept-encoding": "gzip"}) as response:
        size = len(b"".join(response.iter_raw()))
        assert response.headers["content-encoding"] == "gzip"
    assert size <= 60_000


def test_unpacked(app_url: str) -> None:
    """A client that takes no compression gets none."""
    response = httpx.get(app_url, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in response.headers
    assert "<html" in response.text


def test_look_ups_are_packed(app_url: str) -> None:
    """A look-up of a hundred tasks takes a few KB."""
    ids = [f"01a20c5b-861c-7ca4-8fb4-7bbe5e838d{number:02}" for number in range(100)]
    with httpx.stream("POST", f"{app_url}page/look-ups", json={"ids": ids}) as response:
        size = len(b"".join(response.iter_raw()))
        assert response.headers["content-encoding"] == "gzip"
    assert size <= 10_000
