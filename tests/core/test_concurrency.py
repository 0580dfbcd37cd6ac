"""Concurrent decoding of pictures: limits, warnings, and the helpers behind them."""

import io
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageFile

from jimeng_core.concurrency import WarningFilter, WeightedSemaphore
from jimeng_core.pictures import decoding
from jimeng_core.pictures.decoding import MAX_SIDE, decode
from jimeng_core.pictures.picture_file import BadPicture
from tests.each import each


def jpeg(width: int, height: int, **options: int) -> bytes:
    """A picture as the bytes of a JPEG."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(out, "JPEG", **options)
    return out.getvalue()


def run_together(*calls: Callable[[], object]) -> None:
    """Run calls in threads that start at the same time; raises what they raise."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        start.wait()
        call()

    with ThreadPoolExecutor(len(calls)) as threads:
        list(threads.map(run, calls))


def test_semaphore_is_never_exceeded() -> None:
    """Threads never hold more units than the semaphore has, nor fail to use it fully."""
    semaphore, held, most = WeightedSemaphore(10), [0], [0]
    lock = threading.Lock()

    def work(units: int) -> None:
        for _ in range(50):
            semaphore.acquire(units)
            with lock:
                held[0] += units
                most[0] = max(most[0], held[0])
            with lock:
                held[0] -= units
            semaphore.release(units)

    run_together(*(lambda units=units: work(units) for units in (10, 7, 5, 3, 2, 1)))
    assert 7 <= most[0] <= 10


def test_warning_filter_is_removed() -> None:
    """The last thread to leave restores the list of filters, in whatever order they leave."""
    before = list(warnings.filters)
    filtered = WarningFilter("noisy")
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def first() -> None:
        with filtered:
            first_in.set()
            assert second_in.wait(100)
        first_out.set()

    def second() -> None:
        assert first_in.wait(100)
        with filtered:
            second_in.set()
            assert first_out.wait(100)
            assert warnings.filters != before

    run_together(first, second)
    assert warnings.filters == before


def on_load(monkeypatch: pytest.MonkeyPatch, call: Callable[[int], None]) -> None:
    """Call with the pixels of each picture before it is decoded, and negated afterwards."""
    load = decoding._load_upright

    def wrapped(image: ImageFile.ImageFile, data: bytes, fmt: str) -> tuple[tuple[int, int], bool]:
        pixels = image.width * image.height
        call(pixels)
        try:
            return load(image, data, fmt)
        finally:
            call(-pixels)

    monkeypatch.setattr(decoding, "_load_upright", wrapped)


def test_small_pictures_are_decoded_concurrently(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two small pictures are in memory at the same time."""
    both = threading.Barrier(2, timeout=100)

    def meet(pixels: int) -> None:
        if pixels > 0:
            both.wait()

    on_load(monkeypatch, meet)
    whole = jpeg(400, 300)
    run_together(*[lambda: decode(whole)] * 2)


def test_pixels_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Concurrent threads never have more pixels in memory than the largest picture."""
    lock, now, most = threading.Lock(), [0], [0]

    def count(pixels: int) -> None:
        with lock:
            now[0] += pixels
            most[0] = max(most[0], now[0])

    on_load(monkeypatch, count)
    sizes = [(4000, 3000), (6000, 5000), (3000, 3000), (3000, 2000), (5000, 5000), (400, 300)]
    pictures = [jpeg(*size) for size in sizes]
    run_together(*(lambda data=data: decode(data) for data in pictures))
    assert 0 < most[0] <= MAX_SIDE**2


def test_pixels_are_released() -> None:
    """A damaged picture releases its pixels: any number of others can follow."""
    whole = jpeg(6000, 5000)
    for _ in range(3):
        with pytest.raises(BadPicture, match="damaged"):
            decode(whole[: len(whole) // 2])
    assert decode(whole).width == 6000


@each("options", [{}, {"progressive": 1}, {"restart_marker_blocks": 4}])
@each("size", [(300, 300), (301, 517), (1023, 767)])
def test_scaled_decoding_finds_damage(size: tuple[int, int], options: dict[str, int]) -> None:
    """A JPEG that is scaled down while it is decoded is still read to its end."""
    whole = jpeg(*size, quality=95, **options)
    picture = decode(whole)
    assert (picture.width, picture.height) == size
    for part in (0.5, 0.9, 0.97):
        with pytest.raises(BadPicture, match="damaged"):
            decode(whole[: int(len(whole) * part)])
