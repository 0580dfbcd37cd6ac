"""What the query panel does: look up, refresh, select, search and order."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import gradio as gr
import pandas as pd

from jimeng_app.call_context import CallContext
from jimeng_app.page.components import EVENT, RAW_EVENT, Values
from jimeng_app.page.connection import Connection
from jimeng_app.page.form.layout import Form, show_example
from jimeng_app.page.formatting import local_time, short_number
from jimeng_app.page.i18n import label, translate
from jimeng_app.page.rendering import message
from jimeng_core.ids import extract_ids

from .layout import MAX_IDS, MAX_TEXT, QueryLayout
from .preview import preview
from .state import QueryState, look_up_rows
from .table import arrange, summary, table, table_frame

_COPY = """() => {
  const ids = jimeng.visibleIds();
  jimeng.copyText(ids.join("\\n"));
  return ids.length;
}"""


class QueryHandlers:
    """The events of the query panel."""

    def __init__(self, connection: Connection, layout: QueryLayout) -> None:
        self._connection = connection
        self._layout = layout

    def bind(self, blocks: gr.Blocks, forms: Sequence[Form], tabs: gr.Tabs) -> None:
        """Make the panel work, and the buttons between it and the forms.

        Args:
            blocks: The page.
            forms: The submission forms, in the order of their tabs.
            tabs: All tabs of the page.
        """
        layout, connection = self._layout, self._connection
        view = [layout.search, layout.order, layout.utc_offset, layout.state]
        inputs: set[Any] = {*connection.caller, layout.ids, layout.follow, *view}
        answer = [layout.run, layout.note, layout.table, layout.preview]
        outputs = [*answer, layout.timer, layout.state]
        fill_in = [
            layout.history.submit(
                None, None, layout.ids, js="() => jimeng.idsOfBackend()", **EVENT
            ),
        ]
        look_up = [layout.run.click, layout.ids.submit, layout.preview.ask]
        for trigger in [*look_up, *(event.then for event in fill_in)]:
            trigger(self._look_up, inputs, outputs, **RAW_EVENT)
        layout.timer.tick(self._refresh, inputs, outputs, **RAW_EVENT)
        layout.follow.input(self._follow, inputs, outputs, trigger_mode="always_last", **RAW_EVENT)
        layout.table.select(self._select, inputs, layout.preview, **RAW_EVENT)
        for trigger in (layout.search.change, layout.order.change):
            trigger(self._arrange, inputs, layout.table, trigger_mode="always_last", **RAW_EVENT)
        layout.copy.click(None, None, layout.copied, js=_COPY, **EVENT).then(
            self._confirm_copy, layout.copied, None, **EVENT
        )
        # Headings are in the reader's language, and times by the reader's clock.
        offset = "() => -new Date().getTimezoneOffset()"
        blocks.load(None, None, layout.utc_offset, js=offset, **EVENT)
        blocks.load(self._load, None, [layout.table, layout.preview], **EVENT)
        self._bind_next_steps(forms, tabs)

    def _bind_next_steps(self, forms: Sequence[Form], tabs: gr.Tabs) -> None:
        """The buttons for what a reader can do about a row, and the example of an empty table."""
        layout, connection = self._layout, self._connection
        prompts = {form.mode.value: form.prompt for form in forms}

        async def edit(values: Values, request: gr.Request) -> Values:
            await values[layout.state].restore(connection.call(request, values))
            row = values[layout.state].row
            if row is None or row["mode"] not in prompts:
                return {tabs: gr.Tabs(selected=forms[0].mode.value)}
            prompt = prompts[row["mode"]]
            changes = {prompt: row["prompt"]} if prompt and row["prompt"] else {}
            return {tabs: gr.Tabs(selected=row["mode"]), **changes}

        outputs = [tabs, *filter(None, prompts.values())]
        inputs = {layout.state, *connection.caller}
        layout.preview.again(edit, inputs, outputs, **RAW_EVENT)
        layout.preview.connect(lambda: gr.Accordion(open=True), None, connection.panel, **EVENT)
        show_example(connection, forms[0], layout.table.example, tabs)

    def _load(self, request: gr.Request) -> tuple[str, str]:
        chinese = self._connection.call(request).chinese
        frame = table_frame([], chinese=chinese)
        empty = table(frame, selected="", chinese=chinese, looked_up=False)
        return empty, preview(None, chinese=chinese)

    async def _look_up(self, values: Values, request: gr.Request) -> AsyncIterator[Values]:
        layout, call = self._layout, self._connection.call(request, values)
        ids = extract_ids(str(values[layout.ids] or "")[:MAX_TEXT])
        if not ids:
            yield {layout.note: message(translate("no_ids", chinese=call.chinese))}
            return
        yield {layout.run: gr.Button(translate("running", chinese=call.chinese), interactive=False)}
        values[layout.state].show(await look_up_rows(call, ids[:MAX_IDS]))
        changes = self._changes(values, call) | self._preview(values, call)
        if rest := ids[MAX_IDS:]:
            text = translate("too_many_ids", chinese=call.chinese, limit=MAX_IDS, rest=len(rest))
            changes[layout.note] += message(text, kind="warning")
        yield {layout.run: gr.Button(label("run"), interactive=True), **changes}

    async def _refresh(self, values: Values, request: gr.Request) -> Values:
        """Look up what has not ended, and change nothing else."""
        call = self._connection.call(request, values)
        state: QueryState = values[self._layout.state]
        await state.restore(call)
        rows, before = state.rows, state.row
        ids = dict.fromkeys(row["id"] for row in rows if row["id"] and row["interval"])
        found = await look_up_rows(call, list(ids)) if ids else []
        if state.rows is not rows:  # another look-up has ended meanwhile
            return self._unchanged
        state.update(found)
        changes = self._changes(values, call)
        if before and before["interval"]:  # else a video that plays would start again
            changes |= self._preview(values, call)
        return changes

    @property
    def _unchanged(self) -> Values:
        """No change at all, which Gradio does not take as an empty dictionary."""
        return {self._layout.timer: gr.skip()}

    async def _follow(self, values: Values, request: gr.Request) -> Values:
        layout = self._layout
        state: QueryState = values[layout.state]
        state.follows = bool(values[layout.follow])
        if not state.follows:
            return {layout.timer: gr.Timer(active=False)}
        return await self._refresh(values, request) if state.ids else self._unchanged

    async def _select(self, values: Values, request: gr.Request, event: gr.EventData) -> Values:
        call = self._connection.call(request, values)
        state: QueryState = values[self._layout.state]
        state.selected = str(event.id)
        await state.restore(call)
        return self._preview(values, call)

    async def _arrange(self, values: Values, request: gr.Request) -> str:
        call = self._connection.call(request, values)
        await values[self._layout.state].restore(call)
        frame = table_frame(values[self._layout.state].rows, chinese=call.chinese)
        return self._table(values, call, frame)

    def _confirm_copy(self, count: float, request: gr.Request) -> None:
        chinese = self._connection.call(request).chinese
        gr.Info(translate("copied", chinese=chinese, count=int(count)), duration=3)

    def _changes(self, values: Values, call: CallContext) -> Values:
        """The table, the line above it and the timer, after a look-up."""
        layout = self._layout
        state: QueryState = values[layout.state]
        interval = state.interval if state.follows else None
        frame = table_frame(state.rows, chinese=call.chinese)
        time = local_time(frame["checked_at"].max(), values[layout.utc_offset] or 0, "%H:%M:%S")
        texts = [
            summary(frame, chinese=call.chinese),
            translate("last_lookup", chinese=call.chinese, time=time),
        ]
        if interval:
            seconds = short_number(interval)
            texts.append(translate("refresh_interval", chinese=call.chinese, n=seconds))
        elif state.follows:
            texts.append(translate("all_ended", chinese=call.chinese))
        return {
            layout.note: message(" · ".join(texts), kind="hint"),
            layout.table: self._table(values, call, frame),
            layout.timer: gr.Timer(interval or 1, active=interval is not None),
            layout.state: state,
        }

    def _table(self, values: Values, call: CallContext, frame: pd.DataFrame) -> str:
        layout = self._layout
        return table(
            arrange(frame, order=values[layout.order], search=values[layout.search]),
            selected=values[layout.state].selected,
            chinese=call.chinese,
            utc_offset=values[layout.utc_offset] or 0,
            looked_up=not frame.empty,
        )

    def _preview(self, values: Values, call: CallContext) -> Values:
        layout = self._layout
        offset = values[layout.utc_offset] or 0
        row = values[layout.state].row
        return {layout.preview: preview(row, chinese=call.chinese, utc_offset=offset)}
