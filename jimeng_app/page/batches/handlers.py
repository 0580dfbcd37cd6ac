"""The events of the tab of batches."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
import pandas as pd
from anyio import to_thread

from jimeng_app.call_context import CallContext
from jimeng_app.file_input import NotUploaded, uploaded_file
from jimeng_app.page.components import EVENT, RAW_EVENT, Values
from jimeng_app.page.connection import Connection
from jimeng_app.page.i18n import translate
from jimeng_app.page.rendering import message, render
from jimeng_core import JimengError
from jimeng_core.problems import invalid_field

from .layout import BatchLayout

if TYPE_CHECKING:
    from jimeng_app.batch.planning import Estimate
    from jimeng_app.batch.service import BatchService, Upload
    from jimeng_app.batch.store import BatchStatus

TABLES: Final = {".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".jsonl", ".ndjson", ".json"}
FILMS: Final = 12
"""Films that are shown; all are in the archive."""
PROBLEMS: Final = 50


def price_text(estimate: "Estimate", *, chinese: bool) -> str:
    """What the rows of a table will probably cost; empty without a row."""
    texts = [
        translate(f"price_{unit}", chinese=chinese, amount=f"{amount.normalize():,f}")
        for unit, amount in sorted(estimate.totals.items())
        if amount
    ]
    if estimate.unknown:
        texts.append(translate("batch_unknown_price", chinese=chinese, count=estimate.unknown))
    free = estimate.totals and not texts
    return translate("batch_free", chinese=chinese) if free else " + ".join(texts)


class BatchHandlers:
    """The events of the tab.

    Args:
        connection: Who asks.
        layout: The components.
    """

    def __init__(self, connection: Connection, layout: BatchLayout) -> None:
        self._connection = connection
        self._batches = connection.pool.batches
        self._layout = layout

    def bind(self) -> None:
        """Declare the events."""
        at, page = self._layout, self._connection.caller
        found = [at.checked, at.start]
        at.files.change(self.check, {at.files, *page}, found, **RAW_EVENT)
        shown = [at.chosen, at.shown, at.plot, at.pause, at.resume, at.cancel, at.retry, at.timer]
        started = [*found, at.files, *shown]
        at.start.click(self.start, {at.files, *page}, started, **RAW_EVENT)
        for trigger in (at.tab.select, at.chosen.input, at.timer.tick):
            trigger(self.show, at.chosen, shown, **EVENT)
        for button, action in (
            (at.pause, "pause"),
            (at.resume, "resume"),
            (at.cancel, "cancel"),
            (at.retry, "retry-failed"),
        ):
            button.click(self.changer(action), at.chosen, shown, **EVENT)

    async def check(self, values: Values, request: gr.Request) -> Values:
        """Say what the dropped table would submit."""
        at, call = self._layout, self._connection.call(request, values)
        if not values[at.files]:
            return {at.checked: "", at.start: gr.Button(interactive=False)}
        try:
            service = await self._batches.service()
            _, checked = await service.check(call, await self._upload(values[at.files]))
        except JimengError as error:
            text = message(call.error_message(error))
            return {at.checked: text, at.start: gr.Button(interactive=False)}
        from jimeng_app.batch.routes import described  # noqa: PLC0415 - of the extra

        found = described(call, checked)
        more = max(0, len(found["problems"]) - PROBLEMS)
        html = render(
            "batch_checked.html",
            chinese=call.chinese,
            ready=found["ready"],
            price=price_text(checked.estimate, chinese=call.chinese),
            problems=found["problems"][:PROBLEMS],
            more=more,
        )
        return {at.checked: html, at.start: gr.Button(interactive=bool(checked.rows))}

    async def start(self, values: Values, request: gr.Request) -> Values:
        """Submit the good rows of the dropped table."""
        at, call = self._layout, self._connection.call(request, values)
        try:
            service = await self._batches.service()
            table, checked = await service.check(call, await self._upload(values[at.files]))
            batch_id, _ = await service.submit(table, checked)
        except JimengError as error:
            return {at.checked: message(call.error_message(error))}
        done = {at.checked: "", at.files: None, at.start: gr.Button(interactive=False)}
        return done | await self._view(call, service, batch_id)

    async def show(self, batch_id: str | None, request: gr.Request) -> Values:
        """Show a batch as it is now."""
        call = self._connection.call(request)
        return await self._view(call, await self._batches.service(), batch_id)

    def changer(self, action: str) -> Callable[[str | None, gr.Request], Awaitable[Values]]:
        """The handler of a button that changes the batch that is shown."""

        async def change(batch_id: str | None, request: gr.Request) -> Values:
            call = self._connection.call(request)
            service = await self._batches.service()
            if batch_id:
                await service.change(call, batch_id, action)
            return await self._view(call, service, batch_id)

        return change

    async def _upload(self, files: Sequence[Mapping[str, Any]]) -> "Upload":
        from jimeng_app.batch.service import Upload  # noqa: PLC0415 - of the extra

        uploads = self._connection.pool.uploads
        read: dict[str, Path] = {}
        for file in files:
            try:
                path = uploaded_file(str(file.get("path")), uploads)
            except NotUploaded:
                continue
            read[PurePath(str(file.get("orig_name") or path.name)).name] = path
        tables = [name for name in read if PurePath(name.lower()).suffix in TABLES]
        if len(tables) != 1:
            raise invalid_field("table", *_one_table())
        pictures = {name: path for name, path in read.items() if name != tables[0]}
        return Upload(
            data=await to_thread.run_sync(read[tables[0]].read_bytes),
            file_name=tables[0],
            pictures={
                name: await to_thread.run_sync(path.read_bytes) for name, path in pictures.items()
            },
        )

    async def _view(
        self, call: CallContext, service: "BatchService", batch_id: str | None
    ) -> Values:
        at = self._layout
        batches = await service.batches(call)
        batch = next((each for each in batches if each.id == batch_id), next(iter(batches), None))
        choices = [(f"{each.name} ({each.total})", each.id) for each in batches]
        if batch is None:
            empty = message(translate("batch_none", chinese=call.chinese), kind="empty")
            hidden = dict.fromkeys(
                (at.pause, at.resume, at.cancel, at.retry), gr.Button(visible=False)
            )
            return hidden | {
                at.chosen: gr.Dropdown(choices, value=None),
                at.shown: empty,
                at.plot: gr.LinePlot(visible=False),
                at.timer: gr.Timer(active=False),
            }
        rows = await service.rows(call, batch.id)
        ended = any(row["ended_at"] for row in rows)
        return {
            at.chosen: gr.Dropdown(choices, value=batch.id),
            at.shown: _batch_html(call, batch, rows),
            at.plot: gr.LinePlot(_over_time(call, batch, rows), visible=ended),
            at.pause: gr.Button(visible=bool(batch.open) and not batch.paused),
            at.resume: gr.Button(visible=batch.paused),
            at.cancel: gr.Button(visible=bool(batch.open)),
            at.retry: gr.Button(visible=bool(batch.stages.get("failed"))),
            at.timer: gr.Timer(active=batch.ended_at is None),
        }


def _one_table() -> tuple[str, str]:
    return (
        translate("batch_one_table", chinese=False),
        translate("batch_one_table", chinese=True),
    )


def _batch_html(call: CallContext, batch: "BatchStatus", rows: Sequence[Mapping[str, Any]]) -> str:
    failures = Counter(
        (row["error"]["code"], row["error"]["message_zh" if call.chinese else "message"])
        for row in rows
        if row["error"]
    )
    films = [
        {"path": file["path"], "kind": file["kind"], "row": row["number"]}
        for row in rows
        for file in row["files"] or []
        if file["kind"] in {"video", "image"}
    ]
    done = batch.total - batch.open
    return render(
        "batch.html",
        chinese=call.chinese,
        batch=batch,
        base=f"{call.base_url}/api/batches/{batch.id}",
        stages=sorted(batch.stages.items()),
        percent=round(100 * done / max(batch.total, 1)),
        done=done,
        failures=failures.most_common(),
        pauses=[
            (name, why["message_zh" if call.chinese else "message"])
            for name, why in batch.accounts.items()
        ],
        films=films[-FILMS:][::-1],
    )


def _over_time(
    call: CallContext, batch: "BatchStatus", rows: Sequence[Mapping[str, Any]]
) -> pd.DataFrame:
    """How many rows had ended after how many minutes, by stage."""
    ended = sorted((row["ended_at"], row["stage"]) for row in rows if row["ended_at"])
    counts: Counter[str] = Counter()
    points = [(0.0, 0, stage) for stage in dict.fromkeys(each[1] for each in ended)]
    for at, stage in ended:
        counts[stage] += 1
        points.append(((at - batch.created_at) / 60, counts[stage], stage))
    frame = pd.DataFrame(points, columns=["minutes", "rows", "stage"])
    names = {stage: translate(f"stage_{stage}", chinese=call.chinese) for stage in counts}
    frame["stage"] = frame["stage"].map(names)
    return frame
