// The fields and buttons above the list of tasks.

import { button, make, translate } from "./dom.js";
import { choice, labelled } from "./fields.js";
import { SHAPES, stateText } from "./format.js";
import { AS_GIVEN, COLUMNS } from "./list_order.js";
import { store } from "./store.js";
import { copyLink, exportList, importList, saveTable } from "./take_home.js";
import { zipButton } from "./zip_button.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./query_state.js").QueryState} QueryState */

/**
 * @typedef {object} Actions What the fields and buttons do.
 * @property {(change: Partial<import("./list_order.js").View>) => void} setView
 * @property {() => void} lookUp
 * @property {(text: string) => void} say
 * @property {(entries: Entry[]) => void} remove
 */

const MODES = ["first_last_frame", "multi_frame", "subject_reference", "image"];
/** Ids in a link, which would be too long for a browser's address with more. */
const MAX_LINK_IDS = 200;

/**
 * The menu of what is done more rarely.
 * @param {QueryState} state
 * @param {Actions} actions
 */
const moreMenu = (state, { say, remove }) => {
  const file = make("input", { type: "file", accept: ".json,application/json", hidden: true, aria: translate("import_list"), onchange: async () => {
    const [source] = file.files ?? [];
    file.value = "";
    if (source) say(await importList(source).then((count) => translate("imported", { count }), () => translate("not_imported")));
  } });
  /** @param {string} key @param {() => void} action */
  const item = (key, action) => button(translate(key), "", () => { more.open = false; action(); }, { id: `query-${key.replace("_", "-")}` });
  /** @param {string} name */
  const saySaved = (name) => say(translate("saved_as", { name }));
  /** @param {"csv" | "json"} format */
  const table = (format) => saveTable(state.picked, format).then(saySaved, () => say(translate("not_saved")));
  const copyIds = () => {
    navigator.clipboard.writeText(state.picked.map(({ id }) => id).join("\n")).catch(() => {});
    say(translate("copied", { count: state.picked.length }));
  };
  const removal = item("remove_shown", () => remove(state.picked));
  const showCount = () => {
    const { length: count } = state.picked;
    removal.textContent = translate(count < state.shown.length ? "remove_ticked" : "remove_shown", { count });
  };
  const more = make("details", { className: "more", id: "query-more", ontoggle: showCount },
    make("summary", { textContent: translate("more_actions") }),
    make("div", {},
      item("csv", () => table("csv")), item("json", () => table("json")),
      item("copy_ids", copyIds), item("export_list", () => saySaved(exportList())), item("import_list", () => file.click()),
      removal, file));
  more.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    more.open = false;
    more.querySelector("summary")?.focus();
  });
  more.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !more.contains(/** @type {Node} */ (relatedTarget))) more.open = false;
  });
  return more;
};

/**
 * The list's order, for a page too narrow for its headings.
 * @param {Actions["setView"]} setView
 */
const orderChoice = (setView) => {
  const orders = COLUMNS.flatMap((column) => ["↓", "↑"].map((arrow) =>
    /** @type {[string, string]} */ ([`${column} ${arrow}`, `${translate(`column_${column}`)} ${arrow}`])));
  return choice("query-order", translate("order"), orders, (order) => {
    const [column, arrow] = order.split(" ");
    setView({ column, descending: arrow === "↓" });
  });
};

/**
 * Show an order in its field; that of the view's ids is offered only where there are some.
 * @param {HTMLElement} field
 * @param {import("./list_order.js").View} view
 */
const showOrder = (field, { column, descending, ids }) => {
  const select = /** @type {HTMLSelectElement} */ (field.firstElementChild);
  const given = select.querySelector(`[value=${AS_GIVEN}]`);
  if (ids && !given) select.prepend(make("option", { value: AS_GIVEN, textContent: translate("as_given") }));
  if (!ids) given?.remove();
  select.value = column === AS_GIVEN ? column : `${column} ${descending ? "↓" : "↑"}`;
};

/**
 * The bar, with what others change in it.
 * @param {QueryState} state
 * @param {Actions} actions
 */
export const queryBar = (state, actions) => {
  const { setView, lookUp, say } = actions;
  const words = make("input", { type: "search", placeholder: translate("search_hint"), autocomplete: "off", spellcheck: false, enterKeyHint: "search",
    oninput: () => setView({ words: words.value }) });
  /** @type {[string, string][]} */
  const states = Object.keys(SHAPES).map((name) => [name, stateText(name, translate)]);
  const stateFilter = choice("query-state-filter", translate("column_state"), [["", translate("every_state")], ...states], (name) => setView({ state: name }));
  /** @type {[string, string][]} */
  const modes = MODES.map((mode) => [mode, translate(mode)]);
  const modeFilter = choice("query-mode-filter", translate("column_mode"), [["", translate("every_mode")], ...modes], (mode) => setView({ mode }));
  const order = orderChoice(setView);
  const ids = make("textarea", { rows: 1, placeholder: translate("ids_hint"), title: translate("ids_about"), autocomplete: "off", spellcheck: false,
    oninput: () => { store.saveSettings({ ids: ids.value }); },
    onkeydown: (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); lookUp(); } } });
  ids.value = store.settings.ids ?? "";
  const run = button(translate("run"), "primary", lookUp, { id: "query-run" });
  const zip = zipButton(() => state.finished, say);
  const share = button(translate("share"), "", () => {
    copyLink(state.picked.slice(0, MAX_LINK_IDS));
    say(translate("link_copied", { count: Math.min(state.picked.length, MAX_LINK_IDS) }));
  }, { id: "query-share" });

  const update = () => {
    const { view } = state;
    if (words.value !== view.words) words.value = view.words;
    showOrder(order, view);
    for (const [filter, value] of /** @type {[HTMLElement, string][]} */ ([[stateFilter, view.state], [modeFilter, view.mode]]))
      /** @type {HTMLSelectElement} */ (filter.firstElementChild).value = value;
    zip.update();
    share.disabled = !state.shown.length;
  };
  const element = make("div", { className: "query-bar" },
    labelled("query-search", translate("search"), words), stateFilter, modeFilter,
    make("span", { className: "query-add" }, labelled("query-ids", translate("ids"), ids), run), make("span", { className: "query-actions" }, zip.element, share, moreMenu(state, actions)));
  return { element, order, words, ids, run, update };
};
