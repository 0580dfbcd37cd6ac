// What buttons of the page do, and what they show at once, however far the server is.

import { byId, copyText, translate } from "./dom.js";

/**
 * Scroll a form that was filled to its top, and focus its button.
 * @param {string} buttonId
 */
export const showForm = (buttonId) => {
  const button = byId(buttonId);
  button.closest(".columns > .column")?.firstElementChild?.scrollIntoView({ block: "nearest" });
  button.focus({ preventScroll: true });
};

// Show a press at once until its answer changes the button, or 5 seconds have passed.
document.addEventListener("click", ({ target }) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {Element} */ (target).closest?.("button.primary"));
  if (!button || button.disabled) return;
  const reset = () => { button.removeAttribute("aria-busy"); observer.disconnect(); clearTimeout(timer); };
  const observer = new MutationObserver(reset);
  const timer = setTimeout(reset, 5000);
  button.setAttribute("aria-busy", "true");
  observer.observe(button, { attributeFilter: ["disabled"], childList: true, characterData: true, subtree: true });
}, true);

/**
 * Make a click on an element with `data-action` trigger the event of that name, and one with `data-copy` copy its text.
 * @param {HTMLElement} element
 * @param {import("./types.d.ts").Trigger} trigger
 */
export const bindActions = (element, trigger) => {
  element.addEventListener("click", ({ target }) => {
    const found = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest("[data-action], [data-copy]"));
    if (found?.dataset.copy) {
      copyText(found.dataset.copy);
      found.textContent = translate("copied_short");
    } else if (found?.dataset.action) {
      trigger(found.dataset.action);
    }
  });
};

/**
 * The table of tasks: a click or a key selects a row.
 * @param {HTMLElement} element
 * @param {import("./types.d.ts").Trigger} trigger
 */
export const taskTable = (element, trigger) => {
  bindActions(element, trigger);
  /** @param {Event} event */
  const rowOf = ({ target }) => /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest("[data-task-id]"));
  /** @param {HTMLElement} row */
  const select = (row) => {
    for (const other of element.querySelectorAll("[aria-selected=true]")) other.setAttribute("aria-selected", "false");
    row.setAttribute("aria-selected", "true"); // at once; the server's answer says the same
    trigger("select", { id: row.dataset.taskId });
  };
  element.addEventListener("click", (event) => {
    const row = rowOf(event);
    if (row && !getSelection()?.toString()) select(row);
  });
  element.addEventListener("keydown", (event) => {
    const row = rowOf(event);
    if (!row) return;
    /** @type {Record<string, Element | null>} */
    const targets = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Enter: row, " ": row };
    const target = /** @type {HTMLElement | null} */ (targets[event.key]);
    if (!target) return;
    event.preventDefault();
    target.focus();
    if (target === row) select(row);
  });
};

/** The ids of the rows of the table that are shown. */
export const visibleIds = () =>
  [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#query-table [data-task-id]"))].map((row) => row.dataset.taskId ?? "");
