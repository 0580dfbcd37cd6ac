"""The running app, whose coverage is measured."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def app_folder(measured_app_folder: Path) -> Path:
    """The working directory of the running app."""
    return measured_app_folder


@pytest.fixture(scope="session")
def app_url(measured_app_url: str) -> str:
    """The address of the running app."""
    return measured_app_url
