// What a form says while it is filled in: at once, without asking the server.

import { newestOf, scrollToCard } from "./cards.js";
import { button, fieldOf, make, translate } from "./dom.js";
import { formState } from "./form_state.js";
import { stateLine, stateName } from "./format.js";
import { store } from "./store.js";

/** @param {HTMLElement} element @param {string} textContent */
const drawHint = (element, textContent) => element.replaceChildren(make("p", { className: "hint", textContent }));
/** @param {string} backend */
const backendName = (backend) => translate(`backend_${backend}`);

/** Milliseconds without a change after which a form is checked. */
const PAUSE = 500;

/**
 * What a press of the button sends.
 * @param {Record<string, any>} props
 * @param {import("./types.d.ts").Fields} fields
 */
const summaryText = (props, { backend, count, duration, frames, resolution }) => {
  if (backend && !props.backends.includes(backend)) {
    const backends = props.backends.map(backendName).join(translate("or"));
    return translate("mode_unavailable", { backend: backendName(backend), mode: translate(props.mode), backends });
  }
  if (count) return translate(count === 1 ? "sends_image" : "sends_images", { count, resolution });
  if (duration) return translate("sends", { seconds: duration, resolution });
  /** @type {import("./picture_list.js").Item[]} */
  const pictures = (frames ?? []).filter((/** @type {import("./picture_list.js").Item} */ { path }) => path);
  const seconds = pictures.reduce((total, frame) => total + (Number(frame.duration) || 0), 0);
  return seconds ? translate("sends_frames", { seconds, resolution, frames: pictures.length }) : "";
};

/**
 * The lines beside a form's button: what it sends, what there is to say, and where its newest task is. After a pause in
 * typing it triggers `check`. The value is the form's values, those of the fields `names`.
 * @param {HTMLElement} element
 * @param {Record<string, any>} props
 * @param {import("./types.d.ts").Watch} watch
 * @param {import("./types.d.ts").Trigger} trigger
 */
export const requestSummary = (element, props, watch, trigger) => {
  const { mode } = props;
  const note = make("p", { className: "form-note", role: "status" });
  const newest = make("button", { type: "button", className: "bar-state", onclick: () => scrollToCard(mode) });
  const line = make("p", { className: "hint" });
  element.replaceChildren(note, make("div", { className: "bar-line" }, newest, line));
  let drawnNote = "";
  const draw = () => {
    // Again and again, since Gradio may put new elements in their place.
    for (const name of ["seed", "fps"]) fieldOf(`${mode.replaceAll("_", "-")}-${name}`)?.setAttribute("inputmode", "numeric");
    const fields = formState.values(mode) ?? {};
    const said = formState.note(mode);
    // The buttons stay the same ones, so that none loses the focus.
    if (JSON.stringify(said ?? null) !== drawnNote) {
      drawnNote = JSON.stringify(said ?? null);
      const buttons = said?.buttons.map(([text, act]) => button(text, "", act)) ?? [];
      note.replaceChildren(said?.text ?? "", ...(buttons.length ? [make("span", {}, ...buttons)] : []));
    }
    note.hidden = !said;
    const entry = newestOf(mode);
    newest.hidden = !entry;
    newest.className = `bar-state state-${stateName(entry?.row)}`;
    newest.textContent = entry ? stateLine(entry.row, translate) : "";
    const amount = formState.balance;
    const balance = amount === null ? "" : translate("balance", { amount: amount.toLocaleString("en") });
    line.textContent = [summaryText(props, fields), balance].filter(Boolean).join(" · ");
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let before = "";
  let picturesBefore = "";
  const change = () => {
    const fields = Object.fromEntries(props.names.map((/** @type {string} */ name, /** @type {number} */ index) => [name, props.value?.[index]]));
    formState.setValues(mode, fields);
    draw();
    const now = JSON.stringify(fields);
    const first = before === "";
    if (now === before) return;
    before = now;
    clearTimeout(timer);
    if (first && fields.backend === "demo") return; // nothing was typed, and there is no price
    timer = setTimeout(() => {
      const pictures = JSON.stringify([fields.backend, fields.model, ...props.pictures.map((/** @type {string} */ name) => fields[name])]);
      trigger("check", { pictures: pictures !== picturesBefore });
      picturesBefore = pictures;
    }, PAUSE);
  };
  // A press checks everything itself.
  formState.onPress((pressed) => { if (pressed === mode) clearTimeout(timer); });
  formState.onChange(draw);
  store.onChange(draw);
  watch("value", change);
  if (props.value) change();
  else draw();
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
    const words = props.words && !pictures.querySelector("img") ? translate("from_words") : "";
    drawHint(element, effect && visible ? translate(`crop_${effect}`, { ratio }) : words);
  };
  pictures.addEventListener("load", draw, true); // of its images
  new MutationObserver(draw).observe(pictures, { childList: true, subtree: true });
  watch("value", draw);
  draw();
};
