"""Which record a lost create became."""

from datetime import timedelta
from typing import Any

import pytest

from jimeng_core.backends.ark.matching import SentCreate, match_create
from tests.core.ark.fake_ark import FAST, START, ark_id, record

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
    """A record that was made with the create, without a mark."""
    return record("queued", age=0, id=ark_id(number)) | changes


def marked(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The same with the create's mark."""
    return item(number, execution_expires_after=171_234) | changes


def sent(**changes: Any) -> SentCreate:
    """Another create."""
    return SentCreate(FIELDS | changes, "海", START)


def test_by_its_mark() -> None:
    """The record with the create's own deadline is the one, among any that look alike."""
    items = [item(1), marked(2), item(3, execution_expires_after=170_000)]
    assert match_create(items, SENT, set(), [sent()]) == marked(2)


def test_the_mark_bears_clocks_that_differ() -> None:
    """With the mark, the clocks may be minutes apart, and not hours."""
    early = int(START.timestamp())
    assert match_create([marked(created_at=early - 599)], SENT, set(), []) is not None
    assert match_create([marked(created_at=early - 601)], SENT, set(), []) is None


def test_another_mark() -> None:
    """A record with another create's deadline is not the one, alone or not."""
    assert match_create([item(execution_expires_after=170_000)], SENT, set(), []) is None


@pytest.mark.parametrize("deadline", [None, 172_800])
def test_without_marks(deadline: int | None) -> None:
    """Where records tell no deadline, the only one that fits is believed."""
    one = item(execution_expires_after=deadline)
    assert match_create([one], SENT, set(), []) == one
    assert match_create([one, item(2, execution_expires_after=deadline)], SENT, set(), []) is None


def test_two_with_the_mark() -> None:
    """Two that both have the mark cannot be told apart, and no third is taken instead."""
    assert match_create([marked(1), marked(2), item(3)], SENT, set(), []) is None


def test_known_ids() -> None:
    """A task of another create is not the one, whatever it looks like."""
    assert match_create([item(1), marked(2)], SENT, {ark_id(1), ark_id(2)}, []) is None
    assert match_create([item(1), item(2)], SENT, {ark_id(1)}, []) == item(2)


def test_another_create_without_an_id() -> None:
    """Without marks, a create that looks the same and has no id yet makes it uncertain."""
    assert match_create([item()], SENT, set(), [sent(execution_expires_after=170_000)]) is None
    assert match_create([item()], SENT, set(), [SentCreate(FIELDS, "山", START)]) == item()
    assert match_create([item()], SENT, set(), [sent(duration=6)]) == item()


@pytest.mark.parametrize("base", [item, marked])
@pytest.mark.parametrize(
    "told",
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
def test_what_speaks_against_it(base: Any, told: dict[str, Any]) -> None:
    """A record that tells something else of its request is of another one."""
    assert match_create([base(**told)], SENT, set(), []) is None


def test_what_tells_nothing() -> None:
    """An adaptive ratio becomes any, an endpoint becomes a model, a random seed a number."""
    loose = sent(ratio="adaptive", model="ep-1", execution_expires_after=171_234)
    told = marked(ratio="5:4", model="doubao-seedance-9", seed=7, duration="5")
    assert match_create([told], loose, set(), []) == told
    chosen = sent(seed=8)
    assert match_create([told | {"ratio": "16:9", "model": FAST}], chosen, set(), []) is None


@pytest.mark.parametrize(("seconds", "fits"), [(-2, False), (-1, True), (0, True), (30, True)])
def test_made_after_the_send(seconds: int, fits: bool) -> None:
    """Without a mark, a record that was made before the send is of another create."""
    one = item(created_at=int(START.timestamp()) + seconds)
    assert (match_create([one], SENT, set(), []) is not None) is fits
    assert match_create([item(created_at=None)], SENT, set(), []) is None


def test_cut_to_seconds() -> None:
    """That Ark cuts the time to seconds makes no record too old."""
    late = SentCreate(FIELDS, "海", START + timedelta(seconds=0.9))
    assert match_create([item()], late, set(), []) == item()
