// The list of tasks: headings that order it, ticks, and the keyboard.

import { button, make, translate } from "./dom.js";
import { COLUMNS } from "./list_order.js";
import { taskLines } from "./task_lines.js";
import { virtualList } from "./virtual_list.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./query_state.js").QueryState} QueryState */

/**
 * @typedef {object} Actions
 * @property {(change: Partial<import("./list_order.js").View>) => void} setView
 * @property {() => void} redraw
 * @property {(id: string, reveal: boolean) => void} choose `reveal`: whether its player comes into view on a narrow page.
 * @property {() => void} playOrPause
 * @property {() => void} makeExample
 */

/**
 * The row of headings, and a function that shows the order and the ticks in it.
 * @param {QueryState} state
 * @param {Actions} actions
 */
const headings = (state, { setView, redraw }) => {
  const { view } = state;
  const selectAll = make("input", { type: "checkbox", aria: translate("tick_all"), onchange: () => {
    for (const { id } of state.shown) state.tick(id, selectAll.checked);
    redraw();
  } });
  const buttons = new Map(COLUMNS.map((column) => [column, button("", "", () =>
    setView(view.column === column ? { descending: !view.descending } : { column, descending: column === "created" }))]));
  const element = make("div", { className: "head line", role: "row" },
    make("span", { role: "columnheader", className: "tick" }, selectAll),
    make("span", { role: "columnheader", className: "poster", aria: translate("column_poster") }),
    ...[...buttons].map(([column, heading]) => make("span", { role: "columnheader", className: `cell ${column}-cell` }, heading)));
  const update = () => {
    for (const [column, heading] of buttons) {
      const sorted = view.column === column;
      const arrow = sorted ? (view.descending ? " ↓" : " ↑") : "";
      heading.textContent = translate(`column_${column}`) + arrow;
      heading.parentElement?.setAttribute("aria-sort", sorted ? (view.descending ? "descending" : "ascending") : "none");
    }
    selectAll.checked = state.shown.length > 0 && state.shown.every(({ id }) => state.ticked.has(id));
    selectAll.indeterminate = !selectAll.checked && state.shown.some(({ id }) => state.ticked.has(id));
  };
  return { element, update };
};

/**
 * The list.
 * @param {QueryState} state
 * @param {Actions} actions
 */
export const queryList = (state, actions) => {
  const { choose, redraw, playOrPause, makeExample } = actions;
  const head = headings(state, actions);
  const body = make("div", { className: "body", role: "rowgroup" });
  const empty = make("div", { className: "empty" });
  const grid = make("div", { role: "grid", aria: translate("query"), className: "grid" }, make("div", { role: "rowgroup" }, head.element), body);
  const lines = virtualList(body, taskLines({
    selected: () => state.selected,
    select: (id) => choose(id, true),
    isTicked: (id) => state.ticked.has(id),
    tick: (id, isTicked) => {
      state.tick(id, isTicked);
      redraw();
    },
  }));

  grid.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!target.closest(".body")) return;
    const { shown, index } = state;
    const moves = /** @type {Record<string, number>} */ ({ ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: shown.length - 1 });
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      const place = Math.max(0, Math.min(next, shown.length - 1));
      choose(shown[place].id, false);
      lines.reveal(place)?.focus({ preventScroll: true });
      lines.draw();
    } else if (event.key === "Enter" || (event.key === " " && target === document.activeElement && !target.matches("input"))) {
      event.preventDefault();
      const { taskId = "" } = /** @type {HTMLElement} */ (target.closest(".line")).dataset;
      if (taskId !== state.selected) choose(taskId, true);
      playOrPause();
    }
  });

  /** @param {boolean} any Whether there is a task at all. */
  const drawEmpty = (any) => any
    ? [make("p", { textContent: translate("no_match") })]
    : [make("p", { textContent: translate("no_rows") }), button(translate("make_example"), "", makeExample, { data: { action: "example" } })];
  const update = () => {
    const { shown } = state;
    head.update();
    grid.setAttribute("aria-rowcount", String(shown.length + 1));
    grid.hidden = !shown.length;
    empty.replaceChildren(...(shown.length ? [] : drawEmpty(state.all.length > 0)));
    lines.show(shown);
  };
  return { element: make("div", { id: "query-table" }, grid, empty), body, lines, update };
};
