"""How callers use the library, for the type checker alone: nothing here is ever run."""

from datetime import datetime
from pathlib import Path
from typing import assert_never, assert_type

import httpx

from jimeng_core import (
    AsyncJimeng,
    Clock,
    Completed,
    CompletedImages,
    Cost,
    Credits,
    ErrorCode,
    Failed,
    FirstLastFrame,
    Frame,
    Image,
    ImageRequest,
    InvalidRequest,
    Jimeng,
    JimengError,
    Lookup,
    Mode,
    MultiFrame,
    Pending,
    Price,
    Problem,
    Processing,
    ProgressSource,
    RequestEcho,
    Row,
    Settings,
    SubjectReference,
    SystemClock,
    Task,
    TaskState,
    VideoRequest,
    WaitTimeout,
    build_row,
    load_settings,
    new_task_id,
)


async def submit_and_ask(jimeng: AsyncJimeng) -> None:
    """Every call gives what its docstring says."""
    request = FirstLastFrame(prompt="海", first_frame="a.png", last_frame=Path("b.png"))
    assert_type(await jimeng.check(request), list[Problem])
    assert_type(await jimeng.check(ImageRequest(prompt="海", images=(b"",))), list[Problem])
    task = await jimeng.submit_video(request, task_id=new_task_id())
    assert_type(task, Task)
    assert_type(await jimeng.get_video(task.id), Task)
    assert_type(await jimeng.get_videos(each for each in (task.id, "nonsense")), list[Lookup])
    assert_type(await jimeng.wait_video(task.id, timeout=60), Task)
    assert_type(await jimeng.generate_video(request, timeout=60.5, on_update=print), Task)
    assert_type(await jimeng.credits(), Credits)
    assert_type(await jimeng.estimate(request), Price | None)
    assert_type(await jimeng.last_frame(task.id), bytes)
    assert_type(await jimeng.cost(task.id), Cost | None)
    assert_type(await jimeng.submit(await jimeng.prepare(request)), Task)
    assert_type(await jimeng.generate(request, timeout=60), Task)
    assert_type(await jimeng.get(task.id), Task)
    assert_type(await jimeng.get_many([task.id]), list[Lookup])
    assert_type(await jimeng.wait_videos([task.id], timeout=60, on_update=print), list[Lookup])


def tell(there: int, total: int) -> None:
    """What is called while pictures go up."""


async def images(jimeng: AsyncJimeng, request: ImageRequest) -> None:
    """Images have the same calls; a video's take no request of images, and the other way round."""
    task = await jimeng.submit_image(request, task_id=new_task_id(), on_upload=tell)
    assert_type(task, Task)
    assert_type(await jimeng.get_image(task.id), Task)
    assert_type(await jimeng.get_images([task.id]), list[Lookup])
    assert_type(await jimeng.generate_image(request, timeout=60, on_update=print), Task)
    video = FirstLastFrame(prompt="海")
    await jimeng.submit_video(video, on_upload=tell)
    await jimeng.submit_video(video, on_upload=watch)  # type: ignore[arg-type] # two numbers
    await jimeng.submit_video(request)  # type: ignore[arg-type] # these are no videos
    await jimeng.submit_image(video)  # type: ignore[arg-type] # this is no image
    ImageRequest(prompt="海", number=4)  # type: ignore[call-arg] # it is count
    assert_type(request.images, tuple[Path | str | bytes, ...])


async def watch(task: Task) -> None:
    """An update may be async."""


async def wait(jimeng: AsyncJimeng, task_id: str) -> Task:
    """A wait that is given up is a TimeoutError, and knows the id."""
    try:
        return await jimeng.wait_video(task_id, timeout=60, on_update=watch)
    except WaitTimeout as error:
        late: TimeoutError = error
        assert_type(error.task_id, str | None)
        raise late from None


def without_await(requests: list[VideoRequest]) -> list[Row]:
    """The same without `await`."""
    with Jimeng(backend="demo", data_dir="files", demo_pace=0, timeout=30) as jimeng:
        tasks = [jimeng.submit_video(request) for request in requests]
        assert_type(tasks, list[Task])
        assert_type(jimeng.generate_video(requests[0], timeout=60), Task)
        image = ImageRequest(prompt="海", images=("a.png",), count=2, ratio="3:2", resolution="4k")
        assert_type(jimeng.submit_image(image, on_upload=tell), Task)
        assert_type(jimeng.get_images([]), list[Lookup])
        assert_type(jimeng.generate_image(image, timeout=60), Task)
        return [found.row() for found in jimeng.get_videos(task.id for task in tasks)]


async def options(transport: httpx.AsyncBaseTransport, clock: Clock, settings: Settings) -> None:
    """What a client takes, and what it does not."""
    async with AsyncJimeng("web", "token", transport=transport, clock=clock) as jimeng:
        assert_type(jimeng, AsyncJimeng)
    AsyncJimeng(settings=settings, visitor=None, media_base="/media", allow_private_urls=True)
    AsyncJimeng(base_url="http://127.0.0.1", clock=SystemClock())
    AsyncJimeng(unknown=5)  # type: ignore[call-arg] # there is no such option
    Jimeng(timeout="long")  # type: ignore[arg-type] # seconds are a number
    assert_type(load_settings(demo_pace=0).timeout, float)


def requests() -> list[VideoRequest]:
    """Requests take pictures in every form; what is not theirs is refused."""
    MultiFrame(frames=(Frame("a.png"),), prompt="海")  # type: ignore[call-arg] # its frames have
    FirstLastFrame(prompt="海", first="a.png")  # type: ignore[call-arg] # it is first_frame
    Frame("a.png", "海", "5")  # type: ignore[arg-type] # seconds are a number
    first_last = FirstLastFrame(prompt="海", seed=7, audio=False, ratio="1:1", fps=24)
    first_last.prompt = "猫"  # type: ignore[misc] # a request is a value
    multi = MultiFrame(frames=(Frame("a.png", "起", 2), Frame(b"", duration=3)), model="video-3.0")
    assert_type(multi.duration, int)
    assert_type(multi.prompt, str)
    assert_type(multi.frames, tuple[Frame, ...])
    subjects = SubjectReference(prompt="@图片1", images=(Path("a.png"), "https://host/b.png", b""))
    assert_type(subjects.mode, Mode)
    return [first_last, multi, subjects]


def by_state(task: Task) -> str:
    """Only a completed task has a video, or images; only a failed one a failure; that is all."""
    assert_type(task.state, TaskState)
    assert_type(task.progress, int)
    assert_type(task.progress_source, ProgressSource)
    assert_type(task.created_at, datetime | None)
    assert_type(task.request, VideoRequest | ImageRequest | RequestEcho | None)
    task.video  # type: ignore[union-attr] # noqa: B018 - not before the state is known
    match task:
        case Pending() | Processing():
            assert_type(task.eta_seconds, int | None)
            return str(task.queue.position) if task.queue else ""
        case Completed():
            assert_type(task.completed_at, datetime | None)
            assert_type(task.video.expires_at, datetime | None)
            return task.video.url
        case CompletedImages():
            assert_type(task.images, tuple[Image, ...])
            assert_type(task.images[0].width, int | None)
            assert_type(task.images[0].expires_at, datetime | None)
            return task.images[0].url
        case Failed():
            assert_type(task.failure.code, ErrorCode)
            return task.failure.message_zh
        case _:
            assert_never(task)


def by_look_up(found: Lookup) -> Row:
    """A look-up has a task or an error."""
    assert_type(found.task, Task | None)
    assert_type(found.error, JimengError | None)
    if found.error:
        assert_type(found.error.code, ErrorCode)
        assert_type(found.error.retryable, bool)
        assert_type(found.error.upstream_code, str | None)
    row = found.row(chinese=True)
    assert_type(row["progress"], int | None)
    assert_type(row["video_url"], str | None)
    assert_type(row["image_urls"], list[str] | None)
    return build_row(None, None, InvalidRequest("Write.", "请写。"), found.checked_at)
