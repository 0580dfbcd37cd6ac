"""Fixtures of batches."""

from pathlib import Path

import pytest

from jimeng_core.backends.demo import worker as renderer
from tests import instant_films
from tests.batch.batch_worker import Batches


@pytest.fixture(autouse=True)
def _no_foreign_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is the test's own."""
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture
def batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Batches:
    """Batches on the demo, whose films need no rendering."""
    monkeypatch.setattr(renderer, "_start", instant_films.start)
    return Batches(tmp_path)
