"""A client of the running app."""

from collections.abc import Iterator

import pytest
from gradio_client import Client


@pytest.fixture(scope="session")
def client(app_url: str) -> Iterator[Client]:
    """A gradio_client of the app."""
    client = Client(app_url, verbose=False)
    yield client
    client.close()
