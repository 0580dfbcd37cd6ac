// The tasks of this browser: the id of each is stored here before its request is sent.
(() => {
  // Each window of this page holds the list and writes all of it, so the windows exchange their changes.
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("jimeng-studio-tasks") : null;
  const publish = (entries) => {
    channel?.postMessage(JSON.stringify(entries)); // as text: Gradio's values are proxies, which cannot be cloned
    return entries;
  };
  // The stored list may be damaged: then it is lost, but never a submission.
  const valid = (entries) => (Array.isArray(entries) ? entries.filter((entry) => typeof entry?.id === "string") : []);
  const without = (entries, id) => valid(entries).filter((entry) => entry.id !== id);
  // A backend does not know the tasks of another: only those of the selected one are looked up.
  const ofBackend = (entries) => valid(entries).filter(({ backend }) => backend === jimeng.backend);
  jimeng.addEntry = (entry, entries) =>
    entry ? publish([entry, ...without(entries, entry.id)].slice(0, jimeng.maxEntries)) : entries;
  jimeng.removeEntry = (entry, entries) => (entry ? publish(without(entries, entry.id)) : entries);
  jimeng.idsOfBackend = (entries) => ofBackend(entries).map(({ id }) => id).join("\n");
  let redraw = () => {};
  jimeng.setBackend = (backend) => {
    jimeng.backend = backend;
    redraw();
  };
  jimeng.listen = (props, trigger) => {
    if (!channel) return;
    channel.onmessage = ({ data }) => {
      props.value = JSON.parse(data);
      trigger("input");
    };
  };

  jimeng.history = (element, props, trigger, watch) => {
    const { translate, make, button } = jimeng.tools;
    let previous = null; // what "undo" restores
    const change = (entries) => {
      previous = props.value;
      props.value = publish(entries);
      trigger("input");
      draw();
    };
    const drawEntry = (entry, entries) => {
      const time = new Date(entry.at).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
      const details = [time, translate(entry.mode)];
      if (entry.backend !== jimeng.backend) details.push(translate(`backend_${entry.backend}`));
      const remove = button(translate("remove_entry"), "remove", () => change(without(entries, entry.id)));
      remove.setAttribute("aria-label", translate("remove_entry_of", { id: entry.id }));
      return make("li", { title: entry.id },
        make("span", { className: "hint", textContent: details.join(" · ") }),
        make("span", { className: "prompt-text", textContent: entry.prompt }),
        remove);
    };
    const draw = () => {
      const entries = valid(props.value);
      const count = ofBackend(entries).length;
      const lookUp = button(translate("history", { count }), "look-up", () => trigger("submit"));
      lookUp.disabled = !count;
      const open = element.querySelector("details")?.open ?? false;
      const list = entries.length
        ? make("details", { open },
            make("summary", { textContent: translate("history_list") }),
            make("ul", {}, ...entries.map((entry) => drawEntry(entry, entries))),
            button(translate("clear_history"), "clear", () => change([])))
        : make("span", { className: "hint", textContent: translate("history_empty") });
      const undo = button(translate("undo"), "undo", () => {
        change(previous);
        previous = null;
        draw();
      });
      element.replaceChildren(lookUp, list, ...(previous ? [undo] : []));
    };
    watch("value", draw);
    redraw = draw;
    draw();
  };
})();
