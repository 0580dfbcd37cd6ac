// The page is shown when its elements have found their places: Gradio draws them one after the other, and each moves those
// below it.

/** Milliseconds without a new element after which all are there. */
const QUIET = 150;
/** Milliseconds from the first form on after which the page is shown in any case. */
const LONGEST = 4000;

/**
 * Show the page when it has been drawn; `head.html` hides it until then.
 * @param {() => void} then What is to be done with it first.
 */
export const showWhenDrawn = (then) => {
  const show = () => {
    then();
    document.documentElement.dataset.drawn = "";
    observer.disconnect();
    clearTimeout(timer);
    clearTimeout(last);
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let last;
  const wait = () => {
    clearTimeout(timer);
    if (!document.querySelector("[role=tabpanel] button") || !document.querySelector("#connection")) return;
    last ??= setTimeout(show, LONGEST);
    timer = setTimeout(show, QUIET);
  };
  const observer = new MutationObserver(wait);
  observer.observe(document.body, { childList: true, subtree: true });
  wait();
};
