// A lost connection is said in the reader's words, and the page stays as it was.
//
// Gradio would announce it in English, answer no click from then on, and reload the page as soon as the server answers
// again. So its requests to the queue never seem to fail: an event that was cut off ends with an error of its own.

import { button, make, translate } from "./dom.js";
import { tracker } from "./tracker.js";

/** Seconds between two attempts to reach the server. */
const RETRY_SECONDS = 3;
/** The script itself is asked for: its address has the version of the page. */
const PING = import.meta.url;

/** Events whose results have not arrived. @type {Set<string>} */
const pending = new Set();
/** Events that were never sent: they end with the next stream. @type {Set<string>} */
const unsent = new Set();
/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {HTMLElement | null} */
let banner = null;
const send = window.fetch;

/**
 * Call a function whenever an event of the page was cut off.
 * @param {() => void} listener
 */
export const onLoss = (listener) => void listeners.add(listener);

/** @param {string} text @param {...(Node | string)} more */
const show = (text, ...more) => {
  banner ??= document.body.appendChild(make("div", { id: "connection-lost", role: "status" }));
  banner.replaceChildren(text, ...more);
};

const ping = async () => {
  try {
    const response = await send(PING, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(10_000) });
    if (response.status === 404) return show(translate("page_updated"), " ", button(translate("reload"), "", () => location.reload()));
    if (!response.ok) throw new Error();
    banner?.remove();
    banner = null;
    tracker.retry();
  } catch {
    setTimeout(ping, RETRY_SECONDS * 1000);
  }
};

const lose = () => {
  if (!banner) {
    show(translate("connection_lost"));
    setTimeout(ping, RETRY_SECONDS * 1000);
  }
  for (const listener of listeners) listener();
};

/** The end of an event that was cut off, as the server would send it. @param {string} id */
const cutOff = (id) =>
  new TextEncoder().encode(`data: ${JSON.stringify({ msg: "process_completed", event_id: id, success: false, output: { error: null, visible: false } })}\n\n`);
const CLOSE = new TextEncoder().encode(`data: ${JSON.stringify({ msg: "close_stream" })}\n\n`);

/** @param {ReadableStreamDefaultController<Uint8Array>} controller */
const endAll = (controller) => {
  for (const id of [...pending, ...unsent]) controller.enqueue(cutOff(id));
  pending.clear();
  unsent.clear();
  controller.enqueue(CLOSE);
  controller.close();
};

/**
 * The stream of results, which ends what is pending when it breaks off.
 * @param {ReadableStream<Uint8Array> | null} source
 * @param {AbortSignal | null | undefined} signal
 */
const watched = (source, signal) => {
  const decoder = new TextDecoder();
  let text = "";
  return new ReadableStream({
    async start(controller) {
      for (const id of unsent) controller.enqueue(cutOff(id));
      unsent.clear();
      try {
        if (!source) throw new Error();
        const reader = source.getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          controller.enqueue(value);
          text += decoder.decode(value, { stream: true });
          const messages = text.split("\n\n");
          text = messages.pop() ?? "";
          for (const message of messages.filter((each) => each.includes("process_completed")))
            pending.delete(JSON.parse(message.replace(/^data: /, "")).event_id);
        }
        if (!pending.size) return controller.close();
      } catch { /* it broke off */ }
      if (signal?.aborted) return controller.error(new DOMException("", "AbortError"));
      endAll(controller);
      return lose();
    },
  });
};

window.fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
  if (url.includes("/gradio_api/queue/data")) {
    const response = await send(input, init).catch((error) => { if (signal?.aborted) throw error; });
    return new Response(watched(response?.ok ? response.body : null, signal), { headers: { "content-type": "text/event-stream" } });
  }
  if (!url.includes("/gradio_api/queue/join")) return send(input, init);
  try {
    const response = await send(input, init);
    const { event_id: id } = await response.clone().json();
    if (id) pending.add(id);
    return response;
  } catch {
    const id = `unsent${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
    unsent.add(id);
    lose();
    return Response.json({ event_id: id });
  }
};
