// Pictures in order, of a form: frames (each with words and seconds), subjects (each with its mark) or references.
(() => {
  const { translate, make } = jimeng.tools;

  // The value is a list of {path, url, prompt, duration}; what is drawn is ours, not a template's.
  jimeng.pictures = (element, props, upload, watch) => {
    const frames = props.kind === "frames";
    let items = [];
    let dragged = -1;
    const list = make("ol", { className: `strip ${props.kind}`, id: props.list_id });
    const files = make("input", { type: "file", accept: "image/*", multiple: true, aria: props.kind });
    const status = make("p", { className: "hint told" });
    status.setAttribute("role", "status");
    const drop = make("label", { className: "drop" }, make("span", { textContent: translate(`add_${props.kind}`) }), files);
    element.replaceChildren(drop, list, status);

    const empty = () => ({ path: "", url: "", prompt: "", duration: props.seconds });
    const used = () => {
      const last = items.findLastIndex((item) => item.path || item.prompt);
      return items.slice(0, last + 1);
    };
    const take = (value) => {
      items = (value ?? []).map((item) => ({ ...empty(), ...item }));
      while (frames && items.length < props.least) items.push(empty());
    };
    const give = () => {
      props.value = used();
    };
    const change = (next, focus) => {
      status.replaceChildren();
      take(next);
      give();
      draw();
      if (focus) list.querySelector(focus)?.focus();
    };

    const add = async (chosen) => {
      const pictures = [...chosen].filter((file) => file.type.startsWith("image/") || /\.hei[cf]$/i.test(file.name));
      for (const [index, file] of pictures.entries()) {
        status.textContent = translate("uploading", { n: index + 1, count: pictures.length });
        try {
          const { path, url } = await upload(file);
          const free = items.find((item) => !item.path);
          if (free) Object.assign(free, { path, url });
          else items.push({ ...empty(), path, url });
          change(items);
        } catch {
          status.textContent = translate("not_uploaded", { name: file.name });
          return;
        }
      }
      if (pictures.length < chosen.length) status.textContent = translate("no_pictures");
    };
    const move = (from, to, focus) => {
      if (from < 0 || to < 0 || to >= items.length || from === to) return;
      const next = [...items];
      next.splice(to, 0, ...next.splice(from, 1));
      change(next, focus && `li:nth-child(${to + 1}) .${focus}`);
    };
    // Marks in the prompt go on meaning the same pictures; that of a removed one is taken out.
    const mark = props.mark && new RegExp(`( ?)(${props.mark})( ?)`, "gi");
    const prompt = () => document.querySelector(`#${props.mode}-prompt textarea`);
    const write = (text) => {
      const box = prompt();
      box.value = text;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const renumber = (to) => {
      const before = prompt().value;
      const after = before.replace(mark, (all, left, name, number, right, at) => {
        const now = to(Number(number));
        if (now) return left + name.replace(/\d+$/, now) + right;
        return left && right ? " " : at ? right : "";
      });
      if (after !== before) write(after);
      return { before, after };
    };
    const remove = (index) => {
      const n = index + 1;
      const removed = items[index];
      const last = items.length; // a mark beyond it never had a picture, and is left as it is
      const words = mark && renumber((number) => (number === n ? 0 : number > n && number <= last ? number - 1 : number));
      change(items.toSpliced(index, 1), `li:nth-child(${Math.max(index, 1)}) button`);
      if (!removed.path && !removed.prompt) return;
      const undo = jimeng.tools.button(translate("undo"), "undo", () => {
        if (words && prompt().value === words.after) write(words.before);
        else if (words) renumber((number) => (number >= n && number < last ? number + 1 : number)); // written on since
        const given = used(); // without the empty frame that may have taken its place
        const at = Math.min(index, given.length);
        change(given.toSpliced(at, 0, removed), `li:nth-child(${at + 1}) button`);
      });
      status.replaceChildren(translate(words && words.before !== words.after ? "removed_marks" : "removed", { n }), undo);
    };

    const button = (text, name, aria, onclick, disabled = false) =>
      make("button", { type: "button", textContent: text, className: name, aria, title: aria, onclick, disabled });

    const thumb = (item, index) => {
      const number = make("span", { className: "number", textContent: index + 1 });
      if (!item.path)
        return make("span", { className: "thumb" }, button("+", "add", translate("add_frames"), () => files.click()), number);
      const image = make("img", { src: item.url, alt: translate("picture", { n: index + 1 }), draggable: false });
      return make("span", { className: "thumb" }, image, number);
    };
    const frame = (item, index) => {
      const n = index + 1;
      const words = make("textarea", {
        rows: 2,
        value: item.prompt,
        placeholder: translate("frame_prompt"),
        aria: translate("frame_prompt_of", { n }),
        oninput: () => { item.prompt = words.value; give(); },
      });
      const seconds = make("input", {
        id: `${props.mode}-seconds-${n}`,
        type: "number",
        min: props.shortest,
        max: props.longest,
        value: item.duration,
        aria: translate("frame_seconds_of", { n }),
        oninput: () => { item.duration = seconds.value === "" ? null : Number(seconds.value); give(); },
      });
      return [
        words,
        make("span", { className: "seconds" }, seconds, translate("column_seconds")),
        make("span", { className: "moves" },
          button("↑", "earlier", translate("move_earlier", { n }), () => move(index, index - 1, "earlier"), !index),
          button("↓", "later", translate("move_later", { n }), () => move(index, index + 1, "later"), n === items.length),
          button("✕", "remove", translate("remove", { n }), () => remove(index))),
      ];
    };
    const reference = (_, index) => [button("✕", "remove", translate("remove", { n: index + 1 }), () => remove(index))];
    const subject = (item, index) => {
      const mark = props.marks[index] ?? "";
      const put = button(mark, "mark", translate("insert", { mark }), () => insert(mark));
      put.id = `${props.mode}-mark-${index + 1}`;
      return [put, ...reference(item, index)];
    };
    const parts = { frames: frame, subjects: subject, references: reference }[props.kind];
    const insert = (text) => {
      const box = prompt();
      box.focus();
      box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
      box.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const draw = () => {
      list.replaceChildren(...items.map((item, index) => {
        const picture = thumb(item, index);
        const line = make("li", {}, picture, ...parts(item, index));
        if (frames) {
          picture.draggable = true; // the picture alone, so that words can be selected with the mouse
          picture.ondragstart = () => { dragged = index; };
          line.ondragover = (event) => { if (dragged >= 0) { event.preventDefault(); line.classList.add("over"); } };
          line.ondragleave = () => line.classList.remove("over");
          line.ondrop = (event) => { if (dragged >= 0) { event.preventDefault(); event.stopPropagation(); move(dragged, index); } };
          picture.ondragend = () => { dragged = -1; };
        }
        return line;
      }));
    };

    files.onchange = async () => {
      const chosen = [...files.files];
      files.value = ""; // so that the same file can be chosen again
      await add(chosen);
    };
    element.ondragover = (event) => { if (dragged < 0) { event.preventDefault(); drop.classList.add("over"); } };
    element.ondragleave = () => drop.classList.remove("over");
    element.ondrop = (event) => {
      drop.classList.remove("over");
      if (dragged >= 0) return;
      event.preventDefault();
      add([...event.dataTransfer.files]);
    };
    const show = () => { take(props.value); draw(); };
    watch("value", show); // an example, or a variation, from the server
    show();
  };
})();
