// What stands in the forms: it is kept while it is typed, back when the page is opened again, and filled in on demand.

import { choicesFor } from "./choices.js";
import { translate } from "./dom.js";
import { store } from "./store.js";
import { ROOT } from "./tracker.js";

/** @typedef {import("./types.d.ts").Fields} Fields */
/** @typedef {import("./types.d.ts").UploadedFile} UploadedFile */

/**
 * @typedef {object} Form
 * @property {import("./types.d.ts").Trigger} trigger
 * @property {import("./types.d.ts").Upload} upload
 * @property {Fields} defaults What stands in an untouched form.
 * @property {Fields} values What stands in it now.
 * @property {Fields | null} filling What is being filled in.
 * @property {() => void} filled
 */

/** Bytes of the largest file that is kept: those of the largest picture. */
const LARGEST_KEPT = 30 * 2 ** 20;
/** @type {Map<string, Form>} */
const forms = new Map();
/** Drafts that are being written, by mode, each with the next one. @type {Map<string, Fields | null>} */
const writing = new Map();

/** @param {unknown} value @returns {value is UploadedFile} */
const isFile = (value) => typeof value === "object" && value !== null && typeof Object(value).path === "string" && Object(value).path !== "";

/**
 * The files in a form's values.
 * @param {Fields} fields
 * @returns {UploadedFile[]}
 */
const filesOf = (fields) => Object.values(fields).flat().filter(isFile);

/**
 * How many files are in a form's values.
 * @param {Fields} fields
 */
export const fileCount = (fields) => filesOf(fields).length;

/**
 * What stands in a form.
 * @param {string} mode
 */
export const valuesOf = (mode) => forms.get(mode)?.values ?? {};

/** @param {string} path */
const addressOf = (path) => new URL(`gradio_api/file=${path}`, ROOT);

/**
 * Keep the files of a form's values, but for large videos: the server deletes its uploads after a day.
 * @param {Fields} fields
 */
const keepPictures = async (fields) => {
  for (const { path } of filesOf(fields)) {
    if (await store.picture(path)) continue;
    try {
      const response = await fetch(addressOf(path));
      const size = Number(response.headers.get("content-length"));
      if (response.ok && size <= LARGEST_KEPT) await store.savePicture(path, await response.blob());
      else await response.body?.cancel();
    } catch { /* without a server there is nothing to keep */ }
  }
};

/**
 * A file that the server has, uploaded again if it has lost it; null if nobody has it any more.
 * @param {UploadedFile} file
 * @param {import("./types.d.ts").Upload} upload
 */
const present = async (file, upload) => {
  try {
    // The browser's cache would still have what the server has lost.
    if ((await fetch(addressOf(file.path), { method: "HEAD", cache: "no-store" })).ok) return file;
    const picture = await store.picture(file.path);
    if (!picture) return null;
    const name = file.path.split("/").at(-1) ?? "picture";
    return { ...file, ...await upload(new File([picture], name, { type: picture.type })) };
  } catch {
    return null;
  }
};

/**
 * A form's values with files that the server has.
 * @param {Fields} fields
 * @param {import("./types.d.ts").Upload} upload
 */
const withFiles = async (fields, upload) => {
  /** @param {unknown} value */
  const mended = async (value) => {
    if (!isFile(value)) return value;
    return await present(value, upload) ?? ("prompt" in value ? { ...value, path: "", url: "" } : null);
  };
  /** @type {Fields} */
  const result = {};
  for (const [name, value] of Object.entries(fields))
    result[name] = Array.isArray(value) ? (await Promise.all(value.map(mended))).filter(Boolean) : await mended(value);
  return result;
};

/**
 * Whether two forms say the same: an empty field may be null, "" or [].
 * @param {Fields} one
 * @param {Fields} other
 */
const same = (one, other) => {
  /** @param {Fields} fields */
  const text = (fields) =>
    JSON.stringify(Object.keys(fields).sort().map((name) => [name, fields[name]])
      .filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && !value.length)));
  return text(one) === text(other);
};

/**
 * @param {string} mode
 * @param {Fields | null} draft
 */
const write = async (mode, draft) => {
  const busy = writing.has(mode);
  writing.set(mode, draft);
  if (busy) return;
  for (let next = draft; ; next = /** @type {Fields | null} */ (writing.get(mode))) {
    await store.saveDraft(mode, next);
    if (next) await keepPictures(next);
    if (writing.get(mode) === next) break;
  }
  writing.delete(mode);
};

/**
 * Fill a form in; resolves when its values stand there. What is left out becomes the form's default.
 * @param {string} mode
 * @param {Fields} fields
 */
export const fill = async (mode, fields) => {
  const form = forms.get(mode);
  if (!form) return;
  const filling = await withFiles(JSON.parse(JSON.stringify(fields)), form.upload);
  await new Promise((resolve) => {
    form.filling = { ...form.defaults, ...filling };
    form.filled = () => resolve(undefined);
    form.trigger("fill");
  });
};

/**
 * Upload the files of a form again that the server has lost: it has them in the same places then, which are named by what
 * is in them. Resolves to how many there were.
 * @param {string} mode
 */
export const restoreFiles = async (mode) => {
  const form = forms.get(mode);
  let count = 0;
  if (form) await withFiles(form.values, (file) => { count += 1; return form.upload(file); });
  return count;
};

/**
 * Make a form ready for another press.
 * @param {string} mode
 */
export const resetForm = (mode) => forms.get(mode)?.trigger("cut_off");

/** The changes that make a form's two buttons ready, and take away what was said of an earlier press. */
export const readyForm = () => [
  { __type__: "update", interactive: true, value: translate("submit") },
  { __type__: "update", interactive: true },
  "",
];

/**
 * The values that are being filled into a form, and what the model then offers, in the order of the names.
 * @param {string} mode
 * @param {string[]} names
 * @param {string} backend
 */
export const draftValues = (mode, names, backend) => {
  const filling = forms.get(mode)?.filling ?? {};
  const changes = choicesFor(mode, { ...filling, backend });
  return names.map((name) => changes[name] ?? filling[name] ?? null);
};

/** @param {string} mode */
export const endDraft = (mode) => {
  const form = forms.get(mode);
  if (form?.filling) {
    form.values = form.filling;
    form.filling = null;
    form.filled();
    write(mode, form.values);
  }
  return [];
};

/**
 * Keep what stands in a form, after each change.
 * @param {string} mode
 * @param {string[]} names
 * @param {unknown[]} values
 */
export const keepDraft = (mode, names, values) => {
  const form = forms.get(mode);
  if (!form || form.filling) return [];
  /** @type {Fields} */
  const fields = JSON.parse(JSON.stringify(Object.fromEntries(names.map((name, index) => [name, values[index]]))));
  if (same(fields, form.values)) return [];
  form.values = fields;
  write(mode, same(fields, form.defaults) ? null : fields);
  return [];
};

/**
 * Make a form one that is kept and can be filled in; its draft is filled in at once.
 * @param {{ mode: string, defaults: Fields }} props
 * @param {import("./types.d.ts").Trigger} trigger
 * @param {import("./types.d.ts").Upload} upload
 */
export const bindForm = ({ mode, defaults }, trigger, upload) => {
  forms.set(mode, { trigger, upload, defaults, values: defaults, filling: null, filled: () => {} });
  const draft = store.draft(mode);
  if (draft) fill(mode, draft);
};
