"""The page's scripts outside of a browser, in the Node.js that Playwright has."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright._impl._driver import compute_driver_executable

import jimeng_app.page
from jimeng_app.page.i18n import browser_texts

SCRIPTS = Path(next(iter(jimeng_app.page.__path__)), "scripts")
_PROGRAM = """
import { readFileSync } from "node:fs";
const { module, calls, texts } = JSON.parse(readFileSync(0, "utf8"));
const loaded = await import(module);
const translate = (key, values = {}) =>
  (texts[key] ?? "").replace(/\\{(\\w+)\\}/g, (_, name) => values[name]);
const run = ([name, args]) => {
  const result = loaded[name](...args.map((arg) => arg === "translate" ? translate : arg));
  return result === undefined ? null : result;
};
console.log(JSON.stringify(calls.map(run)));
"""


def call_script(module: str, calls: list[tuple[str, list[Any]]], language: str = "en") -> list[Any]:
    """The results of functions of a module that needs no browser.

    Args:
        module: Its file's name without `.js`.
        calls: Name and arguments of each call; the argument "translate" is that function.
        language: Of the texts.
    """
    program, *_ = compute_driver_executable()
    given: Mapping[str, Any] = {
        "module": (SCRIPTS / f"{module}.js").as_uri(),
        "calls": calls,
        "texts": browser_texts()[language],
    }
    done = subprocess.run(
        [program, "--input-type=module", "--no-warnings", "-e", _PROGRAM],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env={"TZ": "Asia/Shanghai"},
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))
