// A list of any length in the page's own scroll: only the lines that can be seen, and some around them, are elements.

/**
 * @template T
 * @typedef {object} Lines
 * @property {(item: T) => string} key
 * @property {(item: T) => HTMLElement} make Makes the element of an item.
 * @property {(element: HTMLElement, item: T, index: number) => void} update Shows an item in its element.
 */

/** Lines above and below the window. */
const AROUND = 8;

/**
 * Draw a list.
 * @template T
 * @param {HTMLElement} body Holds the lines; its style has `--line`, the height of one in pixels.
 * @param {Lines<T>} lines
 */
export const virtualList = (body, { key, make, update }) => {
  /** @type {T[]} */
  let items = [];
  /** @type {Map<string, HTMLElement>} */
  const elements = new Map();
  /** The space below a line, for what is shown of it there. */
  let gap = { after: -1, height: 0 };
  const lineHeight = () => parseFloat(getComputedStyle(body).getPropertyValue("--line")) || 80;
  let height = 0;

  /** @param {number} index */
  const top = (index) => index * height + (gap.after >= 0 && index > gap.after ? gap.height : 0);

  const draw = () => {
    const { top: start } = body.getBoundingClientRect();
    const first = Math.max(0, Math.floor((-start - gap.height) / height) - AROUND);
    const last = Math.min(items.length, Math.ceil((innerHeight - start) / height) + AROUND);
    const wanted = new Map(items.slice(first, last).map((item, offset) => [key(item), first + offset]));
    for (const [name, element] of elements) {
      // The line with the focus stays, or the keyboard would be lost.
      if (wanted.has(name) || (element.contains(document.activeElement) && items.some((item) => key(item) === name))) continue;
      element.remove();
      elements.delete(name);
    }
    /** @type {HTMLElement | null} */
    let before = null;
    for (const [name, index] of wanted) {
      let element = elements.get(name);
      if (!element) {
        element = make(items[index]);
        elements.set(name, element);
        if (before) before.after(element);
        else body.prepend(element);
      } else if (before && before.nextElementSibling !== element && !element.contains(document.activeElement)) {
        before.after(element);
      }
      element.style.transform = `translateY(${top(index)}px)`;
      update(element, items[index], index);
      before = element;
    }
  };

  let waiting = false;
  const drawSoon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  };
  addEventListener("scroll", drawSoon, { passive: true });
  addEventListener("resize", () => list.show(items));

  const list = {
    /**
     * Show these items.
     * @param {T[]} next
     */
    show(next) {
      items = next;
      height = lineHeight(); // of the style where the list stands by now, and at this width
      body.style.height = `${items.length * height + gap.height}px`;
      draw();
    },

    /** The lines that are elements at the moment. */
    draw,

    /**
     * Leave space below a line; -1: nowhere.
     * @param {number} after
     * @param {number} space In pixels.
     */
    setGap(after, space) {
      if (gap.after === after && gap.height === space) return;
      gap = { after, height: after < 0 ? 0 : space };
      list.show(items);
    },

    /**
     * Where a line begins, in pixels below the first.
     * @param {number} index
     */
    top: (index) => top(index),

    get height() {
      return height;
    },

    /**
     * The element of an item, which is scrolled into view.
     * @param {number} index
     * @returns {HTMLElement | undefined}
     */
    reveal(index) {
      if (!items[index]) return undefined;
      const { top: start } = body.getBoundingClientRect();
      const position = start + top(index);
      if (position < 8) scrollBy({ top: position - 8 });
      else if (position + height > innerHeight - 8) scrollBy({ top: position + height - innerHeight + 8 });
      draw();
      return elements.get(key(items[index]));
    },
  };
  return list;
};
