"""The demo site's data folder: tasks in an SQLite database, pictures and results as files.

Several processes may use one folder at once. All methods block.
"""

import json
import secrets
import shutil
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock

from .folder_errors import os_error
from .stored_task import DemoTask, from_row, json_tasks, to_row

URI_PREFIX: Final = "tos-cn-i-tb4s082cfz/"
"""The start of every URI of the CN site's picture store (protocol 11)."""
VID_PREFIX: Final = "v0"
"""The start of every vid, which names its file; the names of pictures are hexadecimal."""
REMEMBERED: Final = 2000
"""Evicted tasks that stay in the database, so that a look-up of one says `expired`."""
BUSY_SECONDS: Final = 30.0
"""How long to wait for a lock that another process holds on the database."""
WRITING_SECONDS: Final = 60.0
"""After this time without a write, a half-written picture is that of a killed process."""
SYNCHRONOUS = "NORMAL"
"""Survives a killed process; a power failure may lose the last commits, but not the database."""
_ID_LENGTH: Final = 36
"""Characters of a submit id, with which the names of a task's result files begin."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tasks (
    number INTEGER PRIMARY KEY, submit_id TEXT NOT NULL UNIQUE, history_id TEXT NOT NULL,
    account TEXT NOT NULL, visitor TEXT NOT NULL, created REAL NOT NULL, pace REAL NOT NULL,
    draft TEXT NOT NULL, draft_content TEXT NOT NULL, metrics_extra TEXT NOT NULL, fault TEXT,
    finished REAL, broken INTEGER NOT NULL, deleted INTEGER NOT NULL, charges INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS tasks_by_history_id ON tasks (history_id);
CREATE INDEX IF NOT EXISTS unfinished_tasks ON tasks (number) WHERE finished IS NULL;
CREATE INDEX IF NOT EXISTS tasks_by_end ON tasks (finished);
"""
_INSERT: Final = """
INSERT INTO tasks (submit_id, history_id, account, visitor, created, pace, draft, draft_content,
    metrics_extra, fault, finished, broken, deleted, charges)
VALUES (:submit_id, :history_id, :account, :visitor, :created, :pace, :draft, :draft_content,
    :metrics_extra, :fault, :finished, :broken, :deleted, :charges)
ON CONFLICT (submit_id) DO
"""
_CHARGE: Final = "UPDATE SET charges = charges + 1 WHERE account = excluded.account"


class Store:
    """The data folder of one demo site.

    Args:
        folder: Created when missing. JSON files of an earlier version move into the database.

    Raises:
        OSError: The folder or the database cannot be used; all methods raise it, too.
    """

    def __init__(self, folder: Path) -> None:
        self.pictures, self.media = folder / "pictures", folder / "media"
        self.rendering_lock = folder / "rendering.lock"
        self._folder = folder
        self._database = folder / "demo.sqlite3"
        self._create()
        outdated = folder / "tasks", folder / "numbers"
        if any(each.exists() for each in outdated):
            with FileLock(folder / "opening.lock"):
                self.add(json_tasks(outdated[0]))
                for each in outdated:
                    shutil.rmtree(each, ignore_errors=True)

    def _create(self) -> None:
        """Make what is missing of the folder."""
        for place in (self.pictures, self.media):
            place.mkdir(parents=True, exist_ok=True)
        # SQLite does not wait for a lock while it changes the journal mode.
        with FileLock(self._folder / "opening.lock"), self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_SCHEMA)

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """Open a connection for one operation, also after the folder was deleted."""
        if not self._database.exists():
            self._create()
        with self._open() as db:
            yield db

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(
                self._database, BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            with closing(connection):
                connection.row_factory = sqlite3.Row
                connection.text_factory = lambda data: data.decode(errors="replace")
                connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
                yield connection
        except sqlite3.Error as error:
            raise os_error(error, self._database.name) from error

    @contextmanager
    def held_open(self) -> Iterator[None]:
        """Keep the database open: writes are faster, as only the last connection checkpoints."""
        with self._connect() as db:
            db.execute("SELECT 1 FROM tasks LIMIT 1").fetchall()
            yield

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Exclude all other writers until the block ends, and roll back when it raises."""
        with self._connect() as db:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")

    def submit(self, task: DemoTask, admit: Callable[[Collection[str]], None]) -> DemoTask | None:
        """Store a new task, or charge the stored one of the same id and account once more.

        Args:
            task: The submission.
            admit: Called before a new task is stored, with the visitor of each unfinished task. Its
                exception refuses the submission.

        Returns:
            The task as stored; None when the id is another account's, or the task is unreadable.
        """
        find = "SELECT * FROM tasks WHERE submit_id = ?"
        with self._transaction() as db:
            if db.execute(find, (task.submit_id,)).fetchone() is None:
                admit(_unfinished(db).values())
            stored = db.execute(f"{_INSERT} {_CHARGE}", to_row(task)).rowcount
            row = db.execute(find, (task.submit_id,)).fetchone()
        return from_row(row) if stored else None

    def add(self, tasks: Iterable[DemoTask]) -> None:
        """Store tasks whose ids are new."""
        with self._transaction() as db:
            db.executemany(f"{_INSERT} NOTHING", map(to_row, tasks))

    def finish(self, submit_id: str, at: float, *, broken: bool) -> bool:
        """Mark a task as rendered at `at` (Unix seconds); False when it was already."""
        sql = "UPDATE tasks SET finished = ?, broken = ? WHERE submit_id = ? AND finished IS NULL"
        with self._connect() as db:
            return db.execute(sql, (at, broken, submit_id)).rowcount == 1

    def load(self, submit_id: str) -> DemoTask | None:
        """The task of a submit id or history id; None without a readable one."""
        return next(iter(self.load_many([submit_id])), None)

    def load_many(self, ids: Iterable[str]) -> list[DemoTask]:
        """The tasks of these submit ids and history ids, in the order of submission."""
        return self._select(
            """SELECT * FROM tasks WHERE submit_id IN (SELECT value FROM json_each(:ids))
            OR history_id IN (SELECT value FROM json_each(:ids)) ORDER BY number""",
            ids=json.dumps(list(ids)),
        )

    def all(self) -> list[DemoTask]:
        """Every task that can be read, in the order of submission."""
        return self._select("SELECT * FROM tasks ORDER BY number")

    def _select(self, sql: str, **parameters: str) -> list[DemoTask]:
        with self._connect() as db:
            rows = db.execute(sql, parameters).fetchall()
        return [task for task in map(from_row, rows) if task]

    def unfinished(self) -> dict[str, str]:
        """The visitor of each unfinished task by its submit id, in the order of submission."""
        with self._connect() as db:
            return _unfinished(db)

    def idle_since(self) -> float:
        """When the last rendering ended, in Unix seconds; 0: none has."""
        with self._connect() as db:
            return db.execute("SELECT max(finished) FROM tasks").fetchone()[0] or 0

    def put_file(self, name: str, data: bytes) -> None:
        """Store an uploaded file, so that it is either missing or complete."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        temporary = self.pictures / f".{name}.{secrets.token_hex(4)}"
        try:
            temporary.write_bytes(data)
            temporary.replace(self.pictures / name)
        finally:
            temporary.unlink(missing_ok=True)

    def put_part(self, name: str, offset: int, data: bytes) -> None:
        """Store a part of an uploaded file at its place; nothing at 0 begins the file."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        with (self.pictures / f".{name}").open("r+b" if offset else "wb") as file:
            file.seek(offset)
            file.truncate()  # an earlier attempt at this part
            file.write(data)

    def join_parts(self, name: str) -> None:
        """Complete a file that came in parts."""
        (self.pictures / f".{name}").replace(self.pictures / name)

    def upload(self, uri: str) -> Path:
        """The path of an uploaded file: a picture by its URI, a video or an audio by its vid."""
        return self.pictures / uri.removeprefix(URI_PREFIX)

    def uris(self) -> set[str]:
        """The URIs of all pictures, and the vids of all videos and audios."""
        names = (path.name for path in _complete_files(self.pictures))
        return {name if name.startswith(VID_PREFIX) else URI_PREFIX + name for name in names}

    def results(self, task: DemoTask) -> list[Path]:
        """The paths of a task's result: its video and the poster, or its images."""
        names = [f"-{number}.jpg" for number in range(1, task.draft.count + 1)]
        return [self.media / f"{task.submit_id}{name}" for name in names or (".mp4", ".jpg")]

    def remove_incomplete(self) -> None:
        """Remove half-written files of killed processes; call it while nothing is rendered."""
        for path in self.media.glob(".*"):
            path.unlink(missing_ok=True)
        for path in self.pictures.glob(".*"):  # other processes may be writing some now
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > WRITING_SECONDS:
                    path.unlink()

    def evict(self, max_bytes: int) -> None:
        """Delete the oldest results and pictures until the rest has at most `max_bytes`.

        The files of a task go together, and a finished task is `deleted` from then on. Pictures of
        unfinished tasks stay, and do not count.
        """
        paths = [*_complete_files(self.media), *_complete_files(self.pictures)]
        if sum(path.stat().st_size for path in paths) <= max_bytes:
            return
        drafts = [task.draft for task in self.load_many(self.unfinished())]
        needed = {self.upload(shot.uri) for draft in drafts for shot in draft.shots}
        needed |= {self.upload(clip.vid) for draft in drafts for clip in draft.clips}
        groups: defaultdict[str, list[Path]] = defaultdict(list)
        for path in paths:
            if path not in needed:
                groups[path.stem[:_ID_LENGTH]].append(path)
        sizes = {name: sum(path.stat().st_size for path in groups[name]) for name in groups}
        total = sum(sizes.values())
        for name in sorted(
            groups, key=lambda name: max(path.stat().st_mtime for path in groups[name])
        ):
            if total <= max_bytes:
                return
            total -= sizes[name]
            self._forget(name)
            for path in groups[name]:
                path.unlink(missing_ok=True)

    def _forget(self, submit_id: str) -> None:
        """Mark a finished task as deleted, and drop the oldest deleted ones from the database."""
        with self._connect() as db:
            db.execute(
                "UPDATE tasks SET deleted = 1 WHERE submit_id = ? AND finished IS NOT NULL",
                (submit_id,),
            )
            db.execute(
                """DELETE FROM tasks WHERE deleted AND number NOT IN
                (SELECT number FROM tasks WHERE deleted ORDER BY number DESC LIMIT ?)""",
                (REMEMBERED,),
            )


def _unfinished(db: sqlite3.Connection) -> dict[str, str]:
    rows = db.execute("SELECT submit_id, visitor FROM tasks WHERE finished IS NULL ORDER BY number")
    return dict(map(tuple, rows))


def _complete_files(folder: Path) -> list[Path]:
    return list(folder.glob("[!.]*"))
