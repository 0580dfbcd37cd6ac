// A form's button in the browser: asking before the same is paid twice, and what follows when a submission has ended.

import { openConnection, showSent } from "./cards.js";
import { onLoss } from "./connection_loss.js";
import { byId, translate } from "./dom.js";
import { resetForm, restoreFiles } from "./drafts.js";
import { formState } from "./form_state.js";
import { showTask } from "./query.js";
import { store } from "./store.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/**
 * @typedef {object} SubmissionEnd See `submit.py`.
 * @property {string} mode
 * @property {Entry | null} entry
 * @property {import("./types.d.ts").PageRow | null} row
 * @property {boolean} needs_credential
 */

/** Seconds in which a second press of the same form is taken for a mistake. */
const ASK_SECONDS = 10;

/** Milliseconds in which a second press of a button is a double click: Gradio begins an event once it has read the whole form. */
const DOUBLE_CLICK = 2000;

/** Which button of a form was pressed, and what the form had in it. @type {Map<string, string>} */
const pressed = new Map();
/** When that was, by the clock of events. @type {Map<string, number>} */
const pressedAt = new Map();
/** What was accepted last. @type {Map<string, { values: string, at: number }>} */
const accepted = new Map();
/** Presses that have not ended, each with the entry of its task once the browser has stored it. @type {Map<string, Entry | null>} */
const underWay = new Map();
/** The mode of a press that was confirmed. */
let confirmed = "";

/** @param {string} mode */
const buttonOf = (mode) => byId(`${mode.replaceAll("_", "-")}-submit`);
/**
 * What stands in a form, as a text: read from its elements, which are ahead of what Gradio reports.
 * @param {string} mode
 */
const snapshot = (mode) => {
  const fields = buttonOf(mode).closest(".columns > .column")?.querySelectorAll("input, textarea, img") ?? [];
  return JSON.stringify([...fields].map((each) =>
    each instanceof HTMLImageElement ? each.src : /** @type {HTMLInputElement} */ (each).type === "checkbox"
      ? /** @type {HTMLInputElement} */ (each).checked : /** @type {HTMLInputElement} */ (each).value));
};

/** @param {string} mode @param {HTMLElement} button The one that was pressed. */
const ask = (mode, button) => {
  const close = () => formState.setNote(mode, null);
  const send = () => {
    close();
    confirmed = mode;
    button.click();
    button.focus({ preventScroll: true });
  };
  formState.setNote(mode, { text: translate("sent_just_now"), buttons: [[translate("send_again"), send], [translate("keep"), close]] });
};

// The buttons of a form, to its backend and to the demo. Before every other listener, Gradio's too.
addEventListener("click", (event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {Element} */ (event.target).closest?.("button[id$=-submit], button[id$=-try-demo]"));
  if (!button || button.disabled) return;
  const mode = button.id.replace(/-(submit|try-demo)$/, "").replaceAll("-", "_");
  if (underWay.has(mode) && event.timeStamp - (pressedAt.get(mode) ?? 0) < DOUBLE_CLICK) {
    event.stopImmediatePropagation();
    event.preventDefault();
    return;
  }
  const values = button.id + snapshot(mode);
  const last = accepted.get(mode);
  if (confirmed !== mode && last?.values === values && Date.now() - last.at < ASK_SECONDS * 1000) {
    event.stopImmediatePropagation();
    event.preventDefault();
    ask(mode, button);
    return;
  }
  confirmed = "";
  pressed.set(mode, values);
  pressedAt.set(mode, event.timeStamp);
  underWay.set(mode, null);
  formState.press(mode);
}, true);

addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const panel = /** @type {Element} */ (event.target).closest?.("[role=tabpanel]");
  const button = /** @type {HTMLButtonElement | null | undefined} */ (panel?.querySelector("button.primary"));
  if (!button || button.disabled) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  button.click();
}, true);

/**
 * Store the id of a request that is about to be sent.
 * @param {Entry | null} entry
 */
export const addEntry = async (entry) => {
  if (!entry) return [];
  underWay.set(entry.mode, entry);
  await store.add(entry);
  return [];
};

// A press whose connection broke off: whether its task exists is not known before its id was looked up.
onLoss(() => {
  for (const [mode, entry] of underWay) {
    resetForm(mode);
    if (entry) showSent(entry);
    formState.setNote(mode, entry
      ? { text: translate("cut_off", { id: entry.id }), buttons: [[translate("show_task"), () => showTask(entry.id)]] }
      : { text: translate("cut_off_before"), buttons: [] });
    byId(`tab-${mode.replaceAll("_", "-")}`).querySelector(".form-note")?.scrollIntoView({ block: "nearest" }); // the card may have been shown
  }
  underWay.clear();
});

/**
 * Give the server the files of a form again where it has lost them, and say so.
 * @param {string} mode
 */
const restore = async (mode) => {
  if (await restoreFiles(mode)) formState.setNote(mode, { text: translate("files_restored"), buttons: [] });
};

/**
 * Scroll to the first thing that a form's fields say is wrong.
 * @param {string} mode
 */
const showProblem = (mode) => {
  const problems = buttonOf(mode)?.closest(".columns > .column")?.querySelectorAll(".message .problem") ?? [];
  [...problems].find((problem) => !problem.closest(".submit-row"))?.scrollIntoView({ block: "nearest" });
};

/**
 * Keep what a submission has ended with, show its card, and give the focus back.
 * @param {SubmissionEnd | null} end
 */
export const endSubmission = async (end) => {
  if (!end) return [];
  const { mode, entry, row } = end;
  underWay.delete(mode);
  if (entry && row?.id) {
    // Some upstreams assign ids themselves: ours was never sent.
    if (row.id !== entry.id) await store.remove([entry.id]);
    const stored = { ...entry, id: row.id };
    await store.add(stored);
    accepted.set(mode, { values: pressed.get(mode) ?? "", at: Date.now() });
    showSent(stored);
    await store.update([{ ...row, interval: 0, ended: false }]); // from which the form's bar is drawn too
  } else if (entry) {
    await store.remove([entry.id]);
  }
  const button = buttonOf(mode);
  requestAnimationFrame(() => {
    button?.removeAttribute("aria-busy");
    if (!row) showProblem(mode);
    if (!entry) restore(mode);
    // A button loses the focus while it is disabled.
    if (end.needs_credential) openConnection();
    else if (document.activeElement === document.body) button?.focus({ preventScroll: true });
  });
  return [];
};
