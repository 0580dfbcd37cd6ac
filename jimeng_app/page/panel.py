"""What the query panel does: ask, follow, choose, search."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import gradio as gr

from jimeng_app.calls import Call

from . import show
from .desk import Desk
from .events import QUICK, RAW, Values
from .form import Form, show_example
from .looking import Board, Found, find, merged
from .preview import preview
from .query import MOST_IDS, Query, attach_copy, split_ids
from .table import arranged, table
from .texts import label, say


class Panel:
    """The events of the query panel."""

    def __init__(self, desk: Desk, query: Query) -> None:
        self._desk = desk
        self._query = query

    def attach(self, blocks: gr.Blocks) -> None:
        """Make the panel work."""
        query = self._query
        # Headings are in the reader's language, and times by the reader's clock.
        blocks.load(None, None, query.clock, js="() => -new Date().getTimezoneOffset()", **QUICK)
        blocks.load(self._opening, None, [query.table, query.preview], **QUICK)
        self.asks(query.run.click)
        self.asks(query.ids.submit)
        self.asks(query.preview.ask)
        self.asks(
            query.kept.view.submit(
                None,
                query.kept.view,
                query.ids,
                js="(kept) => studio.ids_here(kept)",
                **QUICK,
            ).then
        )
        query.timer.tick(self._look_again, self._inputs, self._outputs, **RAW)
        query.follow.input(
            self._follow, self._inputs, self._outputs, trigger_mode="always_last", **RAW
        )
        query.table.select(self._choose, self._inputs, self._outputs, **RAW)
        for part in (query.search.change, query.order.change):
            part(self._arrange, self._inputs, query.table, trigger_mode="always_last", **RAW)
        attach_copy(query).then(self._tell_copied, query.copied, None, **QUICK)
        query.preview.connect(lambda: gr.Accordion(open=True), None, self._desk.connection, **QUICK)

    def attach_forms(self, forms: Sequence[Form], tabs: gr.Tabs) -> None:
        """The ways between the forms and the panel: look this one up, change that one, begin."""
        query = self._query
        for form in forms:
            self.asks(
                form.result.look_up.click(
                    lambda task_id: (task_id, gr.Tabs(selected="query")),
                    form.result.task_id,
                    [query.ids, tabs],
                    **QUICK,
                ).then
            )
        show_example(self._desk, forms[0], query.table.example, tabs)
        prompts = {form.plan.mode.value: form.prompt for form in forms}

        def again(values: Values) -> Values:
            row = values[query.board].row
            if row is None or row["mode"] not in prompts:
                return {tabs: gr.Tabs(selected=forms[0].plan.mode.value)}
            prompt = prompts[row["mode"]]
            told = {prompt: row["prompt"]} if prompt and row["prompt"] else {}
            return {tabs: gr.Tabs(selected=row["mode"]), **told}

        outputs = [tabs, *filter(None, prompts.values())]
        query.preview.again(again, {query.board}, outputs, **RAW)

    def asks(self, trigger: Callable[..., Any]) -> None:
        """Make an event ask for the ids in the field."""

        # A function of its own for each event: one that is bound twice would share its queue.
        async def ask(values: Values, request: gr.Request) -> AsyncIterator[Values]:
            async for changes in self._ask(values, request):
                yield changes

        trigger(ask, self._inputs, self._outputs, **RAW)

    @property
    def _inputs(self) -> set[Any]:
        query = self._query
        view = {query.search, query.order, query.clock, query.board}
        return {*self._desk.who, query.ids, query.follow, *view}

    @property
    def _outputs(self) -> list[Any]:
        query = self._query
        return [query.run, query.note, query.table, query.preview, query.timer, query.board]

    def _opening(self, request: gr.Request) -> tuple[str, str]:
        chinese = self._desk.call(request, None, None).chinese
        empty = table([], chosen="", chinese=chinese, asked=False)
        return empty, preview(None, chinese=chinese)

    async def _ask(self, values: Values, request: gr.Request) -> AsyncIterator[Values]:
        query = self._query
        call = self._call(values, request)
        ids = split_ids(str(values[query.ids] or ""))
        asked, rest = ids[:MOST_IDS], ids[MOST_IDS:]
        if not asked:
            yield {query.note: show.message(say("no_ids", chinese=call.chinese))}
            return
        board: Board = values[query.board]
        yield {query.run: gr.Button(say("running", chinese=call.chinese), interactive=False)}
        found = await find(call, asked)
        board.rows = found.rows
        first = show.first_to_show(found.rows)
        board.chosen = (first["id"] or "") if first else ""
        changes = self._shown(values, call, found)
        if rest:
            words = say("too_many_ids", chinese=call.chinese, limit=MOST_IDS, rest=len(rest))
            changes[query.note] += show.message(words, "warning")
        yield {
            query.run: gr.Button(label("run"), interactive=True),
            query.preview: self._preview(values, call),
            **changes,
        }

    async def _look_again(self, values: Values, request: gr.Request) -> Values:
        """Look at what goes on, and touch nothing else."""
        query = self._query
        call = self._call(values, request)
        board: Board = values[query.board]
        rows = board.rows
        ids = dict.fromkeys(row["id"] for row in rows if row["id"] and show.unfinished(row))
        found = await find(call, list(ids)) if ids else Found([], None)
        if board.rows is not rows:  # something else was asked meanwhile
            return self._unchanged
        before = board.row
        board.rows = merged(rows, found.rows)
        changes = self._shown(values, call, found)
        if before and show.unfinished(before):  # else a video that plays would begin anew
            changes[query.preview] = self._preview(values, call)
        return changes

    @property
    def _unchanged(self) -> Values:
        """No change at all, which Gradio does not take as an empty dictionary."""
        return {self._query.timer: gr.skip()}

    async def _follow(self, values: Values, request: gr.Request) -> Values:
        query = self._query
        board: Board = values[query.board]
        board.follows = bool(values[query.follow])
        if not board.follows:
            return {query.timer: gr.Timer(active=False)}
        return await self._look_again(values, request) if board.rows else self._unchanged

    def _choose(self, values: Values, request: gr.Request, event: gr.EventData) -> Values:
        values[self._query.board].chosen = str(event.id)
        return {self._query.preview: self._preview(values, self._call(values, request))}

    def _arrange(self, values: Values, request: gr.Request) -> str:
        return self._table(values, self._call(values, request))

    def _tell_copied(self, count: float, request: gr.Request) -> None:
        chinese = self._desk.call(request, None, None).chinese
        gr.Info(say("copied", chinese=chinese, count=int(count)), duration=3)

    def _shown(self, values: Values, call: Call, found: Found) -> Values:
        """The table and the line above it, after a look."""
        query = self._query
        board: Board = values[query.board]
        rows = board.rows
        goes = board.follows and found.pause is not None
        parts = [show.summary(rows, chinese=call.chinese)] if rows else []
        if rows:
            moment = max(row["checked_at"] for row in rows)
            time = show.local_time(moment, values[query.clock] or 0, "%H:%M:%S")
            parts.append(say("looked", chinese=call.chinese, time=time))
        if goes:
            parts.append(say("every", chinese=call.chinese, n=show.number(found.pause)))
        elif board.follows and rows:
            parts.append(say("all_ended", chinese=call.chinese))
        return {
            query.note: show.message(" · ".join(parts), "hint"),
            query.table: self._table(values, call),
            query.timer: gr.Timer(found.pause or 1, active=goes),
            query.board: board,
        }

    def _table(self, values: Values, call: Call) -> str:
        query = self._query
        board: Board = values[query.board]
        return table(
            arranged(
                board.rows,
                order=values[query.order],
                search=values[query.search],
                chinese=call.chinese,
            ),
            chosen=board.chosen,
            chinese=call.chinese,
            offset=values[query.clock] or 0,
            asked=bool(board.rows),
        )

    def _preview(self, values: Values, call: Call) -> str:
        query = self._query
        row = values[query.board].row
        return preview(row, chinese=call.chinese, offset=values[query.clock] or 0)

    def _call(self, values: Values, request: gr.Request) -> Call:
        return self._desk.call(request, *(values[part] for part in self._desk.who))
