"""The signal to stop a program: Ctrl-C or SIGTERM, for the server and the batch worker."""

import signal
import threading
from typing import Final

_POLL_SECONDS: Final = 0.5


class StopSignal:
    """Ctrl-C or SIGTERM, received from the construction on; only for the main thread."""

    def __init__(self) -> None:
        self._received = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._received.set())

    def wait(self) -> None:
        """Wait until the signal has come.

        It looks at intervals: the kernel may give a signal to any thread, and Python runs its
        handler in the main one, which a wait without end keeps asleep.
        """
        while not self._received.wait(_POLL_SECONDS):
            pass
