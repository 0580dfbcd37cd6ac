"""Names of a package that are loaded when they are first used."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module


def load_from(
    package: str, names: Sequence[str], modules: Sequence[str]
) -> Callable[[str], object]:
    """The `__getattr__` of a package.

    Args:
        package: Its name.
        names: Those that it offers.
        modules: Where these are, relative to the package; they are loaded in this order, until the
            name is found.
    """

    def get(name: str) -> object:
        if name not in names:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        loaded = (import_module(f".{module}", package) for module in modules)
        value: object = next(getattr(each, name) for each in loaded if hasattr(each, name))
        setattr(sys.modules[package], name, value)
        return value

    return get
