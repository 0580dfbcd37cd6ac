import json

import httpx
import pytest

from jimeng_core import new_task_id
from jimeng_core.tasks import Row
from tests.cli.desk import Desk
from tests.core.web.record_tools import finished, item, origin, record
from tests.core.web.site_double import envelope

URL = "https://v.example/film.mp4?x-signature=" + "s" * 200


@pytest.fixture
def ids(desk: Desk) -> list[str]:
    """A task in each state: pending, processing, completed, failed."""
    made = [new_task_id(desk.clock.now()) for _ in range(4)]
    records = [
        record(20, queue_info={"queue_idx": 3, "queue_length": 10}),
        record(42),
        finished(item({"origin": origin(URL)})),
        record(30, fail_code="2038"),
    ]
    desk.site.records.update(zip(made, records, strict=True))
    return made


def test_table(desk: Desk, ids: list[str]) -> None:
    """One line an id, in the order asked; ids, links and reasons whole, whatever they are."""
    desk.clock.passed = 61
    said = desk.run("get", *ids, "nonsense")
    lines = said.out.splitlines()
    assert [line.split()[0] for line in lines] == ["id", *ids, "nonsense"]
    assert [line.split()[1] for line in lines[1:5]] == [
        "pending",
        "processing",
        "completed",
        "failed",
    ]
    assert lines[1].endswith("queue 3/10")
    assert lines[3].endswith(URL)
    assert "(2038): " in lines[4]
    assert "invalid_task_id: This is not a task id" in lines[5]
    assert said.err == ""


def test_json(desk: Desk, ids: list[str]) -> None:
    """With --json, rows come as one array in the order asked, doubles too."""
    asked = [ids[1], "nonsense", ids[0], ids[1]]
    rows = desk.run("get", "--json", *asked).json
    assert [row["id"] for row in rows] == asked
    assert all(set(row) == set(Row.__annotations__) for row in rows)


def test_csv(desk: Desk, ids: list[str]) -> None:
    """With --csv, the header is the row's fields in the contract's order; errors are JSON."""
    said = desk.run("get", "--csv", ids[3], ids[0])
    assert said.out.splitlines()[0] == ",".join(Row.__annotations__)
    failed, pending = said.csv
    assert json.loads(failed["error"])["upstream_code"] == "2038"
    assert (pending["error"], pending["progress"]) == ("", "0")


def test_both_forms(desk: Desk) -> None:
    """Two forms at once are wrong use."""
    assert desk.run("get", "x", "--csv", "--json").status == 2


@pytest.mark.parametrize("words", [(), ("-",)])
def test_ids_from_a_pipe(desk: Desk, ids: list[str], words: tuple[str, ...]) -> None:
    """Without ids, or for -, they come from standard input, parted by blanks, commas or lines."""
    rows = desk.run("get", "--json", *words, stdin=f" {ids[0]},{ids[1]}\r\n\n{ids[2]} x\n").json
    assert [row["id"] for row in rows] == [*ids[:3], "x"]


def test_pipe_among_ids(desk: Desk, ids: list[str]) -> None:
    """The ids of a pipe stand where the - stood."""
    rows = desk.run("get", "--json", "a", "-", "b", stdin=ids[0]).json
    assert [row["id"] for row in rows] == ["a", ids[0], "b"]


def test_no_ids(desk: Desk) -> None:
    """A pipe without ids is wrong use, not an empty answer."""
    assert desk.run("get", stdin="\n ,").status == 2


@pytest.mark.parametrize(
    ("which", "status"),
    [([0, 1, 2], 0), ([0, 3], 1), ([3, "x"], 3), (["x", 3], 3), (["x"], 3)],
)
def test_status(desk: Desk, ids: list[str], which: list[int | str], status: int) -> None:
    """Of several ids the worst one counts: a failed look-up over a failed task."""
    asked = [ids[one] if isinstance(one, int) else one for one in which]
    assert desk.run("get", *asked).status == status


def test_many_ids_in_one_request(desk: Desk) -> None:
    """A hundred ids are one request."""
    desk.run("get", *(new_task_id(desk.clock.now()) for _ in range(100)))
    assert len(desk.site.look_up.calls) == 1


def test_nothing_of_the_upstream_reaches_the_terminal(desk: Desk, ids: list[str]) -> None:
    """What controls a terminal is blank in the table, and markup is no markup."""
    said = desk.run("get", "\x1b[2J\x9b1m[red]x")
    assert "\x1b" not in said.out
    assert "\x9b" not in said.out
    assert "[red]x" in said.out


@pytest.mark.parametrize(
    ("words", "environment", "chinese"),
    [
        ((), {}, False),
        ((), {"LANG": "zh_CN.UTF-8"}, True),
        ((), {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, False),
        ((), {"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW.UTF-8"}, True),
        (("--lang", "zh"), {"LC_ALL": "en_US.UTF-8"}, True),
        (("--lang", "en"), {"LC_ALL": "zh_CN.UTF-8"}, False),
    ],
)
def test_language(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    environment: dict[str, str],
    chinese: bool,
) -> None:
    """Sentences are in the language that is asked for, else in the locale's."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    [row] = desk.run(*words, "get", "x", "--json").json
    assert ("这不是任务" in row["error"]["message"]) is chinese


def test_credits(desk: Desk) -> None:
    """The balance: a line for each part that is known, or an object."""
    assert desk.run("credits").out.splitlines()[0].split()[0] == "total"
    assert desk.run("credits", "--json").json["gift"] == 1


def test_credits_that_cannot_be_read(desk: Desk) -> None:
    """A balance that cannot be had is a failed look-up: one sentence and 3."""
    desk.site.credits.mock(side_effect=httpx.ConnectError)
    said = desk.run("credits")
    assert (said.status, said.out, said.err.count("\n")) == (3, "", 1)


@pytest.mark.parametrize(("backend", "name"), [("web", "JIMENG_TOKEN"), ("ark", "ARK_API_KEY")])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_credential(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, backend: str, name: str, lang: str
) -> None:
    """Without its credential a submission is refused, in a sentence that names the variable.

    None speaks of what a command line does not take.
    """
    monkeypatch.setenv(name, " ")
    words = ("submit", "first-last-frame", "--prompt", "海")
    said = desk.run("--backend", backend, "--lang", lang, *words)
    assert (said.status, said.out, said.err.count("\n")) == (1, "", 1)
    assert name in said.err
    assert ".env" in said.err
    assert "token=" not in said.err
    assert "传入" not in said.err


@pytest.mark.parametrize("command", ["get", "wait"])
def test_each_id_without_a_credential(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Also when nothing can be asked, each id has its row, in the order asked, in every form."""
    monkeypatch.delenv("JIMENG_TOKEN")
    words = ("--backend", "web", command, "x", "y", "x")
    said = desk.run(*words, "--json")
    assert (said.status, said.err.count("\n")) == (3, 1)
    assert [(row["id"], row["state"], row["error"]["code"]) for row in said.json] == [
        (one, None, "unauthorized") for one in "xyx"
    ]
    rows = desk.run(*words, "--csv").csv
    assert [(row["id"], json.loads(row["error"])) for row in rows] == [
        (row["id"], row["error"]) for row in said.json
    ]
    lines = desk.run(*words).out.splitlines()
    assert [line.split()[0] for line in lines] == ["id", *"xyx"]
    assert "unauthorized: JIMENG_TOKEN is not set" in lines[1]


def test_expired_session(desk: Desk, ids: list[str]) -> None:
    """What is wrong with the whole account stands in every row."""
    desk.site.look_up.mock(return_value=envelope(ret="34010105"))
    said = desk.run("get", "--json", *ids)
    assert said.status == 3
    assert {row["error"]["code"] for row in said.json} == {"unauthorized"}


def test_setting_that_does_not_fit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that does not fit is wrong use, in one sentence that names it; ids have rows."""
    monkeypatch.setenv("JIMENG_TIMEOUT", "-1")
    said = desk.run("get", "x", "--json")
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert "JIMENG_TIMEOUT" in said.err
    assert [(row["id"], row["error"]["code"]) for row in said.json] == [("x", "invalid_request")]
