"""What a request will probably cost, on each backend."""

from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    Frame,
    ImageRequest,
    InvalidRequest,
    Jimeng,
    MultiFrame,
    PreparedRequest,
    Price,
    SubjectReference,
)
from jimeng_core.backends.ark import wire
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.marks import ReferenceKind
from tests.core.demo_tools import ManualClock
from tests.each import each

pytestmark = pytest.mark.anyio
BYTEPLUS = "https://ark.ap-southeast.bytepluses.com/api/v3"
TOKEN = "0123456789abcdef0123456789abcdef"
FRAMES = MultiFrame(frames=(Frame(b"1"), Frame(b"2")))


def unreachable(request: httpx.Request) -> httpx.Response:
    """The network of a client that may send nothing."""
    raise AssertionError(request.url)


async def price_of(request: Any, backend: str, base_url: str | None = None) -> Price | None:
    """The estimate of a client without a network."""
    transport = httpx.MockTransport(unreachable)
    async with AsyncJimeng(backend, TOKEN, base_url=base_url, transport=transport) as jimeng:
        return await jimeng.estimate(request)


def video(model: str, **changes: Any) -> FirstLastFrame:
    """A request for a model."""
    return FirstLastFrame(**{"prompt": "海", "model": model, **changes})


@each(("resolution", "tokens"), [("480p", 48_038), ("720p", 108_000), ("1080p", 243_000)])
async def test_formula_of_ark(resolution: str, tokens: int) -> None:
    """The vendor's own examples of 5 s; without a known rate, the unit is tokens."""
    price = await price_of(video("video-3.5-pro", resolution=resolution), "ark", wire.CHINA)
    assert price is not None
    assert (price.amount, price.unit) == (tokens, "tokens")
    assert f"{tokens:,}" in price.basis
    assert f"{tokens:,}" in price.basis_zh


@each(
    ("request_", "base_url", "amount", "unit", "as_of"),
    [
        (video("seedance-2.0-fast"), BYTEPLUS, 0.6048, "USD", date(2026, 10, 2)),
        (video("seedance-2.0-fast", duration=10), BYTEPLUS, 1.2096, "USD", date(2026, 10, 2)),
        (video("seedance-2.0", resolution="4k"), BYTEPLUS, 3.888, "USD", date(2026, 10, 2)),
        (video("seedance-2.5", resolution="1080p"), BYTEPLUS, 2.8431, "USD", date(2026, 10, 2)),
        (video("video-3.5-pro"), BYTEPLUS, 0.1296, "USD", date(2026, 10, 2)),
        (video("video-3.5-pro", audio=True), BYTEPLUS, 0.2592, "USD", date(2026, 10, 2)),
        (video("seedance-2.0", audio=True), BYTEPLUS, 0.756, "USD", date(2026, 10, 2)),
        (video("seedance-2.5"), wire.CHINA, 7.56, "CNY", date(2026, 11, 26)),
        (video("seedance-2.0"), wire.CHINA, 4.968, "CNY", date(2026, 11, 26)),
        (video("seedance-2.0-fast"), wire.CHINA, 3.996, "CNY", date(2026, 11, 26)),
        (video("seedance-2.0-mini"), None, 2.484, "CNY", date(2026, 11, 26)),
        (
            SubjectReference(prompt="@图片1", images=(b"1",), model="seedance-2.5"),
            None,
            7.56,
            "CNY",
            date(2026, 11, 26),
        ),
        (video("ep-20260101-abcde"), wire.CHINA, 108_000, "tokens", date(2026, 11, 26)),
    ],
)
async def test_price_on_ark(
    request_: Any, base_url: str | None, amount: float, unit: str, as_of: date
) -> None:
    """Tokens times the rate of the address's currency, with the day on which it was read."""
    price = await price_of(request_, "ark", base_url)
    assert price is not None
    assert (price.amount, price.unit, price.as_of) == (amount, unit, as_of)


@each(
    ("model", "seconds", "credits_", "is_guess"),
    [
        ("seedance-2.0-mini", 5, 24, False),
        ("seedance-2.0-fast-vip", 5, 30, False),
        ("seedance-2.0-vip", 5, 70, False),
        ("seedance-2.5", 5, 100, False),
        ("seedance-2.0-mini", 7, 34, True),
    ],
)
async def test_price_on_the_site(model: str, seconds: int, credits_: int, is_guess: bool) -> None:
    """Charges that were seen; for another length in proportion, and the sentence says so."""
    price = await price_of(video(model, duration=seconds), "web")
    assert price is not None
    assert (price.amount, price.unit, price.as_of) == (credits_, "credits", date(2026, 11, 26))
    assert ("seen charged" in price.basis) == (model != "seedance-2.5")
    assert ("guess" in price.basis, "推算" in price.basis_zh) == (is_guess, is_guess)


@each("request_", [video("seedance-2.0"), FRAMES, ImageRequest(prompt="海")])
async def test_demo_is_free(request_: Any, tmp_path: Path) -> None:
    """The demo costs nothing, today."""
    clock = ManualClock(datetime(2026, 12, 1, tzinfo=UTC))
    async with AsyncJimeng("demo", data_dir=tmp_path, clock=clock) as jimeng:
        price = await jimeng.estimate(request_)
    assert price == Price(0, "credits", "The demo is free.", "演示后端免费。", date(2026, 12, 1))


@each(
    ("backend", "request_"),
    [
        ("ark", FRAMES),
        ("ark", ImageRequest(prompt="海")),
        ("ark", video("video-3.0")),
        ("ark", video("seedance-2.0", duration=77)),
        ("ark", video("seedance-2.0-fast", resolution="1080p")),
        ("ark", video("ep-20260101-abcde", resolution="8k")),
        ("ark", FRAMES.model_copy(update={"model": "ep-20260101-abcde"})),
        ("web", FRAMES),
        ("web", ImageRequest(prompt="海")),
        ("web", video("seedance-2.0")),
        ("web", video("seedance-2.5", resolution="1080p")),
        ("web", video("seedance-2.0-mini", duration=77)),
        ("web", video("dreamina_seedance_99")),
    ],
)
async def test_unknown_price(backend: str, request_: Any) -> None:
    """Where nothing is known, or the model does not take the request, there is no price."""
    assert await price_of(request_, backend) is None


CLIP = "https://a.example/a.mp4"
WITH_VIDEO = SubjectReference(prompt="@视频1", videos=(CLIP,), model="seedance-2.0")


async def test_with_reference_videos() -> None:
    """The length of reference videos counts; where it is not known, the price is a range."""
    price = await price_of(WITH_VIDEO, "ark", BYTEPLUS)
    assert price is not None
    # 5 s and the 2 to 15 s that 2.0 takes, of which at least 9 s count.
    assert (price.least, price.amount, price.unit) == (0.8359, 1.8576, "USD")
    assert price.range_text() == "0.8359–1.8576"
    assert "194,400 to 432,000 tokens" in price.basis
    assert "(2 to 15 s together, not known here)" in price.basis
    assert "2 到 15 秒，此处未知" in price.basis_zh
    assert await price_of(WITH_VIDEO.model_copy(update={"model": "seedance-2.5"}), "web") is None


def clip(seconds: float, kind: ReferenceKind = ReferenceKind.VIDEO) -> ClipFile:
    """A loaded video or audio of a length."""
    return ClipFile(kind, b"-", "mp4", seconds, 640, 640, str(seconds))


@each(
    ("seconds", "duration", "counted"),
    [([10.5], 5, "15.5"), ([2], 5, "9"), ([2, 7.25], 15, "25"), ([15], 4, "19")],
)
async def test_with_loaded_reference_videos(
    seconds: list[float], duration: int, counted: str
) -> None:
    """Of a prepared request the length is known; audios do not count, and there is a minimum."""
    request = SubjectReference(
        prompt="海",
        videos=[CLIP] * len(seconds),
        audios=(CLIP,),
        model="seedance-2.0",
        resolution="720p",
        duration=duration,
    )
    files = (*map(clip, seconds), clip(3, ReferenceKind.AUDIO))
    price = await price_of(PreparedRequest(request, files), "ark", BYTEPLUS)
    assert price is not None
    amount = Fraction(counted) * 21_600 * Fraction("4.3") / 1_000_000
    assert (price.amount, price.least) == (float(round(amount, 4)), None)
    assert f"({sum(seconds):g} s together)" in price.basis
    assert f"共 {sum(seconds):g} 秒" in price.basis_zh


async def test_with_reference_videos_of_an_unknown_model() -> None:
    """An endpoint's model may take as much as any does; a rate is not known."""
    request = WITH_VIDEO.model_copy(update={"model": "ep-20260101-abcde", "resolution": "720p"})
    price = await price_of(request, "ark", BYTEPLUS)
    assert price is not None
    assert (price.least, price.amount, price.unit) == (194_400, 756_000, "tokens")


async def test_only_requests_have_a_price() -> None:
    """Anything but a request is refused."""
    with pytest.raises(InvalidRequest, match="FirstLastFrame"):
        await price_of({"prompt": "海"}, "ark")


def test_without_await(tmp_path: Path) -> None:
    """`Jimeng` has the same call."""
    with Jimeng("demo", data_dir=tmp_path) as jimeng:
        price = jimeng.estimate(video("seedance-2.0"))
    assert price is not None
    assert price.amount == 0
