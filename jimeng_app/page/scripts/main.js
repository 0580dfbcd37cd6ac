// What Gradio's events and elements call, under the one global name `jimeng`.

import { bindActions, restoreFocus, showForm, taskTable, visibleIds } from "./actions.js";
import { copyText } from "./dom.js";
import { bindForm, draftValues, endDraft, keepDraft } from "./drafts.js";
import { cropHint, requestSummary } from "./form_hints.js";
import { history, idsOfBackend } from "./history.js";
import { pictureList } from "./picture_list.js";
import { bindBackend, restoreBackend, restoreTab } from "./place.js";
import { store } from "./store.js";
import { tracker } from "./tracker.js";

export const api = {
  store,
  tracker,
  bindActions,
  bindBackend,
  bindForm,
  copyText,
  cropHint,
  draftValues,
  endDraft,
  history,
  idsOfBackend,
  keepDraft,
  pictureList,
  requestSummary,
  restoreBackend,
  restoreFocus,
  restoreTab,
  showForm,
  taskTable,
  visibleIds,

  /**
   * Store the id of a request that is about to be sent.
   * @param {import("./types.d.ts").Entry | null} entry
   */
  async addEntry(entry) {
    if (entry) await store.add(entry);
    return [];
  },

  /**
   * Remove the id of a request that surely was not accepted.
   * @param {import("./types.d.ts").Entry | null} entry
   */
  async removeEntry(entry) {
    if (entry) await store.remove([entry.id]);
    return [];
  },

  /** @param {string} backend The selected one. */
  setBackend(backend) {
    tracker.backend = backend;
    return [];
  },
};

Object.assign(jimeng, api);
store.ready.then(jimeng.start);
