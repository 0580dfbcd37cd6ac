"""Fault plans: which requests between a client and the demo site fail, and how.

`docs/fault-injection.md` has an example; `prompt_faults` has the failures that a prompt requests.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final, Self


class Step(StrEnum):
    """What a request asks of the site."""

    TOKEN = "token"  # noqa: S105 - a name, not a secret
    """A token for uploads."""
    APPLY = "apply"
    """Permission to upload files."""
    UPLOAD = "upload"
    """The upload of one file."""
    COMMIT = "commit"
    """The end of an upload."""
    GENERATE = "generate"
    """The submission itself, for which a real site charges."""
    LOOK_UP = "look_up"


class NetworkFault(StrEnum):
    """What happens to a request or to its answer."""

    REFUSED = "refused"
    """The connection is refused."""
    RESET = "reset"
    """The connection is reset: before the site has the request, or after it if `carried_out`."""
    HANG = "hang"
    """No answer arrives until the client's timeout."""
    HTTP_500 = "http_500"
    HTTP_502 = "http_502"
    HTTP_504 = "http_504"
    RATE_LIMITED = "rate_limited"
    """HTTP 429, with a `Retry-After` header."""
    HTML = "html"
    """A gateway's page with status 200 instead of the answer."""
    TRUNCATED = "truncated"
    """The first half of the answer."""
    HUGE = "huge"
    """The answer with 20 MB of padding."""
    REDIRECT = "redirect"
    """A redirect to another host."""
    GZIP_BOMB = "gzip_bomb"
    """A megabyte that decompresses to a gigabyte."""


class RecordFault(StrEnum):
    """What a look-up returns instead of a task's record."""

    ABSENT = "absent"
    """Nothing: from the first look-up on the record is late, from a later one on it vanishes."""
    BACK_TO_QUEUE = "back_to_queue"
    """Status 20 (queued), even after a later status."""
    NO_URL = "no_url"
    """A video without any URL."""
    NO_ORIGIN = "no_origin"
    """A video without the definition `origin`, the only one that most clients read."""
    UNKNOWN_STATUS = "unknown_status"
    """Status 77, which is not documented."""
    OTHER_TYPES = "other_types"
    """Numbers as strings, and strings of digits as numbers."""
    FAILED_BY_KEY = "failed_by_key"
    """Failed, with an empty `fail_code`: only the starling key has the reason."""


NEVER_CARRIED_OUT: Final = frozenset({NetworkFault.REFUSED, NetworkFault.RATE_LIMITED})
"""Faults that mean that the site has not processed the request."""
ALWAYS_CARRIED_OUT: Final = frozenset({NetworkFault.TRUNCATED, NetworkFault.HUGE})
"""Faults that are made from the site's own answer."""
HEAVY: Final = frozenset({NetworkFault.HUGE, NetworkFault.GZIP_BOMB})
"""Faults that take time and memory: random plans have none of them."""
MAX_MISSES: Final = 4
"""How often a random plan hides one record: once less than a submission is looked up. A record that
is absent for longer cannot be distinguished from a task that does not exist."""


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One fault.

    Attributes:
        step: Which requests it can affect. A `RecordFault` affects look-ups only.
        what: What happens.
        first: The first call that is affected, counted from 1 among those that match `step` and
            `ids`. A `RecordFault` counts the look-ups of each id separately.
        times: How many calls are affected from there on; None: all of them.
        ids: Affect only requests that submit or look up one of these ids; empty: all requests.
        carried_out: Whether the site processes the request, although its answer is lost.
        retry_after: Seconds in the `Retry-After` header of `RATE_LIMITED`.

    Raises:
        ValueError: The attributes contradict each other.
    """

    step: Step
    what: NetworkFault | RecordFault
    first: int = 1
    times: int | None = 1
    ids: frozenset[str] = frozenset()
    carried_out: bool = False
    retry_after: float = 1.0

    def __post_init__(self) -> None:
        if self.first < 1 or (self.times is not None and self.times < 1):
            raise ValueError("calls are counted from 1")
        if isinstance(self.what, RecordFault) and self.step is not Step.LOOK_UP:
            raise ValueError("only a look-up returns records")
        if self.ids and self.step not in (Step.GENERATE, Step.LOOK_UP):
            raise ValueError(f"a request for {self.step} has no id")
        if self.carried_out and self.what in NEVER_CARRIED_OUT:
            raise ValueError(f"{self.what} means that nothing was carried out")

    @property
    def reaches_site(self) -> bool:
        """Whether the site receives the request."""
        return self.carried_out or self.what in ALWAYS_CARRIED_OUT

    def affects(self, call: int) -> bool:
        """Whether a call, counted from 1, is affected."""
        return call >= self.first and (self.times is None or call < self.first + self.times)


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """The faults of one client, which starts counting calls at its first request.

    When several network faults match a request, the first in `rules` happens, and the others count
    the call too. Record faults are applied one after the other.
    """

    rules: tuple[FaultRule, ...] = ()

    @classmethod
    def random(cls, seed: int, ids: Collection[str] = ()) -> Self:
        """One to seven faults, always the same ones for a seed.

        Args:
            seed: The seed of the plan.
            ids: Some of the rules affect only these ids.
        """
        rng = Random(seed)  # noqa: S311 - not for cryptography
        rules = [_random_rule(rng, sorted(ids)) for _ in range(rng.randint(1, 6))]
        if rng.random() < 1 / 3:
            misses = rng.randint(1, MAX_MISSES)
            rules.append(FaultRule(Step.LOOK_UP, RecordFault.ABSENT, rng.randint(1, 3), misses))
        return cls(tuple(rules))


def _random_rule(rng: Random, ids: list[str]) -> FaultRule:
    first, times = rng.randint(1, 4), rng.choice([1, 1, 1, 2, 3, None])
    if rng.random() < 1 / 4:
        fault = rng.choice([each for each in RecordFault if each is not RecordFault.ABSENT])
        return FaultRule(Step.LOOK_UP, fault, first, times)
    step = rng.choice(list(Step))
    what = rng.choice([each for each in NetworkFault if each not in HEAVY])
    affected = ids if step is Step.LOOK_UP and rng.random() < 1 / 2 else []
    return FaultRule(
        step,
        what,
        first,
        times,
        ids=frozenset(affected),
        carried_out=what not in NEVER_CARRIED_OUT and rng.random() < 1 / 2,
        retry_after=rng.choice([0, 1, 5, 600]),
    )
