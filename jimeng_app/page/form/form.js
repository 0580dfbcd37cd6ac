// What a form says of itself while it is filled in: at once, without asking the server.
(() => {
  const { translate, make } = jimeng.tools;
  const draw_line = (element, words) => element.replaceChildren(make("p", { className: "hint", textContent: words }));

  const name_of = (backend) => translate(`backend_${backend}`);

  // What a press of the button sends. The value is [the backend; how many images, how long a video, or pictures that
  // have a length each; the resolution].
  jimeng.sends = (element, props, watch) => {
    const draw = () => {
      const [backend, amount, resolution] = props.value ?? [];
      if (backend && !props.backends.includes(backend)) {
        const able = props.backends.map(name_of).join(translate("or"));
        return draw_line(element, translate("not_here", { backend: name_of(backend), mode: translate(props.mode), able }));
      }
      if (props.counts)
        return draw_line(element, amount ? translate(amount === 1 ? "sends_image" : "sends_images", { count: amount, resolution }) : "");
      const frames = Array.isArray(amount) ? amount.filter(({ path }) => path) : null;
      const seconds = frames ? frames.reduce((total, { duration }) => total + (Number(duration) || 0), 0) : amount;
      const key = frames ? "sends_frames" : "sends";
      draw_line(element, seconds ? translate(key, { seconds, resolution, frames: frames?.length }) : "");
    };
    watch("value", draw);
    draw();
  };

  // What the ratio does to the pictures. The value is [the backend, the model, the ratio].
  jimeng.fit = (element, props, watch) => {
    const form = element.closest(".columns > .column");
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
      draw_line(element, fit && told ? translate(`fit_${fit}`, { ratio }) : "");
    };
    pictures.addEventListener("load", draw, true); // of its images
    new MutationObserver(draw).observe(pictures, { childList: true, subtree: true });
    watch("value", draw);
    draw();
  };
})();
