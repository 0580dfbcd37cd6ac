// What Gradio's own parts cannot do. Everything a person reads comes from i18n.py (`jimeng.texts`), and is put
// into the page as text, never as markup.
(() => {
  const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  const translate = (key, values = {}) =>
    (jimeng.texts[language][key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    const { aria, ...rest } = properties;
    Object.assign(element, rest);
    if (aria) element.setAttribute("aria-label", aria);
    element.append(...children);
    return element;
  };

  jimeng.tools = {
    translate,
    make,
    button: (textContent, className, onclick) => make("button", { type: "button", textContent, className, onclick }),
  };

  // A form was filled: show it from its top, and put its button under the Enter key.
  jimeng.lead = (id) => {
    const next = document.getElementById(id);
    next.closest(".columns > .column").firstElementChild.scrollIntoView({ block: "nearest" });
    next.focus({ preventScroll: true });
  };

  // A button loses the focus while it cannot be pressed: it gets it back, unless somebody went elsewhere.
  jimeng.refocus = (id) =>
    requestAnimationFrame(() => {
      const button = document.getElementById(id);
      button.removeAttribute("aria-busy");
      if (document.activeElement === document.body) button.focus({ preventScroll: true });
    });

  // A press shows at once, however far the server is, until its answer changes the button, or leaves it as it is.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.primary");
    if (!button || button.disabled) return;
    const settle = () => { button.removeAttribute("aria-busy"); watcher.disconnect(); clearTimeout(late); };
    const watcher = new MutationObserver(settle);
    const late = setTimeout(settle, 5000);
    button.setAttribute("aria-busy", "true");
    watcher.observe(button, { attributeFilter: ["disabled"], childList: true, characterData: true, subtree: true });
  }, true);

  jimeng.copy = async (text) => {
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
  jimeng.table = (element, trigger) => {
    jimeng.does(element, trigger);
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
  jimeng.ids_shown = () => [...document.querySelectorAll("#query-table [data-id]")].map((row) => row.dataset.id);

  // A click on what says `data-does` is an event of that name.
  jimeng.does = (element, trigger) => {
    element.addEventListener("click", (event) => {
      const part = event.target.closest("[data-does], [data-copies]");
      if (part?.dataset.copies) {
        jimeng.copy(part.dataset.copies);
        part.textContent = translate("copied_short");
      } else if (part) {
        trigger(part.dataset.does);
      }
    });
  };
})();
