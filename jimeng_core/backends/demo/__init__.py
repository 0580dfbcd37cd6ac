"""The site in a box: the web backend over a transport that answers like the site.

`transport` receives the requests, `site` knows what the site would say, `orders` reads drafts as
strictly as the site does, `store` keeps tasks and pictures on disk, `worker` renders one video at a
time in a process of its own (`render`), `faults` holds the failures that can be asked for in a
prompt. `plan` tells which requests go wrong on their way, `faulty` makes them (`changes`: records).
"""

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
