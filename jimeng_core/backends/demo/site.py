"""What the demo site says: submissions taken or refused, records as the real site shapes them.

It is synchronous and thread-safe, so that clients on any event loop can share one site.
"""

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from jimeng_core.backends.json_reading import Json, as_list, as_text

from .draft_parsing import parse_draft
from .faults.prompt_faults import PROMPT_FAULTS, requested_fault
from .parsed_draft import DraftRefused
from .record_writing import RecordView, record
from .store import DemoTask, Store
from .worker import Worker

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HISTORY_ID = re.compile(r"[0-9]{13}")
TOO_MANY_RUNNING: Final = "1310"


@dataclass(frozen=True, slots=True)
class DemoLimits:
    """What keeps a public demo usable."""

    waiting: int = 1000
    """Unfinished tasks of everybody."""
    waiting_of_visitors: int = 20
    """Unfinished tasks of all visitors of a public app, while its own people may have more."""
    waiting_of_one: int = 3
    """Unfinished tasks of one visitor."""
    room: int = 2**30
    """Bytes that pictures and videos may take."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Who asks.

    Attributes:
        account: A digest of the session.
        visitor: Whose tasks count together against the limits; empty: nobody's, as the site runs
            for this guest's own sake.
        pace: How fast this guest's tasks run.
        media_base: The path under which an app serves the videos; None: `file:` URLs.
    """

    account: str
    visitor: str
    pace: float
    media_base: str | None


class DemoSite:
    """One demo site over one folder.

    Args:
        folder: Where it keeps everything.
        now: Tells the time, in unix seconds.
        limits: What keeps it usable.
    """

    def __init__(
        self, folder: Path, now: Callable[[], float], limits: DemoLimits = DemoLimits()
    ) -> None:
        self._store = Store(folder)
        self._now = now
        self._limits = limits
        self._submitting = threading.Lock()
        self._worker = Worker(self._store, now, limits.room)
        for task in self._store.all():
            if task.finished is None:
                self._worker.add(task)

    def close(self) -> None:
        """Stop rendering; what is unfinished is rendered when the folder is opened again."""
        self._worker.close()

    def keep_picture(self, name: str, data: bytes) -> None:
        """Store an uploaded picture under the name its upload was promised."""
        self._store.put_picture(name, data)

    def picture(self, uri: str) -> Path | None:
        """The file of a URI, when it was uploaded."""
        path = self._store.picture(uri)
        return path if path.exists() else None

    def submit(self, body: Json, guest: DemoAccount) -> dict[str, Any]:
        """Take a submission; gives the answer's `data`.

        Raises:
            RefusedOrder: The site refuses it.
        """
        submit_id = as_text(body.get("submit_id")) or ""
        if not _UUID.fullmatch(submit_id):
            raise DraftRefused("1000", "submit_id")
        order = parse_draft(body, self._store.uris())
        fault = requested_fault(order.prompts)
        if fault and PROMPT_FAULTS[fault].at == "submit":
            raise DraftRefused(PROMPT_FAULTS[fault].upstream_code, f"#fail:{fault}")
        with self._submitting:
            task = self._store.load(submit_id)
            if task is None:
                self._admit(guest)
                task = DemoTask(
                    submit_id=submit_id,
                    account=guest.account,
                    visitor=guest.visitor,
                    created=self._now(),
                    pace=guest.pace,
                    order=order,
                    draft_content=str(body["draft_content"]),
                    metrics_extra=str(body["metrics_extra"]),
                    fault=fault,
                )
                self._store.save(task)
                self._worker.add(task)
            else:  # what the real site does is not known (protocol 6.1): the dear way is assumed
                if task.account != guest.account:
                    raise DraftRefused("1000", "submit_id")
                self._store.change(submit_id, lambda kept: replace(kept, charges=kept.charges + 1))
        return {"aigc_data": record(task, self._view(task, guest))}

    def _admit(self, guest: DemoAccount) -> None:
        limits, unfinished = self._limits, self._worker.unfinished()
        full = len(unfinished) >= limits.waiting
        if guest.visitor:
            visitors = [task.visitor for task in unfinished if task.visitor]
            own = visitors.count(guest.visitor)
            full |= len(visitors) >= limits.waiting_of_visitors or own >= limits.waiting_of_one
        if full:
            raise DraftRefused(TOO_MANY_RUNNING, "exceed_model_parallel_max")

    def look_up(self, body: Json, guest: DemoAccount) -> dict[str, Any]:
        """The records of the ids asked for, by id; an unknown id is absent (protocol 9)."""
        found: dict[str, Any] = {}
        for key, shape, load in (
            ("submit_ids", _UUID, self._store.load),
            ("history_ids", _HISTORY_ID, self._store.load_number),
        ):
            for asked in as_list(body.get(key)):
                name = as_text(asked) or ""
                task = load(name) if shape.fullmatch(name) else None
                if task and task.account == guest.account:
                    found[name] = record(task, self._view(task, guest))
        return found

    def _view(self, task: DemoTask, guest: DemoAccount) -> RecordView:
        def url(path: Path) -> str:
            return path.as_uri() if base is None else f"{base}/{path.name}"

        base, store = guest.media_base, self._store
        return RecordView(
            now=self._now(),
            ahead=self._worker.ahead(task.submit_id),
            queue_length=len(self._worker.unfinished()),
            video_url=url(store.video(task.submit_id)),
            cover_url=url(store.poster(task.submit_id)),
            image_urls=[url(path) for path in store.images(task.submit_id, task.order.count)],
        )


def account_of(session: str) -> str:
    """The digest under which the demo keeps an account's tasks."""
    return hashlib.sha256(session.encode()).hexdigest()[:16]
