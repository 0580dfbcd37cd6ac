"""The running app, which all doors share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client

from tests.app.app_process import running_app


@pytest.fixture(scope="session")
def app_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the app's files."""
    return tmp_path_factory.mktemp("doors")


@pytest.fixture(scope="session")
def app_url(app_folder: Path) -> Iterator[str]:
    """The base URL of the running app."""
    with running_app(app_folder) as url:
        yield url


@pytest.fixture(scope="session")
def client(app_url: str) -> Iterator[Client]:
    """A gradio_client of the app."""
    client = Client(app_url, verbose=False)
    yield client
    client.close()
