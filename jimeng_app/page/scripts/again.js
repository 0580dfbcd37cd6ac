// Filling a form with what an earlier task was made with, and bringing back what stood there before.

import { byId, translate } from "./dom.js";
import { fileCount, fill, valuesOf } from "./drafts.js";
import { formState } from "./form_state.js";
import { store } from "./store.js";
import { post, tracker } from "./tracker.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./types.d.ts").Fields} Fields */

const FIRST_LAST_FRAME = "first_last_frame";

/** @param {string} mode */
const htmlName = (mode) => mode.replaceAll("_", "-");

/** @param {string} mode */
const open = (mode) => {
  byId(`tab-${htmlName(mode)}-button`).click();
};

/**
 * Open a form and fill it; what stood in it can be brought back.
 * @param {string} mode
 * @param {Fields} fields
 * @param {string} text What is said beside its button then.
 */
const fillForm = async (mode, fields, text) => {
  const before = valuesOf(mode);
  open(mode);
  await fill(mode, fields);
  const missing = fileCount(fields) - fileCount(valuesOf(mode));
  const undo = async () => {
    formState.setNote(mode, null);
    await fill(mode, before);
    byId(`${htmlName(mode)}-submit`)?.focus({ preventScroll: true });
  };
  const sentences = [text, missing > 0 ? translate("pictures_missing", { count: missing }) : ""];
  formState.setNote(mode, { text: sentences.filter(Boolean).join(" "), buttons: [[translate("undo"), undo]] });
  requestAnimationFrame(() => {
    document.querySelector(`#tab-${htmlName(mode)} .columns`)?.scrollIntoView({ block: "nearest" });
    byId(`${htmlName(mode)}-submit`)?.focus({ preventScroll: true });
  });
};

/**
 * Fill the form of a task with all that it was made with, and open it.
 * @param {string} id
 */
export const again = async (id) => {
  const entry = store.entry(id);
  if (!entry) return;
  const { row } = entry;
  // Of a task that was added by its id, only what its record tells is known.
  const known = () => Object.fromEntries(Object.entries({
    prompt: row?.prompt ?? entry.prompt, model: row?.model, duration: row?.duration_seconds, resolution: row?.resolution,
    ratio: row?.ratio,
  }).filter(([, value]) => value != null));
  const fields = entry.fields ?? known();
  const drawn = !fields.seed && row?.seed != null; // at random
  await fillForm(entry.mode, drawn ? { ...fields, seed: String(row.seed) } : fields, translate(drawn ? "filled_seed" : "filled"));
};

/**
 * Begin a new video with the last frame of a finished one.
 * @param {Entry} entry
 */
export const proceed = async ({ id, backend }) => {
  open(FIRST_LAST_FRAME);
  formState.setNote(FIRST_LAST_FRAME, { text: translate("continuing"), buttons: [] });
  let answer;
  try {
    // A task of the demo is known there alone.
    const where = backend === "demo" ? backend : tracker.backend;
    answer = await (await post("page/last-frame", { id }, undefined, where)).json();
  } catch {
    answer = { message: translate("no_last_frame") };
  }
  if (answer.path) await fillForm(FIRST_LAST_FRAME, { first_frame: answer }, translate("continued"));
  else formState.setNote(FIRST_LAST_FRAME, { text: answer.message ?? translate("no_last_frame"), buttons: [] });
};
