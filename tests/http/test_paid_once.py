"""No double payment: what the official SDK repeats by itself, and what it does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from volcenginesdkarkruntime import Ark
from volcenginesdkarkruntime import _exceptions as refusals

from jimeng_core import ErrorCode, new_task_id
from jimeng_core.backends.demo.faults.fault_plan import FaultPlan, FaultRule, NetworkFault, Step
from jimeng_core.backends.demo.store import Store
from jimeng_core.errors import ERROR_CLASSES
from tests.core.demo_tools import client, draw_in_no_time
from tests.each import each
from tests.http.ark_client import QUICK, WORDS, CountedApp, ark_app, failing_app, listening


@contextmanager
def sdk(app: CountedApp) -> Iterator[Ark]:
    """The SDK with its defaults: it sends a create up to three times."""
    with listening(app) as url:
        ark = Ark(base_url=f"{url}/demo/api/v3", api_key="anything")
        yield ark
        ark.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    draw_in_no_time(monkeypatch)


def faulty_app(folder: Path, *rules: FaultRule) -> CountedApp:
    """An app with faults on its way to the site."""
    return CountedApp(ark_app(lambda: client(folder, faults=FaultPlan(rules)), data_dir=folder))


def test_lost_answer(tmp_path: Path) -> None:
    """A submission whose response is lost is not repeated, and its id is in the error."""
    app = faulty_app(tmp_path, FaultRule(Step.GENERATE, NetworkFault.RESET))
    with sdk(app) as ark, pytest.raises(refusals.ArkAPIStatusError) as caught:
        ark.content_generation.tasks.create(content=[WORDS], **QUICK)
    assert app.calls == ["POST"]
    assert caught.value.status_code == 424
    assert caught.value.code == "submit_unconfirmed"
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert isinstance(caught.value.body, dict)
    assert len(caught.value.body["id"]) == 36
    assert Store(tmp_path / "demo").all() == []


def test_repeated_with_the_id_of_the_error(tmp_path: Path) -> None:
    """The same request with the error's id is sent, and repeating it is safe."""
    app = faulty_app(tmp_path, FaultRule(Step.GENERATE, NetworkFault.RESET))
    with sdk(app) as ark:
        with pytest.raises(refusals.ArkAPIStatusError) as caught:
            ark.content_generation.tasks.create(content=[WORDS], **QUICK)
        assert isinstance(caught.value.body, dict)
        for _ in range(2):
            again = ark.content_generation.tasks.create(
                content=[WORDS], extra_body={"task_id": caught.value.body["id"]}, **QUICK
            )
            assert again.id == caught.value.body["id"]
    assert Store(tmp_path / "demo").load(again.id)


def test_lost_answer_of_an_accepted_submission(tmp_path: Path) -> None:
    """A submission that was accepted though its response was lost is found: it is the result."""
    app = faulty_app(tmp_path, FaultRule(Step.GENERATE, NetworkFault.RESET, carried_out=True))
    with sdk(app) as ark:
        created = ark.content_generation.tasks.create(content=[WORDS], **QUICK)
    assert app.calls == ["POST"]
    assert Store(tmp_path / "demo").load(created.id)


def test_rate_limit(tmp_path: Path) -> None:
    """A submission that was refused by a rate limit may be repeated, and is."""
    app = faulty_app(tmp_path, FaultRule(Step.GENERATE, NetworkFault.RATE_LIMITED))
    with sdk(app) as ark:
        created = ark.content_generation.tasks.create(content=[WORDS], **QUICK)
    assert app.calls == ["POST", "POST"]
    assert Store(tmp_path / "demo").load(created.id)


@each(
    "error",
    [
        *(ERROR_CLASSES[code]() for code in (ErrorCode.DAILY_LIMIT, ErrorCode.UPSTREAM_ERROR)),
        ERROR_CLASSES[ErrorCode.UPSTREAM_UNREADABLE](),
        RuntimeError("a defect"),
    ],
)
def test_nothing_else_is_repeated(error: Exception, tmp_path: Path) -> None:
    """What may have been accepted, or will fail again, arrives once."""
    app = CountedApp(failing_app(error, data_dir=tmp_path))
    with sdk(app) as ark, pytest.raises(refusals.ArkAPIStatusError):
        ark.content_generation.tasks.create(content=[WORDS], **QUICK)
    assert app.calls == ["POST"]


def test_look_ups_are_repeated(tmp_path: Path) -> None:
    """The SDK repeats look-ups, which cost nothing."""
    app = CountedApp(failing_app(ERROR_CLASSES[ErrorCode.NETWORK_ERROR](), data_dir=tmp_path))
    with sdk(app) as ark, pytest.raises(refusals.ArkInternalServerError):
        ark.content_generation.tasks.get(task_id=new_task_id())
    assert app.calls == ["GET"] * 3
