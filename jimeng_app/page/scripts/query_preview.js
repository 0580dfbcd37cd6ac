// Where a task is shown in full: beside the list, or on a narrow page below its line.

import { make, translate } from "./dom.js";
import { preview } from "./preview.js";

/** Whether the page has one column. */
export const isNarrow = () => matchMedia("(max-width: 899px)").matches;

/**
 * The place of the preview.
 * @param {import("./query_state.js").QueryState} state
 * @param {ReturnType<typeof import("./query_list.js").queryList>} list
 * @param {import("./preview.js").Actions} actions
 */
export const previewPlace = (state, { body, lines }, actions) => {
  const element = make("div", { id: "query-preview", tabIndex: -1 });
  /** What is shown, so that a video that plays is left alone. */
  let drawn = "";

  const fill = () => {
    const entry = state.shown[state.index];
    const { checked_at: _, ...row } = /** @type {any} */ (entry?.row ?? {});
    const content = entry ? JSON.stringify([entry.id, row]) : "";
    if (content === drawn && element.firstChild) return;
    drawn = content;
    const parts = entry ? preview(entry, actions) : [make("p", { className: "empty", textContent: translate("preview_none") })];
    const hadFocus = element.contains(document.activeElement);
    element.replaceChildren(...parts);
    if (hadFocus) element.focus({ preventScroll: true });
  };
  const update = () => {
    const { index } = state;
    fill();
    element.hidden = isNarrow() && index < 0;
    if (!isNarrow() || index < 0) {
      lines.setGap(-1, 0);
      element.style.top = "";
    } else {
      lines.setGap(index, element.offsetHeight + 8);
      element.style.top = `${body.offsetTop + lines.top(index) + lines.height}px`;
    }
  };
  new ResizeObserver(() => { if (isNarrow()) update(); }).observe(element);
  addEventListener("resize", update);

  const playOrPause = () => {
    const video = element.querySelector("video");
    if (video?.paused) video.play().catch(() => {});
    else video?.pause();
  };
  return { element, update, playOrPause };
};
