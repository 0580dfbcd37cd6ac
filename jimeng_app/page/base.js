// What Gradio's components cannot do. All texts come from i18n.py (`jimeng.texts`) and are inserted as text, never as
// markup.
(() => {
  const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  const translate = (key, values = {}) =>
    (Object.hasOwn(jimeng.texts[language], key) ? jimeng.texts[language][key] : "").replace(/\{(\w+)\}/g, (_, name) => values[name]);

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

  // Scroll a form that was filled to its top, and focus its button.
  jimeng.showForm = (buttonId) => {
    const button = document.getElementById(buttonId);
    button.closest(".columns > .column").firstElementChild.scrollIntoView({ block: "nearest" });
    button.focus({ preventScroll: true });
  };

  // A button loses the focus while it is disabled: give it back, unless the reader has moved on.
  jimeng.restoreFocus = (buttonId) =>
    requestAnimationFrame(() => {
      const button = document.getElementById(buttonId);
      button.removeAttribute("aria-busy");
      if (document.activeElement === document.body) button.focus({ preventScroll: true });
    });

  // Show a press at once, however far the server is, until its answer changes the button, or 5 seconds have passed.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.primary");
    if (!button || button.disabled) return;
    const reset = () => { button.removeAttribute("aria-busy"); observer.disconnect(); clearTimeout(timer); };
    const observer = new MutationObserver(reset);
    const timer = setTimeout(reset, 5000);
    button.setAttribute("aria-busy", "true");
    observer.observe(button, { attributeFilter: ["disabled"], childList: true, characterData: true, subtree: true });
  }, true);

  jimeng.copyText = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no permission, or a page without TLS
      const box = make("textarea", { value: text });
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
  };

  // A click on an element with `data-action` triggers the event of that name; one on `data-copy` copies its text.
  jimeng.bindActions = (element, trigger) => {
    element.addEventListener("click", (event) => {
      const target = event.target.closest("[data-action], [data-copy]");
      if (target?.dataset.copy) {
        jimeng.copyText(target.dataset.copy);
        target.textContent = translate("copied_short");
      } else if (target) {
        trigger(target.dataset.action);
      }
    });
  };

  // The table of tasks: a click or a key selects a row.
  jimeng.taskTable = (element, trigger) => {
    jimeng.bindActions(element, trigger);
    const select = (row) => {
      element.querySelectorAll("[aria-selected=true]").forEach((other) => other.setAttribute("aria-selected", "false"));
      row.setAttribute("aria-selected", "true"); // at once; the server's answer says the same
      trigger("select", { id: row.dataset.taskId });
    };
    element.addEventListener("click", (event) => {
      const row = event.target.closest("[data-task-id]");
      if (row && !getSelection().toString()) select(row);
    });
    element.addEventListener("keydown", (event) => {
      const row = event.target.closest("[data-task-id]");
      if (!row) return;
      const target = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Enter: row, " ": row }[event.key];
      if (!target) return;
      event.preventDefault();
      target.focus();
      if (target === row) select(row);
    });
  };
  jimeng.visibleIds = () => [...document.querySelectorAll("#query-table [data-task-id]")].map((row) => row.dataset.taskId);
})();
