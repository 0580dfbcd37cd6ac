"""docs/doors.md has a table of Ark's fields; what it says of each is what happens."""

import inspect
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from volcenginesdkarkruntime.resources.content_generation.tasks import Tasks

from jimeng_app.ark_http.request_models import CreateTask
from jimeng_app.ark_http.routes import routes
from jimeng_app.client_pool import ClientPool
from jimeng_core import Settings
from tests.app.app_process import ROOT
from tests.core.ark.fake_ark import KEY, FakeArk, served
from tests.core.demo_tools import InstantClock
from tests.http.ark_client import image

TASKS = "api/v3/contents/generations/tasks"
TEXT = (ROOT / "docs" / "doors.md").read_text(encoding="utf-8")
TABLE = {
    field: (on_ark, elsewhere)
    for field, on_ark, elsewhere in re.findall(
        r"^\| `(\w+)` \| (read|passed|refused) \| (read|refused|ignored) \|", TEXT, re.MULTILINE
    )
}
OURS = {"content", "task_id", "fps"}
"""Fields that need no line: that with the prompt and the pictures, and those that Ark lacks."""


class Sample(NamedTuple):
    """A value that is not the default, with what it needs beside it."""

    value: object
    model: str = "video-3.5-pro"
    more: dict[str, object] = {}  # noqa: RUF012 - never changed


WORDS = {"type": "text", "text": "海 #fail:content_refused"}
SUBJECT = image("reference_image")
SAMPLES = {
    "model": Sample("video-3.5-pro"),
    "resolution": Sample("1080p"),
    "ratio": Sample("9:16"),
    "duration": Sample(7),
    "seed": Sample(11),
    "generate_audio": Sample(value=True),
    "return_last_frame": Sample(value=True),
    "service_tier": Sample("flex"),
    "priority": Sample(3, "seedance-2.0-fast"),
    "draft": Sample(True, "seedance-2.5", {"resolution": "480p"}),
    "camera_fixed": Sample(value=True),
    "watermark": Sample(value=True),
    "execution_expires_after": Sample(7200),
    "safety_identifier": Sample("5e884898da28"),
    "callback_url": Sample("https://a.example/"),
    "frames": Sample(57),
    "output_format": Sample("mov"),
    "omni_reference_task_type": Sample("reference", "seedance-2.5", {"content": [WORDS, SUBJECT]}),
    "tools": Sample([{"type": "web_search"}]),
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeArk]:
    """The fake Ark."""
    with served(FakeArk(InstantClock())) as fake:
        yield fake


@pytest.fixture(scope="module")
def client(upstream: FakeArk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server for it and for the demo."""
    folder: Path = tmp_path_factory.mktemp("server")
    settings = Settings(
        _env_file=None, ark_base_url=upstream.base_url, data_dir=folder, demo_pace=0
    )
    pool = ClientPool(settings, folder)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    app = FastAPI(routes=routes(pool), lifespan=lifespan)
    with TestClient(app, headers={"authorization": f"Bearer {KEY}"}) as client:
        yield client


def create(client: TestClient, backend: str, field: str, **changes: object) -> Any:
    """The response to a create with the sample of a field."""
    sample = SAMPLES[field]
    body = {"content": [WORDS], "model": sample.model, **sample.more, field: sample.value}
    return client.post(f"/{backend}/{TASKS}", json=body | changes)


def test_every_field_has_a_line() -> None:
    """The table has every field of the official SDK and of this server, and nothing else."""
    decorated: Any = Tasks.create
    of_sdk = set(inspect.signature(decorated.__closure__[0].cell_contents).parameters)
    of_sdk -= {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
    assert "execution_expires_after" in of_sdk
    assert set(TABLE) | OURS == of_sdk | set(CreateTask.model_fields)
    assert set(TABLE) == set(SAMPLES)


@pytest.mark.parametrize("field", TABLE)
def test_on_ark(client: TestClient, upstream: FakeArk, field: str) -> None:
    """What is passed or read reaches Ark with its value; the rest is refused by its name."""
    response = create(client, "ark", field)
    if TABLE[field][0] == "refused":
        assert response.status_code == 400
        assert response.json()["error"]["param"] == field
        return
    assert response.status_code == 200, response.text
    sent = upstream.bodies[response.json()["id"]]
    value = SAMPLES[field].value
    assert sent[field] == ("doubao-seedance-1-5-pro-251215" if field == "model" else value)


@pytest.mark.parametrize("field", TABLE)
def test_elsewhere(client: TestClient, field: str) -> None:
    """What another backend cannot honour is refused there; the rest changes nothing, or is read."""
    model = "seedance-2.5" if field in {"resolution", "duration"} else "seedance-2.0-fast"
    response = create(client, "demo", field, **({} if field == "model" else {"model": model}))
    if TABLE[field][1] == "refused":
        error = response.json()["error"]
        assert response.status_code == 400
        assert (error["code"], error["param"]) in {
            ("invalid_request", field),
            ("invalid_request", "audio"),
        }
    else:
        assert response.status_code == 200, response.text
        assert response.json()["status"] == "queued"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service_tier": "flex", "model": "seedance-2.5"}, "service_tier"),
        ({"service_tier": "slow"}, "service_tier"),
        ({"priority": 1, "model": "video-3.0-pro"}, "priority"),
        ({"priority": 10, "model": "seedance-2.5"}, "priority"),
        ({"priority": 1, "service_tier": "flex", "model": "ep-20260101-abcde"}, "priority"),
        ({"draft": True, "model": "seedance-2.0", "resolution": "480p"}, "draft"),
        ({"draft": True, "model": "seedance-2.5", "resolution": "720p"}, "resolution"),
        (
            {
                "draft": True,
                "model": "video-3.5-pro",
                "resolution": "480p",
                "return_last_frame": True,
            },
            "return_last_frame",
        ),
        ({"camera_fixed": True, "model": "seedance-2.5"}, "camera_fixed"),
        ({"execution_expires_after": 3599}, "execution_expires_after"),
        ({"execution_expires_after": 259_201}, "execution_expires_after"),
        ({"safety_identifier": "x" * 65}, "safety_identifier"),
    ],
)
def test_rules_of_ark(
    client: TestClient, upstream: FakeArk, changes: dict[str, object], field: str
) -> None:
    """What Ark would refuse, or fail later, is refused here by its field, and nothing is sent."""
    before = len(upstream.requests)
    body = {"content": [{"type": "text", "text": "海"}], "model": "video-3.5-pro"} | changes
    response = client.post(f"/ark/{TASKS}", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == field
    assert len(upstream.requests) == before


DRAFT = {"type": "draft_task", "draft_task": {"id": "cgt-20260901200000-aaaaa"}}


def test_draft(client: TestClient, upstream: FakeArk) -> None:
    """The final video of a draft is made on ark from the draft alone; other backends refuse it."""
    body = {"content": [DRAFT], "model": "seedance-2.5", "safety_identifier": "5e88", "seed": -1}
    response = client.post(f"/ark/{TASKS}", json=body)
    assert response.status_code == 200, response.text
    sent = upstream.bodies[response.json()["id"]]
    assert (sent["content"], sent["safety_identifier"]) == ([DRAFT], "5e88")
    assert sent["model"] == "doubao-seedance-2-5-260628"
    refused = client.post(f"/demo/{TASKS}", json=body)
    assert refused.status_code == 400
    assert "make drafts" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"content": [DRAFT, {"type": "text", "text": "海"}]}, "content"),
        ({"content": [DRAFT, DRAFT]}, "content"),
        ({"duration": 5}, "duration"),
        ({"generate_audio": False}, "generate_audio"),
        ({"task_id": "cgt-20260901200000-bbbbb"}, "task_id"),
        ({"model": None}, "model"),
    ],
)
def test_draft_alone(
    client: TestClient, upstream: FakeArk, changes: dict[str, object], field: str
) -> None:
    """What the draft decides cannot be chosen again; nothing is sent."""
    before = len(upstream.requests)
    body = {"content": [DRAFT], "model": "seedance-2.5"} | changes
    response = client.post(f"/ark/{TASKS}", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == field
    assert len(upstream.requests) == before
