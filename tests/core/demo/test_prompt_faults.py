"""Failures that a prompt requests reach the caller with the requested code."""

from pathlib import Path

import pytest

from jimeng_core import (
    AsyncJimeng,
    Completed,
    ErrorCode,
    Expired,
    Failed,
    FirstLastFrame,
    Frame,
    JimengError,
    MultiFrame,
    SubjectReference,
    TaskState,
)
from jimeng_core.backends.demo.faults.prompt_faults import PROMPT_FAULTS, requested_fault
from jimeng_core.backends.demo.store import Store
from tests.core.demo_tools import ManualClock, client, draw_in_no_time, picture, rendered
from tests.each import each

pytestmark = pytest.mark.anyio

AT_SUBMIT = {
    *("unauthorized", "permission_denied", "risk_control", "rate_limited"),
    *("too_many_running", "daily_limit"),
}
AT_END = {
    *("content_refused", "image_rejected", "insufficient_credits", "generation_failed"),
    *("generation_timeout", "upstream_unreadable"),
}


def requesting(code: str) -> FirstLastFrame:
    """A request for a failure."""
    return FirstLastFrame(prompt=f"海 #fail:{code}，猫")


def test_codes() -> None:
    """The codes that a prompt can request are those of submissions, tasks and look-ups."""
    assert set(PROMPT_FAULTS) == AT_SUBMIT | AT_END | {"expired"}
    assert set(PROMPT_FAULTS) <= set(ErrorCode)


@pytest.mark.parametrize("code", sorted(AT_SUBMIT))
async def test_at_submit(code: str, jimeng: AsyncJimeng, tmp_path: Path) -> None:
    """A refusal is raised by the submission, and no task is stored."""
    with pytest.raises(JimengError) as caught:
        await jimeng.submit_video(requesting(code))
    assert str(caught.value.code) == code
    assert caught.value.upstream_code == PROMPT_FAULTS[code].upstream_code
    assert list(Store(tmp_path / "demo").all()) == []


@pytest.mark.parametrize("code", sorted(AT_END))
async def test_at_the_end(code: str, jimeng: AsyncJimeng) -> None:
    """The task is accepted, and ends `failed` with the code in every look-up."""
    done = await jimeng.generate_video(requesting(code), timeout=60)
    assert isinstance(done, Failed)
    assert str(done.failure.code) == code
    assert done.mode == "first_last_frame"
    assert await jimeng.get_video(done.id) == done
    (found,) = await jimeng.get_videos([done.id])
    row = found.row()
    assert (row["state"], row["video_url"]) == ("failed", None)
    assert row["error"]
    assert row["error"]["code"] == code


async def test_expired(jimeng: AsyncJimeng) -> None:
    """A record that is deleted at the end makes look-ups fail with `expired`."""
    with pytest.raises(Expired) as caught:
        await jimeng.generate_video(requesting("expired"), timeout=60)
    assert caught.value.task_id


@each("code", sorted(AT_END | {"expired"}))
async def test_not_before_the_end(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At pace 1 a task with a fault waits and runs first, as any other does."""
    draw_in_no_time(monkeypatch)
    clock, seen = ManualClock(), list[str | None]()
    async with client(tmp_path, demo_pace=1, clock=clock) as jimeng:
        task = await jimeng.submit_video(requesting(code))
        await rendered(tmp_path / "demo", task.id)
        for seconds in (1, 5, 9, 11, 60):
            clock.forward(seconds - clock.monotonic())
            (found,) = await jimeng.get_videos([task.id])
            seen.append(found.row()["state"])
    end = None if code == "expired" else "failed"
    assert seen == ["pending", "processing", "processing", end, end]


@pytest.mark.parametrize(
    "request_",
    [
        MultiFrame(
            frames=[Frame(picture(), duration=1), Frame(picture(), "#fail:image_rejected", 1)]
        ),
        SubjectReference(prompt="@图片1 #fail:image_rejected", images=[picture()]),
        SubjectReference(
            prompt="#fail:image_rejected @图片1", images=[picture()], model="video-3.0"
        ),
    ],
)
async def test_in_every_mode(request_: MultiFrame | SubjectReference, jimeng: AsyncJimeng) -> None:
    """Prompts of every mode can request a failure."""
    done = await jimeng.generate_video(request_, timeout=60)
    assert isinstance(done, Failed)
    assert done.failure.code == ErrorCode.IMAGE_REJECTED


@pytest.mark.parametrize("words", ["#fail:nonsense", "#fail:", "fail:expired", "#FAIL:expired", ""])
async def test_unknown_failure(words: str, jimeng: AsyncJimeng) -> None:
    """Unknown codes and other texts request nothing."""
    done = await jimeng.generate_video(FirstLastFrame(prompt=f"海{words}"), timeout=60)
    assert isinstance(done, Completed)


def test_first_known_failure() -> None:
    """Of several requested failures, the first known one happens."""
    assert requested_fault(["海", "#fail:other #fail:expired", "#fail:daily_limit"]) == "expired"
    assert requested_fault([]) is None


async def test_renderer_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A video that cannot be rendered is a failed task."""
    draw_in_no_time(monkeypatch, code=1)
    async with client(tmp_path) as jimeng:
        done = await jimeng.generate_video(FirstLastFrame(prompt="海"), timeout=60)
    assert isinstance(done, Failed)
    assert done.failure.code == ErrorCode.GENERATION_FAILED
    assert done.failure.retryable
    assert done.state is TaskState.FAILED
