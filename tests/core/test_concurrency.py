"""Several pictures at a time: what they share, and that they do not get in one another's way."""

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


def jpeg(width: int, height: int, **options: int) -> bytes:
    """A picture as the bytes of a JPEG."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(out, "JPEG", **options)
    return out.getvalue()


def side_by_side(*works: Callable[[], object]) -> None:
    """Run works in threads that begin at the same time; raises what they raise."""
    begin = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        begin.wait()
        work()

    with ThreadPoolExecutor(len(works)) as threads:
        list(threads.map(run, works))


def test_no_more_than_there_is() -> None:
    """What threads hold at one moment is never more than the whole."""
    room, held, most = WeightedSemaphore(10), [0], [0]
    lock = threading.Lock()

    def work(much: int) -> None:
        for _ in range(50):
            room.acquire(much)
            with lock:
                held[0] += much
                most[0] = max(most[0], held[0])
            with lock:
                held[0] -= much
            room.release(much)

    side_by_side(*(lambda much=much: work(much) for much in (10, 7, 5, 3, 2, 1)))
    assert 7 <= most[0] <= 10


def test_silence_is_left_as_it_was_found() -> None:
    """Whoever leaves last puts the list of warnings back, in whatever order the threads leave."""
    before = list(warnings.filters)
    silence = WarningFilter("noisy")
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def first() -> None:
        with silence:
            first_in.set()
            assert second_in.wait(10)
        first_out.set()

    def second() -> None:
        assert first_in.wait(10)
        with silence:
            second_in.set()
            assert first_out.wait(10)
            assert warnings.filters != before

    side_by_side(first, second)
    assert warnings.filters == before


def test_pictures_share_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pictures are unpacked side by side, and never more pixels than the largest one has."""
    real, lock, now, most = decoding._decoded, threading.Lock(), [0], [0]
    together = threading.Event()

    def decoded(image: ImageFile.ImageFile, data: bytes, kind: str) -> tuple[tuple[int, int], bool]:
        much = image.width * image.height
        with lock:
            now[0] += much
            most[0] = max(most[0], now[0])
            if now[0] > much:
                together.set()
        together.wait(0.05)
        try:
            return real(image, data, kind)
        finally:
            with lock:
                now[0] -= much

    monkeypatch.setattr(decoding, "_decoded", decoded)
    sizes = [(4000, 3000), (6000, 5000), (3000, 3000), (3000, 2000), (5000, 5000), (400, 300)]
    side_by_side(*(lambda size=size: decode(jpeg(*size), "x") for size in sizes))
    assert together.is_set()
    assert most[0] <= MAX_SIDE**2


def test_room_is_given_back() -> None:
    """A refused or damaged picture does not keep its room: as many as one likes can follow."""
    whole = jpeg(6000, 5000)
    for _ in range(3):
        with pytest.raises(ValueError, match="damaged"):
            decode(whole[: len(whole) // 2], "x")
    assert decode(whole, "x").width == 6000


@pytest.mark.parametrize("options", [{}, {"progressive": 1}, {"restart_marker_blocks": 4}])
@pytest.mark.parametrize("size", [(300, 300), (301, 517), (1023, 767)])
def test_quick_reading_misses_nothing(size: tuple[int, int], options: dict[str, int]) -> None:
    """A JPEG is read to its end even where few of its pixels are made: a missing tail is seen."""
    whole = jpeg(*size, quality=95, **options)
    seen = decode(whole, "x")
    assert (seen.width, seen.height) == size
    for part in (0.5, 0.9, 0.97):
        with pytest.raises(ValueError, match="damaged"):
            decode(whole[: int(len(whole) * part)], "x")
