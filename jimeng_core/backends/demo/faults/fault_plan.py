"""Faults of the wire that can be rehearsed: which request is struck, and what happens to it.

`faults` holds what a *task* can be asked to do by `#fail:<code>` in its prompt. A plan is about the
way between a client and the site: requests that are lost, answers that are no answers, records
that are not what they were.

    plan = FaultPlan((
        Rule(Step.GENERATE, Trouble.RESET, carried_out=True),      # the first answer is lost
        Rule(Step.LOOK_UP, Trouble.HTTP_502, first=2, times=3),    # look-ups 2, 3 and 4
        Rule(Step.LOOK_UP, Change.ABSENT, times=2),                # a record that comes late
    ))
    async with AsyncJimeng("demo", faults=plan) as jimeng:
        ...
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final, Self


class Step(StrEnum):
    """What a request asks of the site, on the way of a submission and after it."""

    TOKEN = "token"  # noqa: S105 - a name, not a secret
    """The right to send pictures."""
    APPLY = "apply"
    """Places for them."""
    UPLOAD = "upload"
    """One picture."""
    COMMIT = "commit"
    """The end of an upload."""
    GENERATE = "generate"
    """The submission itself: what a real site asks money for."""
    LOOK_UP = "look_up"


class NetworkFault(StrEnum):
    """What happens to a request or to its answer."""

    REFUSED = "refused"
    """Nobody listens: no connection comes about."""
    RESET = "reset"
    """The connection breaks: before the site had the request, or, `carried_out`, after it."""
    HANG = "hang"
    """No answer comes for as long as the client waits."""
    HTTP_500 = "http_500"
    HTTP_502 = "http_502"
    HTTP_504 = "http_504"
    RATE_LIMITED = "rate_limited"
    """HTTP 429, with a Retry-After."""
    HTML = "html"
    """A gateway's page, as 200, in place of the answer."""
    TRUNCATED = "truncated"
    """The first half of the answer."""
    HUGE = "huge"
    """The answer, and 20 MB that nobody asked for."""
    REDIRECT = "redirect"
    """To another host."""
    GZIP_BOMB = "gzip_bomb"
    """A megabyte that unpacks to a gigabyte."""


class RecordFault(StrEnum):
    """What a look-up shows of a task in place of its record."""

    ABSENT = "absent"
    """Nothing. From the first look-up on it comes late; later, it vanishes in the middle."""
    BACK_TO_QUEUE = "back_to_queue"
    """Status 20, though it has been further."""
    NO_URL = "no_url"
    """Its video without any URL."""
    NO_ORIGIN = "no_origin"
    """Its video without the definition `origin`, which most clients read alone."""
    UNKNOWN_STATUS = "unknown_status"
    """Status 77, which nobody knows."""
    OTHER_TYPES = "other_types"
    """Every number as a text, and every text of digits as a number."""
    FAILED_BY_KEY = "failed_by_key"
    """Failed, with an empty `fail_code`: only the starling key tells why."""


NEVER_CARRIED_OUT: Final = frozenset({NetworkFault.REFUSED, NetworkFault.RATE_LIMITED})
"""Troubles that mean by themselves that the site has not done what it was asked."""


ALWAYS_CARRIED_OUT: Final = frozenset({NetworkFault.TRUNCATED, NetworkFault.HUGE})
"""Troubles that are made of the site's own answer."""


HEAVY: Final = frozenset({NetworkFault.HUGE, NetworkFault.GZIP_BOMB})
"""Troubles that take time and memory: no random plan has them."""


MAX_MISSES: Final = 4
"""How often a random plan hides one record: one time less than a submission is looked for. A
record that stays away for longer cannot be told from a task that never was."""


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One fault.

    Attributes:
        step: Which requests it can strike. A `RecordFault` is for look-ups only.
        what: What happens.
        first: The first call that is struck, counted from 1 among those that fit `step` and `ids`.
            A `RecordFault` counts the look-ups of each id by itself.
        times: How many calls are struck from there on; None: all of them.
        ids: Strike only where one of these is among the ids that are submitted or asked for;
            empty: wherever.
        carried_out: Whether the site does what it was asked, though the answer never tells.
        retry_after: Seconds that a `RATE_LIMITED` names.

    Raises:
        ValueError: The parts do not fit together.
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
            raise ValueError("only a look-up shows records")
        if self.ids and self.step not in (Step.GENERATE, Step.LOOK_UP):
            raise ValueError(f"no id goes along with {self.step}")
        if self.carried_out and self.what in NEVER_CARRIED_OUT:
            raise ValueError(f"{self.what} means that nothing was carried out")

    @property
    def reaches_site(self) -> bool:
        """Whether the site gets the request."""
        return self.carried_out or self.what in ALWAYS_CARRIED_OUT

    def strikes(self, call: int) -> bool:
        """Whether a call is among those that are struck, counted from 1."""
        return call >= self.first and (self.times is None or call < self.first + self.times)


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Faults in the order in which they count: of those that strike one request, the first does.

    Every rule counts the calls that fit it, whether it or another one struck. All changes of a
    record that are due are made, one after the other. A plan holds no count itself: each client
    that is given it starts from the beginning.
    """

    rules: tuple[FaultRule, ...] = ()

    @classmethod
    def random(cls, seed: int, ids: Collection[str] = ()) -> Self:
        """One to six faults: always the same ones for a seed.

        Args:
            seed: Which plan.
            ids: Ids that may be the bad ones: some of the rules strike only where one of them is.
        """
        rng = Random(seed)  # noqa: S311 - a game, no secret
        rules = [_random_rule(rng, sorted(ids)) for _ in range(rng.randint(1, 6))]
        if rng.random() < 1 / 3:
            misses = rng.randint(1, MAX_MISSES)
            rules.append(FaultRule(Step.LOOK_UP, RecordFault.ABSENT, rng.randint(1, 3), misses))
        return cls(tuple(rules))


def _random_rule(rng: Random, ids: list[str]) -> FaultRule:
    first, times = rng.randint(1, 4), rng.choice([1, 1, 1, 2, 3, None])
    if rng.random() < 1 / 4:
        change = rng.choice([each for each in RecordFault if each is not RecordFault.ABSENT])
        return FaultRule(Step.LOOK_UP, change, first, times)
    step = rng.choice(list(Step))
    what = rng.choice([each for each in NetworkFault if each not in HEAVY])
    struck = ids if step is Step.LOOK_UP and rng.random() < 1 / 2 else []
    return FaultRule(
        step,
        what,
        first,
        times,
        ids=frozenset(struck),
        carried_out=what not in NEVER_CARRIED_OUT and rng.random() < 1 / 2,
        retry_after=rng.choice([0, 1, 5, 600]),
    )
