// The list of this browser's tasks in the query panel.

import { button, make, translate } from "./dom.js";
import { timeText } from "./format.js";
import { store } from "./store.js";
import { tracker } from "./tracker.js";

/** @typedef {import("./types.d.ts").Entry} Entry */

// A backend does not know the tasks of another: only those of the selected one are looked up.
const ofBackend = () => store.entries().filter(({ backend }) => backend === tracker.backend);

export const idsOfBackend = () => ofBackend().slice(0, 200).map(({ id }) => id).join("\n");

/**
 * Draw the list.
 * @param {HTMLElement} element
 * @param {import("./types.d.ts").Trigger} trigger
 */
export const history = (element, trigger) => {
  /** What "undo" restores. @type {Entry[]} */
  let removed = [];
  /** @param {string[]} ids */
  const remove = async (ids) => {
    removed = ids.map((id) => store.entry(id)).filter((entry) => entry !== undefined);
    await store.remove(ids);
  };
  /** @param {Entry} entry */
  const drawEntry = (entry) => {
    const details = [timeText(entry.at), translate(entry.mode)];
    if (entry.backend !== tracker.backend) details.push(translate(`backend_${entry.backend}`));
    return make("li", { title: entry.id },
      make("span", { className: "hint", textContent: details.filter(Boolean).join(" · ") }),
      make("span", { className: "prompt-text", textContent: entry.prompt }),
      button(translate("remove_entry"), "remove", () => remove([entry.id]), { aria: translate("remove_entry_of", { id: entry.id }) }));
  };
  const redraw = () => {
    const entries = store.entries();
    const count = ofBackend().length;
    const lookUp = button(translate("history", { count }), "look-up", () => trigger("submit"), { disabled: !count });
    const open = element.querySelector("details")?.open ?? false;
    const list = entries.length
      ? make("details", { open },
          make("summary", { textContent: translate("history_list") }),
          make("ul", {}, ...entries.slice(0, 200).map(drawEntry)),
          button(translate("clear_history"), "clear", () => remove(entries.map(({ id }) => id))))
      : make("span", { className: "hint", textContent: store.persistent ? translate("history_empty") : "" });
    const undo = button(translate("undo"), "undo", () => {
      const restored = removed;
      removed = [];
      store.addAll(restored);
    });
    const note = make("p", { className: "no-storage", textContent: translate("history_not_stored") });
    element.replaceChildren(...(store.persistent ? [] : [note]), lookUp, list, ...(removed.length ? [undo] : []));
  };
  store.onChange(redraw);
  tracker.onBackend(redraw);
  redraw();
};
