// What a form says while it is filled in: at once, without asking the server.

import { make, translate } from "./dom.js";

/** @param {HTMLElement} element @param {string} textContent */
const drawHint = (element, textContent) => element.replaceChildren(make("p", { className: "hint", textContent }));
/** @param {string} backend */
const backendName = (backend) => translate(`backend_${backend}`);

/**
 * What a press of the button sends. The value is [the backend; the number of images, the length of a video, or pictures
 * that have a length each; the resolution].
 * @param {HTMLElement} element
 * @param {Record<string, any>} props
 * @param {import("./types.d.ts").Watch} watch
 */
export const requestSummary = (element, props, watch) => {
  const summary = () => {
    const [backend, amount, resolution] = props.value ?? [];
    if (backend && !props.backends.includes(backend)) {
      const backends = props.backends.map(backendName).join(translate("or"));
      return translate("mode_unavailable", { backend: backendName(backend), mode: translate(props.mode), backends });
    }
    if (!amount) return "";
    if (props.mode === "image")
      return translate(amount === 1 ? "sends_image" : "sends_images", { count: amount, resolution });
    if (!Array.isArray(amount)) return translate("sends", { seconds: amount, resolution });
    const frames = /** @type {import("./picture_list.js").Item[]} */ (amount).filter(({ path }) => path);
    const seconds = frames.reduce((total, { duration }) => total + (Number(duration) || 0), 0);
    return seconds ? translate("sends_frames", { seconds, resolution, frames: frames.length }) : "";
  };
  const draw = () => drawHint(element, summary());
  watch("value", draw);
  draw();
};

/**
 * What the ratio does to the pictures. The value is [the backend, the model, the ratio].
 * @param {HTMLElement} element
 * @param {Record<string, any>} props
 * @param {import("./types.d.ts").Watch} watch
 */
export const cropHint = (element, props, watch) => {
  const form = /** @type {HTMLElement} */ (element.closest(".columns > .column"));
  const pictures = /** @type {HTMLElement} */ (form.querySelector(".crop-preview"));
  const draw = () => {
    const [backend, model, ratio = "1:1"] = props.value ?? [];
    const effect = props.effects[backend]?.[model] ?? "";
    const [width, height] = String(ratio).split(":").map(Number);
    const images = [...pictures.querySelectorAll("img")].filter((image) => image.naturalWidth);
    for (const image of images) image.style.setProperty("--own", String(image.naturalWidth / image.naturalHeight));
    form.style.setProperty("--ratio", String(width / height));
    form.dataset.cropEffect = effect;
    /** @param {HTMLImageElement} image */
    const deviation = ({ naturalWidth, naturalHeight }) => Math.abs(Math.log((naturalWidth / naturalHeight) * (height / width)));
    const visible = effect === "crops" ? images.some((image) => deviation(image) > 0.01) : images.length;
    drawHint(element, effect && visible ? translate(`crop_${effect}`, { ratio }) : "");
  };
  pictures.addEventListener("load", draw, true); // of its images
  new MutationObserver(draw).observe(pictures, { childList: true, subtree: true });
  watch("value", draw);
  draw();
};
