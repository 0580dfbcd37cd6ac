"""The demo site: it accepts or refuses submissions, and answers look-ups with records.

It is synchronous and thread-safe, so that clients on any event loop can share one.
"""

import re
from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from jimeng_core.backends.json_reading import Json, as_int, as_list, as_object, as_text

from .draft_parsing import parse_draft
from .faults.prompt_faults import PROMPT_FAULTS, requested_fault
from .parsed_draft import INVALID, DraftRefused, require
from .record_writing import RecordView, record
from .store import Store
from .stored_task import DemoTask
from .worker import Worker

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TOO_MANY_RUNNING: Final = "1310"


@dataclass(frozen=True, slots=True)
class DemoLimits:
    """Limits of tasks and storage that keep a public demo usable."""

    max_unfinished: int = 1000
    max_unfinished_of_visitors: int = 20
    """Of all visitors of a public app together; its owner may have more."""
    max_unfinished_per_visitor: int = 3
    max_bytes: int = 2**30
    """Of all pictures and results."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """The sender of a request.

    Attributes:
        account: A digest of the session.
        visitor: Whose unfinished tasks count together against the limits for visitors; empty: those
            limits do not apply.
        pace: How fast the tasks run.
        media_base: The path under which an app serves the results; None: `file:` URLs.
    """

    account: str
    visitor: str
    pace: float
    media_base: str | None


class DemoSite:
    """One demo site over one folder.

    Args:
        folder: The data folder.
        now: The source of the time, in Unix seconds.
        limits: How many tasks and bytes it takes.

    Raises:
        OSError: The folder cannot be used.
    """

    def __init__(
        self, folder: Path, now: Callable[[], float], limits: DemoLimits = DemoLimits()
    ) -> None:
        self.store = Store(folder)
        self._open = ExitStack()
        self._open.enter_context(self.store.held_open())
        self.now = now
        self._limits = limits
        self._worker = Worker(self.store, now, limits.max_bytes)

    def close(self) -> None:
        """Stop rendering; unfinished tasks are rendered when the folder is opened again."""
        self._worker.close()
        self._open.close()

    def submit(self, body: Json, account: DemoAccount) -> dict[str, Any]:
        """Accept a submission, and return the `data` of the answer.

        Raises:
            DraftRefused: The site refuses it.
        """
        submit_id = as_text(body.get("submit_id")) or ""
        require(_UUID.fullmatch(submit_id), "submit_id")
        draft = parse_draft(body, self.store.uris())
        fault = requested_fault([draft.prompt, *(shot.caption for shot in draft.shots)])
        if fault and PROMPT_FAULTS[fault].at == "submit":
            raise DraftRefused(PROMPT_FAULTS[fault].upstream_code, f"#fail:{fault}")
        task = DemoTask(
            submit_id=submit_id,
            account=account.account,
            visitor=account.visitor,
            created=self.now(),
            pace=account.pace,
            draft=draft,
            draft_content=str(body["draft_content"]),
            metrics_extra=str(body["metrics_extra"]),
            fault=fault,
        )
        # It is not known what the real site does with an id that was submitted before (protocol
        # 6.1); the demo assumes that it charges again.
        stored = self.store.submit(task, partial(self._admit, account.visitor))
        if stored is None:
            raise DraftRefused(INVALID, "submit_id")
        self._worker.wake()
        queue: list[str] = []
        with suppress(OSError):  # the submission was accepted, whatever fails from here on
            queue += self.store.unfinished()
        return {"aigc_data": self._record(stored, queue, account)}

    def _admit(self, visitor: str, unfinished: Collection[str]) -> None:
        """Refuse a new task beyond the limits, by the visitors of the unfinished ones."""
        limits = self._limits
        full = len(unfinished) >= limits.max_unfinished
        if visitor:
            visitors = [each for each in unfinished if each]
            full |= len(visitors) >= limits.max_unfinished_of_visitors
            full |= visitors.count(visitor) >= limits.max_unfinished_per_visitor
        require(not full, "exceed_model_parallel_max", TOO_MANY_RUNNING)

    def audit(self, body: Json) -> dict[str, Any]:
        """The results of the check of references: what was uploaded is accepted."""
        materials = [as_object(each) for each in as_list(body.get("material_list"))]
        names = [as_text(each.get("uri") or each.get("vid")) for each in materials]
        require(as_int(body.get("scene")) and as_text(body.get("model_key")), "scene, model_key")
        require(names and self.store.uris().issuperset(names), "material_list")
        return {"result_list": [{"audit_decision": 1} for _ in names]}

    def look_up(self, body: Json, account: DemoAccount) -> dict[str, Any]:
        """The records of the requested ids, by id; an unknown id is absent (protocol 9)."""
        submit_ids, history_ids = (
            {text for each in as_list(body.get(key)) if (text := as_text(each))}
            for key in ("submit_ids", "history_ids")
        )
        tasks = self.store.load_many(submit_ids | history_ids)
        queue = list(self.store.unfinished())
        idle_since = self.store.idle_since() if queue else 0
        found: dict[str, Any] = {}
        for task in tasks:
            names = {task.submit_id} & submit_ids | {task.history_id} & history_ids
            if task.account == account.account:
                shown = self._record(task, queue, account, idle_since)
                found |= dict.fromkeys(names, shown)
        return found

    def _record(
        self, task: DemoTask, queue: list[str], account: DemoAccount, idle_since: float = 0
    ) -> dict[str, Any]:
        ahead = queue.index(task.submit_id) if task.submit_id in queue else None
        base, paths = account.media_base, self.store.results(task)
        urls = [path.as_uri() if base is None else f"{base}/{path.name}" for path in paths]
        return record(task, RecordView(self.now(), ahead, len(queue), urls, idle_since))
