"""One app for all tests of this directory."""

from collections.abc import Iterator

import pytest

from tests.app.app_process import running_app


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running app."""
    with running_app(tmp_path_factory.mktemp("app")) as url:
        yield url
