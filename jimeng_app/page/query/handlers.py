"""What the query panel does: ask, follow, choose, search."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import gradio as gr

from jimeng_app.call_context import CallContext
from jimeng_app.page import formatting
from jimeng_app.page.connection import Connection
from jimeng_app.page.events import EVENT, RAW_EVENT, Values
from jimeng_app.page.form.layout import Form, show_example
from jimeng_app.page.i18n import label, translate
from jimeng_core.ids import extract_ids

from .layout import MAX_IDS, QueryLayout, bind_copy
from .preview import preview
from .state import QueryResult, QueryState, look_up_rows, merge_rows
from .table import arranged, table


class QueryHandlers:
    """The events of the query panel."""

    def __init__(self, connection: Connection, query: QueryLayout) -> None:
        self._connection = connection
        self._query = query

    def bind(self, blocks: gr.Blocks) -> None:
        """Make the panel work."""
        query = self._query
        # Headings are in the reader's language, and times by the reader's clock.
        blocks.load(None, None, query.clock, js="() => -new Date().getTimezoneOffset()", **EVENT)
        blocks.load(self._opening, None, [query.table, query.preview], **EVENT)
        self.asks(query.run.click)
        self.asks(query.ids.submit)
        self.asks(query.preview.ask)
        self.asks(
            query.kept.view.submit(
                None,
                query.kept.view,
                query.ids,
                js="(kept) => jimeng.ids_here(kept)",
                **EVENT,
            ).then
        )
        query.timer.tick(self._look_again, self._inputs, self._outputs, **RAW_EVENT)
        query.follow.input(
            self._follow, self._inputs, self._outputs, trigger_mode="always_last", **RAW_EVENT
        )
        query.table.select(self._choose, self._inputs, self._outputs, **RAW_EVENT)
        for part in (query.search.change, query.order.change):
            part(self._arrange, self._inputs, query.table, trigger_mode="always_last", **RAW_EVENT)
        bind_copy(query).then(self._tell_copied, query.copied, None, **EVENT)
        query.preview.connect(
            lambda: gr.Accordion(open=True), None, self._connection.connection, **EVENT
        )

    def bind_forms(self, forms: Sequence[Form], tabs: gr.Tabs) -> None:
        """The ways between the forms and the panel: look this one up, change that one, begin."""
        query = self._query
        for form in forms:
            self.asks(
                form.result.look_up.click(
                    lambda task_id: (task_id, gr.Tabs(selected="query")),
                    form.result.task_id,
                    [query.ids, tabs],
                    **EVENT,
                ).then
            )
        show_example(self._connection, forms[0], query.table.example, tabs)
        prompts = {form.spec.mode.value: form.prompt for form in forms}

        def again(values: Values) -> Values:
            row = values[query.state].row
            if row is None or row["mode"] not in prompts:
                return {tabs: gr.Tabs(selected=forms[0].spec.mode.value)}
            prompt = prompts[row["mode"]]
            told = {prompt: row["prompt"]} if prompt and row["prompt"] else {}
            return {tabs: gr.Tabs(selected=row["mode"]), **told}

        outputs = [tabs, *filter(None, prompts.values())]
        query.preview.again(again, {query.state}, outputs, **RAW_EVENT)

    def asks(self, trigger: Callable[..., Any]) -> None:
        """Make an event ask for the ids in the field."""

        # A function of its own for each event: one that is bound twice would share its queue.
        async def ask(values: Values, request: gr.Request) -> AsyncIterator[Values]:
            async for changes in self._ask(values, request):
                yield changes

        trigger(ask, self._inputs, self._outputs, **RAW_EVENT)

    @property
    def _inputs(self) -> set[Any]:
        query = self._query
        view = {query.search, query.order, query.clock, query.state}
        return {*self._connection.who, query.ids, query.follow, *view}

    @property
    def _outputs(self) -> list[Any]:
        query = self._query
        return [query.run, query.note, query.table, query.preview, query.timer, query.state]

    def _opening(self, request: gr.Request) -> tuple[str, str]:
        chinese = self._connection.call(request, None, None).chinese
        empty = table([], chosen="", chinese=chinese, asked=False)
        return empty, preview(None, chinese=chinese)

    async def _ask(self, values: Values, request: gr.Request) -> AsyncIterator[Values]:
        query = self._query
        call = self._call(values, request)
        ids = extract_ids(str(values[query.ids] or ""))
        asked, rest = ids[:MAX_IDS], ids[MAX_IDS:]
        if not asked:
            yield {query.note: formatting.message(translate("no_ids", chinese=call.chinese))}
            return
        state: QueryState = values[query.state]
        yield {query.run: gr.Button(translate("running", chinese=call.chinese), interactive=False)}
        found = await look_up_rows(call, asked)
        state.rows = found.rows
        first = formatting.first_to_show(found.rows)
        state.chosen = (first["id"] or "") if first else ""
        changes = self._shown(values, call, found)
        if rest:
            words = translate("too_many_ids", chinese=call.chinese, limit=MAX_IDS, rest=len(rest))
            changes[query.note] += formatting.message(words, "warning")
        yield {
            query.run: gr.Button(label("run"), interactive=True),
            query.preview: self._preview(values, call),
            **changes,
        }

    async def _look_again(self, values: Values, request: gr.Request) -> Values:
        """Look at what goes on, and touch nothing else."""
        query = self._query
        call = self._call(values, request)
        state: QueryState = values[query.state]
        rows = state.rows
        ids = dict.fromkeys(row["id"] for row in rows if row["id"] and formatting.unfinished(row))
        found = await look_up_rows(call, list(ids)) if ids else QueryResult([], None)
        if state.rows is not rows:  # something else was asked meanwhile
            return self._unchanged
        before = state.row
        state.rows = merge_rows(rows, found.rows)
        changes = self._shown(values, call, found)
        if before and formatting.unfinished(before):  # else a video that plays would begin anew
            changes[query.preview] = self._preview(values, call)
        return changes

    @property
    def _unchanged(self) -> Values:
        """No change at all, which Gradio does not take as an empty dictionary."""
        return {self._query.timer: gr.skip()}

    async def _follow(self, values: Values, request: gr.Request) -> Values:
        query = self._query
        state: QueryState = values[query.state]
        state.follows = bool(values[query.follow])
        if not state.follows:
            return {query.timer: gr.Timer(active=False)}
        return await self._look_again(values, request) if state.rows else self._unchanged

    def _choose(self, values: Values, request: gr.Request, event: gr.EventData) -> Values:
        values[self._query.state].chosen = str(event.id)
        return {self._query.preview: self._preview(values, self._call(values, request))}

    def _arrange(self, values: Values, request: gr.Request) -> str:
        return self._table(values, self._call(values, request))

    def _tell_copied(self, count: float, request: gr.Request) -> None:
        chinese = self._connection.call(request, None, None).chinese
        gr.Info(translate("copied", chinese=chinese, count=int(count)), duration=3)

    def _shown(self, values: Values, call: CallContext, found: QueryResult) -> Values:
        """The table and the line above it, after a look."""
        query = self._query
        state: QueryState = values[query.state]
        rows = state.rows
        goes = state.follows and found.interval is not None
        parts = [formatting.summary(rows, chinese=call.chinese)] if rows else []
        if rows:
            moment = max(row["checked_at"] for row in rows)
            time = formatting.local_time(moment, values[query.clock] or 0, "%H:%M:%S")
            parts.append(translate("looked", chinese=call.chinese, time=time))
        if goes:
            parts.append(
                translate("every", chinese=call.chinese, n=formatting.number(found.interval))
            )
        elif state.follows and rows:
            parts.append(translate("all_ended", chinese=call.chinese))
        return {
            query.note: formatting.message(" · ".join(parts), "hint"),
            query.table: self._table(values, call),
            query.timer: gr.Timer(found.interval or 1, active=goes),
            query.state: state,
        }

    def _table(self, values: Values, call: CallContext) -> str:
        query = self._query
        state: QueryState = values[query.state]
        return table(
            arranged(
                state.rows,
                order=values[query.order],
                search=values[query.search],
                chinese=call.chinese,
            ),
            chosen=state.chosen,
            chinese=call.chinese,
            offset=values[query.clock] or 0,
            asked=bool(state.rows),
        )

    def _preview(self, values: Values, call: CallContext) -> str:
        query = self._query
        row = values[query.state].row
        return preview(row, chinese=call.chinese, offset=values[query.clock] or 0)

    def _call(self, values: Values, request: gr.Request) -> CallContext:
        return self._connection.call(request, *(values[part] for part in self._connection.who))
