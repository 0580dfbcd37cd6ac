"""What the demo site keeps on disk: tasks, pictures, videos. Safe for several processes at once.

Every file is written under another name and moved into place, so that no reader sees half of one.
All of it blocks; callers run it in a thread.
"""

import hashlib
import json
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from .parsed_draft import ParsedDraft

URI_PREFIX: Final = "tos-cn-i-tb4s082cfz/"
"""What the URIs of the CN site's picture store begin with (protocol 11)."""

_ID_LENGTH: Final = 36
"""Characters of a submit id, which the names of a task's files begin with."""
REMEMBERED: Final = 2000
"""How many deleted tasks are remembered, so that a look-up says `expired`."""


@dataclass(frozen=True, slots=True)
class DemoTask:
    """One task of the demo site, as it lies on disk."""

    submit_id: str
    account: str
    """Whose task it is: a digest of the session, never the session itself."""
    visitor: str
    created: float
    """Unix seconds."""
    pace: float
    """1: about 10 s in all; 0: as fast as it renders."""
    order: ParsedDraft
    draft_content: str
    metrics_extra: str
    fault: str | None = None
    """The failure that its prompt asks for."""
    finished: float | None = None
    """When the rendering ended, in unix seconds."""
    broken: bool = False
    """Whether the rendering failed."""
    deleted: bool = False
    """Whether its files were given up for newer ones."""
    charges: int = 1
    """How often it was submitted: a real site would ask money each time."""

    @property
    def history_id(self) -> str:
        """The site's own number for it: digits that follow from the submit id."""
        digest = hashlib.sha256(self.submit_id.encode()).digest()
        return str(10**12 + int.from_bytes(digest[:5]))


_TASK = TypeAdapter(DemoTask)


class Store:
    """The folder of one demo site.

    Args:
        folder: Made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.tasks, self.pictures, self.media = (
            folder / name for name in ("tasks", "pictures", "media")
        )
        self.turn = folder / "rendering.lock"
        self._numbers = folder / "numbers"
        self._changing = threading.Lock()
        for place in (self.tasks, self.pictures, self.media, self._numbers):
            place.mkdir(parents=True, exist_ok=True)

    def save(self, task: DemoTask) -> None:
        """Keep a task, in place of what was kept under its id."""
        write(self.tasks / f"{task.submit_id}.json", json.dumps(asdict(task)).encode())
        number = self._numbers / task.history_id
        if not number.exists():
            write(number, task.submit_id.encode())

    def change(self, submit_id: str, how: Callable[[DemoTask], DemoTask]) -> DemoTask | None:
        """Replace a task by what `how` makes of it, one change after the other.

        Returns:
            The new one; None when there is none to change.
        """
        with self._changing:
            task = self.load(submit_id)
            if task is None:
                return None
            new = how(task)
            self.save(new)
            return new

    def load(self, submit_id: str) -> DemoTask | None:
        """The task of a submit id, whose shape is the caller's care; None when there is none."""
        try:
            return _TASK.validate_json((self.tasks / f"{submit_id}.json").read_bytes())
        except (OSError, ValueError):  # gone, unreadable, or no task
            return None

    def load_number(self, history_id: str) -> DemoTask | None:
        """The task of a history id."""
        try:
            return self.load((self._numbers / history_id).read_text())
        except (OSError, ValueError):
            return None

    def all(self) -> Iterator[DemoTask]:
        """Every task, in the order they were made."""
        found = (self.load(path.stem) for path in self.tasks.glob("*.json"))
        return iter(sorted((task for task in found if task), key=lambda task: task.created))

    def put_picture(self, name: str, data: bytes) -> None:
        """Keep a picture."""
        write(self.pictures / name, data)

    def picture(self, uri: str) -> Path:
        """Where the picture of a URI lies, if it does."""
        return self.pictures / uri.removeprefix(URI_PREFIX)

    def uris(self) -> set[str]:
        """The URIs of all pictures."""
        return {URI_PREFIX + path.name for path in _whole_files(self.pictures)}

    def video(self, submit_id: str) -> Path:
        """Where the video of a task lies, once it is rendered."""
        return self.media / f"{submit_id}.mp4"

    def poster(self, submit_id: str) -> Path:
        """Where its poster lies."""
        return self.media / f"{submit_id}.jpg"

    def images(self, submit_id: str, count: int) -> list[Path]:
        """Where the images of a task lie, once they are drawn."""
        return [self.media / f"{submit_id}-{number}.jpg" for number in range(1, count + 1)]

    def make_room(self, limit: int) -> None:
        """Give up the oldest results and pictures until all together have at most `limit` bytes.

        A task's files go together; the pictures of unfinished tasks stay. A task whose result goes
        is `deleted` from then on, and of the deleted ones only the newest are remembered.
        """
        tasks = list(self.all())
        needed = {
            self.picture(shot.uri)
            for task in tasks
            if task.finished is None
            for shot in task.order.shots
        }
        for gone in [task for task in tasks if task.deleted][:-REMEMBERED]:
            (self.tasks / f"{gone.submit_id}.json").unlink(missing_ok=True)
            (self._numbers / gone.history_id).unlink(missing_ok=True)
        results: defaultdict[str, list[Path]] = defaultdict(list)
        for path in _whole_files(self.media):
            results[path.stem[:_ID_LENGTH]].append(path)
        pictures = [[path] for path in _whole_files(self.pictures) if path not in needed]
        oldest_first = sorted(
            [*results.values(), *pictures], key=lambda files: files[0].stat().st_mtime
        )
        total = sum(_size(files) for files in oldest_first)
        for files in oldest_first:
            if total <= limit:
                return
            total -= _size(files)
            if files[0].parent == self.media:
                self.change(files[0].stem[:_ID_LENGTH], _gone)
            for path in files:
                path.unlink(missing_ok=True)


def _gone(task: DemoTask) -> DemoTask:
    """A task whose files went; what is unfinished makes new ones."""
    return task if task.finished is None else replace(task, deleted=True)


def _whole_files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _size(files: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in files)


def write(path: Path, data: bytes) -> None:
    """Write a file so that it is either not there or whole."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
