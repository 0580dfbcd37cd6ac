from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from jimeng_app.background_tasks import UploadCount, stream_progress
from jimeng_app.call_context import UnexpectedError
from jimeng_app.page.form.choices import CropEffect, browser_choices, choices_for, crop_effect
from jimeng_app.page.form.pictures import parse_frames, parse_pictures, parse_references
from jimeng_app.page.form.problems import by_section, problem_text, section_of
from jimeng_app.page.history import history_entry
from jimeng_app.request_builders import build_request
from jimeng_core import (
    FirstLastFrame,
    InvalidRequest,
    JimengError,
    NetworkError,
    SubjectReference,
    SubmitUnconfirmed,
    Unauthorized,
    UploadFailed,
)
from jimeng_core.catalog import catalog
from jimeng_core.errors import ERROR_CLASSES
from jimeng_core.ids import extract_ids
from jimeng_core.problems import problem
from jimeng_core.requests import Mode
from jimeng_core.validation import problems
from tests.each import each


@each(
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
    """Ids are found whatever separates them, in order, duplicates too."""
    assert extract_ids(text) == ids


def test_frames_of_a_list() -> None:
    """Each picture keeps its prompt and its seconds; what else the browser sends is left out."""
    items: list[dict[str, Any]] = [
        {"path": "/a", "url": "u", "prompt": "one", "duration": 1},
        {"path": "/b", "url": "u", "prompt": None},
        {"path": "", "prompt": "three", "duration": None},
    ]
    assert parse_frames(items) == [
        {"image": {"path": "/a"}, "prompt": "one", "duration": 1},
        {"image": {"path": "/b"}, "prompt": "", "duration": 5},
        {"image": None, "prompt": "three", "duration": 0},
    ]
    assert parse_pictures(items) == [{"path": "/a"}, {"path": "/b"}, None]


def test_references_of_a_list() -> None:
    """A strip of pictures, videos and audios becomes three lists; what has no kind is a picture."""
    items: list[dict[str, Any]] = [
        {"path": "/a", "url": "u", "kind": "video"},
        {"path": "/b", "kind": "image"},
        {"path": "/c", "kind": "audio"},
        {"path": "/d", "kind": "film"},
        {"path": "/e"},
        {"path": "/f", "kind": "video"},
    ]
    assert parse_references(items) == {
        "images": [{"path": "/b"}, {"path": "/d"}, {"path": "/e"}],
        "videos": [{"path": "/a"}, {"path": "/f"}],
        "audios": [{"path": "/c"}],
    }


@each("value", [None, "", 5, {}, [1, "a", None]])
def test_malformed_lists(value: Any) -> None:
    """Whatever a browser sends as a list, it holds pictures or nothing."""
    assert parse_frames(value) == parse_pictures(value) == []
    assert parse_references(value) == {"images": [], "videos": [], "audios": []}


@each("kind", [[], {}, 5, None])
def test_odd_kinds(kind: Any) -> None:
    """A kind that is no text counts as none."""
    assert len(parse_references([{"path": "/a", "kind": kind}])["images"]) == 1


def test_history_entry() -> None:
    """The browser stores id, mode, time, the beginning of the prompt, and what the form held."""
    now = datetime(2026, 11, 24, 12, 3, tzinfo=UTC)
    request = FirstLastFrame(prompt="sea\n" + "x" * 1000)
    entry = history_entry("1", "web", request, {"prompt": "sea"}, now)
    assert entry["fields"] == {"prompt": "sea"}
    assert entry["prompt"].startswith("sea x")
    assert len(entry["prompt"]) == 200
    assert (entry["id"], entry["backend"], entry["mode"], entry["at"]) == (
        "1",
        "web",
        "first_last_frame",
        "2026-11-24T12:03:00+00:00",
    )


@each(
    ("field", "section"),
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
def test_section_of_a_problem(field: str, section: str) -> None:
    """The problems of every field are shown in a section of its form."""
    assert section_of(field) == section


@each(
    ("field", "sentences", "shown"),
    [
        (
            "seed",
            ("seed 应为整数。", "seed must be a whole number."),
            ("种子应为整数。", "Seed must be a whole number."),
        ),
        (
            "frames[2].image",
            ("frames[2].image 是空的。", "frames[2].image is empty."),
            ("图片 3 是空的。", "Picture 3 is empty."),
        ),
        (
            "frames[0].duration",
            ("frames[0].duration 缺失。", "frames[0].duration is missing."),
            ("第 1 帧的秒数缺失。", "Seconds of frame 1 is missing."),
        ),
        ("images", ("images 应为列表。", "images is"), ("图片应为列表。", "Pictures is")),
        ("other", ("other 缺失。", "other is"), ("other 缺失。", "other is")),
        (
            "prompt",
            ("提示词里没有 @图片4。", "There is no @图片4; use @图片1."),
            ("提示词里没有 @图片4。", "There is no @image4; use @image1."),
        ),
        (
            "model",
            ("可选：seedance-2.0-fast。", "Choose seedance-2.0-fast."),
            ("可选：Seedance 2.0 Fast。", "Choose Seedance 2.0 Fast."),
        ),
    ],
)
def test_words_of_a_problem(field: str, sentences: Sequence[str], shown: Sequence[str]) -> None:
    """A problem is told with the labels of the form and the titles of its models."""
    found = problem(field, sentences[1], sentences[0])
    assert [problem_text(found, chinese=chinese) for chinese in (True, False)] == [*shown]


def test_addresses_are_not_spoken_of(tmp_path: Path) -> None:
    """A form, which has only uploads, speaks of the file and not of addresses."""
    gone = {"prompt": "sea", "first_frame": {"path": "/gone.png"}}
    with pytest.raises(InvalidRequest) as caught:
        build_request(Mode.FIRST_LAST_FRAME, tmp_path, gone)
    [found] = caught.value.problems
    assert problem_text(found, chinese=True) == "首帧已不在服务器上，请重新添加。"
    assert problem_text(found, chinese=False).startswith("First frame is no longer on the server")
    video = SubjectReference(prompt="sea", videos=[tmp_path / "a.mp4"])
    [found] = problems(video, "ark")
    assert problem_text(found, chinese=False).startswith("Ark cannot use a video")


@each(
    ("error", "with_credential", "text"),
    [
        (NetworkError(), True, "Nothing was sent: the service could not be reached"),
        (Unauthorized(), False, "Nothing was sent: a credential is needed"),
        (Unauthorized(), True, "Nothing was sent: the credential is wrong or has expired"),
        (Unauthorized("Copy less."), True, "Nothing was sent. Copy less."),
        (Unauthorized("Set X.", upstream_code="1"), True, "the credential is wrong or has expired"),
        (UploadFailed(), True, "Nothing was sent: a file could not be uploaded"),
        (UploadFailed("No room."), True, "Nothing was sent. No room."),
        (InvalidRequest("Choose less."), True, "Nothing was sent. Choose less."),
        (InvalidRequest("x", problems=[problem("mode", "x", "x")]), True, "choose at the top"),
        (InvalidRequest("x", problems=[problem("seed", "x", "x")]), True, "Nothing was sent"),
    ],
)
def test_words_of_a_refusal(error: JimengError, with_credential: bool, text: str) -> None:
    """A submission that was not sent says so below its button."""
    texts = by_section(error, chinese=False, with_credential=with_credential)
    assert text in texts["form"][0]


@each("kind", sorted(ERROR_CLASSES.items()))
def test_every_refusal(kind: tuple[str, type[JimengError]]) -> None:
    """Whatever was not accepted says that nothing was sent, and what may have been never does."""
    error = kind[1]()
    for chinese, words in ((True, "没有提交"), (False, "Nothing was sent")):
        [text] = by_section(error, chinese=chinese, with_credential=True)["form"]
        assert text.startswith(words) is not isinstance(error, SubmitUnconfirmed)
        assert text.count(words) <= 1
    unexpected = by_section(UnexpectedError("Oh."), chinese=False, with_credential=True)
    assert unexpected["form"] == ["Oh."]


def test_choices_of_a_model() -> None:
    """A form offers the lengths and resolutions of the selected model."""
    choices = choices_for(Mode.FIRST_LAST_FRAME, "demo", "video-3.0")
    assert (choices.model, choices.seconds, choices.resolutions) == (
        "video-3.0",
        (5, 10),
        ("720p", "1080p"),
    )
    assert "video-3.0" in choices.models


@each("model", ["no such model", "", None, 5, [], {}])
def test_choices_of_a_backend(model: Any) -> None:
    """The frame rate can be changed on the demo alone; a model that is not there is replaced."""
    assert choices_for(Mode.FIRST_LAST_FRAME, "demo", None).fps
    web = choices_for(Mode.FIRST_LAST_FRAME, "web", model)
    assert not web.fps
    assert web.model == "seedance-2.0-fast"


@each("mode", [Mode.MULTI_FRAME, Mode.IMAGE])
def test_choices_of_a_mode_that_a_backend_lacks(mode: Mode) -> None:
    """Where the selected backend lacks the mode, the form offers what the demo has."""
    assert choices_for(mode, "ark", None) == choices_for(mode, "demo", None)


def test_choices_in_the_browser() -> None:
    """The scripts have the same choices; what replaces a value is usual, and is offered."""
    for mode, backends in browser_choices().items():
        for backend, offered in backends.items():
            assert (*offered["models"],) == choices_for(Mode(mode), backend, None).models
            assert offered["usual"] in offered["models"]
            for name, model in offered["models"].items():
                resolutions = model["resolution"]
                assert resolutions["values"] == choices_for(Mode(mode), backend, name).resolutions
                assert resolutions["usual"] in resolutions["values"]
    offered = browser_choices()["first_last_frame"]["web"]
    assert (offered["usual"], offered["fps"]) == ("seedance-2.0-fast", 24)
    assert offered["models"]["video-3.0-pro"]["resolution"]["usual"] == "1080p"
    assert offered["models"]["video-3.0"]["duration"] == {"values": (5, 10), "usual": 5}
    assert offered["models"]["seedance-2.5"]["seed"]
    assert not browser_choices()["first_last_frame"]["ark"]["models"]["seedance-2.5"]["seed"]


def test_choices_of_images() -> None:
    """Images have models, resolutions and ratios of their own, and no length."""
    images = choices_for(Mode.IMAGE, "web", "image-3.0")
    videos = choices_for(Mode.FIRST_LAST_FRAME, "web", None)
    assert (images.model, images.resolutions, images.seconds) == ("image-3.0", ("2k",), ())
    assert (images.ratios, videos.ratios) == (catalog().image_ratios, catalog().ratios)
    assert not set(images.models) & set(videos.models)


@each(
    ("mode", "model", "resolutions"),
    [
        (Mode.MULTI_FRAME, None, ("720p",)),
        (Mode.SUBJECT_REFERENCE, "video-3.0", ("720p",)),
        (Mode.SUBJECT_REFERENCE, "seedance-2.5", ("480p", "720p", "1080p")),
        (Mode.FIRST_LAST_FRAME, "video-3.0", ("720p", "1080p")),
    ],
)
def test_choices_that_the_mode_allows(
    mode: Mode, model: str | None, resolutions: tuple[str, ...]
) -> None:
    """A mode that excludes a resolution does not offer it, whatever else its model has."""
    assert choices_for(mode, "web", model).resolutions == resolutions


@each(
    ("mode", "backend", "model", "effect"),
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
def test_crop_effect(mode: Mode, backend: str, model: str, effect: CropEffect) -> None:
    """A form says that pictures are cropped only where they are."""
    known = catalog().find(model)
    assert known
    offer = known.offer(backend)
    assert offer
    assert crop_effect(mode, backend, offer) is effect


def test_progress_is_streamed() -> None:
    """Every count of some work arrives in order, and then its result."""

    async def work(report: Callable[[int, int], None]) -> str:
        report(0, 2)
        report(1, 2)
        await anyio.lowlevel.checkpoint()
        report(2, 2)
        return "done"

    async def collect() -> list[Any]:
        return [update async for update in stream_progress(work)]

    assert anyio.run(collect) == [UploadCount(0, 2), UploadCount(1, 2), UploadCount(2, 2), "done"]


def test_closing_the_page_does_not_stop_the_work() -> None:
    """A page that closes does not stop what it has started."""

    async def close() -> bool:
        proceed, done = anyio.Event(), anyio.Event()

        async def work(report: Callable[[int, int], None]) -> None:
            report(0, 1)
            await proceed.wait()
            done.set()

        updates = stream_progress(work)
        assert await anext(updates) == UploadCount(0, 1)
        await updates.aclose()
        proceed.set()
        with anyio.fail_after(100):
            await done.wait()
        return done.is_set()

    assert anyio.run(close)
