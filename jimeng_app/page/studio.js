// What Gradio's own parts cannot do. Everything a person reads comes from texts.py (`studio.texts`), and is put
// into the page as text, never as markup.
(() => {
  const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  const say = (key, values = {}) =>
    (studio.texts[language][key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    const { aria, ...rest } = properties;
    Object.assign(element, rest);
    if (aria) element.setAttribute("aria-label", aria);
    element.append(...children);
    return element;
  };

  studio.tools = {
    say,
    make,
    button: (textContent, className, onclick) => make("button", { type: "button", textContent, className, onclick }),
  };

  // Pictures in order: frames (each with words and seconds) or subjects (each with its mark).
  // The value is a list of {path, url, prompt, duration}; what is drawn is ours, not a template's.
  studio.pictures = (element, props, upload, watch) => {
    const frames = props.kind === "frames";
    let items = [];
    let dragged = -1;
    const list = make("ol", { className: `strip ${props.kind}`, id: props.list_id });
    const files = make("input", { type: "file", accept: "image/*", multiple: true, aria: props.kind });
    const status = make("p", { className: "hint total" });
    status.setAttribute("role", "status");
    const drop = make("label", { className: "drop" }, make("span", { textContent: say(`add_${props.kind}`) }), files);
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
    const sum = () => {
      const given = items.filter((item) => item.path);
      const seconds = given.reduce((total, item) => total + (Number(item.duration) || 0), 0);
      status.textContent = frames && given.length ? say("total", { frames: given.length, seconds }) : "";
    };
    const give = () => {
      props.value = used();
      sum();
    };
    const change = (next, focus) => {
      take(next);
      give();
      draw();
      if (focus) list.querySelector(focus)?.focus();
    };

    const add = async (chosen) => {
      const pictures = [...chosen].filter((file) => file.type.startsWith("image/") || /\.hei[cf]$/i.test(file.name));
      for (const [index, file] of pictures.entries()) {
        status.textContent = say("uploading", { n: index + 1, count: pictures.length });
        try {
          const { path, url } = await upload(file);
          const free = items.find((item) => !item.path);
          if (free) Object.assign(free, { path, url });
          else items.push({ ...empty(), path, url });
          change(items);
        } catch {
          status.textContent = say("not_uploaded", { name: file.name });
          return;
        }
      }
      if (pictures.length < chosen.length) status.textContent = say("no_pictures");
    };
    const move = (from, to, focus) => {
      if (from < 0 || to < 0 || to >= items.length || from === to) return;
      const next = [...items];
      next.splice(to, 0, ...next.splice(from, 1));
      change(next, focus && `li:nth-child(${to + 1}) .${focus}`);
    };
    const remove = (index) => change(items.toSpliced(index, 1), `li:nth-child(${Math.max(index, 1)}) button`);

    const button = (text, name, aria, onclick, disabled = false) =>
      make("button", { type: "button", textContent: text, className: name, aria, title: aria, onclick, disabled });

    const thumb = (item, index) => {
      const number = make("span", { className: "number", textContent: index + 1 });
      if (!item.path)
        return make("span", { className: "thumb" }, button("+", "add", say("add_frames"), () => files.click()), number);
      const image = make("img", { src: item.url, alt: say("picture", { n: index + 1 }), draggable: false });
      return make("span", { className: "thumb" }, image, number);
    };
    const frame = (item, index) => {
      const n = index + 1;
      const words = make("textarea", {
        rows: 2,
        value: item.prompt,
        placeholder: say("frame_prompt"),
        aria: say("frame_prompt_of", { n }),
        oninput: () => { item.prompt = words.value; give(); },
      });
      const seconds = make("input", {
        id: `${props.mode}-seconds-${n}`,
        type: "number",
        min: props.shortest,
        max: props.longest,
        value: item.duration,
        aria: say("frame_seconds_of", { n }),
        oninput: () => { item.duration = seconds.value === "" ? null : Number(seconds.value); give(); },
      });
      return [
        words,
        make("span", { className: "seconds" }, seconds, say("column_seconds")),
        make("span", { className: "moves" },
          button("↑", "earlier", say("move_earlier", { n }), () => move(index, index - 1, "earlier"), !index),
          button("↓", "later", say("move_later", { n }), () => move(index, index + 1, "later"), n === items.length),
          button("✕", "remove", say("remove", { n }), () => remove(index))),
      ];
    };
    const subject = (_, index) => {
      const n = index + 1;
      const mark = props.marks[index] ?? "";
      const put = button(mark, "mark", say("insert", { mark }), () => insert(mark));
      put.id = `${props.mode}-mark-${n}`;
      return [put, button("✕", "remove", say("remove", { n }), () => remove(index))];
    };
    const insert = (text) => {
      const box = document.querySelector(`#${props.mode}-prompt textarea`);
      box.focus();
      box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
      box.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const draw = () => {
      list.replaceChildren(...items.map((item, index) => {
        const picture = thumb(item, index);
        const line = make("li", {}, picture, ...(frames ? frame : subject)(item, index));
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
    const show = () => { take(props.value); sum(); draw(); };
    watch("value", show); // an example, or a variation, from the server
    show();
  };

  studio.copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no permission, or a page that came without TLS
      const box = make("textarea", { value: text });
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
  };

  // The table of tasks: a click or a key chooses a row.
  studio.table = (element, trigger) => {
    const choose = (row) => {
      element.querySelectorAll("[aria-selected=true]").forEach((other) => other.setAttribute("aria-selected", "false"));
      row.setAttribute("aria-selected", "true"); // at once; the server's answer says the same
      trigger("select", { id: row.dataset.id });
    };
    element.addEventListener("click", (event) => {
      const row = event.target.closest("[data-id]");
      if (row && !getSelection().toString()) choose(row);
    });
    element.addEventListener("keydown", (event) => {
      const row = event.target.closest("[data-id]");
      if (!row) return;
      const to = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Enter: row, " ": row }[event.key];
      if (!to) return;
      event.preventDefault();
      to.focus();
      if (to === row) choose(row);
    });
  };
  studio.ids_shown = () => [...document.querySelectorAll("#query-table [data-id]")].map((row) => row.dataset.id);

  // A click on what says `data-does` is an event of that name.
  studio.does = (element, trigger) => {
    element.addEventListener("click", (event) => {
      const part = event.target.closest("[data-does], [data-copies]");
      if (part?.dataset.copies) {
        studio.copy(part.dataset.copies);
        part.textContent = say("copied_short");
      } else if (part) {
        trigger(part.dataset.does);
      }
    });
  };
})();
