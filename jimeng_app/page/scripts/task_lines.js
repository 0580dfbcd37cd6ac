// A line of the list of tasks: its elements, and what they show.

import { make, translate, withOwnMarks } from "./dom.js";
import { ageText, isWebLink, note, progressText, SHAPES, shortNumber, stateName, stateText } from "./format.js";
import { amountOf } from "./list_order.js";
import { tracker } from "./tracker.js";

/** @typedef {import("./types.d.ts").Entry} Entry */

/**
 * @typedef {object} Choice What is chosen of the list, and how that changes.
 * @property {() => string} selected The id of the task beside the list.
 * @property {(id: string) => void} select
 * @property {(id: string) => boolean} isTicked
 * @property {(id: string, ticked: boolean) => void} tick
 */

/** @param {string} className @param {...(Node | string)} children */
const cell = (className, ...children) => make("span", { className: `cell ${className}`, role: "gridcell" }, ...children);

/** @param {Entry} entry @param {Choice} choice */
const makeLine = (entry, choice) => {
  const tick = make("input", { type: "checkbox", aria: translate("tick", { prompt: entry.prompt.slice(0, 60) || entry.id }), onchange: () => choice.tick(entry.id, tick.checked) });
  const parts = ["prompt-text", "note", "state", "progress"].map((className) => make("span", { className }));
  const line = make("div", { className: "line", role: "row", data: { taskId: entry.id } },
    cell("tick", make("label", {}, tick)), cell("poster"), cell("prompt-cell", parts[0], parts[1]), cell("mode-cell"),
    cell("state-cell", parts[2], parts[3]), cell("seconds-cell"), cell("created-cell"));
  line.onclick = ({ target }) => {
    if (!/** @type {Element} */ (target).closest(".tick") && !getSelection()?.toString()) choice.select(entry.id);
  };
  return line;
};

/** @param {HTMLElement} element @param {string} selector @param {string} text */
const setText = (element, selector, text) => {
  const part = /** @type {HTMLElement} */ (element.querySelector(selector));
  if (part.textContent !== text) part.textContent = text;
};

/** @param {HTMLElement} line @param {Entry} entry */
const drawPoster = (line, entry) => {
  const { row } = entry;
  const source = [row?.cover_url, row?.image_urls?.[0]].find(isWebLink) ?? "";
  const poster = /** @type {HTMLElement} */ (line.querySelector(".poster"));
  const state = SHAPES[stateName(row)];
  if (poster.dataset.content === (source || state)) return;
  poster.dataset.content = source || state;
  const shape = () => poster.replaceChildren(make("span", { className: "shape", textContent: state }));
  if (!source) return shape();
  const image = make("img", { src: source, alt: "", width: 96, height: 54, decoding: "async", referrerPolicy: "no-referrer", onerror: shape });
  poster.replaceChildren(image);
};

/** @param {HTMLElement} line @param {Entry} entry @param {number} index @param {Choice} choice */
const updateLine = (line, entry, index, choice) => {
  const { row } = entry;
  const selected = choice.selected();
  const state = stateName(row);
  if (line.dataset.state !== state) {
    line.dataset.state = state;
    const name = /** @type {HTMLElement} */ (line.querySelector(".state-cell > :first-child"));
    name.className = `state state-${state}`;
  }
  line.setAttribute("aria-rowindex", String(index + 2));
  line.setAttribute("aria-selected", String(entry.id === selected));
  line.tabIndex = entry.id === selected || (!selected && index === 0) ? 0 : -1;
  const tick = /** @type {HTMLInputElement} */ (line.querySelector(".tick input"));
  tick.checked = choice.isTicked(entry.id);
  tick.tabIndex = line.tabIndex;
  drawPoster(line, entry);
  setText(line, ".prompt-text", withOwnMarks(row?.prompt ?? entry.prompt) || entry.id);
  setText(line, ".note", note(row, translate));
  setText(line, ".mode-cell", [translate(entry.mode), entry.backend === tracker.backend ? "" : translate(`backend_${entry.backend}`)].filter(Boolean).join(" · "));
  setText(line, ".state-cell > :first-child", stateText(state, translate));
  setText(line, ".progress", state === "processing" ? progressText(row) : "");
  const amount = amountOf(entry);
  setText(line, ".seconds-cell", amount ? translate(entry.mode === "image" ? "images_short" : "seconds_short", { n: shortNumber(amount) }) : "");
  setText(line, ".created-cell", ageText(entry.at, Date.now(), translate));
};

/**
 * The lines of a list, as `virtualList` draws them.
 * @param {Choice} choice
 * @returns {import("./virtual_list.js").Lines<Entry>}
 */
export const taskLines = (choice) => ({
  key: ({ id }) => id,
  make: (entry) => makeLine(entry, choice),
  update: (line, entry, index) => updateLine(line, entry, index, choice),
});
