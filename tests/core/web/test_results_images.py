"""Image records (protocol 9.1): their images, and which URLs are accepted."""

from datetime import UTC, datetime, timedelta
from typing import Any

from jimeng_core import (
    Completed,
    CompletedImages,
    ErrorCode,
    Failed,
    FirstLastFrame,
    Image,
    ImageRequest,
    Mode,
    Processing,
    RequestEcho,
)
from jimeng_core.backends.web.results import read_images
from tests.core.web.draft_tools import body_of
from tests.core.web.record_tools import (
    COVER,
    CREATED,
    ORIGIN,
    Json,
    finished,
    item,
    origin,
    read,
    record,
)
from tests.each import each

A_MINUTE = timedelta(minutes=1)
HOST = "https://p9-dreamina-sign.byteimg.example"


def large(name: str, side: object = 2048, **fields: object) -> Json:
    """One size of an image."""
    url = name if "/" in name else f"{HOST}/{name}.webp"
    return {"image_url": url, "width": side, "height": side, "format": "webp"} | fields


def still(*sizes: object) -> Json:
    """An item with an image in these sizes; its cover is a small one."""
    return {
        "common_attr": {"id": "7", "effect_type": 53, "status": 144, "cover_url": COVER},
        "image": {"large_images": list(sizes)},
    }


def drawn(*items: object, generate_type: int = 1, **fields: Any) -> Json:
    """A finished record of images."""
    return finished(generate_type=generate_type, **fields) | {"item_list": list(items)}


def names(source: Json) -> list[str]:
    """The names of the images of a record."""
    task = read(source, after=A_MINUTE)
    assert isinstance(task, CompletedImages)
    return [image.url.removeprefix(f"{HOST}/").removesuffix(".webp") for image in task.images]


@each("generate_type", [1, 12, "12"])
def test_completed(generate_type: int) -> None:
    """50 with a URL is completed, with the images, their sizes and the time they finished."""
    source = drawn(still(large("a")), still(large("b", "1024")), generate_type=generate_type)
    task = read(source, after=A_MINUTE)
    assert isinstance(task, CompletedImages)
    assert task.images == (
        Image(f"{HOST}/a.webp", 2048, 2048),
        Image(f"{HOST}/b.webp", 1024, 1024),
    )
    assert (task.mode, task.progress) == (Mode.IMAGE, 100)
    assert (task.created_at, task.completed_at) == (CREATED, CREATED + A_MINUTE)


def test_in_their_order() -> None:
    """The images have the order of the items, not of their names or sizes."""
    order = ["c", "a", "d", "b"]
    items = [still(large(name, 100 + side)) for side, name in enumerate(order)]
    assert names(drawn(*items)) == order


@each(
    ("sizes", "best"),
    [
        ([large("s", 512), large("l", 2048), large("m", 1024)], "l"),
        ([large("first", None), large("second", None)], "first"),
        ([large("unknown", "much"), large("known", 1)], "known"),
        ([large("ftp://host/x", 9999), large("l", 1)], "l"),
        ([None, "text", {}, large("l", 1)], "l"),
    ],
)
def test_largest(sizes: list[object], best: str) -> None:
    """Of each item the largest accepted size counts; if sizes are unknown, the first."""
    assert names(drawn(still(*sizes))) == [best]


@each(
    "held_back",
    [still(), still({"image_url": None}), {"common_attr": {}}, {}, None, "x", []],
)
def test_held_back(held_back: object) -> None:
    """An item that the site's review refused is left out; the others stay."""
    assert names(drawn(still(large("a")), held_back, still(large("b")))) == ["a", "b"]


@each("generate_type", [1, 10, None])
@each(
    "url",
    [
        *("javascript:alert(1)", "file:///etc/passwd", "/srv/a.jpg", "data:image/png;base64,AA"),
        *("ftp://a/b.jpg", "http://[", "https:///a.jpg", "//host/a.jpg", " ", "JavaScript:x//"),
    ],
)
def test_unsafe_urls(url: str, generate_type: int | None) -> None:
    """A URL that is not a web address is never returned, alone or beside others."""
    source = drawn(still(large(url, image_url=url)), generate_type=generate_type or 0)
    task = read(source, after=A_MINUTE)
    assert isinstance(task, Processing)
    assert task.progress == 99
    assert read_images(drawn(still(large(url, image_url=url)), still(large("a"))))[0].url == (
        f"{HOST}/a.webp"
    )


def test_schemes_of_the_demo() -> None:
    """The accepted schemes are a parameter: the demo accepts its own paths."""
    local = drawn(still(large("/media/a.jpg", 1)), still(large("https://host/b.jpg", 1)))
    assert [image.url for image in read_images(local, {""})] == ["/media/a.jpg"]


@each("items", [[], [still()], [{}], [item({"origin": origin()})]])
def test_not_there_yet(items: list[Json]) -> None:
    """Finished without an image is 99, and `upstream_unreadable` after ten minutes."""
    soon = read(drawn(*items), after=A_MINUTE)
    assert isinstance(soon, Processing)
    assert (soon.progress, soon.mode) == (99, Mode.IMAGE)
    late = read(drawn(*items), after=timedelta(minutes=12))
    assert isinstance(late, Failed)
    assert late.failure.code is ErrorCode.UPSTREAM_UNREADABLE


def test_expiry() -> None:
    """The expiry is read from the link: `x-expires`, or the path of a signed one."""
    signed = f"{HOST}/{'0' * 32}/6ab4ef00/tos/a.webp"
    source = drawn(
        still(large(f"{HOST}/a.webp?x-expires=1790000000&x-signature=b")),
        still(large(signed)),
        still(large(f"{HOST}/a.webp?x-expires=soon")),
    )
    assert [image.expires_at for image in read_images(source)] == [
        datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        datetime.fromtimestamp(0x6AB4EF00, UTC),
        None,
    ]


@each(("generate_type", "mode"), [(1, Mode.IMAGE), (12, Mode.IMAGE), ("1", Mode.IMAGE), (10, None)])
def test_the_type_alone_is_the_mode(generate_type: int, mode: Mode | None) -> None:
    """A record without a draft is an image record by its `generate_type`."""
    task = read(record(20, generate_type=generate_type))
    assert (task.mode, task.request) == (mode, None)


def test_neither_draft_nor_type() -> None:
    """A record without either is what it contains: a video, or images."""
    bare = {"generate_type": None}
    images = read(finished(still(large("a"))) | bare, after=A_MINUTE)
    assert isinstance(images, CompletedImages)
    assert images.mode is None
    video = read(finished(item({"origin": origin()})) | bare, after=A_MINUTE)
    assert isinstance(video, Completed)


def test_both_in_one_item() -> None:
    """A picture beside a video is not its result, and a video beside an image neither."""
    both = item({"origin": origin()}) | {"image": {"large_images": [large("a")]}}
    video = read(finished(both), after=A_MINUTE)
    assert isinstance(video, Completed)
    assert video.video.url == ORIGIN
    assert names(drawn(both)) == ["a"]


VIDEO_DRAFT = body_of(FirstLastFrame(prompt="海"))["draft_content"]


@each(
    ("generate_type", "draft"),
    [(10, None), (32, None), ("10", None), (10, VIDEO_DRAFT), (None, VIDEO_DRAFT)],
)
def test_a_still_is_no_video(generate_type: object, draft: str | None) -> None:
    """A video record with only a picture is unfinished: its URL can come later (protocol 9.2)."""
    fields = {"generate_type": generate_type, "draft_content": draft}
    task = read(drawn(still(large("a"))) | fields, after=A_MINUTE)
    assert isinstance(task, Processing)
    assert task.progress == 99


def test_the_draft_before_the_type() -> None:
    """If both disagree the draft counts: it is what was requested."""
    draft = body_of(ImageRequest(prompt="海"))["draft_content"]
    source = drawn(still(large("a")), draft_content=draft) | {"generate_type": 10}
    assert names(source) == ["a"]


@each("images", [(), (b"",), (b"",) * 9])
@each("prompt", ["海", "#", "##海", "# 海", " 海 ", "#####", "a ## b"])
def test_echo(prompt: str, images: tuple[bytes, ...]) -> None:
    """Our draft, echoed, gives back the mode and the whole request."""
    sent = ImageRequest(prompt=prompt, images=images, ratio="2:3", resolution="4k", seed=7)
    body = body_of(sent, seed=7, seed_chosen=True)
    task = read(record(20, generate_type=None, draft_content=body["draft_content"]))
    assert task.mode is Mode.IMAGE
    assert task.request == RequestEcho(
        prompt=prompt, model="image-4.0", resolution="4k", ratio="2:3", seed=7
    )


def test_echo_of_other_clients() -> None:
    """One entry for all pictures, or no marks: the prompt stays as it is; unknown is None."""
    entries = [{"name": "byte_edit"}] * 2
    core = {"prompt": "##海", "image_ratio": 101, "model": "tomorrow"}
    ability = {"core_param": core, "ability_list": entries}
    draft = {"component_list": [{"abilities": {"blend": ability}}]}
    task = read(record(20, draft_content=draft))
    assert task.request == RequestEcho(prompt="##海", model="tomorrow")
    ability["core_param"] = {}
    assert read(record(20, draft_content=draft)).request == RequestEcho()
