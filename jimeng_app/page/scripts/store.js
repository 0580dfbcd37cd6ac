// What this browser keeps: tasks, drafts, pictures and settings, never a credential. No other module uses its storage.
//
// Everything is in memory, and behind that in IndexedDB. A browser may deny storage (a frame of another site, a private
// window), have none left, or have damaged it: then the page works as before, and keeps nothing after it is closed.

import * as database from "./database.js";
import { mergeRow, picturePaths, readEntry } from "./entries.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./types.d.ts").PageRow} PageRow */

/** The list of earlier versions of this page, in localStorage. */
const OLD_LIST = "jimeng-studio-tasks";
/** @type {Map<string, Entry>} */
const entries = new Map();
/** Drafts and settings, by name. @type {Map<string, any>} */
const values = new Map();
/** Pictures that could not be stored. @type {Map<string, Blob>} */
const pictures = new Map();
/** @type {Entry[] | null} */
let sorted = null;
/** @type {Set<() => void>} */
const listeners = new Set();

const changed = () => {
  sorted = null;
  for (const listener of listeners) listener();
};

/** @param {boolean} stored */
const expectStored = (stored) => {
  if (stored || !database.isOpen()) return;
  database.close();
  changed();
};

/** @type {BroadcastChannel | null} */
let channel = null;
try {
  channel = new BroadcastChannel(database.NAME);
  channel.onmessage = ({ data }) => {
    for (const value of data.put ?? []) {
      const entry = readEntry(value);
      if (entry) entries.set(entry.id, entry);
    }
    for (const id of data.remove ?? []) entries.delete(id);
    changed();
  };
} catch { /* this window alone */ }

/**
 * A copy that can be stored: Gradio's values are proxies.
 * @template T
 * @param {T} value
 * @returns {T}
 */
const plain = (value) => JSON.parse(JSON.stringify(value));

/**
 * Store entries, here and in the other windows.
 * @param {Entry[]} changes
 */
const put = async (changes) => {
  for (const entry of changes) entries.set(entry.id, entry);
  changed();
  channel?.postMessage({ put: changes });
  expectStored(await database.write((stores) => { for (const entry of changes) stores.entries.put(entry); }));
};

/** The entries of an earlier version of this page; they are taken over once. */
const takeOldList = async () => {
  try {
    const text = localStorage.getItem(OLD_LIST);
    if (text === null) return;
    /** @type {unknown[]} */
    let list = [];
    try {
      list = [JSON.parse(text)].flat();
    } catch { /* a damaged list is lost */ }
    await put(list.map(readEntry).filter((entry) => entry !== null).filter(({ id }) => !entries.has(id)));
    if (database.isOpen()) localStorage.removeItem(OLD_LIST);
  } catch { /* no storage */ }
};

/** Forget the pictures of drafts and tasks that are no longer there. */
const prunePictures = async () => {
  try {
    const fields = [...values.values(), ...[...entries.values()].map((entry) => entry.fields)];
    const used = new Set(fields.flatMap(picturePaths));
    const paths = await database.read("pictures", (stored) => stored.getAllKeys());
    const unused = paths.filter((path) => !used.has(String(path)));
    if (unused.length) await database.write((stores) => { for (const path of unused) stores.pictures.delete(path); });
  } catch { /* at the next visit */ }
};

const load = async () => {
  try {
    await database.open();
    const stored = await database.readAll();
    for (const entry of stored.entries.map(readEntry)) if (entry && !entries.has(entry.id)) entries.set(entry.id, entry);
    for (const [name, value] of stored.values) if (!values.has(name)) values.set(name, value);
  } catch {
    database.close();
  }
  await takeOldList();
  changed();
  prunePictures();
};

/**
 * @param {string} name
 * @param {unknown} value
 */
const saveValue = async (name, value) => {
  if (value === null) values.delete(name);
  else values.set(name, value);
  expectStored(await database.write((stores) => {
    if (value === null) stores.values.delete(name);
    else stores.values.put(value, name);
  }));
};

export const store = {
  /** Resolved when what is stored was read; never rejected. */
  ready: load(),

  /** Whether what is kept is still there when the page is opened again. */
  get persistent() {
    return database.isOpen();
  },

  /** The tasks of this browser, newest first. */
  entries() {
    // Times have whole seconds; ids of one second are in their order too.
    sorted ??= [...entries.values()].sort((one, other) =>
      (one.at < other.at || (one.at === other.at && one.id < other.id) ? 1 : -1));
    return sorted;
  },

  /**
   * The task of this id, if this browser has it.
   * @param {string} id
   */
  entry: (id) => entries.get(id),

  /**
   * Add a task; resolves when it is on the disk, or cannot be.
   * @param {Entry} entry
   */
  add: (entry) => put(plain([entry])),

  /**
   * Add tasks, as of an imported list or an undone removal.
   * @param {Entry[]} list
   */
  addAll: (list) => put(list),

  /**
   * Keep what look-ups returned; rows of other tasks are ignored.
   * @param {PageRow[]} rows
   */
  async update(rows) {
    const changes = [];
    for (const row of rows) {
      const entry = entries.get(row.id);
      if (entry) changes.push({ ...entry, row: mergeRow(entry.row, row) });
    }
    if (changes.length) await put(changes);
  },

  /**
   * Remove tasks from the list; resolves to those that were in it.
   * @param {string[]} ids
   */
  async remove(ids) {
    const removed = ids.map((id) => entries.get(id)).filter((entry) => entry !== undefined);
    for (const { id } of removed) entries.delete(id);
    changed();
    channel?.postMessage({ remove: ids });
    expectStored(await database.write((stores) => { for (const id of ids) stores.entries.delete(id); }));
    return removed;
  },

  /**
   * Call a function after every change, also of another window; returns the function that ends this.
   * @param {() => void} listener
   */
  onChange(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  /**
   * What stands in the form of a mode, or null.
   * @param {string} mode
   * @returns {import("./types.d.ts").Fields | null}
   */
  draft: (mode) => values.get(`draft ${mode}`) ?? null,

  /**
   * Keep what stands in the form of a mode; null: nothing.
   * @param {string} mode
   * @param {import("./types.d.ts").Fields | null} draft
   */
  saveDraft: (mode, draft) => saveValue(`draft ${mode}`, plain(draft)),

  /** What else is kept, by name: the open tab, the backend. @returns {Record<string, any>} */
  get settings() {
    return values.get("settings") ?? {};
  },

  /** @param {Record<string, any>} changes */
  saveSettings: (changes) => saveValue("settings", { ...values.get("settings"), ...changes }),

  /**
   * A picture that was kept, or undefined.
   * @param {string} path Its place in the server's upload folder, which contains a hash of it.
   * @returns {Promise<Blob | undefined>}
   */
  async picture(path) {
    if (!database.isOpen()) return pictures.get(path);
    try {
      return await database.read("pictures", (stored) => stored.get(path));
    } catch {
      return undefined;
    }
  },

  /**
   * Keep a picture, as far as there is space: the rest is kept without it.
   * @param {string} path
   * @param {Blob} picture
   */
  async savePicture(path, picture) {
    if (!await database.write((stores) => { stores.pictures.put(picture, path); })) pictures.set(path, picture);
  },
};
