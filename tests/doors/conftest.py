"""Doors of the running app."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client

from tests.doors.comparison import At
from tests.doors.door import Target


@pytest.fixture(scope="session")
def client(app_url: str) -> Iterator[Client]:
    """A gradio_client of the app."""
    client = Client(app_url, verbose=False)
    yield client
    client.close()


@pytest.fixture
def at(app_url: str, app_folder: Path, client: Client) -> At:
    """Opens a door for an account."""
    return lambda door, account: door(Target(app_url, app_folder / "data", account, client))
