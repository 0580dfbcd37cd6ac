// The button that saves the results of tasks as one archive, and ends that while it goes.

import { button, translate } from "./dom.js";
import { shortNumber } from "./format.js";
import { saveArchive } from "./take_home.js";

/** @typedef {import("./types.d.ts").Entry} Entry */

/**
 * The button, and a function that enables it where there is something to save.
 * @param {() => Entry[]} finished What it saves.
 * @param {(text: string) => void} say
 */
export const zipButton = (finished, say) => {
  /** @type {AbortController | null} */
  let saving = null;

  /** @param {Entry[]} entries @param {AbortSignal} signal */
  const save = async (entries, signal) => {
    const { files, failed } = await saveArchive(entries, (count, megabytes) =>
      say(translate("zipping", { n: Math.min(count, entries.length), count: entries.length, size: shortNumber(megabytes) })), signal);
    const names = entries.filter(({ id }) => failed.includes(id)).map(({ prompt, id }) => prompt.slice(0, 20) || id);
    const missing = translate("zip_failed", { count: names.length, names: names.join(translate("between_names")) });
    say([translate("zipped", { count: files }), names.length ? missing : ""].filter(Boolean).join(" "));
  };
  const press = async () => {
    if (saving) return saving.abort();
    const { signal } = saving = new AbortController();
    element.style.minWidth = `${element.offsetWidth}px`; // so that what is beside it stays in its place
    element.textContent = translate("cancel");
    try {
      await save(finished(), signal);
    } catch (error) {
      say(signal.aborted ? translate("zip_cancelled") : /** @type {Error} */ (error).message || translate("not_saved"));
    }
    saving = null;
    element.textContent = translate("zip");
    return update();
  };
  const element = button(translate("zip"), "", press, { id: "query-zip" });
  const update = () => { element.disabled = !saving && !finished().length; };
  return { element, update };
};
