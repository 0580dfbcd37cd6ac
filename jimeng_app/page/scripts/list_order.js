// Which tasks the list shows, and in which order. Pure functions.

import { note, stateName } from "./format.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./format.js").Translate} Translate */

/**
 * @typedef {object} View What a reader wants to see.
 * @property {string} words All of them must occur, whatever the case.
 * @property {string} state The name of a state; "": every one.
 * @property {string} mode The name of a mode; "": every one.
 * @property {string} column The heading by which the list is ordered, or `AS_GIVEN`.
 * @property {boolean} descending
 * @property {string[] | null} ids The only tasks to show; null: all.
 */

/** The order of the view's ids. */
export const AS_GIVEN = "given";

/** @type {View} */
export const EVERYTHING = { words: "", state: "", mode: "", column: "created", descending: true, ids: null };

/** Letters from which a word is looked for in ids too: fewer occur in many of them. */
const ID_LETTERS = 8;
const STATES = ["processing", "pending", "unknown", "failed", "completed"];

/** @type {WeakMap<Entry, string>} */
const texts = new WeakMap();

/**
 * What the words of a search are looked for in.
 * @param {Entry} entry
 * @param {Translate} translate
 */
const textOf = (entry, translate) => {
  let text = texts.get(entry);
  if (text === undefined) {
    const { row } = entry;
    const parts = [row?.prompt ?? entry.prompt, translate(entry.mode), translate(stateName(row)), note(row, translate), row?.model ?? ""];
    text = parts.join("\n").toLowerCase();
    texts.set(entry, text);
  }
  return text;
};

/** The length of a video in seconds, or the number of images. @param {Entry} entry */
export const amountOf = ({ row, fields }) =>
  Number(row?.image_urls?.length ?? row?.duration_seconds ?? fields?.duration ?? fields?.count) || 0;

/**
 * By what a column orders the list.
 * @type {Record<string, (entry: Entry, translate: Translate) => string | number>}
 */
const KEYS = {
  prompt: (entry) => (entry.row?.prompt ?? entry.prompt).toLowerCase(),
  mode: (entry, translate) => translate(entry.mode),
  state: ({ row }) => STATES.indexOf(stateName(row)) * 1000 - (row?.progress ?? 0),
  seconds: amountOf,
  created: ({ at }) => at,
};

/** The columns, each of which can order the list. */
export const COLUMNS = Object.keys(KEYS);

/**
 * The tasks to show, in their order.
 * @param {Entry[]} entries Newest first.
 * @param {View} view
 * @param {Translate} translate
 * @returns {Entry[]}
 */
export const arrange = (entries, { words, state, mode, column, descending, ids }, translate) => {
  let shown = entries;
  if (ids) {
    const known = new Map(entries.map((entry) => [entry.id, entry]));
    shown = ids.map((id) => known.get(id)).filter((entry) => entry !== undefined);
  }
  if (state) shown = shown.filter(({ row }) => stateName(row) === state);
  if (mode) shown = shown.filter((entry) => entry.mode === mode);
  for (const word of words.toLowerCase().split(/\s+/).filter(Boolean))
    shown = shown.filter((entry) => textOf(entry, translate).includes(word) || (word.length >= ID_LETTERS && entry.id.toLowerCase().includes(word)));
  if (column === AS_GIVEN || (column === "created" && descending && !ids)) return shown; // as they are
  const sign = descending ? -1 : 1;
  /** @type {Map<Entry, string | number>} */
  const keys = new Map(shown.map((entry) => [entry, KEYS[column](entry, translate)]));
  return [...shown].sort((one, other) => {
    const [left, right] = [/** @type {string} */ (keys.get(one)), /** @type {string} */ (keys.get(other))];
    return left < right ? -sign : left > right ? sign : 0;
  });
};
