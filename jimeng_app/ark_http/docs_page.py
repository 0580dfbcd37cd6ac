"""The API description as an HTML page that needs no script and no other host.

FastAPI's own page loads its scripts from hosts that cannot be reached everywhere.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment

_SOURCE = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
_TEMPLATE = Environment(
    autoescape=True, undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True
).from_string(_SOURCE)

[_STYLE] = re.findall(r"<style>(.*?)</style>", _SOURCE, re.DOTALL)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""The page's Content-Security-Policy, which allows its own style and nothing else."""


def page(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document."""
    return _TEMPLATE.render(document)
