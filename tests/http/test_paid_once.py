"""Nobody pays twice: what the official SDK sends again by itself, and what it does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from volcenginesdkarkruntime import Ark
from volcenginesdkarkruntime import _exceptions as refusals

from jimeng_core import ErrorCode, new_task_id
from jimeng_core.backends.demo.faults.fault_plan import FaultPlan, FaultRule, NetworkFault, Step
from jimeng_core.backends.demo.store import Store
from jimeng_core.errors import error_for
from tests.core.demo_tools import client, draw_in_no_time
from tests.http.ark_client import QUICK, WORDS, Counted, door, listening, refusing


@contextmanager
def sdk(app: Counted) -> Iterator[Ark]:
    """The SDK as it comes: it sends a create up to three times."""
    with listening(app) as url:
        ark = Ark(base_url=f"{url}/demo/api/v3", api_key="anything")
        yield ark
        ark.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    draw_in_no_time(monkeypatch)


def spoiled(folder: Path, *rules: FaultRule) -> Counted:
    """The door, on whose way to the site something goes wrong."""
    return Counted(door(lambda: client(folder, faults=FaultPlan(rules)), data_dir=folder))


def test_lost_answer(tmp_path: Path) -> None:
    """A submission whose answer is lost is never sent again, and its id is in the error."""
    app = spoiled(tmp_path, FaultRule(Step.GENERATE, NetworkFault.RESET))
    with sdk(app) as ark, pytest.raises(refusals.ArkAPIStatusError) as caught:
        ark.content_generation.tasks.create(content=[WORDS], **QUICK)
    assert app.calls == ["POST"]
    assert caught.value.status_code == 424
    assert caught.value.code == "submit_unconfirmed"
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert isinstance(caught.value.body, dict)
    assert len(caught.value.body["id"]) == 36
    assert list((tmp_path / "demo").rglob(f"{caught.value.body['id']}*")) == []


def test_again_under_the_id_of_the_error(tmp_path: Path) -> None:
    """What the error's id is for: the same request with it is sent, and repeating that is safe."""
    app = spoiled(tmp_path, FaultRule(Step.GENERATE, NetworkFault.RESET))
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


def test_carried_out_all_the_same(tmp_path: Path) -> None:
    """A submission that arrived though its answer was lost is found: the caller gets its task."""
    app = spoiled(tmp_path, FaultRule(Step.GENERATE, NetworkFault.RESET, carried_out=True))
    with sdk(app) as ark:
        created = ark.content_generation.tasks.create(content=[WORDS], **QUICK)
    assert app.calls == ["POST"]
    assert Store(tmp_path / "demo").load(created.id)


def test_surely_not_accepted(tmp_path: Path) -> None:
    """A submission that was turned away for now may be sent again, and is."""
    app = spoiled(tmp_path, FaultRule(Step.GENERATE, NetworkFault.RATE_LIMITED))
    with sdk(app) as ark:
        created = ark.content_generation.tasks.create(content=[WORDS], **QUICK)
    assert app.calls == ["POST", "POST"]
    assert Store(tmp_path / "demo").load(created.id)


@pytest.mark.parametrize(
    "error",
    [
        *(error_for(code) for code in (ErrorCode.DAILY_LIMIT, ErrorCode.UPSTREAM_ERROR)),
        error_for(ErrorCode.UPSTREAM_UNREADABLE),
        RuntimeError("a mistake of ours"),
    ],
    ids=str,
)
def test_nothing_else_is_sent_again(error: Exception, tmp_path: Path) -> None:
    """What may have been accepted, or will not be a moment later, reaches us once."""
    app = Counted(refusing(error, data_dir=tmp_path))
    with sdk(app) as ark, pytest.raises(refusals.ArkAPIStatusError):
        ark.content_generation.tasks.create(content=[WORDS], **QUICK)
    assert app.calls == ["POST"]


def test_look_ups_are_asked_again(tmp_path: Path) -> None:
    """Asking costs nothing, so the SDK does it again as it likes."""
    app = Counted(refusing(error_for(ErrorCode.NETWORK_ERROR), data_dir=tmp_path))
    with sdk(app) as ark, pytest.raises(refusals.ArkInternalServerError):
        ark.content_generation.tasks.get(task_id=new_task_id())
    assert app.calls == ["GET"] * 3
