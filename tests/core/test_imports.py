"""What the library imports, and when."""

import subprocess
import sys
from types import ModuleType

import pytest

import jimeng_core
from jimeng_core.backends import demo
from tests.app.app_process import ROOT
from tests.each import each


def loaded(code: str, *packages: str) -> str:
    """Which of some packages a program has loaded at its end."""
    program = f"import sys\n{code}\nprint(*{set(packages)!r} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_import_loads_little() -> None:
    """`import jimeng_core` loads no network, no pydantic and no Pillow; a request no network."""
    assert loaded("import jimeng_core", "httpx", "pydantic", "PIL", "stamina", "anyio") == ""
    assert loaded("from jimeng_core import MultiFrame, TaskState", "httpx", "PIL", "stamina") == ""


def test_look_ups_load_no_pillow() -> None:
    """A client without pictures loads neither Pillow, uploads nor a command line of httpx."""
    code = "from jimeng_core import AsyncJimeng; AsyncJimeng('web', '0123456789abcdef')"
    packages = ("PIL", "pillow_heif", "pydantic_settings", "httpx._main")
    assert loaded(f"{code}; sys.modules.pop('httpx._main')", *packages) == ""


@each("name", jimeng_core.__all__)
def test_names(name: str) -> None:
    """Every public name is there, listed, and the same object each time."""
    assert getattr(jimeng_core, name) is getattr(jimeng_core, name)
    assert name in dir(jimeng_core)


@each("module", [jimeng_core, demo])
def test_unknown_name(module: ModuleType) -> None:
    """Another name is an attribute error, as of any module."""
    with pytest.raises(AttributeError, match=f"'{module.__name__}' has no attribute 'nonsense'"):
        _ = module.nonsense


def test_the_renderer_loads_no_client() -> None:
    """The demo's renderer starts early: it loads neither httpx nor the requests."""
    assert (
        loaded("import jimeng_core.backends.demo.render.__main__", "httpx", "jimeng_core.requests")
        == ""
    )
