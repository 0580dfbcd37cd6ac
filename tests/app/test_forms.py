from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.lowlevel
import gradio as gr
import pytest

from jimeng_app.background_tasks import UploadCount, stream_progress
from jimeng_app.page.form.choices import choices_for
from jimeng_app.page.form.crop_hint import CropEffect, crop_effect
from jimeng_app.page.form.picture_list import frames, items_of, pictures
from jimeng_app.page.form.submit import place_of
from jimeng_app.page.history import history_entry
from jimeng_core import FirstLastFrame
from jimeng_core.catalog import catalog
from jimeng_core.ids import extract_ids
from jimeng_core.requests import Mode


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", []),
        (" , ；\n", []),
        ("a b,c\nd", ["a", "b", "c", "d"]),
        ("a，b、c；d", ["a", "b", "c", "d"]),
        ('["a", "b"]', ["a", "b"]),
        ("a a", ["a", "a"]),
        ("cgt-2026-x 12", ["cgt-2026-x", "12"]),
    ],
)
def test_ids_separated_by_anything(text: str, ids: list[str]) -> None:
    """Ids are found whatever stands between them, in order, doubles too."""
    assert extract_ids(text) == ids


def test_frames_of_a_strip() -> None:
    """Each picture goes with its words and its seconds; what the browser adds is left out."""
    items: list[dict[str, Any]] = [
        {"path": "/a", "url": "u", "prompt": "one", "duration": 1},
        {"path": "/b", "url": "u", "prompt": None},
        {"path": "", "prompt": "three", "duration": None},
    ]
    assert frames(items) == [
        {"image": {"path": "/a"}, "prompt": "one", "duration": 1},
        {"image": {"path": "/b"}, "prompt": "", "duration": 5},
        {"image": None, "prompt": "three", "duration": 0},
    ]
    assert pictures(items) == [{"path": "/a"}, {"path": "/b"}, None]


@pytest.mark.parametrize("given", [None, "", 5, {}, [1, "a", None]])
def test_strips_of_anything(given: Any) -> None:
    """Whatever a browser sends as a strip, it holds pictures or nothing."""
    strip = gr.HTML()
    assert items_of({strip: given}, strip) == []


def test_what_is_kept_of_a_task() -> None:
    """The browser keeps the id, the mode, the beginning of the prompt, and the time."""
    now = datetime(2026, 11, 24, 12, 3, tzinfo=UTC)
    kept = history_entry("1", "web", FirstLastFrame(prompt="sea\n" + "x" * 1000), now)
    assert kept["prompt"].startswith("sea x")
    assert len(kept["prompt"]) == 200
    assert (kept["id"], kept["backend"], kept["mode"], kept["at"]) == (
        "1",
        "web",
        "first_last_frame",
        "2026-11-24T12:03:00+00:00",
    )


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("prompt", "prompt"),
        ("frames[2].prompt", "pictures"),
        ("first_frame", "pictures"),
        ("frames", "pictures"),
        ("frames[2].image", "pictures"),
        ("images[0]", "pictures"),
        ("frames[2].duration", "pictures"),
        ("duration", "settings"),
        ("count", "settings"),
        ("model", "settings"),
        ("seed", "settings"),
    ],
)
def test_problems_stand_at_their_field(field: str, place: str) -> None:
    """Every field has a place on its form where its problems are told."""
    assert place_of(field) == place


def test_options_follow_the_model() -> None:
    """A form offers the lengths and resolutions of the model that is chosen."""
    offer = choices_for(Mode.FIRST_LAST_FRAME, "demo", "video-3.0")
    assert (offer.model, offer.seconds, offer.resolutions) == (
        "video-3.0",
        (5, 10),
        ("720p", "1080p"),
    )
    assert "video-3.0" in offer.models


def test_options_follow_the_backend() -> None:
    """Frames a second can be changed on the demo alone; an unknown model gives way."""
    assert choices_for(Mode.FIRST_LAST_FRAME, "demo", None).fps
    web = choices_for(Mode.FIRST_LAST_FRAME, "web", "no such model")
    assert not web.fps
    assert web.model == "seedance-2.0-fast"


@pytest.mark.parametrize("mode", [Mode.MULTI_FRAME, Mode.IMAGE])
def test_options_of_a_mode_that_a_backend_lacks(mode: Mode) -> None:
    """A form goes on offering what it had where the chosen backend has no such mode."""
    assert choices_for(mode, "ark", None) == choices_for(mode, "demo", None)


def test_options_of_images() -> None:
    """Images have models, resolutions and ratios of their own, and no length."""
    offer = choices_for(Mode.IMAGE, "web", "image-3.0")
    assert (offer.model, offer.resolutions, offer.seconds) == ("image-3.0", ("2k",), ())
    assert offer.ratios == catalog().image_ratios
    assert choices_for(Mode.FIRST_LAST_FRAME, "web", None).ratios == catalog().ratios
    assert not set(offer.models) & set(choices_for(Mode.FIRST_LAST_FRAME, "web", None).models)


@pytest.mark.parametrize(
    ("mode", "model", "resolutions"),
    [
        (Mode.MULTI_FRAME, None, ("720p",)),
        (Mode.SUBJECT_REFERENCE, "video-3.0", ("720p",)),
        (Mode.SUBJECT_REFERENCE, "seedance-2.5", ("480p", "720p", "1080p")),
        (Mode.FIRST_LAST_FRAME, "video-3.0", ("720p", "1080p")),
    ],
)
def test_only_what_the_mode_allows(
    mode: Mode, model: str | None, resolutions: tuple[str, ...]
) -> None:
    """A mode that excludes a resolution does not offer it, whatever else its model has."""
    assert choices_for(mode, "web", model).resolutions == resolutions


@pytest.mark.parametrize(
    ("mode", "backend", "model", "fit"),
    [
        (Mode.FIRST_LAST_FRAME, "demo", "seedance-2.5", CropEffect.CROPS),
        (Mode.FIRST_LAST_FRAME, "web", "seedance-2.5", CropEffect.FOLLOWS),
        (Mode.FIRST_LAST_FRAME, "ark", "seedance-2.5", CropEffect.FOLLOWS),
        (Mode.FIRST_LAST_FRAME, "ark", "seedance-2.0", CropEffect.CROPS),
        (Mode.MULTI_FRAME, "demo", "video-3.0", CropEffect.CROPS),
        (Mode.MULTI_FRAME, "web", "video-3.0", CropEffect.UNKNOWN),
        (Mode.SUBJECT_REFERENCE, "demo", "seedance-2.5", CropEffect.UNKNOWN),
    ],
)
def test_what_a_ratio_does_to_pictures(
    mode: Mode, backend: str, model: str, fit: CropEffect
) -> None:
    """A form says that pictures are cropped only where they are."""
    named = catalog().find(model)
    assert named
    offer = named.offer(backend)
    assert offer
    assert crop_effect(mode, backend, offer) is fit


def test_counts_are_told_before_the_end() -> None:
    """Whoever follows some work hears every count in order, and then what came of it."""

    async def work(tell: Callable[[int, int], None]) -> str:
        tell(0, 2)
        tell(1, 2)
        await anyio.lowlevel.checkpoint()
        tell(2, 2)
        return "done"

    async def follow() -> list[Any]:
        return [news async for news in stream_progress(work)]

    assert anyio.run(follow) == [UploadCount(0, 2), UploadCount(1, 2), UploadCount(2, 2), "done"]


def test_nobody_listens_any_more() -> None:
    """A page that closes does not stop what it has begun."""

    async def leave() -> bool:
        go_on, done = anyio.Event(), anyio.Event()

        async def work(tell: Callable[[int, int], None]) -> None:
            tell(0, 1)
            await go_on.wait()
            done.set()

        news = stream_progress(work)
        assert await anext(news) == UploadCount(0, 1)
        await news.aclose()
        go_on.set()
        with anyio.fail_after(5):
            await done.wait()
        return done.is_set()

    assert anyio.run(leave)
