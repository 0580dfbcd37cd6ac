// The place of one's videos: the tasks of this browser, and others by their ids, as a list with a player beside it.

import { again, proceed } from "./again.js";
import { openConnection } from "./cards.js";
import { button, make, translate } from "./dom.js";
import { choice, labelled } from "./fields.js";
import { SHAPES, stateName, stateText } from "./format.js";
import { arrange, EVERYTHING } from "./list_order.js";
import { preview } from "./preview.js";
import { store } from "./store.js";
import { copyLink, exportList, importList, saveTable } from "./take_home.js";
import { taskLines } from "./task_lines.js";
import { tracker } from "./tracker.js";
import { virtualList } from "./virtual_list.js";
import { zipButton } from "./zip_button.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./list_order.js").View} View */

const COLUMNS = ["prompt", "mode", "state", "seconds", "created"];
const MODES = ["first_last_frame", "multi_frame", "subject_reference", "image"];
/** Ids in a link, which would be too long for a browser's address with more. */
const MAX_LINK_IDS = 200;

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
 * Draw the panel.
 * @param {HTMLElement} panel
 * @param {import("./types.d.ts").Trigger} trigger Of `example`.
 */
export const queryPanel = (panel, trigger) => {
  /** @type {View} */
  const view = { ...EVERYTHING, ...store.settings.view, words: "", ids: null };
  /** Tasks that were looked up and not found: they are shown, and not kept. @type {Map<string, Entry>} */
  const strangers = new Map();
  /** @type {Set<string>} */
  const ticked = new Set();
  let selected = chosen;
  /** @type {Entry[]} */
  let shown = [];
  /** What "undo" restores. @type {Entry[]} */
  let removed = [];
  let message = "";
  /** What the preview shows, so that a video that plays is left alone. */
  let drawn = "";

  const all = () => (strangers.size ? [...strangers.values(), ...store.entries()] : store.entries());
  const narrow = () => matchMedia("(max-width: 899px)").matches;
  /** @param {string} text */
  const say = (text) => {
    message = text;
    drawNote();
  };
  /** @param {Partial<View>} change */
  const setView = (change) => {
    Object.assign(view, change);
    const { state, mode, column, descending } = view;
    store.saveSettings({ view: { state, mode, column, descending } });
    redraw();
  };

  // The fields above the list.
  const words = make("input", { type: "search", placeholder: translate("search_hint"), autocomplete: "off", spellcheck: false, enterKeyHint: "search",
    oninput: () => setView({ words: words.value }) });
  /** @type {[string, string][]} */
  const states = Object.keys(SHAPES).map((state) => [state, stateText(state, translate)]);
  const stateFilter = choice("query-state-filter", translate("column_state"), [["", translate("every_state")], ...states], (state) => setView({ state }));
  /** @type {[string, string][]} */
  const modes = MODES.map((mode) => [mode, translate(mode)]);
  const modeFilter = choice("query-mode-filter", translate("column_mode"), [["", translate("every_mode")], ...modes], (mode) => setView({ mode }));
  const ids = make("textarea", { rows: 1, placeholder: translate("ids_hint"), autocomplete: "off", spellcheck: false,
    oninput: () => { store.saveSettings({ ids: ids.value }); },
    onkeydown: (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); lookUp(); } } });
  ids.value = store.settings.ids ?? "";
  const run = button(translate("run"), "primary", () => lookUp(), { id: "query-run" });
  const zip = zipButton(() => finished(), say);
  const share = button(translate("share"), "", () => {
    copyLink(picked().slice(0, MAX_LINK_IDS));
    say(translate("link_copied", { count: Math.min(picked().length, MAX_LINK_IDS) }));
  }, { id: "query-share" });
  const file = make("input", { type: "file", accept: ".json,application/json", hidden: true, aria: translate("import_list"), onchange: async () => {
    const [source] = file.files ?? [];
    file.value = "";
    if (source) say(await importList(source).then((count) => translate("imported", { count }), () => translate("not_imported")));
  } });
  /** @param {string} key @param {() => void} action */
  const item = (key, action) => button(translate(key), "", () => { more.open = false; action(); }, { id: `query-${key.replace("_", "-")}` });
  /** @param {"csv" | "json"} format */
  const table = (format) => saveTable(picked(), format).catch(() => say(translate("not_saved")));
  const more = make("details", { className: "more", id: "query-more" },
    make("summary", { textContent: translate("more_actions") }),
    make("div", {},
      item("csv", () => table("csv")), item("json", () => table("json")),
      item("copy_ids", () => copyLinkIds()), item("export_list", exportList), item("import_list", () => file.click()),
      item("remove_shown", () => remove(picked())), file));
  more.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !more.contains(/** @type {Node} */ (relatedTarget))) more.open = false;
  });
  const status = make("p", { id: "query-note", className: "hint", role: "status" });

  // The list.
  const selectAll = make("input", { type: "checkbox", aria: translate("tick_all"), onchange: () => {
    for (const { id } of shown) if (selectAll.checked) ticked.add(id); else ticked.delete(id);
    redraw();
  } });
  const headings = new Map(COLUMNS.map((column) => [column, button("", "", () =>
    setView(view.column === column ? { descending: !view.descending } : { column, descending: column === "created" }))]));
  const head = make("div", { className: "head line", role: "row" },
    make("span", { role: "columnheader", className: "tick" }, selectAll),
    make("span", { role: "columnheader", className: "poster", aria: translate("column_poster") }),
    ...[...headings].map(([column, heading]) => make("span", { role: "columnheader", className: `cell ${column}-cell` }, heading)));
  const body = make("div", { className: "body", role: "rowgroup" });
  const empty = make("div", { className: "empty" });
  const grid = make("div", { role: "grid", aria: translate("query"), className: "grid" }, make("div", { role: "rowgroup" }, head), body);
  const place = make("div", { id: "query-table" }, grid, empty);
  const beside = make("div", { id: "query-preview", tabIndex: -1 });

  /** @type {ReturnType<typeof virtualList<Entry>>} */
  const list = virtualList(body, taskLines({
    selected: () => selected,
    select: (id) => choose(id, true),
    isTicked: (id) => ticked.has(id),
    tick: (id, isTicked) => {
      if (isTicked) ticked.add(id);
      else ticked.delete(id);
      redraw();
    },
  }));

  const drawNote = () => {
    /** @type {Record<string, number>} */
    const counts = {};
    for (const { row } of shown) counts[stateName(row)] = (counts[stateName(row)] ?? 0) + 1;
    const texts = shown.length ? [translate("summary", { count: shown.length,
      states: Object.entries(counts).map(([state, count]) => `${SHAPES[state]} ${count} ${translate(state)}`).join(" · ") })] : [];
    if (ticked.size) texts.push(translate("ticked", { count: ticked.size }));
    if (tracker.running) texts.push(translate(tracker.unanswered ? "not_answered" : "followed", { count: tracker.running }));
    /** @type {(Node | string)[]} */
    const parts = [message, texts.join(" · ")].filter(Boolean).flatMap((text) => [text, " "]);
    if (view.ids) parts.push(button(translate("show_all"), "link", () => { strangers.clear(); setView({ ids: null }); }));
    if (removed.length) parts.push(button(translate("undo"), "link", () => { store.addAll(removed); removed = []; say(""); }));
    if (!store.persistent) parts.push(make("span", { className: "no-storage", textContent: translate("history_not_stored") }));
    status.replaceChildren(...parts);
  };

  const drawPreview = () => {
    const entry = shown.find(({ id }) => id === selected);
    const index = entry ? shown.indexOf(entry) : -1;
    const { checked_at: _, ...row } = /** @type {any} */ (entry?.row ?? {});
    const content = entry ? JSON.stringify([entry.id, row]) : "";
    if (content !== drawn || !beside.firstChild) {
      drawn = content;
      const parts = entry ? preview(entry, actions) : [make("p", { className: "empty", textContent: translate("preview_none") })];
      const hadFocus = beside.contains(document.activeElement);
      beside.replaceChildren(...parts);
      if (hadFocus) beside.focus({ preventScroll: true });
    }
    if (!narrow()) {
      list.setGap(-1, 0);
      beside.style.top = "";
      beside.hidden = false;
    } else {
      beside.hidden = index < 0;
      if (index < 0) return list.setGap(-1, 0);
      list.setGap(index, beside.offsetHeight + 8);
      beside.style.top = `${body.offsetTop + list.top(index) + list.height}px`;
    }
  };
  new ResizeObserver(() => { if (narrow()) drawPreview(); }).observe(beside);

  const redraw = () => {
    const entries = all();
    shown = arrange(entries, view, translate);
    if (selected && !shown.some(({ id }) => id === selected)) selected = "";
    if (!selected && !narrow()) selected = (shown.find(({ row }) => row?.video_url || row?.image_urls) ?? shown[0])?.id ?? "";
    for (const [column, heading] of headings) {
      const sorted = view.column === column && !view.ids;
      const arrow = sorted ? (view.descending ? " ↓" : " ↑") : "";
      heading.textContent = translate(`column_${column}`) + arrow;
      heading.parentElement?.setAttribute("aria-sort", sorted ? (view.descending ? "descending" : "ascending") : "none");
    }
    grid.setAttribute("aria-rowcount", String(shown.length + 1));
    grid.hidden = !shown.length;
    panel.dataset.empty = String(!entries.length);
    empty.replaceChildren(...(shown.length ? [] : entries.length
      ? [make("p", { textContent: translate("no_match") })]
      : [make("p", { textContent: translate("no_rows") }), button(translate("make_example"), "", () => trigger("example"), { data: { action: "example" } })]));
    selectAll.checked = shown.length > 0 && shown.every(({ id }) => ticked.has(id));
    selectAll.indeterminate = !selectAll.checked && shown.some(({ id }) => ticked.has(id));
    zip.update();
    share.disabled = !shown.length;
    list.show(shown);
    drawPreview();
    drawNote();
  };

  /** The ticked tasks that are shown, else all that are. */
  const picked = () => {
    const marked = shown.filter(({ id }) => ticked.has(id));
    return marked.length ? marked : shown;
  };
  const finished = () => picked().filter(({ row }) => row?.state === "completed");

  /**
   * Show a task beside the list.
   * @param {string} id
   * @param {boolean} reveal Whether its player comes into view on a narrow page.
   */
  const choose = (id, reveal) => {
    const closes = narrow() && id === selected;
    selected = closes ? "" : id;
    list.draw();
    drawPreview();
    if (narrow() && reveal && !closes) {
      const index = shown.findIndex((entry) => entry.id === id);
      scrollTo({ top: scrollY + body.getBoundingClientRect().top + list.top(index) - 8 });
    }
  };

  grid.addEventListener("keydown", (event) => {
    if (!/** @type {Element} */ (event.target).closest(".body")) return;
    const index = shown.findIndex(({ id }) => id === selected);
    const moves = /** @type {Record<string, number>} */ ({ ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: shown.length - 1 });
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      const target = shown[Math.max(0, Math.min(next, shown.length - 1))];
      choose(target.id, false);
      list.reveal(shown.indexOf(target))?.focus({ preventScroll: true });
      list.draw();
    } else if (event.key === "Enter" || (event.key === " " && event.target === document.activeElement && !/** @type {Element} */ (event.target).matches("input"))) {
      event.preventDefault();
      const line = /** @type {HTMLElement} */ (/** @type {Element} */ (event.target).closest(".line"));
      if (line.dataset.taskId !== selected) choose(line.dataset.taskId ?? "", true);
      const video = beside.querySelector("video");
      if (video?.paused) video.play().catch(() => {});
      else video?.pause();
    }
  });

  /** @param {Entry[]} entries */
  const remove = async (entries) => {
    for (const { id } of entries) {
      strangers.delete(id);
      ticked.delete(id);
    }
    const index = shown.findIndex(({ id }) => id === entries[0]?.id);
    const next = shown[index + 1] ?? shown[index - 1];
    if (entries.length === 1 && next) selected = next.id;
    removed = await store.remove(entries.map(({ id }) => id));
    say(translate("removed_entries", { count: entries.length }));
    redraw();
    (list.reveal(Math.max(0, shown.findIndex(({ id }) => id === selected))) ?? words).focus({ preventScroll: true });
  };

  const copyLinkIds = () => {
    navigator.clipboard.writeText(picked().map(({ id }) => id).join("\n")).catch(() => {});
    say(translate("copied", { count: picked().length }));
  };

  /**
   * Look tasks up that stand in a text, and show them.
   * @param {string} text
   */
  const open = async (text) => {
    run.disabled = true;
    run.textContent = translate("running");
    try {
      const { rows, left_out: rest } = await tracker.lookUp({ text });
      const backend = tracker.backend;
      const found = [];
      for (const row of rows) {
        const entry = { id: row.id, backend, mode: row.mode ?? "", prompt: (row.prompt ?? "").slice(0, 200), at: row.created_at ?? "", row };
        if (store.entry(row.id)) continue;
        if (row.state && row.created_at) found.push(entry);
        else strangers.set(row.id, entry);
      }
      if (rows.length) {
        ids.value = "";
        store.saveSettings({ ids: "" });
        words.value = "";
        selected = (rows.find((row) => row.video_url || row.image_urls) ?? rows[0]).id;
        view.words = view.state = view.mode = "";
        drawFilters();
        view.ids = [...new Set(rows.map(({ id }) => id))];
      }
      if (found.length) await store.addAll(found);
      await store.update(rows);
      message = !rows.length ? translate("no_ids") : rest ? translate("too_many_ids", { limit: rows.length, rest }) : "";
    } catch {
      message = translate("not_answered");
    }
    run.disabled = false;
    run.textContent = translate("run");
    redraw();
  };

  const lookUp = () => {
    if (ids.value.trim()) return open(ids.value);
    if (!all().length) return say(translate("no_ids"));
    tracker.retry();
    return say(translate(tracker.running ? "asked_again" : "all_ended"));
  };

  /** @type {import("./preview.js").Actions} */
  const actions = {
    again: ({ id }) => again(id),
    proceed,
    ask: ({ id }) => { strangers.has(id) ? open(id) : tracker.follow([id]); },
    connect: openConnection,
    remove: (entry) => remove([entry]),
  };

  const drawFilters = () => {
    for (const [filter, value] of /** @type {[HTMLElement, string][]} */ ([[stateFilter, view.state], [modeFilter, view.mode]]))
      /** @type {HTMLSelectElement} */ (filter.firstElementChild).value = value;
  };

  panel.replaceChildren(
    make("div", { className: "query-bar" },
      labelled("query-search", translate("search"), words), stateFilter, modeFilter,
      labelled("query-ids", translate("ids"), ids), run, make("span", { className: "query-actions" }, zip.element, share, more)),
    status,
    make("div", { className: "query-columns" }, place, beside));
  drawFilters();
  store.onChange(redraw);
  tracker.onBackend(redraw);
  addEventListener("resize", () => drawPreview());
  setInterval(() => list.draw(), 30_000); // ages
  redraw();
  select = (id) => {
    Object.assign(view, { ...EVERYTHING, column: view.column, descending: view.descending });
    words.value = "";
    drawFilters();
    selected = id;
    redraw();
    requestAnimationFrame(() => list.reveal(Math.max(0, shown.findIndex((entry) => entry.id === id))));
  };
  if (asked) open(asked.replaceAll(",", " "));
  asked = "";
};
