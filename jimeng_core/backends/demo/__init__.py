"""The demo backend: the web backend over an in-process imitation of the JiMeng site."""

from .backend import DemoBackend, media_folder
from .faults.fault_plan import FaultPlan, FaultRule, NetworkFault, RecordFault, Step

__all__ = [
    "DemoBackend",
    "FaultPlan",
    "FaultRule",
    "NetworkFault",
    "RecordFault",
    "Step",
    "media_folder",
]
