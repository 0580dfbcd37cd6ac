from collections.abc import Sequence

import httpx
import pytest

from jimeng_core import new_task_id
from tests.cli.cli_runner import CliRunner
from tests.core.web.fake_site import Answer, envelope, in_turn
from tests.core.web.record_tools import Json, finished, item, origin, record

DONE = finished(item({"origin": origin()}))


def running(interval: float | None = None) -> Json:
    """A record of a running task, with the interval that the site wants to be asked in."""
    polling = {} if interval is None else {"polling_config": {"interval_seconds": interval}}
    return record(42, queue_info=polling)


def tasks(cli: CliRunner, count: int) -> list[str]:
    """Ids of tasks that run."""
    made = [new_task_id(cli.clock.now()) for _ in range(count)]
    cli.site.records.update(dict.fromkeys(made, running()))
    return made


def answers(cli: CliRunner, task_id: str, *given: object) -> None:
    """Have the look-ups find these records in turn, None for none, or meet these kinds of error."""
    told: Sequence[Answer] = [
        one if isinstance(one, type) else envelope({task_id: one} if one else {}) for one in given
    ]
    cli.site.look_up.mock(side_effect=in_turn(*told))


def test_one_request_a_round(cli: CliRunner) -> None:
    """Many ids are asked for together; an id that has ended is asked for no more."""
    ids = tasks(cli, 100)
    rounds: list[int] = []

    def find(request: httpx.Request) -> httpx.Response:
        found = cli.site.find(request)
        rounds.append(len(cli.site.looked_up()[-1]) if cli.site.look_up.calls else 100)
        for one in ids[: 40 * len(rounds)]:
            cli.site.records[one] = DONE
        return found

    cli.site.look_up.mock(side_effect=find)
    result = cli.run("wait", "--json", *ids)
    assert result.status == 0
    assert [row["id"] for row in result.json] == ids
    assert {row["state"] for row in result.json} == {"completed"}
    assert [len(asked) for asked in cli.site.looked_up()] == [100, 100, 60, 20]


def test_pauses(cli: CliRunner) -> None:
    """It asks after 2 s, then 1.5 times later each time, up to 30 s."""
    [task_id] = tasks(cli, 1)
    answers(cli, task_id, *[running()] * 8, DONE)
    cli.run("wait", task_id)
    assert cli.clock.sleeps == [2, 3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30]


def test_interval_of_the_upstream(cli: CliRunner) -> None:
    """It asks as often as the upstream wants to be asked; of several tasks the most often."""
    first, second = tasks(cli, 2)
    cli.site.records |= {first: running(9), second: running(4)}
    cli.run("wait", first, second, "--timeout", "13")
    assert cli.clock.sleeps == [2, 3, 4, 4]


def test_time_is_up(cli: CliRunner) -> None:
    """When the time is up the rows stand as they are, each id is told, and the status is 3."""
    first, second = tasks(cli, 2)
    cli.site.records[second] = DONE
    cli.clock.passed = 61
    result = cli.run("wait", "--json", first, second, "--timeout", "10")
    assert result.status == 3
    assert [row["state"] for row in result.json] == ["processing", "completed"]
    assert result.err == f"{first}: The task is still running; look it up later by its id.\n"


def test_look_up_that_may_pass(cli: CliRunner) -> None:
    """A look-up that fails in a way that may pass is asked again."""
    [task_id] = tasks(cli, 1)
    answers(cli, task_id, *[httpx.ConnectError] * 4, DONE)
    assert cli.run("wait", task_id).status == 0


def test_look_up_that_fails_for_good(cli: CliRunner) -> None:
    """A look-up that fails for good ends the wait for that id alone."""
    [task_id] = tasks(cli, 1)
    answers(cli, task_id, running(), DONE)
    result = cli.run("wait", "--json", "nonsense", task_id)
    assert result.status == 3
    assert [row["state"] for row in result.json] == [None, "completed"]


def test_task_that_is_gone_for_a_while(cli: CliRunner) -> None:
    """A task that was seen to run is waited for while the site does not find it."""
    [task_id] = tasks(cli, 1)
    cli.clock.passed = 600  # minted so long ago that a late record explains nothing
    answers(cli, task_id, running(), None, DONE)
    assert cli.run("wait", task_id).status == 0
    answers(cli, task_id, None, DONE)
    assert cli.run("wait", task_id).status == 3


def test_failed_task(cli: CliRunner) -> None:
    """A task that failed has ended: its row, and 1."""
    [task_id] = tasks(cli, 1)
    cli.site.records[task_id] = record(30, fail_code="2038")
    result = cli.run("wait", "--csv", task_id)
    assert (result.status, result.csv[0]["state"]) == (1, "failed")


def test_ids_twice(cli: CliRunner) -> None:
    """An id that is given twice is asked for once, and has its row twice."""
    [task_id] = tasks(cli, 1)
    cli.site.records[task_id] = DONE
    cli.clock.passed = 61
    assert len(cli.run("wait", "--json", task_id, task_id).json) == 2
    assert cli.site.looked_up() == [[task_id]]


@pytest.mark.parametrize("seconds", ["0", "-1", "x"])
def test_no_time(cli: CliRunner, seconds: str) -> None:
    """An invalid time-out is wrong use."""
    assert cli.run("wait", "x", "--timeout", seconds).status == 2
