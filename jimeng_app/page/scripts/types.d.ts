// Types of the page's scripts. `make check` reads them; browsers do not.

/** The `error` of a row. */
export interface RowError {
  code: string;
  message: string;
  upstream_code: string | null;
  retryable: boolean;
}

/** A row (docs/contract.md, section 3), and what only the page needs. */
export interface PageRow {
  id: string;
  mode: string | null;
  state: string | null;
  progress: number | null;
  progress_source: string | null;
  queue_position: number | null;
  queue_length: number | null;
  eta_seconds: number | null;
  video_url: string | null;
  video_url_expires_at: string | null;
  image_urls: string[] | null;
  cover_url: string | null;
  error: RowError | null;
  created_at: string | null;
  completed_at: string | null;
  prompt: string | null;
  model: string | null;
  duration_seconds: number | null;
  checked_at: string;
  resolution: string | null;
  ratio: string | null;
  fps: number | null;
  seed: number | null;
  width: number | null;
  height: number | null;
  last_frame_url: string | null;
  cost: { amount: number; unit: string } | null;
  /** Seconds until another look-up can bring news; null: nothing will change by itself. */
  interval: number | null;
  /** Whether the task has ended, or its id will never be found: it is not asked for again. */
  ended: boolean;
  /** A hash of the row, by which the server knows whether it has changed since. */
  digest: string;
}

/** A file in the server's upload folder, as Gradio's components hold it. */
export interface UploadedFile {
  path: string;
  url?: string;
}

/** The values of a form, by the names of the request's fields, as its components hold them. */
export type Fields = Record<string, any>;

/** A task of this browser. */
export interface Entry {
  id: string;
  /** Where it runs; another backend does not know it. */
  backend: string;
  mode: string;
  /** The beginning of its prompt. */
  prompt: string;
  /** When it was submitted (ISO 8601). */
  at: string;
  /** What the form sent. */
  fields?: Fields;
  /** The result of its last look-up. */
  row?: PageRow;
}

/** Draws or reads an element of the page; see `script_element` in components.py. */
export type Trigger = (name: string, data?: object) => void;
/** Calls a function whenever a property of the element has changed. */
export type Watch = (property: string, callback: () => void) => void;
/** Sends a file to the server's upload folder. */
export type Upload = (file: File) => Promise<UploadedFile & { url: string }>;
