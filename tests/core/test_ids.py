import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimeng_core.errors import InvalidTaskId
from jimeng_core.ids import IdKind, canonical, kind_of, minted_at, new_task_id
from tests.each import each

NOON = datetime(2026, 11, 24, 12, 0, 0, 123_000, tzinfo=UTC)

INVALID = (
    *("", " ", "nonsense", "-1", "12a", "1.5", "一二三", "１２３", "1" * 21, "h123"),
    *("01a20c62-9734-76fd-bea7-d0f8206c22a", "01a20c62973476fdbea7d0f8206c22af"),
    *("{01a20c62-9734-76fd-bea7-d0f8206c22af}", "01a20c62-9734-76fd-bea7-d0f8206c22ag"),
    *("cgt-2026", "cgt-20261124120000-", "../../etc/passwd", "1\n2", "1\0", "'; DROP TABLE"),
)


def test_layout() -> None:
    """An id is a UUIDv7 in its usual spelling: milliseconds, version 7, variant 10."""
    text = new_task_id(NOON)
    value = uuid.UUID(text)
    assert str(value) == text
    assert value.version == 7
    assert value.variant == uuid.RFC_4122
    assert value.int >> 80 == int(NOON.timestamp() * 1000)


def test_free_bits() -> None:
    """All 74 random bits vary; within a millisecond, no other bit does."""
    values = [uuid.UUID(new_task_id(NOON)).int for _ in range(200)]
    varied = 0
    for value in values:
        varied |= value ^ values[0]
    free = (2**12 - 1) << 64 | (2**62 - 1)
    assert varied == free
    assert len(set(values)) == len(values)


def test_current_time() -> None:
    """An id contains the current time by default."""
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    minted = minted_at(new_task_id())
    assert minted
    assert before <= minted <= datetime.now(UTC)


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - the bounds must be naive
def test_age(moment: datetime) -> None:
    """The time in an id can be read to the millisecond."""
    minted = minted_at(new_task_id(moment).upper())
    assert minted
    assert abs(minted - moment) <= timedelta(milliseconds=1)


@each(
    "silent",
    [
        "7400000000000000001",
        "cgt-20261324120000-abcde",  # no such month
        "cgt-00010101000000-abcde",  # before the year 1 in UTC
        str(uuid.UUID(int=0)),
        "01a20c62-9734-46fd-bea7-d0f8206c22af",  # version 4
        "ffffffff-ffff-7fff-bfff-ffffffffffff",  # past the year 9999
        "nonsense",
    ],
)
def test_no_age(silent: str) -> None:
    """Other ids contain no time, and an impossible time is None."""
    assert minted_at(silent) is None


def test_age_of_an_ark_id() -> None:
    """An Ark id contains its time to the second, in China's time zone, as in a real record."""
    assert minted_at(" cgt-20251225095015-5xmc2\n") == datetime.fromtimestamp(1766627415, UTC)


@each(
    ("text", "kind"),
    [
        ("01a20c5b-85c2-7bb7-9552-bd257c97a343", IdKind.SUBMIT),
        ("583ea736-988a-4c4a-b6f8-625190ca9e69", IdKind.SUBMIT),
        ("F4F1BF67-299E-4B51-9984-5138C9237525", IdKind.SUBMIT),
        ("  01a20c5b-85c2-7bb7-9552-bd257c97a343\n", IdKind.SUBMIT),
        ("7400000000000000001", IdKind.HISTORY),
        ("1", IdKind.HISTORY),
        ("cgt-20261124120000-a1b2c", IdKind.ARK),
    ],
)
def test_kinds(text: str, kind: IdKind) -> None:
    """The kind of an id follows from its shape; surrounding spaces do not matter."""
    assert kind_of(text) is kind


@each("text", INVALID)
def test_no_id(text: str) -> None:
    """A text with any other shape is refused, and the error contains it."""
    with pytest.raises(InvalidTaskId) as caught:
        kind_of(text)
    assert caught.value.task_id == text


def test_long_text() -> None:
    """The error of a long text is short."""
    with pytest.raises(InvalidTaskId) as caught:
        kind_of("x" * 10**6)
    assert len(caught.value.task_id or "") <= 100


def test_canonical_spelling() -> None:
    """The canonical form of a UUID is in lower case; other ids are unchanged."""
    text = new_task_id()
    assert canonical(f" {text.upper()}\n") == text
    assert canonical("cgt-20261124120000-AbCdE") == "cgt-20261124120000-AbCdE"
    assert canonical(" 0071 ") == "0071"


@given(st.text())
def test_any_text(text: str) -> None:
    """Any text is an id or raises `InvalidTaskId`, and never another error."""
    try:
        kind = kind_of(text)
    except InvalidTaskId:
        return
    assert kind in IdKind
    assert kind_of(canonical(text)) is kind
