// What a form offers for the selected model. Its lists change at once, before a reader can have opened one.

import { translate } from "./dom.js";
import { modelTitle } from "./format.js";
import { choices } from "./settings.js";
import { DEMO } from "./tracker.js";

/** @typedef {import("./types.d.ts").Fields} Fields */

/** The texts of values that do not stand for themselves. @type {Record<string, (value: any) => string>} */
const TEXTS = {
  model: (name) => modelTitle(name, translate),
  duration: (n) => translate("seconds", { n }),
};
/** The backend and the model whose choices each form has, by mode. @type {Map<string, Fields>} */
const offered = new Map();

/** @typedef {import("./settings.js").List} List */

/**
 * What a form offers with the selected model, or with the usual one where the backend lacks that.
 * @param {string} mode
 * @param {Fields} fields Have `backend` and `model`.
 * @returns {{ lists: Record<string, List>, audio: boolean, seed: boolean, fps: number | null }}
 */
const offersOf = (mode, { backend, model }) => {
  const { usual, models, fps } = choices[mode][backend];
  const name = model in models ? model : usual;
  const { audio, seed, ...lists } = models[name];
  return { lists: { model: { values: Object.keys(models), usual: name }, ...lists }, audio, seed, fps };
};

/**
 * Changes to the settings that depend on the model, by name. A value that is not offered is replaced.
 * @param {string} mode
 * @param {Fields} fields The form's values, and `backend`.
 * @returns {Fields}
 */
export const choicesFor = (mode, fields) => {
  offered.set(mode, fields);
  const { lists, audio, seed, fps } = offersOf(mode, fields);
  /** @type {[string, object][]} */
  const changes = Object.entries(lists).map(([name, { values, usual }]) => [name, {
    choices: values.map((value) => [TEXTS[name]?.(value) ?? value, value]),
    value: values.includes(fields[name]) ? fields[name] : usual,
  }]);
  changes.push(
    ["fps", { visible: fps === null, value: fps ?? fields.fps }],
    ["seed", { visible: seed, value: seed ? fields.seed ?? "" : "" }],
    ["audio", { visible: audio, value: audio && fields.audio }],
    ["no_more", { visible: fps !== null && !audio }],
  );
  return Object.fromEntries(changes.map(([name, change]) => [name, { __type__: "update", ...change }]));
};

/**
 * The changes after another model or backend was selected, in the order of the names. A list that stays the same is left
 * alone: it may be open.
 * @param {string} mode
 * @param {string[]} names Of the form's settings.
 * @param {unknown[]} values Of the backend, then of the settings.
 */
export const offerChoices = (mode, names, [backend, ...values]) => {
  /** @type {Fields} */
  const fields = { backend, ...Object.fromEntries(names.map((name, index) => [name, values[index]])) };
  const { lists: before } = offersOf(mode, offered.get(mode) ?? { backend: DEMO });
  const { lists } = offersOf(mode, fields);
  const changes = choicesFor(mode, fields);
  for (const [name, { values: list }] of Object.entries(lists))
    if (changes[name].value === fields[name] && String(list) === String(before[name].values)) delete changes[name];
  return names.map((name) => changes[name]);
};
