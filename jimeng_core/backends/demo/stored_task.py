"""A task of the demo site as it is stored: a row of the database."""

import hashlib
import json
import logging
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, TypeAdapter

from .parsed_draft import ParsedDraft

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DemoTask:
    """One task of the demo site, as it is stored."""

    submit_id: str
    account: str
    """Digest of the session that submitted it; the session itself is not stored."""
    visitor: str
    created: float
    """Unix seconds."""
    pace: float
    """1: about 10 s in all; 0: as fast as it renders."""
    draft: Annotated[ParsedDraft, Field(validation_alias=AliasChoices("draft", "order"))]
    """What to render (`order` in the JSON files of earlier versions)."""
    draft_content: str
    metrics_extra: str
    fault: str | None = None
    """The failure that its prompt asks for."""
    finished: float | None = None
    """When the rendering ended, in Unix seconds."""
    broken: bool = False
    """Whether the rendering failed."""
    deleted: bool = False
    """Whether its result was evicted."""
    charges: int = 1
    """How often it was submitted: a real site might charge each time."""

    @property
    def history_id(self) -> str:
        """The site's own number for the task: 13 digits derived from the submit id."""
        digest = hashlib.sha256(self.submit_id.encode()).digest()
        return str(10**12 + int.from_bytes(digest[:5]))


_TASK = TypeAdapter(DemoTask)
_DRAFT = TypeAdapter(ParsedDraft)


def to_row(task: DemoTask) -> dict[str, object]:
    """The columns of a task."""
    row = asdict(task)
    return {**row, "history_id": task.history_id, "draft": json.dumps(row["draft"])}


def from_row(row: sqlite3.Row) -> DemoTask | None:
    """The task of a row; None when it cannot be read."""
    try:
        return _TASK.validate_python({**row, "draft": _DRAFT.validate_json(row["draft"])})
    except ValueError:
        log.warning("The demo cannot read the task %s.", row["submit_id"])
        return None


def json_tasks(folder: Path) -> list[DemoTask]:
    """The tasks that an earlier version stored, one JSON file each."""
    tasks = []
    for path in folder.glob("*.json"):
        try:
            tasks.append(_TASK.validate_json(path.read_bytes()))
        except (OSError, ValueError):
            log.warning("The demo cannot read the task file %s.", path.name)
    return sorted(tasks, key=lambda task: task.created)
