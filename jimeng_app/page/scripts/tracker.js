// The look-ups of the page: one request a tick for all tasks of the selected backend that have not ended, and one for the
// demo's, which needs no credential: a form can be tried there while another backend is selected.

import { fieldOf } from "./dom.js";
import { store } from "./store.js";

/** @typedef {import("./types.d.ts").PageRow} PageRow */
/**
 * @typedef {object} LookUps The response of the look-up route.
 * @property {PageRow[]} rows One for each id, in order, but for those that are as they were known.
 * @property {number | null} interval Seconds until the next look-up; null: all have ended.
 * @property {Record<string, number>} counts How many rows there are of each state.
 * @property {number} left_out How many ids were too many.
 */

/** The address of the app, whatever path a proxy mounts it at. */
export const ROOT = new URL("../../", import.meta.url);
/** Ids of one request. */
const MAX_IDS = 1000;
/** Seconds between two look-ups while the page is hidden, and the longest interval. */
const HIDDEN_INTERVAL = 60;
const FIRST_INTERVAL = 2;

/** The backend that needs no credential. */
export const DEMO = "demo";
let backend = DEMO;
/** Ids whose look-up failed for good; they are asked for again when the connection changes. @type {Set<string>} */
const resting = new Set();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let due = Infinity;
let running = false;
let failures = 0;
/** @type {Set<() => void>} */
const listeners = new Set();
const changed = () => {
  for (const listener of listeners) listener();
};

/**
 * The typed credential: it is sent, and never stored.
 * @param {string} where A backend.
 */
const token = (where) => (where === DEMO ? "" : fieldOf("token")?.value ?? "");

/**
 * Call a route of the page.
 * @param {string} path
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 * @param {string} [where] A backend; without it, the selected one.
 */
export const post = (path, body, signal = AbortSignal.timeout(90_000), where = backend) =>
  fetch(new URL(path, ROOT), {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", "x-jimeng-backend": where, ...(token(where) ? { "x-jimeng-token": token(where) } : {}) },
    signal,
  });

/**
 * Look tasks up now, by their ids or by a text that contains them; rejects when there is no answer.
 * @param {{ ids: string[], known?: (string | null)[] } | { text: string }} asked `known`: digests of the rows that are here.
 * @param {string} [where] A backend; without it, the selected one.
 * @returns {Promise<LookUps>}
 */
const lookUp = async (asked, where = backend) => {
  const response = await post("page/look-ups", asked, undefined, where);
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
};

/** @param {string} [where] A backend; without it, all that are asked. */
const unfinished = (where) =>
  store.entries()
    .filter((entry) => (where ? entry.backend === where : entry.backend === backend || entry.backend === DEMO) && !entry.row?.ended && !resting.has(entry.id))
    .slice(0, MAX_IDS)
    .map(({ id }) => id);

/** @param {number} seconds */
const schedule = (seconds) => {
  clearTimeout(timer);
  due = Date.now() + seconds * 1000;
  timer = setTimeout(tick, seconds * 1000);
};

const stop = () => {
  clearTimeout(timer);
  due = Infinity;
};

const tick = async () => {
  if (running || !unfinished().length) return void (running || stop());
  const asked = backend;
  running = true;
  stop();
  let seconds = HIDDEN_INTERVAL;
  const answered = failures === 0;
  try {
    for (const where of new Set([asked, DEMO])) {
      const ids = unfinished(where);
      if (!ids.length) continue;
      const known = ids.map((id) => store.entry(id)?.row?.digest ?? null);
      const { rows, interval } = await lookUp({ ids, known }, where);
      seconds = Math.min(seconds, interval ?? HIDDEN_INTERVAL);
      await store.update(rows);
      if (asked === backend) for (const id of ids) if (store.entry(id)?.row?.interval === null) resting.add(id);
    }
    failures = 0;
  } catch { // no answer: the server is restarted, or the network is gone
    failures += 1;
    seconds = Math.min(FIRST_INTERVAL * 2 ** failures, HIDDEN_INTERVAL);
  } finally {
    running = false;
  }
  if (answered !== (failures === 0)) changed();
  if (asked !== backend) schedule(0);
  else if (unfinished().length) schedule(document.hidden ? Math.max(seconds, HIDDEN_INTERVAL) : seconds);
};

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && due !== Infinity) schedule(Math.min((due - Date.now()) / 1000, FIRST_INTERVAL));
});
store.onChange(() => {
  if (!running && due === Infinity && unfinished().length) schedule(FIRST_INTERVAL);
});
store.ready.then(() => { if (unfinished().length) schedule(0); });

export const tracker = {
  lookUp,

  /** The selected backend. */
  get backend() {
    return backend;
  },

  /** @param {string} name */
  set backend(name) {
    if (name === backend) return;
    backend = name;
    tracker.retry();
    changed();
  },

  /**
   * Call a function when another backend is selected, and when the server begins or ceases to answer.
   * @param {() => void} listener
   */
  onChange(listener) {
    listeners.add(listener);
  },

  /** How many tasks that are asked for have not ended. */
  get running() {
    return unfinished().length;
  },

  /** Whether the last look-up of a tick had no answer. */
  get unanswered() {
    return failures > 0;
  },

  /** Ask again for all that has not ended, also for what failed: the credential may have changed. */
  retry() {
    resting.clear();
    if (unfinished().length) schedule(0);
  },

  /**
   * Ask for these tasks of this browser soon, and until they have ended.
   * @param {string[]} ids
   */
  follow(ids) {
    for (const id of ids) resting.delete(id);
    // A reader who sends one after the other does not put the look-up off.
    if (due > Date.now() + FIRST_INTERVAL * 1000) schedule(FIRST_INTERVAL);
  },

  /**
   * Ask once for the new links of a task whose links have expired; resolves to its row.
   * @param {string} id
   */
  async refresh(id) {
    const where = store.entry(id)?.backend === DEMO ? DEMO : backend;
    const { rows: [row] } = await lookUp({ ids: [id] }, where);
    await store.update([row]);
    return row;
  },
};
