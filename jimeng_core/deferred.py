"""Fields of frozen classes whose values are computed when they are first read."""

import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, Final

MAX_DEFERRED: Final = 2_000
"""Values that wait to be computed, in the process. What they are computed from needs more memory
than they do, so of more the oldest are computed."""
_waiting: deque["weakref.ref[Deferred]"] = deque()


class Deferred:
    """The values of several fields, which are computed together when one of them is read.

    Args:
        compute: Returns the values, in the order of the fields; never raises.
    """

    __slots__ = ("__weakref__", "_compute", "_values")

    def __init__(self, compute: Callable[[], tuple[Any, ...]]) -> None:
        self._compute: Callable[[], tuple[Any, ...]] | None = compute
        self._values: tuple[Any, ...] = ()
        _waiting.append(weakref.ref(self))
        if len(_waiting) > MAX_DEFERRED and (oldest := _waiting.popleft()()):
            oldest.values()

    def values(self) -> tuple[Any, ...]:
        """The values."""
        if compute := self._compute:
            self._values, self._compute = compute(), None
        return self._values


class DeferredField:
    """A slot of a class that may hold a `Deferred`, in place of one of its values.

    Args:
        slot: The slot's own descriptor.
        index: Which of the values is this field's.
    """

    def __init__(self, slot: Any, index: int) -> None:  # noqa: ANN401 - a member descriptor
        self._slot = slot
        self._index = index

    def __get__(self, instance: object, owner: type | None = None) -> Any:  # noqa: ANN401
        if instance is None:
            return self
        value = self._slot.__get__(instance, owner)
        if isinstance(value, Deferred):
            value = value.values()[self._index]
            self._slot.__set__(instance, value)
        return value

    def __set__(self, instance: object, value: object) -> None:
        self._slot.__set__(instance, value)
