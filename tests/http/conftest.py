"""The running app, and the official SDK as its client."""

from collections.abc import Iterator

import pytest
from volcenginesdkarkruntime import Ark

from tests.app.app_process import running_app


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of the running app, which has no configuration."""
    with running_app(tmp_path_factory.mktemp("app")) as url:
        yield url.rstrip("/")


@pytest.fixture
def ark(app_url: str) -> Iterator[Ark]:
    """The official SDK with our base URL."""
    client = Ark(base_url=f"{app_url}/demo/api/v3", api_key="anything")
    yield client
    client.close()
