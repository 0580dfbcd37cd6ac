import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from jimeng_app.browser_headers import NO_FRAMES, POLICY, BrowserHeaders
from jimeng_app.client_pool import ClientPool
from jimeng_core import Settings
from tests.each import each

FOREIGN = {"Origin": "https://evil.example"}


def client(*, lends: bool) -> TestClient:
    """An app whose own middleware would reflect the origin, as Gradio's does."""

    async def respond(request: Request) -> PlainTextResponse:
        reflected = {"Access-Control-Allow-Origin": request.headers.get("origin", "x")}
        credentials = {"Access-Control-Allow-Credentials": "true"}
        policy = {"Content-Security-Policy": "default-src 'none'"} if request.url.query else {}
        return PlainTextResponse("ok", headers=reflected | credentials | policy)

    app = Starlette(routes=[Route("/", respond)])
    return TestClient(BrowserHeaders(app, lends_credential=lends))


def test_credential_to_lend() -> None:
    """Where the server's credential can be spent, other sites neither read nor embed anything."""
    response = client(lends=True).get("/", headers=FOREIGN)
    assert not [name for name in response.headers if name.startswith("access-control")]
    assert response.headers.get_list("content-security-policy") == [POLICY, NO_FRAMES]


def test_nothing_to_lend() -> None:
    """Elsewhere every site may read and embed, without cookies; the origin is not reflected."""
    response = client(lends=False).get("/", headers=FOREIGN)
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
    assert response.headers.get_list("content-security-policy") == [POLICY]


@each("lends", [True, False])
def test_preflight(lends: bool) -> None:
    """A request of CORS is answered without the app, by the same rule."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-a"}
    response = client(lends=lends).options("/", headers=FOREIGN | asked)
    assert response.status_code == (403 if lends else 200)
    assert ("access-control-allow-origin" in response.headers) is not lends


def test_policy_of_a_route() -> None:
    """A route's own policy stays, and the rule about frames is beside it."""
    response = client(lends=True).get("/?own")
    assert response.headers.get_list("content-security-policy") == [
        "default-src 'none'",
        NO_FRAMES,
    ]


@each("path", ["", "config", "examples/cat.jpg", "nothing-here", "docs"])
def test_every_response(app_url: str, path: str) -> None:
    """Every response forbids guessing its type, and tells other sites no address."""
    response = httpx.get(app_url + path)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
    assert "content-security-policy" in response.headers
    assert response.headers["access-control-allow-origin"] == "*"


@each(
    ("values", "public", "lends"),
    [
        ({}, False, False),
        ({"share_credential": True}, True, False),
        ({"token": "secret"}, False, True),
        ({"ark_api_key": "secret"}, False, True),
        ({"token": "secret"}, True, False),
        ({"token": "secret", "share_credential": True}, True, True),
    ],
)
def test_lends_credential(
    values: dict[str, object], public: bool, lends: bool, tmp_path: object
) -> None:
    """A credential can be spent where there is one, and someone may without his own."""
    settings = Settings(_env_file=None, **values)
    assert ClientPool(settings, None, public=public).lends_credential is lends  # type: ignore[arg-type]
