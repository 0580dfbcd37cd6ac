// Taking results home and handing them over: an archive, the table as a file, a link, and the list itself.

import { copyText, make } from "./dom.js";
import { readEntry } from "./entries.js";
import { store } from "./store.js";
import { post, ROOT } from "./tracker.js";

/** @typedef {import("./types.d.ts").Entry} Entry */

/**
 * Save a file; returns its name.
 * @param {Blob} blob
 * @param {string} name
 */
const save = (blob, name) => {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return name;
};

const today = () => new Date().toLocaleDateString("sv");

/**
 * How often a mark occurs in the bytes of a stream, whose parts may cut it.
 * @param {number[]} mark
 */
const counter = (mark) => {
  let matched = 0;
  let count = 0;
  /** @param {Uint8Array} bytes */
  return (bytes) => {
    for (const byte of bytes) {
      matched = byte === mark[matched] ? matched + 1 : byte === mark[0] ? 1 : 0;
      if (matched === mark.length) { count += 1; matched = 0; }
    }
    return count;
  };
};
/** How each file of an archive begins. */
const FILE_MARK = [0x50, 0x4b, 0x03, 0x04];

/**
 * @typedef {object} Archived
 * @property {number} files How many are in it.
 * @property {string[]} failed The ids of tasks without a file in it.
 */

/**
 * Save the results of tasks as one archive.
 * @param {Entry[]} entries
 * @param {(files: number, megabytes: number) => void} progress
 * @param {AbortSignal} signal
 * @returns {Promise<Archived>}
 */
export const saveArchive = async (entries, progress, signal) => {
  const response = await post("page/archive", { ids: entries.map(({ id }) => id) }, signal);
  if (!response.ok || !response.body) throw new Error((await response.json()).detail);
  const files = counter(FILE_MARK);
  let size = 0;
  const watched = response.body.pipeThrough(new TransformStream({
    transform(chunk, controller) {
      size += chunk.length;
      progress(files(chunk), size / 1e6);
      controller.enqueue(chunk);
    },
  }));
  const blob = await new Response(watched).blob();
  // The comment at the end of the archive says what is missing in it.
  const end = await blob.slice(-65_557).text();
  const comment = end.slice(end.lastIndexOf("PK\u0005\u0006")).match(/\{.*\}$/s)?.[0];
  if (!comment) throw new Error();
  save(blob, `jimeng-${today()}.zip`);
  return JSON.parse(comment);
};

/**
 * Save the table as a file; returns its name.
 * @param {Entry[]} entries
 * @param {"csv" | "json"} format
 */
export const saveTable = async (entries, format) => {
  const rows = entries.map(({ id, mode, prompt, at, row }) => row ?? { id, mode, prompt, created_at: at });
  const response = await post("page/table", { rows, format });
  if (!response.ok) throw new Error(String(response.status));
  return save(await response.blob(), `jimeng-${today()}.${format}`);
};

/**
 * Copy a link that opens the page with these tasks.
 * @param {Entry[]} entries
 */
export const copyLink = (entries) => copyText(`${ROOT}?ids=${entries.map(({ id }) => encodeURIComponent(id)).join(",")}`);

/** Save the list of this browser, without its pictures; returns the file's name. */
export const exportList = () =>
  save(new Blob([JSON.stringify({ entries: store.entries() })], { type: "application/json" }), `jimeng-tasks-${today()}.json`);

/**
 * Add the tasks of a saved list; returns how many there are. What is here already stays as it is.
 * @param {File} file
 */
export const importList = async (file) => {
  const { entries } = JSON.parse(await file.text());
  const found = [entries].flat().map(readEntry).filter((entry) => entry !== null);
  await store.addAll(found.filter(({ id }) => !store.entry(id)));
  return found.length;
};
