"""`jimeng batch`: from a table to a folder of films, and what else can be done with a batch."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jimeng_app.batch import webhook_store
from jimeng_app.cli import batch as batch_commands
from jimeng_app.cli import batch_submit
from jimeng_app.cli.commands import build_app
from jimeng_app.cli.session import Environment
from jimeng_app.stop_signal import StopSignal
from tests.batch.batch_worker import Batches, FastClock
from tests.batch.conftest import Upstream

TABLE = "prompt,duration\nA cat.,4\nA dog.,4\n"


class Commands:
    """Runs commands on the demo in the test's process."""

    def __init__(self) -> None:
        self.err = ""

    def run(self, *words: str, status: int = 0) -> str:
        """Standard output of a command, which ends with a status."""
        result = CliRunner().invoke(build_app(), words, obj=Environment(FastClock()))
        assert result.exit_code == status, (result.output, result.exception)
        self.err = result.stderr
        return result.stdout


@pytest.fixture
def commands(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Commands on the database of `batches`."""
    monkeypatch.setenv("JIMENG_DATA_DIR", str(batches.folder))
    monkeypatch.setenv("JIMENG_DEMO_PACE", "0")
    monkeypatch.setenv("LANG", "en")
    return Commands()


@pytest.fixture
def table(tmp_path: Path) -> str:
    """A table of two rows."""
    path = tmp_path / "clips.csv"
    path.write_text(TABLE, "utf-8")
    return str(path)


def test_one_command_from_a_table_to_films(
    commands: Commands, table: str, upstream: Upstream
) -> None:
    """`submit` runs a worker until all rows have ended; the same again submits nothing."""
    [batch_id, folder] = commands.run("batch", "submit", table).splitlines()
    assert sorted(path.suffix for path in Path(folder).iterdir() if path.name[0] == "0") == [
        *(".jpg", ".jpg", ".mp4", ".mp4")
    ]
    assert "2 completed of 2" in commands.err
    assert commands.run("batch", "submit", table).splitlines() == [batch_id, folder]
    assert list(upstream.accepted.values()) == [1, 1]


def test_a_failed_row_is_the_status(commands: Commands, table: str, upstream: Upstream) -> None:
    """`submit` ends with status 1 when a row has failed; `export` says which and why."""
    upstream.answers.append("3018")
    commands.run("batch", "submit", table, status=1)
    rows = json.loads(commands.run("batch", "export", "clips", "--json"))
    assert sorted(str(row["error_code"]) for row in rows) == ["None", "permission_denied"]
    assert commands.run("batch", "export", "clips").startswith("\ufeffrow,name,task_id,")
    assert commands.run("batch", "retry-failed", "clips") == "1 rows to try again\n"


def test_bad_rows_are_named(commands: Commands, tmp_path: Path) -> None:
    """A table with bad rows is refused, each bad cell named; `--skip-bad` sends the others."""
    path = tmp_path / "clips.csv"
    path.write_text("prompt,duration,first frame\nA cat.,99,\nA dog.,4,no.png\nA bird.,4,\n")
    commands.run("batch", "submit", str(path), status=2)
    assert "row 1, duration: " in commands.err
    assert "row 2, first frame: " in commands.err
    assert commands.run("batch", "status") == ""
    commands.run("batch", "submit", str(path), "--skip-bad", "--detach")
    assert "1 waiting of 1" in commands.run("batch", "status")


def test_a_dry_run_stores_nothing(commands: Commands, table: str) -> None:
    """`--dry-run` prints the rows and their price."""
    assert commands.run("batch", "submit", table, "--dry-run").startswith("2 rows, ")
    assert commands.run("batch", "status", "--json") == "[]\n"


def test_the_most_that_a_table_may_cost(
    commands: Commands, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table whose price exceeds `--max-cost`, or is not known, is refused before it is stored."""
    commands.run("batch", "submit", table, "--max-cost", "0", "--dry-run")  # the demo is free
    monkeypatch.setenv("JIMENG_TOKEN", "a" * 32)
    commands.run("batch", "submit", table, "--max-cost", "0", "--detach", status=2)
    assert "--max-cost" in commands.err
    assert commands.run("batch", "status", "--json") == "[]\n"


def test_batches_are_paused_and_cancelled(commands: Commands, table: str) -> None:
    """`pause`, `resume` and `cancel` by name or id; an account by `--account`."""
    batch_id = commands.run("batch", "submit", table, "--detach").strip()
    commands.run("batch", "pause", "clips")
    assert commands.run("batch", "status", batch_id) == f"{batch_id}: paused: 2 waiting of 2\n"
    commands.run("batch", "resume", batch_id[:7])
    commands.run("batch", "pause", "--account", "default")
    assert "account default: paused" in commands.run("batch", "status")
    assert "jimeng batch resume --account default" in commands.err
    commands.run("batch", "resume", "--account", "default")
    assert commands.run("batch", "cancel", "clips") == "2 rows cancelled\n"
    assert commands.run("batch", "status") == f"{batch_id}: 2 cancelled of 2\n"


def test_limits_change_while_workers_run(commands: Commands) -> None:
    """`limits` changes an account's limits, and prints those of all."""
    commands.run("batch", "limits", "--running", "3")
    shown = commands.run("batch", "limits", "default", "--per-minute", "7")
    assert "default  running 3  per minute 7\n" in shown


@pytest.mark.parametrize(
    "words",
    [
        ("batch", "pause"),
        ("batch", "pause", "x", "--account", "default"),
        ("batch", "pause", "--account", "nobody"),
        ("batch", "status", "nothing"),
        ("batch", "submit", "no-such-file.csv"),
        ("batch", "limits", "nobody", "--running", "1"),
    ],
)
def test_wrong_use(commands: Commands, words: tuple[str, ...]) -> None:
    """What does not exist is status 2 and a sentence."""
    commands.run(*words, status=2)
    assert commands.err


def test_two_workers_on_one_file(
    commands: Commands, batches: Batches, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second worker on one SQLite file is refused; a submitting command waits for the first."""
    with batches.running():
        commands.run("worker", status=2)
        assert "DATABASE_URL=postgresql://" in commands.err
        commands.run("batch", "submit", table, "-o", str(batches.out))
        assert "Another process runs the batches" in commands.err
    assert len(list(batches.out.glob("*.mp4"))) == 2


def test_a_database_that_cannot_be_used(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong DATABASE_URL is one sentence, without its password."""
    for url in ("mysql://u:secret@h/db", "postgresql://u:secret@127.0.0.1:9/db"):
        monkeypatch.setenv("DATABASE_URL", url)
        commands.run("batch", "status", status=2)
        assert "DATABASE_URL" in commands.err
        assert "secret" not in commands.err


def test_webhooks_that_were_given_up(commands: Commands, batches: Batches) -> None:
    """`webhooks` lists them with their reasons, and `--replay` delivers them again."""
    batches.submit(TABLE)
    address = "https://a.example/"
    webhook_id = batches.change(webhook_store.add_webhook, url=address, event="e", data={})
    values = {"state": "dead", "error": "status 500"}
    batches.change(webhook_store.change_webhook, webhook_id=webhook_id, **values)
    expected = f"{webhook_id}  {address}  status 500\n"
    assert commands.run("batch", "webhooks") == expected
    assert commands.run("batch", "webhooks", "--replay") == "1 webhooks to deliver again\n"
    assert commands.run("batch", "webhooks") == ""
    assert commands.run("batch", "webhooks", webhook_id, "--replay").startswith("1 ")


@pytest.mark.usefixtures("signal_handlers")
def test_a_worker_runs_until_it_is_stopped(
    commands: Commands, batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`worker` says what it works on, and ends with SIGTERM."""
    wait = StopSignal.wait

    def stopped(stop: StopSignal) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        wait(stop)

    monkeypatch.setenv("JIMENG_LOG", "json")
    monkeypatch.setattr(batch_commands, "log_as_json", lambda: None)
    monkeypatch.setattr(StopSignal, "wait", stopped)
    commands.run("worker", "--name", "mine")
    assert "Worker mine runs the batches in" in commands.err


def test_ctrl_c_while_a_batch_runs(
    commands: Commands, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C stops the worker, and says how to continue."""

    def interrupted(_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch_submit, "summary_of", interrupted)
    result = CliRunner().invoke(
        build_app(), ["batch", "submit", table], obj=Environment(FastClock())
    )
    assert result.exit_code
    assert "The same command continues" in result.stderr


def test_without_the_extra(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the packages of batches a command says what to install."""
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    monkeypatch.delitem(sys.modules, "jimeng_app.batch.database")
    monkeypatch.delitem(sys.modules, "jimeng_app.batch.store")
    commands.run("batch", "status", status=2)
    assert "jimeng-studio[batch]" in commands.err
