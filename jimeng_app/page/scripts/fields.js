// Fields that the scripts draw, each with a name for screen readers.

import { make } from "./dom.js";

/**
 * A field with a name for screen readers.
 * @param {string} id
 * @param {string} name
 * @param {HTMLElement} control
 */
export const labelled = (id, name, control) => {
  control.setAttribute("aria-label", name);
  return make("label", { id, className: "field" }, control);
};

/**
 * @param {string} id
 * @param {string} name
 * @param {[string, string][]} options Values and texts.
 * @param {(value: string) => void} choose
 */
export const choice = (id, name, options, choose) => {
  const select = make("select", { onchange: () => choose(select.value) },
    ...options.map(([value, textContent]) => make("option", { value, textContent })));
  return labelled(id, name, select);
};
