"""The version of the project."""

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@cache
def project_version() -> str:
    """The version of the installed package; in a checkout that is not installed, its own."""
    try:
        return version("jimeng-studio")
    except PackageNotFoundError:
        text = (Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8")
        return str(tomllib.loads(text)["project"]["version"])
