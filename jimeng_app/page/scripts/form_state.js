// What stands in each form, and what the page says below it, for the modules that act on a form.

/** @typedef {import("./types.d.ts").Fields} Fields */
/**
 * @typedef {object} Note A sentence below a form, with what can be done about it.
 * @property {string} text
 * @property {[string, () => void][]} buttons Their texts, and what they do.
 */

/** @type {Map<string, Fields>} */
const values = new Map();
/** @type {Map<string, Note>} */
const notes = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Set<(mode: string) => void>} */
const presses = new Set();
/** The account's credits, where the backend tells. @type {number | null} */
let balance = null;

const changed = () => {
  for (const listener of listeners) listener();
};

export const formState = {
  /**
   * The values of a mode's form, `backend` among them; undefined while its tab was not opened.
   * @param {string} mode
   */
  values: (mode) => values.get(mode),

  /** @param {string} mode @param {Fields} fields */
  setValues(mode, fields) {
    values.set(mode, fields);
  },

  /** @param {string} mode */
  note: (mode) => notes.get(mode),

  /**
   * Say something below a form; null: nothing.
   * @param {string} mode
   * @param {Note | null} note
   */
  setNote(mode, note) {
    if (note) notes.set(mode, note);
    else if (!notes.delete(mode)) return;
    changed();
  },

  get balance() {
    return balance;
  },

  /** @param {number | null} amount */
  setBalance(amount) {
    balance = amount;
    changed();
  },

  /**
   * A form's button is pressed.
   * @param {string} mode
   */
  press(mode) {
    formState.setNote(mode, null);
    for (const listener of presses) listener(mode);
  },

  /** @param {(mode: string) => void} listener */
  onPress: (listener) => void presses.add(listener),

  /** @param {() => void} listener */
  onChange: (listener) => void listeners.add(listener),
};
