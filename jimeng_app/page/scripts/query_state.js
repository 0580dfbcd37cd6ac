// What the query panel shows: which tasks in which order, which are ticked, and which one is shown in full. Knows no element.

import { translate } from "./dom.js";
import { arrange, AS_GIVEN, EVERYTHING } from "./list_order.js";
import { store } from "./store.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./types.d.ts").PageRow} PageRow */
/** @typedef {import("./list_order.js").View} View */

/** @param {Entry} entry */
const hasResult = ({ row }) => row?.video_url || row?.image_urls;

export class QueryState {
  /** @type {View} */
  view = { ...EVERYTHING, ...store.settings.view, words: "", ids: null };
  /** Tasks that were looked up and not found: they are shown, and not kept. @type {Map<string, Entry>} */
  strangers = new Map();
  /** @type {Set<string>} */
  ticked = new Set();
  selected = "";
  /** @type {Entry[]} */
  shown = [];

  get all() {
    return this.strangers.size ? [...this.strangers.values(), ...store.entries()] : store.entries();
  }

  /** The place of the selected task in the list; -1: none is. */
  get index() {
    return this.shown.findIndex(({ id }) => id === this.selected);
  }

  /** The ticked tasks that are shown, else all that are. */
  get picked() {
    const marked = this.shown.filter(({ id }) => this.ticked.has(id));
    return marked.length ? marked : this.shown;
  }

  get finished() {
    return this.picked.filter(({ row }) => row?.state === "completed");
  }

  /**
   * Arrange the list.
   * @param {boolean} selects Whether a task is to be selected where none is.
   */
  arrange(selects) {
    this.shown = arrange(this.all, this.view, translate);
    if (this.index < 0) this.selected = "";
    if (!this.selected && selects) this.selected = (this.shown.find(hasResult) ?? this.shown[0])?.id ?? "";
  }

  /** @param {Partial<View>} change */
  setView(change) {
    Object.assign(this.view, change);
    if (this.view.ids) return; // of a link or a pasted text: another visit begins with the reader's own
    const { column: usual, descending: falling } = { ...EVERYTHING, ...store.settings.view };
    if (this.view.column === AS_GIVEN) Object.assign(this.view, { column: usual, descending: falling });
    const { state, mode, column, descending } = this.view;
    store.saveSettings({ view: { state, mode, column, descending } });
  }

  /**
   * Show the tasks of a look-up, and keep those that were found.
   * @param {PageRow[]} rows At least one.
   * @param {string} backend
   */
  async showFound(rows, backend) {
    const found = [];
    for (const row of rows) {
      const entry = { id: row.id, backend, mode: row.mode ?? "", prompt: (row.prompt ?? "").slice(0, 200), at: row.created_at ?? "", row };
      if (store.entry(row.id)) continue;
      if (row.state && row.created_at) found.push(entry);
      else this.strangers.set(row.id, entry);
    }
    this.selected = (rows.find((row) => row.video_url || row.image_urls) ?? rows[0]).id;
    Object.assign(this.view, { words: "", state: "", mode: "", column: AS_GIVEN, ids: [...new Set(rows.map(({ id }) => id))] });
    if (found.length) await store.addAll(found);
    await store.update(rows);
  }

  /**
   * Show everything, with a task selected.
   * @param {string} id
   */
  showAll(id) {
    this.setView({ words: "", state: "", mode: "", ids: null });
    this.selected = id;
  }

  /**
   * @param {string} id
   * @param {boolean} isTicked
   */
  tick(id, isTicked) {
    if (isTicked) this.ticked.add(id);
    else this.ticked.delete(id);
  }

  /**
   * Let tasks go; the one after a single one is selected.
   * @param {Entry[]} entries
   */
  forget(entries) {
    for (const { id } of entries) {
      this.strangers.delete(id);
      this.ticked.delete(id);
    }
    const index = this.shown.findIndex(({ id }) => id === entries[0]?.id);
    const next = this.shown[index + 1] ?? this.shown[index - 1];
    if (entries.length === 1 && next) this.selected = next.id;
  }
}
