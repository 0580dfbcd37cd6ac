// What a person reads of a task. Pure functions, shared by the cards of the forms and the list.

/** @typedef {import("./types.d.ts").PageRow} PageRow */
/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {(key: string, values?: Record<string, unknown>) => string} Translate */

/** @type {Record<string, string>} */
export const SHAPES = { pending: "◔", processing: "◑", completed: "●", failed: "✕", unknown: "?" };

/**
 * The name of a task's state: `unknown` where its look-up failed, `pending` before its first one.
 * @param {PageRow | undefined} row
 */
export const stateName = (row) => (row ? row.state ?? "unknown" : "pending");

/**
 * A state as a shape and a word: never a colour alone.
 * @param {string} state
 * @param {Translate} translate
 */
export const stateText = (state, translate) => `${SHAPES[state]} ${translate(state)}`;

/** The largest estimate that is shown: beyond it, the task began later than was supposed, or takes unusually long. */
const LAST_ESTIMATE = 90;

/**
 * Percent of a task that runs or has ended; null: not known.
 * @param {PageRow | undefined} row
 */
export const knownProgress = (row) => {
  const { progress = null, progress_source: source = null } = row ?? {};
  const unknown = progress === null || source === "queue" || (source === "estimate" && progress > LAST_ESTIMATE);
  return unknown ? null : progress;
};

/**
 * How far a task is; an estimate carries "~".
 * @param {PageRow | undefined} row
 */
export const progressText = (row) => {
  const progress = knownProgress(row);
  return progress === null ? "" : `${progress} %${row?.progress_source === "estimate" ? " ~" : ""}`;
};

/**
 * The state, and how far an unfinished task is.
 * @param {PageRow | undefined} row
 * @param {Translate} translate
 */
export const stateLine = (row, translate) => {
  const state = stateName(row);
  return [stateText(state, translate), state === "processing" ? progressText(row) : ""].filter(Boolean).join(" ");
};

/**
 * A length of time in the unit that people use for it: the first with less than 90 of it.
 * @param {number} seconds
 * @param {Translate} translate
 */
export const spanText = (seconds, translate) => {
  let n = seconds;
  for (const unit of ["seconds", "minutes"]) {
    if (n < 90) return translate(unit, { n });
    n = Math.round(n / 60);
  }
  return translate("hours", { n });
};

/**
 * In words: why there is no result, or how long it will take.
 * @param {PageRow | undefined} row
 * @param {Translate} translate
 */
export const note = (row, translate) => {
  if (!row) return "";
  if (row.error) return row.error.code === "unauthorized" ? translate("credential_needed") : row.error.message;
  const parts = [];
  if (row.progress_source === "queue" && row.queue_position !== null) {
    const values = { position: row.queue_position.toLocaleString("en"), length: (row.queue_length ?? 0).toLocaleString("en") };
    const key = row.queue_length === null ? "queue_position" : "queue_position_of";
    parts.push(translate(row.queue_position > 1 ? key : "queue_next", values));
  }
  if (row.eta_seconds) parts.push(translate("time_left", { time: spanText(row.eta_seconds, translate) }));
  return parts.join(" · ");
};

/**
 * What a reader can do about a task without a result, as the name of a step; "": nothing.
 * @param {PageRow | undefined} row
 */
export const nextStep = (row) => {
  if (!row?.error) return "";
  if (row.error.code === "unauthorized") return "connect";
  if (row.state === "failed") return "again";
  return row.error.retryable ? "ask" : "";
};

/**
 * The title of a model, or its name where it is not in the catalogue.
 * @param {string | null | undefined} name
 * @param {Translate} translate
 */
export const modelTitle = (name, translate) => {
  const key = `model_${name?.replaceAll(".", "_")}`;
  return translate(key) || (name ?? "");
};

/**
 * What a finished task was made with, by the name of the fact.
 * @param {PageRow} row
 * @param {Translate} translate
 * @returns {Record<string, string>}
 */
export const facts = (row, translate) => {
  const { duration_seconds: seconds, width, height } = row;
  const values = {
    model: modelTitle(row.model, translate),
    length: seconds ? translate("seconds", { n: shortNumber(seconds) }) : "",
    resolution: row.resolution,
    ratio: row.ratio,
    size: width && height ? `${width} × ${height}` : "",
    seed: row.seed,
  };
  return Object.fromEntries(Object.entries(values).filter(([, fact]) => fact != null && fact !== "").map(([name, fact]) => [name, String(fact)]));
};

/**
 * A number with at most one digit behind the point.
 * @param {number | null | undefined} value
 */
export const shortNumber = (value) => (value == null ? "" : String(Math.round(value * 10) / 10));

/**
 * How long ago something was, and from yesterday on its date, by the reader's clock.
 * @param {string} time ISO 8601.
 * @param {number} now Milliseconds since 1970.
 * @param {Translate} translate
 */
export const ageText = (time, now, translate) => {
  const date = new Date(time);
  const seconds = (now - date.getTime()) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (seconds < 60) return translate("just_now");
  if (seconds < 3600) return translate("minutes_ago", { n: Math.floor(seconds / 60) });
  /** @param {number} number */
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (new Date(now).toDateString() === date.toDateString()) return clock;
  return `${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
};

/**
 * When something was, by the reader's clock.
 * @param {string | null | undefined} time ISO 8601.
 */
export const timeText = (time) => {
  const date = new Date(time ?? "");
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString([], { dateStyle: "short", timeStyle: "short" });
};

/**
 * Whether a link may be opened or played by the page: http or https.
 * @param {string | null | undefined} url
 * @returns {url is string}
 */
export const isWebLink = (url) => /^https?:\/\//.test(url ?? "");
