// What this browser keeps: tasks, drafts, pictures and settings, never a credential. No other module uses its storage.
//
// Everything is in memory, and behind that in IndexedDB. A browser may deny storage (a frame of another site, a private
// window), have none left, or have damaged it: then the page works as before, and keeps nothing after it is closed.

import { mergeRow, picturePaths, readEntry } from "./entries.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./types.d.ts").PageRow} PageRow */

const DATABASE = "jimeng-studio";
const VERSION = 1;
/** The list of earlier versions of this page, in localStorage. */
const OLD_LIST = "jimeng-studio-tasks";
/** Milliseconds that the storage has for one operation. */
const DEADLINE = 5000;

/** @type {IDBDatabase | null} */
let database = null;
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

/**
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
const withDeadline = (promise) => {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error("storage")), DEADLINE); });
  return /** @type {Promise<T>} */ (Promise.race([promise, late]).finally(() => clearTimeout(timer)));
};

/**
 * The value of a request.
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const close = () => {
  database?.close();
  database = null;
};

/** @returns {Promise<IDBDatabase>} */
const open = () => {
  const request = indexedDB.open(DATABASE, VERSION);
  let late = false;
  request.onupgradeneeded = () => {
    request.result.createObjectStore("entries", { keyPath: "id" });
    request.result.createObjectStore("values");
    request.result.createObjectStore("pictures");
  };
  const opened = result(request).then((found) => {
    if (late) found.close();
    return found;
  });
  return withDeadline(opened).catch((error) => {
    late = true;
    throw error;
  });
};

/**
 * Change the stored data; resolves when the change is on the disk, or cannot be.
 * @param {(stores: Record<"entries" | "values" | "pictures", IDBObjectStore>) => void} work
 * @returns {Promise<boolean>} Whether it is stored.
 */
const write = async (work) => {
  if (!database) return false;
  try {
    const transaction = database.transaction(["entries", "values", "pictures"], "readwrite", { durability: "strict" });
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const [tasks, named, images] = ["entries", "values", "pictures"].map((name) => transaction.objectStore(name));
    try {
      work({ entries: tasks, values: named, pictures: images });
    } catch (error) {
      ended.catch(() => {});
      transaction.abort();
      throw error;
    }
    await withDeadline(ended);
    return true;
  } catch {
    return false;
  }
};

/** @param {boolean} stored */
const expectStored = (stored) => {
  if (stored || !database) return;
  close();
  changed();
};

/** @type {BroadcastChannel | null} */
let channel = null;
try {
  channel = new BroadcastChannel(DATABASE);
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
  expectStored(await write((stores) => { for (const entry of changes) stores.entries.put(entry); }));
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
    if (database) localStorage.removeItem(OLD_LIST);
  } catch { /* no storage */ }
};

/** Forget the pictures of drafts and tasks that are no longer there. */
const prunePictures = async () => {
  if (!database) return;
  try {
    const fields = [...values.values(), ...[...entries.values()].map((entry) => entry.fields)];
    const used = new Set(fields.flatMap(picturePaths));
    const paths = await withDeadline(result(database.transaction("pictures").objectStore("pictures").getAllKeys()));
    const unused = paths.filter((path) => !used.has(String(path)));
    if (unused.length) await write((stores) => { for (const path of unused) stores.pictures.delete(path); });
  } catch { /* at the next visit */ }
};

const load = async () => {
  try {
    database = await open();
    const transaction = database.transaction(["entries", "values"]);
    const named = transaction.objectStore("values");
    const [tasks, names, contents] = await withDeadline(Promise.all([
      result(transaction.objectStore("entries").getAll()), result(named.getAllKeys()), result(named.getAll())]));
    for (const entry of tasks.map(readEntry)) if (entry && !entries.has(entry.id)) entries.set(entry.id, entry);
    names.forEach((name, index) => { if (!values.has(String(name))) values.set(String(name), contents[index]); });
    database.onversionchange = close;
    database.onclose = close;
  } catch {
    close();
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
  expectStored(await write((stores) => {
    if (value === null) stores.values.delete(name);
    else stores.values.put(value, name);
  }));
};

export const store = {
  /** Resolved when what is stored was read; never rejected. */
  ready: load(),

  /** Whether what is kept is still there when the page is opened again. */
  get persistent() {
    return database !== null;
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
    expectStored(await write((stores) => { for (const id of ids) stores.entries.delete(id); }));
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
    if (!database) return pictures.get(path);
    try {
      return await withDeadline(result(database.transaction("pictures").objectStore("pictures").get(path)));
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
    if (!await write((stores) => { stores.pictures.put(picture, path); })) pictures.set(path, picture);
  },
};
