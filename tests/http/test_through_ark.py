"""The official SDK as a client of this server, with a fake Ark as the upstream."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from volcenginesdkarkruntime import Ark
from volcenginesdkarkruntime import _exceptions as refusals

from jimeng_app.ark_http.routes import routes
from jimeng_app.client_pool import ClientPool
from jimeng_core import Settings
from tests.core.ark.fake_ark import KEY, FakeArk, served
from tests.core.demo_tools import InstantClock
from tests.http.ark_client import WORDS, image, listening


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeArk]:
    """The fake Ark."""
    with served(FakeArk(InstantClock())) as fake:
        yield fake


@pytest.fixture
def url(upstream: FakeArk, tmp_path: Path) -> Iterator[str]:
    """The base URL of a server for it, without a default backend or a credential."""
    settings = Settings(_env_file=None, ark_base_url=upstream.base_url, data_dir=tmp_path)
    pool = ClientPool(settings, tmp_path)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    with listening(FastAPI(routes=routes(pool), lifespan=lifespan)) as address:
        yield address


@pytest.fixture
def ark(url: str) -> Iterator[Ark]:
    """The SDK with a valid key."""
    client = Ark(base_url=f"{url}/ark/api/v3", api_key=KEY)
    yield client
    client.close()


def test_submit_and_look_up(ark: Ark, upstream: FakeArk) -> None:
    """The SDK's request arrives at Ark with the same meaning, and so does the task in return."""
    created = ark.content_generation.tasks.create(
        model="doubao-seedance-2-0-fast-260128",
        content=[WORDS, image("first_frame"), image("last_frame", "navy")],
        resolution="480p",
        ratio="adaptive",
        duration=4,
        seed=-1,
        return_last_frame=True,
        safety_identifier="5e884898da28",
    )
    assert created.id.startswith("cgt-")
    body = upstream.bodies[created.id]
    assert (body["model"], body["resolution"]) == ("doubao-seedance-2-0-fast-260128", "480p")
    assert (body["duration"], body["ratio"]) == (4, "adaptive")
    assert body["generate_audio"] is False
    assert "seed" not in body
    assert (body["return_last_frame"], body["safety_identifier"]) == (True, "5e884898da28")
    assert [item.get("role") for item in body["content"]] == [None, "first_frame", "last_frame"]

    upstream.finish(created.id)
    task: Any = ark.content_generation.tasks.get(task_id=created.id)
    record = upstream.records[created.id]
    assert (task.status, task.model) == ("succeeded", "seedance-2.0-fast")
    assert task.content.video_url == record["content"]["video_url"]
    assert task.content.last_frame_url == record["content"]["last_frame_url"]
    assert task.usage.total_tokens == record["usage"]["total_tokens"]
    assert (task.created_at, task.updated_at) == (record["created_at"], record["updated_at"])
    listed = ark.content_generation.tasks.list(task_ids=[created.id])
    assert [task.id for task in listed.items] == [created.id]


def test_delete(ark: Ark, upstream: FakeArk) -> None:
    """A task can be deleted where the upstream supports it."""
    created = ark.content_generation.tasks.create(model="seedance-2.0-fast", content=[WORDS])
    ark.content_generation.tasks.delete(task_id=created.id)
    assert (
        created.id not in upstream.records or upstream.records[created.id]["status"] == "cancelled"
    )
    running = ark.content_generation.tasks.create(model="seedance-2.0-fast", content=[WORDS])
    upstream.records[running.id]["status"] = "running"
    with pytest.raises(refusals.ArkBadRequestError) as caught:
        ark.content_generation.tasks.delete(task_id=running.id)
    assert caught.value.code == "invalid_request"


def test_refused_key(url: str) -> None:
    """A wrong key, which Ark refuses, is the SDK's authentication error in every call."""
    client = Ark(base_url=f"{url}/ark/api/v3", api_key="wrong")
    tasks = client.content_generation.tasks
    calls: list[Callable[[], object]] = [
        lambda: tasks.create(model="seedance-2.0-fast", content=[WORDS]),
        lambda: tasks.get(task_id="cgt-20260901120000-abcde"),
        lambda: tasks.list(task_ids=["cgt-20260901120000-abcde"]),
        lambda: tasks.delete(task_id="cgt-20260901120000-abcde"),
    ]
    for call in calls:
        with pytest.raises(refusals.ArkAuthenticationError) as caught:
            call()
        assert caught.value.code == "unauthorized"
    client.close()
