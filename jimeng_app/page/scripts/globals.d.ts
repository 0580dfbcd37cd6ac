import type { api } from "./main.js";

declare global {
  /** What Gradio's `js=` and `js_on_load=` reach of the scripts. */
  var jimeng: typeof api & {
    /** Resolved when the scripts have loaded and the browser's storage was read. */
    ready: Promise<void>;
    /** Resolves `ready`. */
    start(): void;
  };
}
