// The tasks that this browser keeps: where a submission's id is before the submission leaves.
(() => {
  // Other windows of this page hold the list too, and each writes all of it: so they tell each other.
  const others = "BroadcastChannel" in window ? new BroadcastChannel("jimeng-studio-tasks") : null;
  const told = (kept) => {
    others?.postMessage(JSON.stringify(kept)); // as text: Gradio's values are proxies, which cannot be cloned
    return kept;
  };
  // What is stored may be damaged: that is to lose the list, never a submission.
  const listed = (kept) => (Array.isArray(kept) ? kept.filter((one) => typeof one?.id === "string") : []);
  const here = (kept) => listed(kept).filter((one) => one.backend === jimeng.backend);
  jimeng.keep = (minted, kept) =>
    minted ? told([minted, ...listed(kept).filter(({ id }) => id !== minted.id)].slice(0, jimeng.most_kept)) : kept;
  jimeng.forget = (gone, kept) => (gone ? told(listed(kept).filter(({ id }) => id !== gone.id)) : kept);
  jimeng.ids_here = (kept) => here(kept).map(({ id }) => id).join("\n");
  // Tasks of one backend are not known to another: those of the chosen one are offered.
  let redraw = () => {};
  jimeng.choose = (backend) => {
    jimeng.backend = backend;
    redraw();
  };
  jimeng.listen = (props, trigger) => {
    if (!others) return;
    others.onmessage = ({ data }) => {
      props.value = JSON.parse(data);
      trigger("input");
    };
  };

  jimeng.kept = (element, props, trigger, watch) => {
    let before = null; // what "undo" brings back
    const change = (kept) => {
      before = props.value;
      props.value = told(kept);
      trigger("input");
      draw();
    };
    const draw = () => {
      const { translate, make, button } = jimeng.tools;
      const kept = listed(props.value);
      const count = here(kept).length;
      const ask = button(translate("kept", { count }), "kept-ask", () => trigger("submit"));
      ask.disabled = !count;
      const open = element.querySelector("details")?.open ?? false;
      const lines = kept.map((one) => {
        const when = new Date(one.at).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
        const elsewhere = one.backend === jimeng.backend ? [] : [translate(`backend_${one.backend}`)];
        const words = make("span", { className: "said", textContent: one.prompt });
        const forget = button(translate("forget"), "forget", () => change(kept.filter(({ id }) => id !== one.id)));
        forget.setAttribute("aria-label", translate("forget_one", { id: one.id }));
        return make("li", { title: one.id }, make("span", { className: "hint", textContent: [when, translate(one.mode), ...elsewhere].join(" · ") }), words, forget);
      });
      const all = button(translate("forget_all"), "forget-all", () => change([]));
      const undo = button(translate("undo"), "undo", () => {
        const back = before;
        change(back);
        before = null;
        draw();
      });
      const fold = make("details", { open }, make("summary", { textContent: translate("kept_list") }), make("ul", {}, ...lines), all);
      element.replaceChildren(ask, ...(kept.length ? [fold] : [make("span", { className: "hint", textContent: translate("kept_none") })]), ...(before ? [undo] : []));
    };
    watch("value", draw);
    redraw = draw;
    draw();
  };
})();
