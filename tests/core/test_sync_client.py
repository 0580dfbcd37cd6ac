import inspect
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    Completed,
    CompletedImages,
    FirstLastFrame,
    ImageRequest,
    InvalidRequest,
    Jimeng,
    MultiFrame,
    NotFound,
    Task,
    Unauthorized,
    WaitTimeout,
    new_task_id,
)
from tests.core.demo_tools import InstantClock, draw_in_no_time, picture
from tests.each import each

TWINS = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
"""What is called otherwise without `await`."""


def methods(client: type[Any]) -> dict[str, inspect.Signature]:
    """The public methods of a class, and those of a context manager."""
    return {
        name: inspect.signature(value)
        for name, value in vars(client).items()
        if inspect.isfunction(value)
        and (not name.startswith("_") or name in {*TWINS, *TWINS.values(), "__init__"})
    }


def left_behind(before: set[threading.Thread]) -> list[str]:
    """The threads that came since and do not end by themselves at once."""
    new = set(threading.enumerate()) - before
    for thread in new:
        thread.join(10)
    return [thread.name for thread in new if thread.is_alive()]


@pytest.fixture
def jimeng(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jimeng]:
    """A demo client whose videos take no time."""
    draw_in_no_time(monkeypatch)
    with Jimeng(backend="demo", demo_pace=0, clock=InstantClock()) as client:
        yield client


def test_same_methods() -> None:
    """`Jimeng` has the methods of `AsyncJimeng`, name by name, in the same order."""
    expected = [TWINS.get(name, name) for name in methods(AsyncJimeng)]
    assert sorted(methods(Jimeng)) == sorted(expected)


@each("name", methods(AsyncJimeng))
def test_same_signature(name: str) -> None:
    """Each method takes the same parameters and gives the same result."""
    twin = TWINS.get(name, name)
    assert methods(Jimeng)[twin] == methods(AsyncJimeng)[name]


@each("client", [Jimeng, AsyncJimeng])
def test_every_method_is_described(client: type[Any]) -> None:
    """Each public method has a docstring; the short ones say where the long one is."""
    for name in methods(client):
        text = inspect.getdoc(getattr(client, name))
        if not name.startswith("_"):
            assert text
            assert re.match(r"See `AsyncJimeng\.|[A-Z].+\.", text)
            if "See `AsyncJimeng." in text:
                assert f"`AsyncJimeng.{name}`" in text


def test_whole_path(jimeng: Jimeng) -> None:
    """Submit, wait and ask again, without `await`."""
    seen: list[Task] = []
    task = jimeng.submit_video(FirstLastFrame(prompt="海"))
    assert task.state == "pending"
    done = jimeng.wait_video(task.id, timeout=60, on_update=seen.append)
    assert isinstance(done, Completed)
    assert seen[-1] == done == jimeng.get_video(task.id)
    assert [found.task for found in jimeng.get_videos([task.id])] == [done]
    assert jimeng.credits().total == 100


def test_synchronous_twin(jimeng: Jimeng) -> None:
    """One call makes a video and waits for it."""
    assert isinstance(jimeng.generate_video(FirstLastFrame(prompt="海"), timeout=60), Completed)


def test_images(jimeng: Jimeng) -> None:
    """Images, without `await`: the uploads are told of in the client's own thread."""
    told: list[tuple[int, int, bool]] = []

    def tell(there: int, total: int) -> None:
        told.append((there, total, threading.current_thread() is threading.main_thread()))

    request = ImageRequest(prompt="海", count=2, images=(picture(),))
    task = jimeng.submit_image(request, on_upload=tell)
    size = len(picture())
    assert (told[0], told[-1]) == ((0, size, False), (size, size, False))
    done = jimeng.wait_video(task.id, timeout=60)
    assert isinstance(done, CompletedImages)
    assert jimeng.get_image(task.id) == done
    assert [found.task for found in jimeng.get_images([task.id])] == [done]
    again = jimeng.generate_image(request, timeout=60)
    assert isinstance(again, CompletedImages)
    assert len(again.images) == 2


def test_errors_come_through(jimeng: Jimeng) -> None:
    """What `AsyncJimeng` raises is raised as itself."""
    with pytest.raises(NotFound):
        jimeng.get_video("7400000000000000001")
    with pytest.raises(InvalidRequest) as caught:
        jimeng.submit_video(FirstLastFrame(prompt=""))
    assert [each.field for each in caught.value.problems] == ["prompt"]
    with pytest.raises(WaitTimeout) as late:
        jimeng.wait_video(new_task_id(), timeout=0)
    assert late.value.task_id


def test_several_threads(jimeng: Jimeng) -> None:
    """One client serves many threads at once."""
    ids = [str(number) for number in range(1, 25)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda each: jimeng.get_videos([each, "nonsense"]), ids))
    assert [first.id for first, _ in found] == ids
    assert {str(lookup.error.code) for _, lookup in found if lookup.error} == {"invalid_task_id"}


def test_update_may_be_async(jimeng: Jimeng) -> None:
    """A coroutine as `on_update` is awaited in the client's own thread."""
    where: list[str] = []

    async def tell(task: Task) -> None:
        where.append(threading.current_thread().name)

    jimeng.generate_video(FirstLastFrame(prompt="海"), timeout=60, on_update=tell)
    assert where
    assert threading.current_thread().name not in where


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed, twice too, a client leaves no thread; then it can be used no more."""
    draw_in_no_time(monkeypatch)
    before = set(threading.enumerate())
    jimeng = Jimeng(backend="demo", demo_pace=0)
    assert set(threading.enumerate()) - before
    jimeng.credits()
    jimeng.close()
    jimeng.close()
    assert left_behind(before) == []
    with pytest.raises(RuntimeError):
        jimeng.credits()


@each(
    ("given", "error"),
    [
        ({"backend": "cloud"}, InvalidRequest),
        ({"backend": "web"}, Unauthorized),
        ({"backend": "ark"}, Unauthorized),
        ({"backend": "web", "token": "us-abc"}, Unauthorized),
        ({"backend": "demo", "timeout": 0}, InvalidRequest),
        ({"backend": "demo", "patience": 5}, TypeError),
    ],
)
def test_cannot_be_opened(given: dict[str, Any], error: type[Exception]) -> None:
    """A client that cannot be made says why, and leaves no thread."""
    before = set(threading.enumerate())
    with pytest.raises(error):
        Jimeng(**given)
    assert left_behind(before) == []


def test_check_sends_nothing() -> None:
    """`check` finds what is wrong with a request and its pictures without any request."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(500)

    Path("words.png").write_text("no picture")
    request = MultiFrame.model_validate(
        {
            "frames": [
                {"image": "words.png"},
                {"image": "missing.png", "duration": 9},
                {"image": "https://example.com/a.png"},
            ],
            "fps": 30,
        }
    )
    transport = httpx.MockTransport(answer)
    with Jimeng(backend="web", token="made-up", transport=transport) as jimeng:
        found = jimeng.check(request)
    assert [problem.field for problem in found] == [
        *("frames[1].duration", "fps", "frames[0].image", "frames[1].image")
    ]
    assert sent == []
