"""The official SDK as a client of the running app."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from volcenginesdkarkruntime import Ark


@pytest.fixture(scope="session")
def app_folder(measured_app_folder: Path) -> Path:
    """The working directory of the running app."""
    return measured_app_folder


@pytest.fixture(scope="session")
def app_url(measured_app_url: str) -> str:
    """The base URL of the running app, without its trailing slash."""
    return measured_app_url.rstrip("/")


@pytest.fixture
def ark(app_url: str) -> Iterator[Ark]:
    """The official SDK with our base URL."""
    client = Ark(base_url=f"{app_url}/demo/api/v3", api_key="anything")
    yield client
    client.close()
