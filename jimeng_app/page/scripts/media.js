// The result of a task: its player or its images, whose links are asked for again once when they have died.

import { button, copyText, make, translate } from "./dom.js";
import { isWebLink } from "./format.js";
import { tracker } from "./tracker.js";

/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./types.d.ts").PageRow} PageRow */

/** How a link leads to a media host: in a tab of its own, without saying from which page. */
export const NEW_TAB = { target: "_blank", rel: "noopener noreferrer", referrerPolicy: "no-referrer" };

/** Tasks whose links were asked for again; a second time would bring the same. @type {Set<string>} */
const renewed = new Set();
/** Players that were started and whose link had died: the player of the new link starts by itself. @type {Set<string>} */
const started = new Set();

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

/**
 * The player of a video.
 * @param {Entry} entry
 * @param {PageRow} row
 * @param {HTMLElement} place Where the page says that its link has died.
 * @param {Record<string, any>} options Further properties of the element; `className` tells the players of a task apart.
 */
export const player = (entry, row, place, options) => {
  const video = make("video", { controls: true, playsInline: true, preload: "metadata", src: row.video_url, ...options });
  if (isWebLink(row.cover_url)) video.poster = row.cover_url;
  if (row.width && row.height) video.style.aspectRatio = `${row.width} / ${row.height}`;
  const name = `${video.className} ${entry.id}`;
  let wanted = false;
  const goOn = () => { if (started.delete(name)) video.play().catch(() => {}); };
  video.onplay = () => { wanted = true; };
  video.onerror = () => {
    if (wanted) started.add(name);
    renewLink(entry, place, ({ video_url: url }) => {
      if (!isWebLink(url) || !video.isConnected) return;
      video.src = url;
      goOn();
    });
  };
  goOn();
  return video;
};

/**
 * The images of a task.
 * @param {Entry} entry
 * @param {PageRow} row
 * @param {HTMLElement} place Where the page says that their links have died.
 * @param {boolean} downloads Whether a link below each image downloads it.
 */
export const gallery = (entry, row, place, downloads) => {
  const list = make("ul", { className: "gallery" });
  /** @param {string[]} links */
  const draw = (links) => list.replaceChildren(...links.filter(isWebLink).map((url, index) => {
    const image = make("img", { src: url, alt: translate("image_of", { n: index + 1, count: links.length }), referrerPolicy: "no-referrer" });
    if (row.width && row.height) Object.assign(image, { width: row.width, height: row.height });
    image.onerror = () => renewLink(entry, place, (renewedRow) => draw(renewedRow.image_urls ?? []));
    const download = () => make("p", { className: "links" },
      make("a", { href: url, download: "", textContent: translate("download"), aria: translate("download_image", { n: index + 1 }), ...NEW_TAB }));
    return make("li", {}, make("a", { href: url, title: translate("open_image"), ...NEW_TAB }, image), ...(downloads ? [download()] : []));
  }));
  draw(row.image_urls ?? []);
  return list;
};

/**
 * A button that copies the id of a task.
 * @param {string} id
 * @param {string} name Its accessible name.
 */
export const copyButton = (id, name) => {
  const copy = button(translate("copy"), "copy", () => {
    copyText(id);
    copy.textContent = translate("copied_short");
  }, { aria: name });
  return copy;
};
