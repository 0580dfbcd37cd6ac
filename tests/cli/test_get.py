import csv
import io
import json
from datetime import UTC, datetime

import httpx
import pytest

from jimeng_app.frames import to_csv
from jimeng_core import new_task_id
from jimeng_core.backends.web import wire
from jimeng_core.rows import Row, build_row
from tests.cli.cli_runner import CliRunner
from tests.core.web.fake_site import envelope
from tests.core.web.record_tools import finished, item, origin, record

URL = "https://v.example/film.mp4?x-signature=" + "s" * 200


@pytest.fixture
def ids(cli: CliRunner) -> list[str]:
    """A task in each state: pending, processing, completed, failed."""
    task_ids = [new_task_id(cli.clock.now()) for _ in range(4)]
    records = [
        record(20, queue_info={"queue_idx": 3, "queue_length": 10}),
        record(42),
        finished(item({"origin": origin(URL)})),
        record(30, fail_code="2038"),
    ]
    cli.site.records.update(zip(task_ids, records, strict=True))
    return task_ids


def test_table(cli: CliRunner, ids: list[str]) -> None:
    """One line per id, in the order of the arguments; ids, URLs and errors are not shortened."""
    cli.clock.passed = 61
    result = cli.run("get", *ids, "nonsense")
    lines = result.out.splitlines()
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
    assert result.err == ""


def test_json(cli: CliRunner, ids: list[str]) -> None:
    """--json prints one array in the order of the arguments, with duplicates."""
    task_ids = [ids[1], "nonsense", ids[0], ids[1]]
    rows = cli.run("get", "--json", *task_ids).json
    assert [row["id"] for row in rows] == task_ids
    assert all(set(row) == set(Row.__annotations__) for row in rows)


def test_csv(cli: CliRunner, ids: list[str]) -> None:
    """--csv prints the row's fields in the order of contract 3; errors are JSON."""
    result = cli.run("get", "--csv", ids[3], ids[0])
    assert result.out.splitlines()[0] == ",".join(Row.__annotations__)
    failed, pending = result.csv
    assert json.loads(failed["error"])["upstream_code"] == "2038"
    assert (pending["error"], pending["progress"]) == ("", "0")


def test_excel(cli: CliRunner, ids: list[str]) -> None:
    """--excel prints the same as CSV in UTF-8 with a mark, as Excel needs it for Chinese."""
    for words in (("--excel",), ("--csv", "--excel")):
        printed = cli.run("get", *words, ids[3], ids[0]).out
        assert printed.removeprefix("\ufeff") != printed
        assert len(list(csv.reader(printed.splitlines()))) == 3


@pytest.mark.parametrize("prompt", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_formulas(prompt: str, ids: list[str]) -> None:
    """A cell that a spreadsheet program would take for a formula is text there, and only there."""
    row = build_row(ids[0], None, None, datetime.now(UTC)) | {"prompt": prompt}
    for spreadsheet, expected in ((True, f"'{prompt}"), (False, prompt)):
        text = to_csv([row], spreadsheet=spreadsheet)
        [line] = csv.DictReader(io.StringIO(text, newline=""))
        assert line["prompt"] == expected.replace("\r", "\n")
        assert line["id"] == ids[0]


@pytest.mark.parametrize("options", [("--csv", "--json"), ("--excel", "--json")])
def test_both_formats(cli: CliRunner, options: tuple[str, ...]) -> None:
    """Two formats together are wrong use."""
    assert cli.run("get", "x", *options).status == 2


@pytest.mark.parametrize("words", [(), ("-",)])
def test_ids_from_standard_input(cli: CliRunner, ids: list[str], words: tuple[str, ...]) -> None:
    """Without ids, or for -, they are read from standard input, separated by spaces or commas."""
    rows = cli.run("get", "--json", *words, stdin=f" {ids[0]},{ids[1]}\r\n\n{ids[2]} x\n").json
    assert [row["id"] for row in rows] == [*ids[:3], "x"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_ids_piped_by_powershell(cli: CliRunner, ids: list[str], encoding: str) -> None:
    """Standard input is decoded by its byte order mark."""
    data = f"{ids[0]}\r\n“{ids[1]}”，{ids[2]}\r\n".encode(encoding)
    rows = cli.run("get", "--json", stdin=data).json
    assert [row["id"] for row in rows] == ids[:3]


def test_standard_input_among_ids(cli: CliRunner, ids: list[str]) -> None:
    """The ids of standard input take the place of -."""
    rows = cli.run("get", "--json", "a", "-", "b", stdin=ids[0]).json
    assert [row["id"] for row in rows] == ["a", ids[0], "b"]


def test_no_ids(cli: CliRunner) -> None:
    """Standard input without ids is wrong use, not an empty result."""
    assert cli.run("get", stdin="\n ,").status == 2


@pytest.mark.parametrize(
    ("which", "status"),
    [([0, 1, 2], 0), ([0, 3], 1), ([3, "x"], 3), (["x", 3], 3), (["x"], 3)],
)
def test_status(cli: CliRunner, ids: list[str], which: list[int | str], status: int) -> None:
    """The exit status is the highest of all ids: a failed look-up before a failed task."""
    task_ids = [ids[item] if isinstance(item, int) else item for item in which]
    assert cli.run("get", *task_ids).status == status


def test_many_ids_in_one_request(cli: CliRunner) -> None:
    """A hundred ids are looked up in one request."""
    cli.run("get", *(new_task_id(cli.clock.now()) for _ in range(100)))
    assert len(cli.site.look_up.calls) == 1


def test_control_characters(cli: CliRunner, ids: list[str]) -> None:
    """Control characters are replaced in the table, and markup is printed as text."""
    result = cli.run("get", "\x1b[2J\x9b1m[red]x")
    assert "\x1b" not in result.out
    assert "\x9b" not in result.out
    assert "[red]x" in result.out


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
    cli: CliRunner,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    environment: dict[str, str],
    chinese: bool,
) -> None:
    """Messages are in the language of --lang, else in that of the locale."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    [row] = cli.run(*words, "get", "x", "--json").json
    assert ("这不是任务" in row["error"]["message"]) is chinese


def test_credits(cli: CliRunner) -> None:
    """The balance is printed as one line for each known part, or as one object."""
    assert cli.run("credits").out.splitlines()[0].split()[0] == "total"
    assert cli.run("credits", "--json").json["gift"] == 1


def test_unreadable_credits(cli: CliRunner) -> None:
    """A balance that cannot be read is a failed look-up: one sentence and status 3."""
    cli.site.credits.mock(side_effect=httpx.ConnectError)
    result = cli.run("credits")
    assert (result.status, result.out, result.err.count("\n")) == (3, "", 1)


@pytest.mark.parametrize(("backend", "name"), [("web", "JIMENG_TOKEN"), ("ark", "ARK_API_KEY")])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_credential(
    cli: CliRunner, monkeypatch: pytest.MonkeyPatch, backend: str, name: str, lang: str
) -> None:
    """Without a credential a submission is refused, in a sentence that names the variable.

    The sentence does not mention `token=`, which the command line does not have.
    """
    monkeypatch.setenv(name, " ")
    words = ("submit", "first-last-frame", "--prompt", "海")
    result = cli.run("--backend", backend, "--lang", lang, *words)
    assert (result.status, result.out, result.err.count("\n")) == (1, "", 1)
    assert name in result.err
    assert ".env" in result.err
    assert "token=" not in result.err
    assert "传入" not in result.err


@pytest.mark.parametrize("command", ["get", "wait"])
def test_each_id_without_a_credential(
    cli: CliRunner, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Even if nothing can be looked up, each id has its row in every format."""
    monkeypatch.delenv("JIMENG_TOKEN")
    words = ("--backend", "web", command, "x", "y", "x")
    result = cli.run(*words, "--json")
    assert (result.status, result.err.count("\n")) == (3, 1)
    assert [(row["id"], row["state"], row["error"]["code"]) for row in result.json] == [
        (task_id, None, "unauthorized") for task_id in "xyx"
    ]
    rows = cli.run(*words, "--csv").csv
    assert [(row["id"], json.loads(row["error"])) for row in rows] == [
        (row["id"], row["error"]) for row in result.json
    ]
    lines = cli.run(*words).out.splitlines()
    assert [line.split()[0] for line in lines] == ["id", *"xyx"]
    assert "unauthorized: JIMENG_TOKEN is not set" in lines[1]


def test_expired_session(cli: CliRunner, ids: list[str]) -> None:
    """An error of the whole account is in every row."""
    cli.site.look_up.mock(return_value=envelope(ret="34010105"))
    result = cli.run("get", "--json", *ids)
    assert result.status == 3
    assert {row["error"]["code"] for row in result.json} == {"unauthorized"}


def test_invalid_setting(cli: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invalid setting is wrong use: one sentence that names it, and a row for each id."""
    monkeypatch.setenv("JIMENG_TIMEOUT", "-1")
    result = cli.run("get", "x", "--json")
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "JIMENG_TIMEOUT" in result.err
    assert [(row["id"], row["error"]["code"]) for row in result.json] == [("x", "invalid_request")]


def test_cost(cli: CliRunner, ids: list[str]) -> None:
    """--cost fills in what completed tasks cost; an error of the ledger is a message."""
    entry = {"submit_id": ids[2], "amount": 30, "create_time": cli.clock.now().timestamp()}
    ledger = cli.site.router.post(path=wire.LEDGER)
    ledger.mock(return_value=envelope({"records": [entry], "has_more": False}))
    rows = cli.run("get", "--cost", "--json", *ids).json
    assert [row["cost"] for row in rows] == [None, None, {"amount": 30, "unit": "credits"}, None]
    assert ledger.call_count == 1
    ledger.mock(return_value=envelope(ret="1015"))
    result = cli.run("get", "--cost", "--json", ids[2])
    assert (result.status, result.json[0]["cost"]) == (0, None)
    assert result.err.startswith(f"{ids[2]}: ")
