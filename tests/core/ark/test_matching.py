"""Which record belongs to a create whose response was lost."""

from datetime import timedelta
from typing import Any

from jimeng_core.backends.ark.matching import SentCreate, match_create
from tests.core.ark.fake_ark import FAST, START, ark_id, record
from tests.each import each

FIELDS = {
    "model": FAST,
    "resolution": "720p",
    "ratio": "16:9",
    "duration": 5,
    "execution_expires_after": 171_234,
    "generate_audio": False,
}
SENT = SentCreate(FIELDS, "海", START)


def item(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A record that was created with the create, with the default deadline."""
    return record("queued", age=0, id=ark_id(number)) | changes


def exact(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The same with the create's own deadline."""
    return item(number, execution_expires_after=171_234) | changes


def sent(**changes: Any) -> SentCreate:
    """Another create."""
    return SentCreate(FIELDS | changes, "海", START)


def test_by_its_deadline() -> None:
    """The record with the create's own deadline matches, among any that look alike."""
    items = [item(1), exact(2), item(3, execution_expires_after=170_000)]
    assert match_create(items, SENT, set(), [sent()]) == exact(2)


def test_clock_skew() -> None:
    """With the deadline, the clocks may differ by minutes, but not by hours."""
    early = int(START.timestamp())
    assert match_create([exact(created_at=early - 599)], SENT, set(), []) is not None
    assert match_create([exact(created_at=early - 601)], SENT, set(), []) is None


def test_another_deadline() -> None:
    """A record with another create's deadline does not match, even alone."""
    assert match_create([item(execution_expires_after=170_000)], SENT, set(), []) is None


@each("deadline", [None, 172_800])
def test_without_deadlines(deadline: int | None) -> None:
    """If records have no deadline of their own, a single one that fits matches."""
    one = item(execution_expires_after=deadline)
    assert match_create([one], SENT, set(), []) == one
    assert match_create([one, item(2, execution_expires_after=deadline)], SENT, set(), []) is None


def test_two_with_the_deadline() -> None:
    """Two records with the deadline are ambiguous, and no third is taken instead."""
    assert match_create([exact(1), exact(2), item(3)], SENT, set(), []) is None


def test_known_ids() -> None:
    """A task of another create does not match, even if it looks the same."""
    assert match_create([item(1), exact(2)], SENT, {ark_id(1), ark_id(2)}, []) is None
    assert match_create([item(1), item(2)], SENT, {ark_id(1)}, []) == item(2)


def test_another_create_without_an_id() -> None:
    """Without deadlines, a create that looks the same and has no id yet makes it ambiguous."""
    assert match_create([item()], SENT, set(), [sent(execution_expires_after=170_000)]) is None
    assert match_create([item()], SENT, set(), [SentCreate(FIELDS, "山", START)]) == item()
    assert match_create([item()], SENT, set(), [sent(duration=6)]) == item()


@each("base", [item, exact])
@each(
    "changes",
    [
        {"model": "doubao-seedance-2-0-260128"},
        {"resolution": "480p"},
        {"ratio": "9:16"},
        {"duration": 6},
        {"generate_audio": True},
        {"prompt": "山"},
        {"id": "nonsense"},
        {"id": None},
        {"id": ["x"]},
    ],
)
def test_what_contradicts(base: Any, changes: dict[str, Any]) -> None:
    """A record with another value of the request does not match."""
    assert match_create([base(**changes)], SENT, set(), []) is None


def test_what_says_nothing() -> None:
    """An adaptive ratio becomes any, an endpoint a model, a random seed a number."""
    loose = sent(ratio="adaptive", model="ep-1", execution_expires_after=171_234)
    found = exact(ratio="5:4", model="doubao-seedance-9", seed=7, duration="5")
    assert match_create([found], loose, set(), []) == found
    chosen = sent(seed=8)
    assert match_create([found | {"ratio": "16:9", "model": FAST}], chosen, set(), []) is None


@each(("seconds", "fits"), [(-2, False), (-1, True), (0, True), (30, True)])
def test_created_after_the_send(seconds: int, fits: bool) -> None:
    """Without the deadline, a record that was created before the send does not match."""
    one = item(created_at=int(START.timestamp()) + seconds)
    assert (match_create([one], SENT, set(), []) is not None) is fits
    assert match_create([item(created_at=None)], SENT, set(), []) is None


def test_cut_to_seconds() -> None:
    """`created_at` is cut to seconds, which makes no record too old."""
    late = SentCreate(FIELDS, "海", START + timedelta(seconds=0.9))
    assert match_create([item()], late, set(), []) == item()
