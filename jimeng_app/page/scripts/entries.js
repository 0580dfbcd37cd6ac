// The tasks of a browser as values: reading them from storage or a file, and merging what look-ups return.

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./types.d.ts").PageRow} PageRow */

/** @param {unknown} value */
const text = (value) => (typeof value === "string" ? value : "");
/** @param {unknown} value @returns {value is Record<string, any>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * An entry from storage, another window or a file; null if it is something else.
 * @param {unknown} value
 * @returns {Entry | null}
 */
export const readEntry = (value) => {
  if (!isObject(value) || !text(value.id)) return null;
  const { id, backend, mode, prompt, at, fields, row } = value;
  return {
    id, backend: text(backend), mode: text(mode), prompt: text(prompt), at: text(at),
    ...(isObject(fields) ? { fields } : {}),
    ...(isObject(row) && row.id === id ? { row: /** @type {PageRow} */ (row) } : {}),
  };
};

/** What a task was made with, which a later look-up may leave out. */
const DESCRIPTION = /** @type {const} */ (["mode", "prompt", "model", "duration_seconds", "resolution", "ratio", "fps", "seed", "created_at"]);

/**
 * The latest knowledge of a task: a look-up that failed takes nothing away that was known.
 * @param {PageRow | undefined} before
 * @param {PageRow} row
 * @returns {PageRow}
 */
export const mergeRow = (before, row) => {
  if (!before) return row;
  if (row.state === null && before.state !== null && before.ended) return before;
  const known = Object.fromEntries(DESCRIPTION.map((name) => [name, row[name] ?? before[name]]));
  return { ...row, ...known };
};

/**
 * The places of the pictures in a form's values, in the server's upload folder.
 * @param {import("./types.d.ts").Fields | null | undefined} fields
 * @returns {string[]}
 */
export const picturePaths = (fields) => Object.values(fields ?? {}).flat().map((value) => text(value?.path)).filter(Boolean);
