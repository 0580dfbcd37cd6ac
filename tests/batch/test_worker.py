"""Workers: rows are submitted within the limits, followed, saved, each once."""

import hashlib
import json

import pandas as pd
import pytest
from sqlalchemy.exc import OperationalError

from jimeng_app.batch import seen_workers
from tests.batch.batch_worker import Batches

TABLE = "prompt,duration\nA cat.,4\nA dog.,5\nA bird.,4\n"


def test_a_table_becomes_a_folder_of_films(batches: Batches) -> None:
    """Every row ends completed, with its film, poster, length and hash in the folder's manifest."""
    batches.submit(TABLE)
    with batches.running():
        status = batches.wait()

    assert status.stages == {"completed": 3}
    manifest = json.loads((batches.out / "manifest.json").read_text("utf-8"))
    assert [row["prompt"] for row in manifest] == ["A cat.", "A dog.", "A bird."]
    for row in manifest:
        data = (batches.out / row["file"]).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert {each["kind"] for each in row["files"]} == {"video", "poster"}
    table = pd.read_csv(batches.out / "manifest.csv")
    assert list(table["file"]) == ["001.mp4", "002.mp4", "003.mp4"]
    names = {path.name for path in batches.out.iterdir()}
    assert names == {*(f"00{i}.{kind}" for i in (1, 2, 3) for kind in ("mp4", "jpg")),
                     "manifest.csv", "manifest.json"}  # fmt: skip


def test_a_stop_without_a_database(
    batches: Batches, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker stops in silence while its database is away."""

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("", None, Exception())

    with batches.running():
        monkeypatch.setattr(seen_workers, "forget_worker", fail)
    assert not [each for each in caplog.records if each.levelname == "ERROR"]
