"""Requests, network faults and checks that the tests of faults share."""

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from jimeng_core import FirstLastFrame, Frame, MultiFrame, SubjectReference, VideoRequest
from jimeng_core.backends.demo.faults.fault_plan import (
    ALWAYS_CARRIED_OUT,
    HEAVY,
    NEVER_CARRIED_OUT,
    NetworkFault,
    Step,
)
from tests.core.web.fake_site import png

UPLOADS = (Step.TOKEN, Step.APPLY, Step.UPLOAD, Step.COMMIT)
REQUESTS: dict[str, VideoRequest] = {
    "first_last_frame": FirstLastFrame(prompt="海", first_frame=png(), last_frame=png("navy")),
    "multi_frame": MultiFrame(
        frames=[Frame(image=png(colour), prompt=colour) for colour in ("teal", "navy", "pink")]
    ),
    "subject_reference": SubjectReference(prompt="@图片1 跑向 @图片2", images=(png(), png("gold"))),
}
"""One request of each mode, each with pictures."""
SENDS_ALL = {"network_error", "upstream_error", "upstream_unreadable"}

WIRE: dict[str, tuple[NetworkFault, bool]] = {
    f"{fault}{' after' if carried_out else ''}": (fault, carried_out)
    for fault in NetworkFault
    for carried_out in (False, True)
    if not (carried_out and fault in NEVER_CARRIED_OUT | ALWAYS_CARRIED_OUT)
}
"""Every network fault by a name, with whether the site processed the request (`after`)."""
LIGHT = {name: pair for name, pair in WIRE.items() if pair[0] not in HEAVY}
"""The faults that take neither time nor memory."""


def with_requests(
    faults: dict[str, tuple[NetworkFault, bool]],
) -> list[tuple[NetworkFault, bool, VideoRequest]]:
    """Faults with the requests by turns: what becomes of a fault does not depend on the mode."""
    requests = itertools.cycle(REQUESTS.values())
    return [(*fault, next(requests)) for fault in faults.values()]


LOST_ON_THE_WAY = {NetworkFault.REFUSED, NetworkFault.RESET, NetworkFault.HANG}
GATEWAY = {
    NetworkFault.HTTP_500,
    NetworkFault.HTTP_502,
    NetworkFault.HTTP_504,
    NetworkFault.REDIRECT,
}


def code_of(fault: NetworkFault) -> str | None:
    """The error code of a look-up that meets this fault each time; None: it succeeds."""
    if fault in LOST_ON_THE_WAY:
        return "network_error"
    if fault in GATEWAY:
        return "upstream_error"
    if fault is NetworkFault.RATE_LIMITED:
        return "rate_limited"
    return None if fault is NetworkFault.HUGE else "upstream_unreadable"


@contextmanager
def nothing_left_open() -> Iterator[None]:
    """Check that no task is left at the end, and no thread except those of the pool."""
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    yield
    assert asyncio.all_tasks() == tasks
    new = set(threading.enumerate()) - threads
    assert [one.name for one in new if not one.name.startswith("AnyIO worker")] == []
