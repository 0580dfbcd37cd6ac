"""The official SDK as a client of the running app."""

from collections.abc import Iterator

import pytest
from volcenginesdkarkruntime import Ark


@pytest.fixture(scope="session")
def app_url(app_url: str) -> str:
    """The base URL of the running app, without its trailing slash."""
    return app_url.rstrip("/")


@pytest.fixture
def ark(app_url: str) -> Iterator[Ark]:
    """The official SDK with our base URL."""
    client = Ark(base_url=f"{app_url}/demo/api/v3", api_key="anything")
    yield client
    client.close()
