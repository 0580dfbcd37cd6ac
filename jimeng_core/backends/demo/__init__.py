"""The demo backend: the web backend over an in-process imitation of the JiMeng site.

Its names are loaded when they are first used: the renderer, whose package is in this one, needs
none of them, and starts in half of the time.
"""

from typing import TYPE_CHECKING

from jimeng_core.lazy_names import load_from

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

__getattr__ = load_from(__name__, __all__, ("faults.fault_plan", "transport", "backend"))
