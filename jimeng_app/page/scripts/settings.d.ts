// The module `settings.js` is written by the server (browser_scripts.py).

/** Every text of the page, by language and key. */
export const texts: Record<"zh" | "en", Record<string, string>>;
