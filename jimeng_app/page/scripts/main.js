// What Gradio's events and elements call, under the one global name `jimeng`.

import { bindActions, showForm } from "./actions.js";
import { again } from "./again.js";
import { openConnection, resultCards } from "./cards.js";
import { offerChoices } from "./choices.js";
import { copyText } from "./dom.js";
import { bindForm, draftValues, endDraft, keepDraft, readyForm } from "./drafts.js";
import { cropHint, requestSummary } from "./form_hints.js";
import { formState } from "./form_state.js";
import { pictureList } from "./picture_list.js";
import { bindBackend, chooseBackend, restoreBackend, restoreTab } from "./place.js";
import { queryPanel } from "./query.js";
import { showWhenDrawn } from "./first_paint.js";
import { drawTitle } from "./reader.js";
import { store } from "./store.js";
import { addEntry, endSubmission } from "./submission.js";
import { tracker } from "./tracker.js";

export const api = {
  store,
  tracker,
  addEntry,
  again,
  bindActions,
  bindBackend,
  bindForm,
  chooseBackend,
  copyText,
  cropHint,
  draftValues,
  endDraft,
  endSubmission,
  readyForm,
  keepDraft,
  offerChoices,
  openConnection,
  pictureList,
  queryPanel,
  requestSummary,
  restoreBackend,
  restoreTab,
  resultCards,
  showForm,

  /** @param {number | null} amount The account's credits. */
  setBalance(amount) {
    formState.setBalance(amount);
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
showWhenDrawn(drawTitle); // Gradio has written its own title
