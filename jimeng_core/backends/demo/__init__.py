"""The demo backend: the web backend over an in-process imitation of the JiMeng site."""

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
