"""The mode and the request of a finished video are read from its record when they are asked for."""

import copy
import gc
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from jimeng_core import Completed, Mode, RequestEcho, SubjectReference, deferred
from jimeng_core.backends.json_reading import embedded
from jimeng_core.backends.web import records
from tests.core.web.draft_tools import body_of
from tests.core.web.record_tools import TASK_ID, finished, item, origin

NOW = datetime(2026, 9, 1, 13, tzinfo=UTC)
REQUEST = SubjectReference(prompt="@图片1 跑", images=(b"1",), duration=7, ratio="9:16", seed=3)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The drafts that were parsed."""
    drafts: list[object] = []

    def recorded(value: object) -> Any:
        drafts.append(value)
        return embedded(value)

    monkeypatch.setattr("jimeng_core.backends.web.echo.embedded", recorded)
    return drafts


def record() -> dict[str, Any]:
    """The record of a finished video with its draft, as the site sends it."""
    body = body_of(REQUEST, seed=3, seed_chosen=True)
    echoed = {name: body[name] for name in ("draft_content", "metrics_extra")}
    return (
        finished(item({"origin": origin()})) | {"generate_type": 10, "submit_id": TASK_ID} | echoed
    )


def read() -> Completed:
    """The task of that record."""
    task = records.read_record(record(), TASK_ID, NOW)
    assert isinstance(task, Completed)
    return task


def test_read_when_asked_for(parsed: list[object]) -> None:
    """The draft is parsed once, by the first look at the mode or at the request."""
    task = read()
    assert task.video.url
    assert parsed == []
    assert task.mode is Mode.SUBJECT_REFERENCE
    assert isinstance(task.request, RequestEcho)
    assert (task.request.prompt, task.request.duration) == (REQUEST.prompt, 7)
    assert (task.request.ratio, task.request.seed) == ("9:16", 3)
    assert len(parsed) == 1


def test_same_task() -> None:
    """Comparing, copying, pickling and showing a task read its request too."""
    task = read()
    other = records.read_record(record() | {"draft_content": None}, TASK_ID, NOW)
    assert isinstance(other, Completed)
    assert other == replace(read(), mode=other.mode, request=other.request)
    assert read() == task == replace(task) == copy.copy(read())
    assert pickle.loads(pickle.dumps(read())) == task  # noqa: S301 - our own bytes
    assert repr(read()) == repr(task)
    assert "跑" in repr(task)
    assert hash(read()) == hash(task)
    assert isinstance(getattr(Completed, "mode"), deferred.DeferredField)  # noqa: B009 - for mypy


def test_few_drafts_are_kept(parsed: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many tasks, only the latest keep their drafts; tasks that are gone are not read."""
    monkeypatch.setattr(deferred, "MAX_DEFERRED", 10)
    deferred._waiting.clear()
    tasks = [read() for _ in range(15)]
    assert len(parsed) == 5
    del tasks
    gc.collect()
    _ = [read() for _ in range(10)]
    assert len(parsed) == 5
