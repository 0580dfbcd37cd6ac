// One task in full: its video or images and what it was made with, or why it has no result.

import { button, copyText, make, translate, withOwnMarks } from "./dom.js";
import { isWebLink, modelTitle, nextStep, note, shortNumber, stateName, stateText, timeText } from "./format.js";
import { tracker } from "./tracker.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./types.d.ts").PageRow} PageRow */

/** Tasks whose links were asked for again; a second time would bring the same. @type {Set<string>} */
const renewed = new Set();

/**
 * Ask for a new link once when a video or an image cannot be loaded.
 * @param {Entry} entry
 * @param {HTMLElement} place Where the page says that no link works.
 * @param {(row: PageRow) => void} use
 */
const renewLink = async ({ id, backend }, place, use) => {
  const failed = () => place.replaceChildren(make("p", { className: "problem", role: "status", textContent: translate("link_dead") }));
  if (renewed.has(id) || backend !== tracker.backend) return failed();
  renewed.add(id);
  place.replaceChildren(make("p", { className: "hint", role: "status", textContent: translate("link_renewing") }));
  try {
    const row = await tracker.refresh(id);
    if (!row.video_url && !row.image_urls) return failed();
    place.replaceChildren();
    use(row);
  } catch {
    failed();
  }
};

/** How a link leads to a media host: in a tab of its own, without saying from which page. */
const NEW_TAB = { target: "_blank", rel: "noopener noreferrer", referrerPolicy: "no-referrer" };

/**
 * @param {Entry} entry
 * @param {PageRow} row
 * @param {HTMLElement} place
 */
const player = (entry, row, place) => {
  const video = make("video", { controls: true, playsInline: true, preload: "metadata", src: row.video_url, aria: translate("play_video") });
  if (isWebLink(row.cover_url)) video.poster = row.cover_url;
  if (row.width && row.height) video.style.aspectRatio = `${row.width} / ${row.height}`;
  let wanted = false;
  video.onplay = () => { wanted = true; };
  video.onerror = () => renewLink(entry, place, ({ video_url: url }) => {
    if (!isWebLink(url)) return;
    video.src = url;
    if (wanted) video.play().catch(() => {});
  });
  return video;
};

/**
 * @param {Entry} entry
 * @param {PageRow} row
 * @param {HTMLElement} place
 */
const gallery = (entry, row, place) => {
  const urls = row.image_urls ?? [];
  const list = make("ul", { className: "gallery" });
  /** @param {string[]} links */
  const draw = (links) => list.replaceChildren(...links.filter(isWebLink).map((url, index) => {
    const image = make("img", { src: url, alt: translate("image_of", { n: index + 1, count: links.length }), referrerPolicy: "no-referrer" });
    if (row.width && row.height) Object.assign(image, { width: row.width, height: row.height });
    image.onerror = () => renewLink(entry, place, (renewedRow) => draw(renewedRow.image_urls ?? []));
    return make("li", {},
      make("a", { href: url, title: translate("open_image"), ...NEW_TAB }, image),
      make("p", { className: "links" },
        make("a", { href: url, download: "", textContent: translate("download"), aria: translate("download_image", { n: index + 1 }), ...NEW_TAB })));
  }));
  draw(urls);
  return list;
};

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
  if (row && isWebLink(row.video_url)) media.push(player(entry, row, place));
  else if (row?.video_url) media.push(make("p", { className: "problem", textContent: translate("bad_link") }));
  else if (row?.image_urls) {
    media.push(gallery(entry, row, place));
    if (!row.image_urls.every(isWebLink)) media.push(make("p", { className: "problem", textContent: translate("bad_image_link") }));
  } else if (!row?.error) {
    const progress = make("progress", { max: 100, aria: translate("column_progress") });
    if (row?.progress_source !== "queue") progress.value = row?.progress ?? 0;
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
  buttons.push(button(translate("remove_entry"), "remove", () => actions.remove(entry), { aria: translate("remove_entry_of", { id: entry.id }) }));
  const copy = button(translate("copy"), "copy", () => {
    copyText(entry.id);
    copy.textContent = translate("copied_short");
  }, { aria: translate("copy_id") });
  copy.dataset.copy = entry.id;
  return [
    ...media,
    place,
    make("p", { className: `state state-${state}`, role: "status",
      textContent: [stateText(state, translate), note(row, translate)].filter(Boolean).join(" · ") }),
    make("p", { className: "prompt-text", textContent: withOwnMarks(row?.prompt ?? entry.prompt) }),
    make("p", { className: "links" }, ...buttons),
    make("dl", {}, ...factsOf(entry).map(([name, fact]) =>
      make("div", {}, make("dt", { textContent: translate(`fact_${name}`) }), make("dd", { textContent: String(fact) })))),
    make("p", { className: "id" }, make("code", { textContent: entry.id }), " ", copy),
  ];
};
