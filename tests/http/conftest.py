"""One app for all tests of this directory, and the official SDK in front of it."""

from collections.abc import Iterator

import pytest
from volcenginesdkarkruntime import Ark

from tests.app.app_process import running_app


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running app, of which nothing is configured."""
    with running_app(tmp_path_factory.mktemp("app")) as url:
        yield url.rstrip("/")


@pytest.fixture
def ark(app_url: str) -> Iterator[Ark]:
    """The official SDK, told our base URL, and nothing else."""
    client = Ark(base_url=f"{app_url}/demo/api/v3", api_key="anything")
    yield client
    client.close()
