import io
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from jimeng_app.endpoints import registry
from jimeng_core import Row
from jimeng_core.requests import Mode
from tests.app.app_process import pictures, wait_for_stream
from tests.each import each

# The demo renders on a processor that may be busy.
pytestmark = pytest.mark.timeout(300)

SMALL = {"model": "seedance-2.5", "resolution": "480p", "duration": 4}
"""Renders fastest."""


Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def client(app_url: str) -> Iterator[Client]:
    """A client; opening one takes a second."""
    client = Client(app_url, verbose=False)
    yield client
    client.close()


@pytest.fixture
def ask(client: Client, request: pytest.FixtureRequest) -> Ask:
    """Call an endpoint as the test's own visitor: the demo limits the tasks of each."""
    headers = {"x-forwarded-for": request.node.name}

    def call(name: str, *values: object, **named: object) -> Any:
        wait_for_stream(client)
        job = client.submit(*values, api_name=f"/{name}", headers=headers, **named)
        return job.result(timeout=280)

    return call


def values_of(mode: Mode, folder: Path) -> dict[str, Any]:
    """Valid values of a mode's parameters."""
    files = [handle_file(path) for path in pictures(folder, "teal", "coral")]
    match mode:
        case Mode.FIRST_LAST_FRAME:
            return {"prompt": "海", "first_frame": files[0], "last_frame": files[1], **SMALL}
        case Mode.MULTI_FRAME:
            return {"frames": [{"image": file, "prompt": "a", "duration": 1} for file in files]}
        case Mode.IMAGE:
            return {"prompt": "海", "images": files, "count": 2, "ratio": "21:9"}
        case Mode.SUBJECT_REFERENCE:
            return {"prompt": "@图片1 和 @图片2", "images": files, **SMALL}


def error_of(row: Row) -> str:
    """The code of an error row."""
    assert row["state"] is None
    assert row["error"]
    assert row["error"]["message"]
    return row["error"]["code"]


def test_every_parameter_is_described(app_url: str) -> None:
    """The API panel describes each parameter, the headers, and where the HTTP API is."""
    info = httpx.get(f"{app_url}gradio_api/info").json()["named_endpoints"]
    assert len(info) == len(registry())
    for name, endpoint in info.items():
        for parameter in endpoint["parameters"]:
            assert parameter["python_type"]["description"], (name, parameter["parameter_name"])
        for word in ("x-jimeng-token", "x-jimeng-backend", "/docs"):
            assert word in endpoint["description"], name


def test_names_are_those_of_the_contract(client: Client) -> None:
    """The public endpoints are exactly the registry's, without any of the page."""
    expected = {f"{verb}_{mode}" for verb in ("submit", "generate") for mode in Mode}
    expected |= {"get_video", "get_videos", "get_image", "get_last_frame", "get_cost", "estimate"}
    assert {endpoint.name for endpoint in registry()} == expected
    info = client.view_api(return_format="dict", print_info=False)
    assert set(info["named_endpoints"]) == {f"/{name}" for name in expected}
    assert not info["unnamed_endpoints"]


@each("mode", Mode)
def test_submit_gives_an_id_at_once(mode: Mode, ask: Ask, tmp_path: Path) -> None:
    """A submission in any mode returns the row of a pending task."""
    row = ask(f"submit_{mode}", **values_of(mode, tmp_path))
    assert (row["state"], row["progress"], row["mode"], row["error"]) == ("pending", 0, mode, None)
    assert uuid.UUID(row["id"]).version == 7


def test_lists_of_before_callback_url() -> None:
    """`task_id` is the last parameter; in a list without `callback_url` it is found too."""
    [submit] = [each for each in registry() if each.name == "submit_image"]
    names = [parameter.name for parameter in submit.parameters]
    assert names[-2:] == ["callback_url", "task_id"]
    fields: list[None] = [None] * (len(names) - 2)
    assert submit.by_position([*fields, "a-b"]) == {"task_id": "a-b"}
    both = {"callback_url": "https://a.example", "task_id": "a-b"}
    assert submit.by_position([*fields, *both.values()]) == both


def test_every_id_has_its_row(ask: Ask, tmp_path: Path, app_url: str) -> None:
    """Rows are in the order of the ids, an invalid id has an error, and the video plays."""
    values = values_of(Mode.FIRST_LAST_FRAME, tmp_path)
    done = ask("generate_first_last_frame", **values)
    assert (done["state"], done["progress"], done["error"]) == ("completed", 100, None)
    ids = [done["id"], "nonsense", str(uuid.uuid4()), done["id"]]
    rows = ask("get_videos", ids)
    assert [row["id"] for row in rows] == ids
    assert [row["state"] for row in rows] == ["completed", None, None, "completed"]
    assert error_of(rows[1]) == "invalid_task_id"
    assert error_of(rows[2]) == "not_found"
    assert rows[0]["video_url"].startswith(f"{app_url}demo-media/")
    seconds, size = played(rows[0]["video_url"])
    assert seconds == pytest.approx(4, abs=0.2)
    assert size == (854, 480)
    assert httpx.get(rows[0]["cover_url"]).headers["content-type"] == "image/jpeg"


def played(url: str) -> tuple[float, tuple[int, int]]:
    """The seconds and the size of a video, decoded completely."""
    with av.open(io.BytesIO(httpx.get(url).content), "r") as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert stream.average_rate
        return len(frames) / float(stream.average_rate), (stream.width, stream.height)


def test_images_of_the_callers_pictures(ask: Ask, tmp_path: Path, app_url: str) -> None:
    """An image task has one id and one row, whose URLs are pictures."""
    done = ask("generate_image", **values_of(Mode.IMAGE, tmp_path))
    assert (done["state"], done["video_url"], done["error"]) == ("completed", None, None)
    assert ask("get_image", done["id"])["image_urls"] == done["image_urls"]
    assert len(done["image_urls"]) == 2
    for url in done["image_urls"]:
        assert url.startswith(f"{app_url}demo-media/")
        with Image.open(io.BytesIO(httpx.get(url).content)) as image:
            assert (image.format, image.size) == ("JPEG", (3024, 1296))


def test_time_is_up(ask: Ask) -> None:
    """At the end of the timeout, the row of the unfinished task is returned without an error."""
    row = ask("generate_first_last_frame", "海", duration=15, timeout=0)
    assert row["state"] in {"pending", "processing"}
    assert row["error"] is None
    assert row["id"]


def test_failed_task_says_why(ask: Ask) -> None:
    """The row of a failed task has its reason."""
    row = ask("generate_first_last_frame", "#fail:content_refused")
    assert row["state"] == "failed"
    assert row["error"]["code"] == "content_refused"


@each(
    ("name", "values"),
    [
        ("multi_frame", {"frames": []}),
        ("multi_frame", {"frames": [{"image": "data:,a"}] * 11}),
        ("multi_frame", {"frames": "nonsense"}),
        ("subject_reference", {"prompt": "a", "images": []}),
        ("subject_reference", {"prompt": "@图片4", "images": ["data:,a"] * 3}),
        ("first_last_frame", {"prompt": ""}),
        ("first_last_frame", {"prompt": " "}),
        ("first_last_frame", {"prompt": "海" * 5000}),
        ("first_last_frame", {"prompt": "a", "duration": 77}),
        ("first_last_frame", {"prompt": "a", "duration": "seven"}),
        ("first_last_frame", {"prompt": "a", "resolution": "8k"}),
        ("first_last_frame", {"prompt": "a", "ratio": "2:1"}),
        ("first_last_frame", {"prompt": "a", "model": "video-3.0-pro", "last_frame": "data:,a"}),
        ("first_last_frame", {"prompt": "a", "first_frame": "data:,not a picture"}),
        ("first_last_frame", {"prompt": "a", "seed": -1}),
        ("first_last_frame", {"prompt": "a", "audio": True}),
        ("first_last_frame", {"prompt": None}),
        ("image", {"prompt": "a", "count": 9}),
        ("image", {"prompt": "a", "images": ["data:,a"] * 10}),
        ("image", {"prompt": "a", "images": "data:,a"}),
        ("image", {"prompt": "a", "model": "seedance-2.5"}),
    ],
)
def test_bad_input_is_a_row(name: str, values: dict[str, Any], ask: Ask) -> None:
    """An invalid request is a row with an error at both endpoints; nothing is raised."""
    assert error_of(ask(f"submit_{name}", **values)) == "invalid_request"
    assert error_of(ask(f"generate_{name}", **values)) == "invalid_request"


def test_seven_seconds_of_a_frame(ask: Ask, tmp_path: Path) -> None:
    """A frame of seven seconds is refused; the message names the frame."""
    frames = values_of(Mode.MULTI_FRAME, tmp_path)["frames"]
    frames[1]["duration"] = 7
    row = ask("submit_multi_frame", frames)
    assert error_of(row) == "invalid_request"
    assert "Frame 2" in row["error"]["message"]


def test_text_named_as_a_picture(ask: Ask, tmp_path: Path) -> None:
    """A text file named .png is refused."""
    path = tmp_path / "a.png"
    path.write_text("no picture")
    row = ask("submit_first_last_frame", "a", handle_file(path))
    assert error_of(row) == "invalid_request"


@each("timeout", [-1, "long", True])
def test_timeout_is_a_number(timeout: object, ask: Ask) -> None:
    """An invalid timeout is refused before anything is sent."""
    row = ask("generate_first_last_frame", "a", timeout=timeout)
    assert error_of(row) == "invalid_request"
    assert row["id"] is None


@each("values", ["a", None, {"a": 1}, 5])
def test_ids_are_a_list(values: object, ask: Ask) -> None:
    """One id is a list of one, an object is not a list; an invalid id has its own error."""
    [row] = ask("get_videos", values)
    no_list = values is None or isinstance(values, dict)
    assert (error_of(row) == "invalid_request") is no_list
    rows = ask("get_videos", [None, 5, ["a"], values])
    assert [row["id"] for row in rows] == ["None", "5", "['a']", str(values)]


def raw(app_url: str, name: str, *data: object, **headers: str) -> Row:
    """The row of a call without a client library."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    answer = httpx.post(f"{app_url}gradio_api/run/{name}", json={"data": data}, headers=named)
    assert answer.status_code == 200, answer.text
    row: Row
    [row] = answer.json()["data"]
    return row


@each("shape", ["text", "file", "file with meta"])
@each("path", ["/etc/passwd", "file:///etc/passwd", "../app.py", "app.py"])
def test_no_path_of_the_servers_disk(path: str, shape: str, app_url: str) -> None:
    """No spelling of a path gives a caller access to the server's files."""
    picture = {
        "text": path,
        "file": {"path": path},
        "file with meta": {"path": path, "meta": {"_type": "gradio.FileData"}},
    }[shape]
    for row in (
        raw(app_url, "submit_first_last_frame", "a", picture),
        raw(app_url, "submit_multi_frame", [{"image": picture}, {"image": picture}]),
        raw(app_url, "submit_subject_reference", "a", [picture]),
        raw(app_url, "submit_image", "a", [picture]),
    ):
        assert error_of(row) == "invalid_request"
        assert row["error"]
        assert "uploaded file" in row["error"]["message"]


def test_credential_and_backend_by_header(app_url: str) -> None:
    """`web` without a credential is `unauthorized`; an unknown backend is `invalid_request`."""
    row = raw(app_url, "submit_first_last_frame", "a", x_jimeng_backend="web")
    assert error_of(row) == "unauthorized"
    assert raw(app_url, "get_video", "1", x_jimeng_backend="web")["id"] == "1"
    row = raw(app_url, "submit_first_last_frame", "a", x_jimeng_backend="ark")
    assert error_of(row) == "unauthorized"
    row = raw(app_url, "submit_first_last_frame", "a", x_jimeng_backend="moon")
    assert error_of(row) == "invalid_request"


def test_expired_credential(app_url: str) -> None:
    """A credential that the upstream refuses is `unauthorized`."""
    row = raw(app_url, "submit_first_last_frame", "#fail:unauthorized", x_forwarded_for="expired")
    assert error_of(row) == "unauthorized"


def test_language(app_url: str) -> None:
    """The message is Chinese if the caller's first language is."""
    row = raw(app_url, "submit_first_last_frame", "", accept_language="zh-CN,zh;q=0.9")
    assert row["error"]
    assert row["error"]["message"].startswith("提示词为空")


def test_links_hold_behind_a_proxy(app_url: str, ask: Ask, tmp_path: Path) -> None:
    """URLs begin with the address that the caller used, also behind a proxy."""
    values = values_of(Mode.SUBJECT_REFERENCE, tmp_path)
    done = ask("generate_subject_reference", **values)
    row = raw(
        app_url,
        "get_video",
        done["id"],
        x_forwarded_host="jimeng.example",
        x_forwarded_proto="https",
    )
    assert row["video_url"] == f"https://jimeng.example/demo-media/{done['id']}.mp4"


def test_values_left_out(app_url: str) -> None:
    """A call without its values returns a row."""
    assert error_of(raw(app_url, "submit_first_last_frame")) == "invalid_request"
    assert json.dumps(raw(app_url, "get_video"))
