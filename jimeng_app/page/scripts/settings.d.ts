// The module `settings.js` is written by the server (browser_scripts.py).

/** Every text of the page, by language and key. */
export const texts: Record<"zh" | "en", Record<string, string>>;

/** A list of a form: what it offers, and what replaces another value. */
export interface List {
  values: (string | number)[];
  usual: string | number;
}
/** What the forms offer, by mode and backend; see `browser_choices` in choices.py. */
export const choices: Record<string, Record<string, {
  usual: string;
  fps: number | null;
  models: Record<string, { audio: boolean; seed: boolean; resolution: List; duration?: List }>;
}>>;
