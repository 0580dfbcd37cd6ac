// A form's list of pictures: frames (each with a prompt and seconds), subjects (each with its mark) or references.
// Among the subjects are videos and audios too.

import { button as plainButton, fieldOf, make, translate } from "./dom.js";
import { formState } from "./form_state.js";

/** @typedef {"image" | "video" | "audio"} Kind */
/** @typedef {{ path: string, url: string, kind: Kind, prompt: string, duration: number | null }} Item */

/** The texts of a file's mark, and of its name, by its kind. */
const MARKS = { image: "mark", video: "mark_video", audio: "mark_audio" };
const NAMES = { image: "picture", video: "video_clip", audio: "audio_clip" };
const EVERY_KIND = "image/*,video/*,audio/*";

/**
 * Draw a list. Its value is a list of items; the elements are drawn here, without a template of Gradio's.
 * @param {HTMLElement} element
 * @param {Record<string, any>} props
 * @param {import("./types.d.ts").Upload} upload
 * @param {import("./types.d.ts").Watch} watch
 */
export const pictureList = (element, props, upload, watch) => {
  const isFrames = props.kind === "frames";
  /** @type {Item[]} */
  let items = [];
  let draggedIndex = -1;
  const list = make("ol", { className: `picture-list ${props.kind}`, id: isFrames ? `${props.mode}-prompt` : "" });
  const fileInput = make("input", { type: "file", accept: props.marks ? EVERY_KIND : "image/*", multiple: true, aria: translate(`add_${props.kind}`) });
  const status = make("p", { className: "hint list-status" });
  status.setAttribute("role", "status");
  const dropZone = make("label", { className: "drop-zone" }, make("span", { textContent: translate(`add_${props.kind}`) }), fileInput);
  element.replaceChildren(dropZone, list, status);

  /** @returns {Item} */
  const emptyItem = () => ({ path: "", url: "", kind: "image", prompt: "", duration: props.seconds });
  const filledItems = () => items.slice(0, items.findLastIndex((item) => item.path || item.prompt) + 1);
  /** @param {Partial<Item>[] | null} value */
  const readValue = (value) => {
    items = (value ?? []).map((item) => ({ ...emptyItem(), ...item }));
    while (isFrames && items.length < props.least) items.push(emptyItem());
  };
  const writeValue = () => {
    props.value = filledItems();
  };
  /** @param {Item[]} nextItems @param {string} [focus] What gets the focus, as a selector. */
  const change = (nextItems, focus) => {
    status.replaceChildren();
    readValue(nextItems);
    writeValue();
    draw();
    if (focus) /** @type {HTMLElement | null} */ (list.querySelector(focus))?.focus();
  };

  /** How many files of a kind the selected model takes. @param {Kind} kind */
  const most = (kind) => {
    const { backend, model } = formState.values(props.form) ?? {};
    return props.most[backend]?.[model]?.[kind] ?? Infinity;
  };
  /** @param {File} file @returns {Kind | undefined} Of a file that the list takes. */
  const kindOf = ({ type, name }) => {
    if (type.startsWith("image/") || /\.hei[cf]$/i.test(name)) return "image";
    if (!props.marks) return undefined;
    if (type.startsWith("video/") || /\.(mp4|mov)$/i.test(name)) return "video";
    return type.startsWith("audio/") || /\.(mp3|wav)$/i.test(name) ? "audio" : undefined;
  };
  /** The number of an item among those of its kind. @param {number} index */
  const numberOf = (index) => items.slice(0, index + 1).filter(({ kind }) => kind === items[index].kind).length;
  /** @param {number} index */
  const markOf = (index) => translate(MARKS[items[index].kind], { n: numberOf(index) });
  /** @param {File[]} files */
  const addFiles = async (files) => {
    const chosen = files.filter(kindOf);
    /** @param {Kind} kind */
    const room = (kind) => Math.max(0, most(kind) - items.filter((item) => item.path && item.kind === kind).length);
    /** @param {Kind} kind */
    const first = (kind) => chosen.filter((file) => kindOf(file) === kind).slice(0, room(kind));
    const taken = new Set([...first("image"), ...first("video"), ...first("audio")]);
    const added = chosen.filter((file) => taken.has(file));
    const rest = chosen.filter((file) => !taken.has(file));
    for (const [index, file] of added.entries()) {
      status.textContent = translate("uploading", { n: index + 1, count: added.length });
      try {
        const { path, url } = await upload(file);
        const free = items.find((item) => !item.path);
        const kind = kindOf(file) ?? "image";
        if (free) Object.assign(free, { path, url, kind });
        else items.push({ ...emptyItem(), path, url, kind });
        change(items);
      } catch {
        status.textContent = translate("not_uploaded", { name: file.name });
        return;
      }
    }
    const others = files.filter((file) => !kindOf(file));
    const names = others.map(({ name }) => name).join(translate("between_names"));
    if (names) status.textContent = translate(props.marks ? "no_references" : "no_pictures", { names });
    if (!rest.length) return;
    const kind = kindOf(rest[0]) ?? "image";
    status.textContent = translate(kind === "image" ? "too_many_pictures" : "too_many_clips", { most: most(kind), rest: rest.length });
  };
  /** @param {number} from @param {number} to @param {string} [focus] */
  const move = (from, to, focus) => {
    if (from < 0 || to < 0 || to >= items.length || from === to) return;
    const moved = [...items];
    moved.splice(to, 0, ...moved.splice(from, 1));
    change(moved, focus && `li:nth-child(${to + 1}) .${focus}`);
  };

  // Marks in the prompt follow their pictures; the mark of a removed picture is taken out.
  const promptBox = () => /** @type {HTMLTextAreaElement} */ (fieldOf(`${props.mode}-prompt`));
  /** @param {HTMLElement} box */
  const notifyInput = (box) => box.dispatchEvent(new Event("input", { bubbles: true }));
  /** @param {string} text */
  const setPrompt = (text) => {
    const box = promptBox();
    box.value = text;
    notifyInput(box);
  };
  /** @param {string} mark */
  const insertMark = (mark) => {
    const box = promptBox();
    box.focus();
    box.setRangeText(mark, box.selectionStart, box.selectionEnd, "end");
    notifyInput(box);
  };
  /** @param {Kind} kind @param {(number: number) => number} newNumber Of a mark of that kind; 0: it is taken out. */
  const renumber = (kind, newNumber) => {
    const before = promptBox().value;
    const after = before.replace(new RegExp(`( ?)(${props.marks[kind]})( ?)`, "gi"), (/** @type {string} */ _, /** @type {string} */ left, /** @type {string} */ name, /** @type {string} */ number, /** @type {string} */ right, /** @type {number} */ position) => {
      const replacement = newNumber(Number(number.normalize("NFKC"))); // full-width digits too
      if (replacement) return left + name.slice(0, -number.length) + replacement + right;
      return left && right ? " " : position ? right : "";
    });
    if (after !== before) setPrompt(after);
    return { before, after };
  };
  /** @param {number} index */
  const remove = (index) => {
    const removed = items[index];
    const { kind } = removed;
    const n = props.marks ? numberOf(index) : index + 1;
    const name = markOf(index);
    const last = items.filter((item) => item.kind === kind).length; // a mark beyond it never had a file, and is left as it is
    const prompt = props.marks && renumber(kind, (number) => (number === n ? 0 : number > n && number <= last ? number - 1 : number));
    change(items.toSpliced(index, 1), `li:nth-child(${Math.max(index, 1)}) button`);
    if (!removed.path && !removed.prompt) return;
    const undo = plainButton(translate("undo"), "undo", () => {
      if (prompt && promptBox().value === prompt.after) setPrompt(prompt.before);
      else if (prompt) renumber(kind, (number) => (number >= n && number < last ? number + 1 : number)); // it was edited since
      const filled = filledItems(); // without the empty frame that may have taken its place
      const position = Math.min(index, filled.length);
      change(filled.toSpliced(position, 0, removed), `li:nth-child(${position + 1}) button`);
    });
    const text = kind === "image" ? (prompt && prompt.before !== prompt.after ? "removed_marks" : "removed") : "removed_clip";
    status.replaceChildren(translate(text, { n, name }), undo);
  };

  /** @param {string} text @param {string} className @param {string} aria @param {() => void} onclick @param {boolean} [disabled] */
  const button = (text, className, aria, onclick, disabled = false) => plainButton(text, className, onclick, { aria, title: aria, disabled });
  /** @param {number} index */
  const removeButton = (index) => {
    const { kind } = items[index];
    const text = translate(kind === "image" ? "remove" : "remove_clip", { n: numberOf(index), name: markOf(index) });
    return button("✕", "remove", text, () => remove(index));
  };

  /**
   * What a video or an audio looks like: its first frame, else a sign; its length, and a note where it has sound.
   * @param {Item} item
   * @param {number} index
   */
  const clip = ({ url, kind }, index) => {
    const name = translate(NAMES[kind], { n: numberOf(index) });
    const length = make("span", { className: "length" });
    const sign = make("span", { className: "sign", textContent: kind === "audio" ? "♪" : "▶", role: "img", aria: name });
    /** @type {any} */
    const media = make(kind === "audio" ? "audio" : "video", { src: `${url}#t=0.1`, muted: true, preload: "auto", aria: name });
    const show = () => {
      const sound = kind === "audio" || media.mozHasAudio || media.audioTracks?.length || media.webkitAudioDecodedByteCount;
      length.textContent = translate(sound ? "clip_with_sound" : "seconds", { n: Math.round(media.duration * 10) / 10 });
      if (kind === "video" && media.videoWidth) sign.replaceWith(media);
    };
    media.onloadeddata = media.oncanplaythrough = show;
    return make("span", { className: "thumb clip" }, sign, length, make("span", { className: "number", textContent: numberOf(index) }));
  };
  /** @param {Item} item @param {number} index */
  const thumbnail = (item, index) => {
    if (item.path && item.kind !== "image") return clip(item, index);
    const content = item.path
      ? make("img", { src: item.url, alt: translate("picture", { n: numberOf(index) }), draggable: false })
      : button("+", "add", translate("add_frames"), () => fileInput.click());
    return make("span", { className: "thumb" }, content, make("span", { className: "number", textContent: numberOf(index) }));
  };
  /** @param {Item} item @param {number} index */
  const frameParts = (item, index) => {
    const n = index + 1;
    const prompt = make("textarea", {
      rows: 2,
      value: item.prompt,
      placeholder: translate("frame_prompt"),
      aria: translate("frame_prompt_of", { n }),
      oninput: () => { item.prompt = prompt.value; writeValue(); },
    });
    const seconds = make("input", {
      id: `${props.mode}-seconds-${n}`,
      type: "number",
      min: props.shortest,
      max: props.longest,
      value: item.duration,
      aria: translate("frame_seconds_of", { n }),
      oninput: () => { item.duration = seconds.value === "" ? null : Number(seconds.value); writeValue(); },
    });
    return [
      prompt,
      make("span", { className: "seconds" }, seconds, translate("frame_seconds")),
      make("span", { className: "move-buttons" },
        button("↑", "earlier", translate("move_earlier", { n }), () => move(index, index - 1, "earlier"), !index),
        button("↓", "later", translate("move_later", { n }), () => move(index, index + 1, "later"), n === items.length),
        removeButton(index)),
    ];
  };
  /** @param {Item} item @param {number} index */
  const subjectParts = ({ kind }, index) => {
    const mark = markOf(index);
    const insert = button(mark, "mark", translate("insert", { mark }), () => insertMark(mark));
    insert.id = `${props.mode}-mark-${kind === "image" ? "" : `${kind}-`}${numberOf(index)}`;
    return [insert, removeButton(index)];
  };
  /** @param {Item} _ @param {number} index */
  const referenceParts = (_, index) => [removeButton(index)];
  const parts = { frames: frameParts, subjects: subjectParts, references: referenceParts }[/** @type {"frames"} */ (props.kind)];
  /** @param {HTMLElement} line @param {HTMLElement} picture @param {number} index */
  const bindDragging = (line, picture, index) => {
    picture.draggable = true; // the picture alone, so that text can be selected with the mouse
    picture.ondragstart = () => { draggedIndex = index; };
    picture.ondragend = () => { draggedIndex = -1; };
    line.ondragover = (event) => { if (draggedIndex >= 0) { event.preventDefault(); line.classList.add("drag-over"); } };
    line.ondragleave = () => line.classList.remove("drag-over");
    line.ondrop = (event) => { if (draggedIndex >= 0) { event.preventDefault(); event.stopPropagation(); move(draggedIndex, index); } };
  };
  const draw = () => {
    list.replaceChildren(...items.map((item, index) => {
      const picture = thumbnail(item, index);
      const line = make("li", {}, picture, ...parts(item, index));
      if (isFrames) bindDragging(line, picture, index);
      return line;
    }));
  };

  fileInput.onchange = async () => {
    const files = [...fileInput.files ?? []];
    fileInput.value = ""; // so that the same file can be chosen again
    await addFiles(files);
  };
  element.ondragover = (event) => { if (draggedIndex < 0) { event.preventDefault(); dropZone.classList.add("drag-over"); } };
  element.ondragleave = () => dropZone.classList.remove("drag-over");
  element.ondrop = (event) => {
    dropZone.classList.remove("drag-over");
    if (draggedIndex >= 0) return;
    event.preventDefault();
    addFiles([...event.dataTransfer?.files ?? []]);
  };
  const show = () => { readValue(props.value); draw(); };
  watch("value", show); // an example from the server
  show();
};
