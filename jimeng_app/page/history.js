// The tasks of this browser: the id of each is stored here before its request is sent.
(() => {
  const storageKey = "jimeng-studio-tasks";
  const text = (value) => (typeof value === "string" ? value : "");
  const readable = (entries) =>
    (Array.isArray(entries) ? entries : [])
      .filter((entry) => text(entry?.id))
      .slice(0, jimeng.maxEntries)
      .map(({ id, backend, mode, prompt, at }) =>
        ({ id, backend: text(backend), mode: text(mode), prompt: text(prompt), at: text(at) }));

  // A browser may deny storage (a frame of another site, cookies blocked), or have none left. Then this window alone has
  // the list. A stored list that cannot be read is lost.
  let entries = [];
  let isStored = true;
  const load = () => {
    try {
      entries = readable(JSON.parse(localStorage.getItem(storageKey) ?? "[]"));
    } catch (error) {
      entries = [];
      return error instanceof SyntaxError;
    }
    return true;
  };
  const store = () => {
    try {
      localStorage.setItem(storageKey, JSON.stringify(entries));
      return true;
    } catch {
      return false;
    }
  };
  isStored = load() && store();

  let redraw = () => {};
  const change = (update) => {
    if (isStored) isStored = load(); // another window may have changed it
    entries = readable(update(entries));
    isStored = store();
    redraw();
  };
  window.addEventListener("storage", ({ key }) => {
    if (isStored && (key === storageKey || key === null)) {
      load();
      redraw();
    }
  });

  const without = (id) => (list) => list.filter((entry) => entry.id !== id);
  // A backend does not know the tasks of another: only those of the selected one are looked up.
  const ofBackend = () => entries.filter(({ backend }) => backend === jimeng.backend);
  jimeng.addEntry = (entry) => {
    if (entry) change((list) => [entry, ...without(entry.id)(list)]);
    return [];
  };
  jimeng.removeEntry = (entry) => {
    if (entry) change(without(entry.id));
    return [];
  };
  jimeng.idsOfBackend = () => ofBackend().map(({ id }) => id).join("\n");
  jimeng.setBackend = (backend) => {
    jimeng.backend = backend;
    redraw();
    return [];
  };

  jimeng.history = (element, trigger) => {
    const { translate, make, button } = jimeng.tools;
    let previous = null; // what "undo" restores
    const edit = (update) => {
      previous = entries;
      change(update);
    };
    const drawEntry = (entry) => {
      const date = new Date(entry.at);
      const time = isNaN(date) ? "" : date.toLocaleString([], { dateStyle: "short", timeStyle: "short" });
      const details = [time, translate(entry.mode)];
      if (entry.backend !== jimeng.backend) details.push(translate(`backend_${entry.backend}`));
      const remove = button(translate("remove_entry"), "remove", () => edit(without(entry.id)));
      remove.setAttribute("aria-label", translate("remove_entry_of", { id: entry.id }));
      return make("li", { title: entry.id },
        make("span", { className: "hint", textContent: details.filter(Boolean).join(" · ") }),
        make("span", { className: "prompt-text", textContent: entry.prompt }),
        remove);
    };
    redraw = () => {
      const count = ofBackend().length;
      const lookUp = button(translate("history", { count }), "look-up", () => trigger("submit"));
      lookUp.disabled = !count;
      const open = element.querySelector("details")?.open ?? false;
      const list = entries.length
        ? make("details", { open },
            make("summary", { textContent: translate("history_list") }),
            make("ul", {}, ...entries.map(drawEntry)),
            button(translate("clear_history"), "clear", () => edit(() => [])))
        : make("span", { className: "hint", textContent: isStored ? translate("history_empty") : "" });
      const undo = button(translate("undo"), "undo", () => {
        const restored = previous;
        previous = null;
        change(() => restored);
      });
      const note = make("p", { className: "no-storage", textContent: translate("history_not_stored") });
      element.replaceChildren(...(isStored ? [] : [note]), lookUp, list, ...(previous ? [undo] : []));
    };
    redraw();
  };
})();
