// What a reader hears and sees of the page as a whole: its language, its title, ends of tasks, and where the focus is.

import { language, make, translate } from "./dom.js";
import { stateName, stateText } from "./format.js";
import { store } from "./store.js";

const live = make("div", { id: "announcer", className: "sr-only", role: "status" });
/** Ids of unfinished tasks, as of the last change. @type {Set<string>} */
let running = new Set();
/** Tasks that were completed since the reader last did something. */
let done = 0;

/**
 * Have screen readers say a sentence.
 * @param {string} text
 */
export const announce = (text) => {
  live.textContent = text;
};

export const drawTitle = () => {
  const title = translate("title");
  if (running.size) document.title = `(${running.size}) ${title}`;
  else document.title = done ? `${translate("done", { count: done })} · ${title}` : title;
};

const follow = () => {
  const unfinished = store.entries().filter(({ row }) => row && row.state !== null && !row.ended && row.state !== "completed" && row.state !== "failed");
  const now = new Set(unfinished.map(({ id }) => id));
  for (const id of running) {
    const entry = store.entry(id);
    if (now.has(id) || !entry) continue;
    const state = stateName(entry.row);
    if (state === "completed") done += 1;
    if (state === "completed" || state === "failed") announce(`${stateText(state, translate)} · ${entry.prompt}`);
  }
  running = now;
  drawTitle();
};

const seen = () => {
  if (!done || document.hidden) return;
  done = 0;
  drawTitle();
};

// The focus never falls to the body: what was under the reader's hands and is gone or disabled gives it to what is near.
/** @type {Element[]} */
let path = [];
const FOCUSABLE = "button:not(:disabled), a[href], input:not(:disabled), textarea:not(:disabled), select:not(:disabled), [tabindex]";
const keepFocus = () => {
  if (document.activeElement !== document.body || !path.length) return;
  const [last] = path;
  const { disabled } = /** @type {HTMLButtonElement} */ (last);
  // The reader left it; or it is a form's button, which gets the focus back itself.
  if (last.isConnected && (!disabled || last.matches("button.primary"))) return;
  for (const near of path.slice(1)) {
    if (!near.isConnected) continue;
    const found = [.../** @type {NodeListOf<HTMLElement>} */ (near.querySelectorAll(FOCUSABLE))].find((each) => each.offsetParent && each.tabIndex >= 0);
    if (found) return found.focus({ preventScroll: true });
  }
};
document.addEventListener("focusin", ({ target }) => {
  path = [];
  for (let each = /** @type {Element | null} */ (target); each && each !== document.body; each = each.parentElement) path.push(each);
});
new MutationObserver(() => { if (document.activeElement === document.body) setTimeout(keepFocus, 100); })
  .observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });

// Gradio's buttons have English names, the same ones in each field.
/** @type {Record<string, string>} */
const NAMES = { "Upload file": "name_upload", "Paste from clipboard": "name_paste", "Remove Image": "name_clear", Copy: "name_copy" };
const nameControls = () => {
  for (const block of document.querySelectorAll(".tabitem .block[id]")) {
    const field = block.querySelector("[data-testid=block-label], [data-testid=block-info]")?.textContent?.trim();
    if (!field) continue;
    for (const control of /** @type {NodeListOf<HTMLElement>} */ (block.querySelectorAll("button[aria-label]"))) {
      const key = NAMES[control.ariaLabel ?? ""];
      if (key) control.ariaLabel = control.title = translate(key, { field });
    }
    if (block.id.endsWith("-task-id")) block.querySelector("input, textarea")?.setAttribute("aria-label", field);
  }
};

// Gradio's API panel shows texts only: the link to the description of the HTTP API is put at its top.
const linkDocs = () => {
  const top = document.querySelector(".api-docs .client-doc");
  const line = document.querySelector("#api-docs .prose");
  if (!top || !line || top.nextElementSibling?.className === "docs-link") return;
  top.after(make("p", { className: "docs-link" }, ...line.cloneNode(true).childNodes));
};

let naming = 0;
new MutationObserver(() => {
  naming ||= requestAnimationFrame(() => {
    naming = 0;
    nameControls();
    linkDocs();
  });
}).observe(document.body, { childList: true, subtree: true });

for (const name of ["pointerdown", "keydown"]) addEventListener(name, seen, true);
const nameLanguage = () => {
  const own = language === "zh" ? "zh-CN" : "en";
  if (document.documentElement.lang !== own) document.documentElement.lang = own;
};
nameLanguage();
// Gradio writes the browser's language, in which the page need not be.
new MutationObserver(nameLanguage).observe(document.documentElement, { attributeFilter: ["lang"] });
document.body.append(live);
store.onChange(follow);
store.ready.then(follow);
