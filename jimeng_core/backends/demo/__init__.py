"""The demo backend: the web backend over an in-process imitation of the JiMeng site.

Its names are loaded when they are first used: the renderer, whose package is in this one, needs
none of them, and starts in half of the time.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .backend import DemoBackend, media_folder
    from .faults.fault_plan import FaultPlan, FaultRule, NetworkFault, RecordFault, Step
    from .transport import EXPIRED_SESSION

__all__ = [
    "EXPIRED_SESSION",
    "DemoBackend",
    "FaultPlan",
    "FaultRule",
    "NetworkFault",
    "RecordFault",
    "Step",
    "media_folder",
]

_MODULES = ("faults.fault_plan", "transport", "backend")
"""Where the names are."""


def __getattr__(name: str) -> object:
    if name in __all__:
        modules = (import_module(f".{module}", __name__) for module in _MODULES)
        globals()[name] = next(getattr(each, name) for each in modules if hasattr(each, name))
        return globals()[name]
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
