// Elements and texts. Every text comes from the files in `locales/` and is inserted as text, never as markup.

import { texts } from "./settings.js";

/** The language of the reader: Chinese for every kind of Chinese, else English. */
export const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";

/**
 * A text of the page in the reader's language.
 * @param {string} key Of `locales/`; an unknown one is an empty text.
 * @param {Record<string, unknown>} [values] What stands in its braces.
 */
export const translate = (key, values = {}) =>
  (Object.hasOwn(texts[language], key) ? texts[language][key] : "").replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

/**
 * A prompt with its marks in the reader's language, as records have them in Chinese.
 * @param {string} prompt
 */
export const withOwnMarks = (prompt) =>
  language === "zh" ? prompt : ["mark", "mark_video", "mark_audio"].reduce((text, key) =>
    text.replace(new RegExp(texts.zh[key].replace("{n}", "(\\d+)"), "g"), (_, n) => translate(key, { n })), prompt);

/**
 * An element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [properties] Its properties; `aria`, `role` and `data` are its attributes.
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export const make = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  const { aria, role, data, ...rest } = properties;
  Object.assign(element, rest);
  if (aria) element.setAttribute("aria-label", aria);
  if (role) element.setAttribute("role", role);
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
};

/**
 * A button.
 * @param {string} textContent
 * @param {string} className
 * @param {(event: MouseEvent) => void} onclick
 * @param {Record<string, any>} [properties]
 */
export const button = (textContent, className, onclick, properties = {}) =>
  make("button", { type: "button", textContent, className, onclick, ...properties });

/**
 * The element of this id, which the page always has.
 * @param {string} id
 */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * The text field in the element of this id.
 * @param {string} id
 */
export const fieldOf = (id) =>
  /** @type {HTMLInputElement | HTMLTextAreaElement | null} */ (document.getElementById(id)?.querySelector("textarea, input"));

/**
 * Put a text on the clipboard.
 * @param {string} text
 */
export const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission, or a page without TLS
    const box = make("textarea", { value: text });
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
};
