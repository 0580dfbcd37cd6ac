// A form's list of pictures: frames (each with a prompt and seconds), subjects (each with its mark) or references.

import { button as plainButton, fieldOf, make, translate } from "./dom.js";
import { formState } from "./form_state.js";

/** @typedef {{ path: string, url: string, prompt: string, duration: number | null }} Item */

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
  const fileInput = make("input", { type: "file", accept: "image/*", multiple: true, aria: translate(`add_${props.kind}`) });
  const status = make("p", { className: "hint list-status" });
  status.setAttribute("role", "status");
  const dropZone = make("label", { className: "drop-zone" }, make("span", { textContent: translate(`add_${props.kind}`) }), fileInput);
  element.replaceChildren(dropZone, list, status);

  const emptyItem = () => ({ path: "", url: "", prompt: "", duration: props.seconds });
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

  /** How many pictures the selected model takes. */
  const most = () => {
    const { backend, model } = formState.values(props.form) ?? {};
    return props.most[backend]?.[model] ?? Infinity;
  };
  /** @param {File[]} files */
  const addFiles = async (files) => {
    const chosen = files.filter((file) => file.type.startsWith("image/") || /\.hei[cf]$/i.test(file.name));
    const limit = most();
    const pictures = chosen.slice(0, Math.max(0, limit - items.filter(({ path }) => path).length));
    for (const [index, file] of pictures.entries()) {
      status.textContent = translate("uploading", { n: index + 1, count: pictures.length });
      try {
        const { path, url } = await upload(file);
        const free = items.find((item) => !item.path);
        if (free) Object.assign(free, { path, url });
        else items.push({ ...emptyItem(), path, url });
        change(items);
      } catch {
        status.textContent = translate("not_uploaded", { name: file.name });
        return;
      }
    }
    if (chosen.length < files.length) status.textContent = translate("no_pictures");
    const rest = chosen.length - pictures.length;
    if (rest) status.textContent = translate("too_many_pictures", { most: limit, rest });
  };
  /** @param {number} from @param {number} to @param {string} [focus] */
  const move = (from, to, focus) => {
    if (from < 0 || to < 0 || to >= items.length || from === to) return;
    const moved = [...items];
    moved.splice(to, 0, ...moved.splice(from, 1));
    change(moved, focus && `li:nth-child(${to + 1}) .${focus}`);
  };

  // Marks in the prompt follow their pictures; the mark of a removed picture is taken out.
  const markPattern = props.mark && new RegExp(`( ?)(${props.mark})( ?)`, "gi");
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
  /** @param {(number: number) => number} newNumber Of a mark; 0: it is taken out. */
  const renumber = (newNumber) => {
    const before = promptBox().value;
    const after = before.replace(markPattern, (/** @type {string} */ _, /** @type {string} */ left, /** @type {string} */ name, /** @type {string} */ number, /** @type {string} */ right, /** @type {number} */ position) => {
      const replacement = newNumber(Number(number.normalize("NFKC"))); // full-width digits too
      if (replacement) return left + name.slice(0, -number.length) + replacement + right;
      return left && right ? " " : position ? right : "";
    });
    if (after !== before) setPrompt(after);
    return { before, after };
  };
  /** @param {number} index */
  const remove = (index) => {
    const n = index + 1;
    const removed = items[index];
    const last = items.length; // a mark beyond it never had a picture, and is left as it is
    const prompt = markPattern && renumber((number) => (number === n ? 0 : number > n && number <= last ? number - 1 : number));
    change(items.toSpliced(index, 1), `li:nth-child(${Math.max(index, 1)}) button`);
    if (!removed.path && !removed.prompt) return;
    const undo = plainButton(translate("undo"), "undo", () => {
      if (prompt && promptBox().value === prompt.after) setPrompt(prompt.before);
      else if (prompt) renumber((number) => (number >= n && number < last ? number + 1 : number)); // it was edited since
      const filled = filledItems(); // without the empty frame that may have taken its place
      const position = Math.min(index, filled.length);
      change(filled.toSpliced(position, 0, removed), `li:nth-child(${position + 1}) button`);
    });
    status.replaceChildren(translate(prompt && prompt.before !== prompt.after ? "removed_marks" : "removed", { n }), undo);
  };

  /** @param {string} text @param {string} className @param {string} aria @param {() => void} onclick @param {boolean} [disabled] */
  const button = (text, className, aria, onclick, disabled = false) => plainButton(text, className, onclick, { aria, title: aria, disabled });
  /** @param {number} index */
  const removeButton = (index) => button("✕", "remove", translate("remove", { n: index + 1 }), () => remove(index));

  /** @param {Item} item @param {number} index */
  const thumbnail = (item, index) => {
    const content = item.path
      ? make("img", { src: item.url, alt: translate("picture", { n: index + 1 }), draggable: false })
      : button("+", "add", translate("add_frames"), () => fileInput.click());
    return make("span", { className: "thumb" }, content, make("span", { className: "number", textContent: index + 1 }));
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
      make("span", { className: "seconds" }, seconds, translate("column_seconds")),
      make("span", { className: "move-buttons" },
        button("↑", "earlier", translate("move_earlier", { n }), () => move(index, index - 1, "earlier"), !index),
        button("↓", "later", translate("move_later", { n }), () => move(index, index + 1, "later"), n === items.length),
        removeButton(index)),
    ];
  };
  /** @param {Item} _ @param {number} index */
  const subjectParts = (_, index) => {
    const mark = translate("mark", { n: index + 1 });
    const insert = button(mark, "mark", translate("insert", { mark }), () => insertMark(mark));
    insert.id = `${props.mode}-mark-${index + 1}`;
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
