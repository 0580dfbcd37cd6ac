// The place of one's videos: the tasks of this browser, and others by their ids, as a list with a player beside it.

import { again, proceed } from "./again.js";
import { openConnection } from "./cards.js";
import { button, make, translate } from "./dom.js";
import { SHAPES, stateName } from "./format.js";
import { queryBar } from "./query_bar.js";
import { queryList } from "./query_list.js";
import { isNarrow, previewPlace } from "./query_preview.js";
import { QueryState } from "./query_state.js";
import { store } from "./store.js";
import { tracker } from "./tracker.js";

/** @typedef {import("./types.d.ts").Entry} Entry */

/** @type {((id: string) => void) | null} */
let select = null;
/** Ids that are to be shown when the panel is drawn, from the address of the page. */
let asked = new URLSearchParams(location.search).get("ids") ?? "";
/** The task that is to be beside the list then. */
let chosen = "";

/** Whether the address of the page names tasks. */
export const namesTasks = () => asked !== "";

/**
 * Open the panel with a task of this browser beside the list.
 * @param {string} id
 */
export const showTask = (id) => {
  if (select) select(id);
  else chosen = id;
  document.getElementById("tab-query-button")?.click();
};

/**
 * The line that says what is shown and what was done.
 * @param {QueryState} state
 * @param {() => void} showAll
 */
const statusLine = (state, showAll) => {
  const element = make("p", { id: "query-note", className: "hint", role: "status" });
  let message = "";
  /** What "undo" restores. @type {Entry[]} */
  let removed = [];
  const undo = () => {
    store.addAll(removed);
    removed = [];
    say("");
  };
  /** How many are shown in all and of each state, whose words a narrow page leaves to screen readers. */
  const counts = () => {
    /** @type {Record<string, number>} */
    const numbers = {};
    for (const { row } of state.shown) numbers[stateName(row)] = (numbers[stateName(row)] ?? 0) + 1;
    const [count, all] = [state.shown.length, state.all.length];
    return [translate(count < all ? "summary_of" : "summary", { count, all }), ...Object.entries(numbers).map(([name, count]) =>
      make("span", {}, `${SHAPES[name]} ${count}`, make("span", { className: "count-word", textContent: ` ${translate(name)}` })))];
  };
  const update = () => {
    /** @type {(Node | string)[]} */
    const facts = state.shown.length ? counts() : [];
    if (state.ticked.size) facts.push(translate("ticked", { count: state.ticked.size }));
    if (tracker.running) facts.push(translate(tracker.unanswered ? "not_answered" : "followed", { count: tracker.running }));
    const parts = [...(message ? [message, " "] : []), ...facts.flatMap((fact, index) => (index ? [" · ", fact] : [fact])), " "];
    if (state.view.ids) parts.push(button(translate("show_all"), "link", showAll));
    if (removed.length) parts.push(button(translate("undo"), "link", undo));
    if (!store.persistent) parts.push(make("span", { className: "no-storage", textContent: translate("history_not_stored") }));
    element.replaceChildren(...parts);
  };
  /** @param {string} text @param {Entry[]} [entries] Those that were removed. */
  const say = (text, entries = removed) => {
    message = text;
    removed = entries;
    update();
  };
  /** Let a message go that the reader has seen, but for one that can be undone. */
  const settle = () => {
    if (!removed.length) message = "";
  };
  return { element, say, settle, update };
};

/**
 * Draw the panel.
 * @param {HTMLElement} panel
 * @param {import("./types.d.ts").Trigger} trigger Of `example`.
 */
export const queryPanel = (panel, trigger) => {
  const state = new QueryState();
  state.selected = chosen;
  const status = statusLine(state, () => {
    state.strangers.clear();
    setView({ ids: null });
  });
  const { say } = status;
  const redraw = () => {
    state.arrange(!isNarrow());
    panel.dataset.empty = String(!state.all.length);
    for (const part of [bar, list, place, status]) part.update();
  };
  /** @param {Partial<import("./list_order.js").View>} change */
  const setView = (change) => {
    state.setView(change);
    status.settle();
    redraw();
  };

  /** @type {import("./query_list.js").Actions["choose"]} */
  const choose = (id, reveal) => {
    const closes = isNarrow() && id === state.selected;
    state.selected = closes ? "" : id;
    list.lines.draw();
    place.update();
    if (isNarrow() && reveal && !closes)
      scrollTo({ top: scrollY + list.body.getBoundingClientRect().top + list.lines.top(state.index) - 8 });
  };
  /** @param {Entry[]} entries */
  const remove = async (entries) => {
    state.forget(entries);
    say(translate("removed_entries", { count: entries.length }), await store.remove(entries.map(({ id }) => id)));
    redraw();
    (list.lines.reveal(Math.max(0, state.index)) ?? bar.words).focus({ preventScroll: true });
  };

  /**
   * Look tasks up that stand in a text, and show them.
   * @param {string} text
   */
  const open = async (text) => {
    bar.run.disabled = true;
    bar.run.textContent = translate("running");
    try {
      const { rows, left_out: rest } = await tracker.lookUp({ text });
      if (rows.length) {
        bar.ids.value = "";
        store.saveSettings({ ids: "" });
        await state.showFound(rows, tracker.backend);
      }
      say(!rows.length ? translate("no_ids") : rest ? translate("too_many_ids", { limit: rows.length, rest }) : "");
    } catch {
      say(translate("not_answered"));
    }
    bar.run.disabled = false;
    bar.run.textContent = translate("run");
    redraw();
  };
  const lookUp = () => {
    if (bar.ids.value.trim()) return open(bar.ids.value);
    if (!state.all.length) return say(translate("no_ids"));
    tracker.retry();
    return say(translate(tracker.running ? "asked_again" : "all_ended"));
  };

  const bar = queryBar(state, { setView, lookUp, say, remove });
  const list = queryList(state, {
    setView, redraw, choose, playOrPause: () => place.playOrPause(), makeExample: () => trigger("example"),
  });
  const place = previewPlace(state, list, {
    again: ({ id }) => again(id),
    proceed,
    ask: ({ id }) => { state.strangers.has(id) ? open(id) : tracker.follow([id]); },
    connect: openConnection,
    remove: (entry) => remove([entry]),
  });
  panel.replaceChildren(bar.element, make("div", { className: "query-status" }, status.element, bar.order), make("div", { className: "query-columns" }, list.element, place.element));
  store.onChange(redraw);
  tracker.onChange(redraw);
  setInterval(() => list.lines.draw(), 30_000); // ages
  redraw();
  select = (id) => {
    state.showAll(id);
    redraw();
    requestAnimationFrame(() => list.lines.reveal(Math.max(0, state.index)));
  };
  if (asked) open(asked.replaceAll(",", " "));
  asked = "";
};
