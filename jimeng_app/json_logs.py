"""Logs as JSON, one object a line, with the task's id and the upstream's `logid`."""

import json
import logging
from datetime import UTC, datetime
from typing import Final

from jimeng_core.backends.logid import LOGID

_FIELDS: Final = (
    *("task_id", "upstream_id", "batch_id", "webhook_id", "account", "worker", "code", "error"),
)
"""What a record can have beside its message."""


class JsonFormatter(logging.Formatter):
    """A record as JSON; of an exception the class, whose text may quote an input."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        values = {name: getattr(record, name, None) for name in _FIELDS}
        values["logid"] = LOGID.get() if values["task_id"] else None
        line |= {name: value for name, value in values.items() if value is not None}
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False, default=str)


def log_as_json() -> None:
    """Write the app's records as JSON to standard error, from INFO on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("jimeng_app").setLevel(logging.INFO)
