// The browser's database, as `store.js` uses it. Every operation has a deadline: a browser may deny storage (a frame of
// another site, a private window), have none left, or have damaged it.

export const NAME = "jimeng-studio";
const VERSION = 1;
/** Milliseconds that the storage has for one operation. */
const DEADLINE = 5000;

/** @typedef {"entries" | "values" | "pictures"} StoreName */

/** @type {IDBDatabase | null} */
let database = null;

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

/** Close it: nothing is stored from now on. */
export const close = () => {
  database?.close();
  database = null;
};

/** Whether it is open. */
export const isOpen = () => database !== null;

/** Open it; rejects where that cannot be. */
export const open = async () => {
  const request = indexedDB.open(NAME, VERSION);
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
  try {
    database = await withDeadline(opened);
  } catch (error) {
    late = true;
    throw error;
  }
  database.onversionchange = close;
  database.onclose = close;
};

/**
 * Read all entries, and all values with their names; rejects where that cannot be.
 * @returns {Promise<{ entries: unknown[], values: [string, any][] }>}
 */
export const readAll = async () => {
  if (!database) throw new Error("storage");
  const transaction = database.transaction(["entries", "values"]);
  const stored = transaction.objectStore("values");
  const [entries, names, contents] = await withDeadline(Promise.all([
    result(transaction.objectStore("entries").getAll()), result(stored.getAllKeys()), result(stored.getAll())]));
  return { entries, values: names.map((name, index) => [String(name), contents[index]]) };
};

/**
 * Read from one store; rejects where that cannot be.
 * @template T
 * @param {StoreName} name
 * @param {(store: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T>}
 */
export const read = async (name, work) => {
  if (!database) throw new Error("storage");
  return withDeadline(result(work(database.transaction(name).objectStore(name))));
};

/**
 * Change the stored data; resolves when the change is on the disk, or cannot be.
 * @param {(stores: Record<StoreName, IDBObjectStore>) => void} work
 * @returns {Promise<boolean>} Whether it is stored.
 */
export const write = async (work) => {
  if (!database) return false;
  try {
    const transaction = database.transaction(["entries", "values", "pictures"], "readwrite", { durability: "strict" });
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const [entries, values, pictures] = ["entries", "values", "pictures"].map((name) => transaction.objectStore(name));
    try {
      work({ entries, values, pictures });
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
