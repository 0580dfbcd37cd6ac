// The tasks that were sent since the page opened: a card for each, newest first, which follows its task up to the player.

import { again, proceed } from "./again.js";
import { button, make, translate, withOwnMarks } from "./dom.js";
import { facts, isWebLink, knownProgress, nextStep, note, stateLine, stateName } from "./format.js";
import { copyButton, gallery, NEW_TAB, player } from "./media.js";
import { showTask } from "./query.js";
import { store } from "./store.js";
import { tracker } from "./tracker.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./types.d.ts").PageRow} PageRow */
/** @typedef {{ element: HTMLElement, update: (entry: Entry) => void }} Card */

/** Ids of each form's tasks, newest first. @type {Map<string, string[]>} */
const sent = new Map();
/** @type {Map<string, { element: HTMLElement, draw: () => void }>} */
const panels = new Map();

/**
 * @param {Entry} entry
 * @param {PageRow} row
 * @param {HTMLElement} place
 */
const video = (entry, row, place) => {
  // There may be many: what has a poster is loaded when it is played.
  const preload = row.cover_url ? "none" : "metadata";
  const element = player(entry, row, place, { className: "card-video", preload, muted: true, tabIndex: 0, title: translate("play_key"), aria: withOwnMarks(entry.prompt) });
  element.setAttribute("aria-keyshortcuts", "P");
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    togglePlay(element);
  });
  return element;
};

/** @param {HTMLVideoElement | null | undefined} player */
const togglePlay = (player) => {
  if (!player?.paused) player?.pause();
  else player.play().catch(() => {});
};

addEventListener("keydown", (event) => {
  const { key, altKey, ctrlKey, metaKey, target } = event;
  if (key.toLowerCase() !== "p" || altKey || ctrlKey || metaKey) return;
  if (/** @type {Element} */ (target).closest?.("input, textarea, select, video, [contenteditable]")) return;
  const players = [.../** @type {NodeListOf<HTMLVideoElement>} */ (document.querySelectorAll(".card video"))];
  togglePlay(players.find((player) => player.offsetParent));
});

/** @param {Entry} entry @param {HTMLElement} place */
const media = (entry, place) => {
  const { row } = entry;
  if (row?.image_urls) return gallery(entry, row, place, false);
  return row && isWebLink(row.video_url) ? video(entry, row, place) : "";
};

/** @param {Entry} entry */
const madeWith = ({ row }) =>
  make("dl", { className: "facts" }, ...Object.entries(row ? facts(row, translate) : {}).map(([name, text]) =>
    make("div", {}, make("dt", { textContent: translate(`fact_${name}`) }), make("dd", { textContent: text }))));

/** @param {Entry} entry */
const actions = (entry) => {
  const { id, row } = entry;
  const state = stateName(row);
  const parts = [];
  if (state === "completed" || state === "failed") parts.push(button(translate("again"), "again", () => again(id)));
  if (row && isWebLink(row.video_url)) {
    parts.push(button(translate("continue_from_here"), "continue", () => proceed(entry)));
    parts.push(make("a", { href: row.video_url, download: `${id}.mp4`, className: "save", textContent: translate("save"), ...NEW_TAB }));
  }
  const images = row?.image_urls?.filter(isWebLink) ?? [];
  if (images.length) parts.push(button(translate("save"), "save", () => { for (const url of images) make("a", { href: url, download: "", ...NEW_TAB }).click(); }));
  if (nextStep(row) === "connect") parts.push(button(translate("next_connect"), "connect", openConnection));
  return parts;
};

/** Open the panel for the credential, and focus its field. */
export const openConnection = () => {
  const field = () => /** @type {HTMLInputElement | null} */ (document.querySelector("#token input, #token textarea"));
  if (!field()?.offsetParent) /** @type {HTMLElement | null} */ (document.querySelector("#connection > button"))?.click();
  setTimeout(() => field()?.focus(), 50);
};

/** @param {Entry} entry @returns {Card} */
const createCard = ({ id, backend, prompt }) => {
  const state = make("span", { className: "state" });
  const detail = make("span", { className: "note" });
  const bar = make("progress", { max: 100, aria: translate("column_progress") });
  const result = make("div", { className: "media" });
  const about = make("div", { className: "about-task" });
  const buttons = make("p", { className: "card-actions" });
  const place = make("div", { className: "link-state" });
  const element = make("article", { className: "card", data: { taskId: id, state: "pending" }, tabIndex: -1 },
    make("p", { className: "card-head" }, state, " ", detail),
    bar,
    make("p", { className: "prompt-text", textContent: withOwnMarks(prompt) }),
    result,
    place,
    about,
    make("div", { className: "card-foot" },
      buttons,
      make("p", { className: "id" }, make("code", { textContent: id, title: id }),
        copyButton(id, `${translate("copy_id")} ${id}`), button(translate("show_task"), "show", () => showTask(id)))));
  let drawn = "";
  let shown = "";
  const update = (/** @type {Entry} */ entry) => {
    const { row } = entry;
    const name = stateName(row);
    const text = JSON.stringify(row ?? null);
    if (text === drawn) return;
    drawn = text;
    element.dataset.state = name;
    state.className = `state state-${name}`;
    state.textContent = stateLine(row, translate);
    const other = backend !== tracker.backend ? translate(`backend_${backend}`) : "";
    detail.textContent = [other, note(row, translate)].filter(Boolean).join(" · ");
    bar.hidden = name !== "pending" && name !== "processing";
    const progress = knownProgress(row);
    if (name === "processing" && progress !== null) bar.value = progress;
    else bar.removeAttribute("value");
    const links = JSON.stringify([row?.video_url, row?.image_urls]);
    if (links !== shown) result.replaceChildren(media(entry, place)); // else a video that plays would start again
    shown = links;
    about.replaceChildren(name === "completed" ? madeWith(entry) : "");
    buttons.replaceChildren(...actions(entry));
  };
  return { element, update };
};

/**
 * The cards of a form.
 * @param {HTMLElement} element
 * @param {Record<string, any>} props `mode`.
 */
export const resultCards = (element, props) => {
  /** @type {Map<string, Card>} */
  const cards = new Map();
  const list = make("div", { className: "card-list" });
  const invite = make("p", { className: "hint", textContent: translate("invite") });
  element.replaceChildren(invite, list);
  const draw = () => {
    const ids = sent.get(props.mode) ?? [];
    invite.hidden = ids.length > 0;
    for (const [id, card] of cards) {
      if (ids.includes(id)) continue;
      card.element.remove();
      cards.delete(id);
    }
    for (const id of [...ids].reverse()) {
      const entry = store.entry(id);
      if (!entry) continue;
      const card = cards.get(id) ?? createCard(entry);
      if (!cards.has(id)) list.prepend(card.element);
      cards.set(id, card);
      card.update(entry);
    }
  };
  panels.set(props.mode, { element, draw });
  store.onChange(draw);
  draw();
};

/**
 * Show a task that was sent just now, and follow it.
 * @param {Entry} entry
 */
export const showSent = ({ id, mode }) => {
  sent.set(mode, [id, ...(sent.get(mode) ?? []).filter((other) => other !== id)]);
  const panel = panels.get(mode);
  panel?.draw();
  tracker.follow([id]);
  // In a narrow window the cards are below the form.
  const card = panel?.element.querySelector(`[data-task-id="${CSS.escape(id)}"]`);
  if (card && card.getBoundingClientRect().top > innerHeight - 120) {
    scrollToCard(mode);
  }
};

/**
 * Show the newest card of a form.
 * @param {string} mode
 */
export const scrollToCard = (mode) => {
  panels.get(mode)?.element.closest(".result")?.scrollIntoView({ block: "start" });
};

/**
 * The newest task of a form, as its bar shows it; undefined: none was sent.
 * @param {string} mode
 */
export const newestOf = (mode) => store.entry(sent.get(mode)?.[0] ?? "");
