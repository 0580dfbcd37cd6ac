"""Logs as JSON: task ids and the upstream's logid, no input and no secret."""

import json
import logging

import pytest

from jimeng_app.json_logs import JsonFormatter
from tests.batch.batch_worker import Batches


def test_lines_are_json(batches: Batches, caplog: pytest.LogCaptureFixture) -> None:
    """The line of a submitted row has its task id and the logid of the upstream's response."""
    lines: list[dict[str, str]] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonFormatter().format(record)))

    log = logging.getLogger("jimeng_app.batch")
    handler = Handler()
    caplog.set_level(logging.INFO, "jimeng_app.batch")
    log.addHandler(handler)
    try:
        batches.submit("prompt,duration\nA cat.,4\n")
        with batches.running():
            batches.wait()
    finally:
        log.removeHandler(handler)

    [row] = batches.rows()
    [submitted] = [line for line in lines if line["message"] == "row submitted"]
    assert submitted["task_id"] == row["task_id"]
    assert submitted["logid"] == "demo"
    assert "A cat." not in json.dumps(lines)


def test_an_exception_is_its_class() -> None:
    """The text of an exception, which may quote an input, is left out."""
    error = ValueError("secret")
    record = logging.LogRecord("n", 40, "p", 1, "failed", None, (ValueError, error, None))
    line = json.loads(JsonFormatter().format(record))
    assert line["exception"] == "ValueError"
    assert "secret" not in json.dumps(line)
