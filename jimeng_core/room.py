"""What threads share: room in memory, and the process's one list of warnings to be shown."""

import threading
import warnings
from types import TracebackType


class Room:
    """So much of something, which threads take and give back.

    Args:
        size: How much there is; nobody may take more.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self._change = threading.Condition()

    def take(self, much: int) -> None:
        """Wait until there is so much, and have it."""
        with self._change:
            self._change.wait_for(lambda: self._left >= much)
            self._left -= much

    def give(self, much: int) -> None:
        """Give back what was taken."""
        with self._change:
            self._left += much
            self._change.notify_all()


class Silence:
    """No warnings of some modules while any thread is inside.

    The list of warnings is the process's: threads that each put it back as they found it would
    undo one another. Here the first one in changes it, and the last one out puts it back.

    Args:
        module: A regular expression of the modules' names.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._inside = 0
        self._lock = threading.Lock()
        self._before = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
                warnings.filterwarnings("ignore", module=self._module)
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._before.__exit__(None, None, None)
