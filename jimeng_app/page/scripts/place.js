// Where the reader was: the open tab and the selected backend are as they were when the page is opened again.

import { namesTasks } from "./query.js";
import { store } from "./store.js";
import { DEMO, tracker } from "./tracker.js";

/** @type {import("./types.d.ts").Trigger} */
let restore = () => {};

/**
 * Take the event that selects the backend that was selected before.
 * @param {import("./types.d.ts").Trigger} trigger
 */
export const bindBackend = (trigger) => { restore = trigger; };

/**
 * The reader selects a backend.
 * @param {string} backend
 */
export const chooseBackend = (backend) => {
  store.saveSettings({ backend });
  tracker.backend = backend;
};

/**
 * Select the backend that the reader selected last, also when that was just now: the answer that comes before this describes
 * the server's own choice.
 */
export const restoreBackend = () => {
  const { backend } = store.settings;
  if (backend && [backend, tracker.backend].some((name) => name !== DEMO)) restore("restore");
  return [];
};

document.addEventListener("click", ({ target }) => {
  const tab = /** @type {Element} */ (target).closest?.("#tabs [role=tab]");
  if (tab?.id) store.saveSettings({ tab: tab.id });
});

/**
 * Open a tab as soon as Gradio takes a click on it.
 * @param {string} id Of its button.
 * @param {number} attempts
 */
const openTab = (id, attempts) => {
  const button = document.getElementById(id);
  if (!attempts || button?.ariaSelected === "true") return;
  button?.click();
  setTimeout(() => openTab(id, attempts - 1), 100);
};

/** Open the tab that was open, or the tasks that the address of the page names. */
export const restoreTab = () => {
  const tab = namesTasks() ? "tab-query-button" : store.settings.tab;
  if (/^tab-[a-z-]+-button$/.test(tab ?? "")) openTab(tab, 50);
};
