// One task in full: its video or images and what it was made with, or why it has no result.

import { button, make, translate, withOwnMarks } from "./dom.js";
import { isWebLink, knownProgress, modelTitle, nextStep, note, shortNumber, stateName, stateText, timeText } from "./format.js";
import { copyButton, gallery, NEW_TAB, player } from "./media.js";

/** @typedef {import("./types.d.ts").Entry} Entry */

/**
 * What a task was made with, by the name of the fact.
 * @param {Entry} entry
 */
const factsOf = ({ mode, backend, at, fields, row }) => {
  const seconds = row?.image_urls ? null : row?.duration_seconds ?? fields?.duration;
  return Object.entries({
    mode: translate(mode),
    backend: translate(`backend_${backend}`),
    model: modelTitle(row?.model ?? fields?.model, translate),
    length: seconds ? translate("seconds", { n: shortNumber(Number(seconds)) }) : "",
    count: row?.image_urls?.length ?? fields?.count,
    size: row?.width && row.height ? `${row.width} × ${row.height}` : row?.resolution ?? fields?.resolution,
    ratio: row?.ratio ?? fields?.ratio,
    seed: row?.seed ?? fields?.seed,
    cost: row?.cost ? `${shortNumber(row.cost.amount)} ${translate(`unit_${row.cost.unit}`) || row.cost.unit}` : "",
    created: timeText(at),
    completed: timeText(row?.completed_at),
    code: row?.error?.upstream_code,
  }).filter(([, fact]) => fact !== null && fact !== undefined && fact !== "");
};

/**
 * @typedef {object} Actions What the buttons beside a task do.
 * @property {(entry: Entry) => void} again
 * @property {(entry: Entry) => void} proceed Begins a new video with the last frame.
 * @property {(entry: Entry) => void} ask
 * @property {() => void} connect
 * @property {(entry: Entry) => void} remove
 */

/**
 * The elements that show a task.
 * @param {Entry} entry
 * @param {Actions} actions
 * @returns {HTMLElement[]}
 */
export const preview = (entry, actions) => {
  const { row } = entry;
  const state = stateName(row);
  const place = make("div", { className: "link-state" });
  const media = [];
  if (row && isWebLink(row.video_url)) media.push(player(entry, row, place, { aria: translate("play_video") }));
  else if (row?.video_url) media.push(make("p", { className: "problem", textContent: translate("bad_link") }));
  else if (row?.image_urls) {
    media.push(gallery(entry, row, place, true));
    if (!row.image_urls.every(isWebLink)) media.push(make("p", { className: "problem", textContent: translate("bad_image_link") }));
  } else if (!row?.error) {
    const progress = make("progress", { max: 100, aria: translate("column_progress") });
    const percent = knownProgress(row);
    if (percent !== null) progress.value = percent;
    media.push(make("div", { className: "waiting" }, progress));
  }
  const step = nextStep(row);
  /** @type {HTMLElement[]} */
  const buttons = [];
  if (step === "connect") buttons.push(button(translate("next_connect"), "next", actions.connect));
  if (step === "ask") buttons.push(button(translate("next_ask"), "next", () => actions.ask(entry)));
  if (entry.fields || row?.prompt) buttons.push(button(translate(step === "again" ? "next_again" : "again"), "next", () => actions.again(entry), { id: "query-again" }));
  if (isWebLink(row?.video_url)) {
    buttons.push(
      button(translate("continue_from_here"), "continue", () => actions.proceed(entry)),
      make("a", { href: row.video_url, download: `${entry.id}.mp4`, textContent: translate("download"), ...NEW_TAB }),
      make("a", { href: row.video_url, textContent: translate("open_video"), ...NEW_TAB }));
  }
  const remove = button(translate("remove_entry"), "remove", () => actions.remove(entry), { ariaLabel: translate("remove_entry_of", { id: entry.id }) });
  const copy = copyButton(entry.id, translate("copy_id"));
  copy.dataset.copy = entry.id;
  return [
    ...media,
    place,
    make("p", { className: `state state-${state}`, role: "status",
      textContent: [stateText(state, translate), note(row, translate)].filter(Boolean).join(" · ") }),
    make("p", { className: "prompt-text", textContent: withOwnMarks(row?.prompt ?? entry.prompt) }),
    ...(buttons.length ? [make("p", { className: "links" }, ...buttons)] : []),
    make("dl", {}, ...factsOf(entry).map(([name, fact]) =>
      make("div", {}, make("dt", { textContent: translate(`fact_${name}`) }), make("dd", { textContent: String(fact) })))),
    make("p", { className: "id" }, make("code", { textContent: entry.id }), " ", copy, " ", remove),
  ];
};
