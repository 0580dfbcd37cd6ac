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
