// What a form says of itself while it is filled in: at once, without asking the server.
(() => {
  const { say, make } = studio.tools;
  const draw_line = (element, words) => element.replaceChildren(make("p", { className: "hint", textContent: words }));

  // What a press of the button sends. The value is [the backend; the length, or pictures that have one each; the resolution].
  studio.sends = (element, props, watch) => {
    const draw = () => {
      const [backend, length, resolution] = props.value ?? [];
      if (backend && !props.backends.includes(backend))
        return draw_line(element, say("not_here", { backend: say(`backend_${backend}`), mode: say(props.mode) }));
      const frames = Array.isArray(length) ? length.filter(({ path }) => path) : null;
      const seconds = frames ? frames.reduce((total, { duration }) => total + (Number(duration) || 0), 0) : length;
      const key = frames ? "sends_frames" : "sends";
      draw_line(element, seconds ? say(key, { seconds, resolution, frames: frames?.length }) : "");
    };
    watch("value", draw);
    draw();
  };

  // What the ratio does to the pictures. The value is [the backend, the model, the ratio].
  studio.fit = (element, props, watch) => {
    const form = element.closest(".desk > .column");
    const pictures = form.querySelector(".seen");
    const draw = () => {
      const [backend, model, ratio = "1:1"] = props.value ?? [];
      const fit = props.fits[backend]?.[model] ?? "";
      const [wide, high] = ratio.split(":").map(Number);
      const images = [...pictures.querySelectorAll("img")].filter((image) => image.naturalWidth);
      for (const image of images) image.style.setProperty("--own", image.naturalWidth / image.naturalHeight);
      form.style.setProperty("--ratio", wide / high);
      form.dataset.fit = fit;
      const off = ({ naturalWidth, naturalHeight }) => Math.abs(Math.log((naturalWidth / naturalHeight) * (high / wide)));
      const told = fit === "crops" ? images.some((image) => off(image) > 0.01) : images.length;
      draw_line(element, fit && told ? say(`fit_${fit}`, { ratio }) : "");
    };
    pictures.addEventListener("load", draw, true); // of its images
    new MutationObserver(draw).observe(pictures, { childList: true, subtree: true });
    watch("value", draw);
    draw();
  };
})();
