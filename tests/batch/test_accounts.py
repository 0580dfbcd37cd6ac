"""Accounts and settings of batches: where secrets are, and what does not fit."""

from functools import partial
from pathlib import Path
from typing import Any

import keyring
import pytest
import sqlalchemy as sa
from keyring.errors import NoKeyringError
from pydantic import SecretStr

from jimeng_app.batch import store
from jimeng_app.batch.database import ACCOUNTS, Database
from jimeng_app.batch.settings import Account, BatchSettings, load_accounts
from jimeng_app.batch.webhooks import signed
from jimeng_app.batch.worker import BatchWorker
from jimeng_core import BackendName, InvalidRequest, Unauthorized
from tests.batch.postgres import running_postgres
from tests.batch.receiver import SECRET

TOKEN = "0123456789abcdef0123456789abcdef"


def settings(folder: Path, **values: Any) -> BatchSettings:
    """Settings of a data folder."""
    return BatchSettings.load(**{"data_dir": folder, **values})


def test_accounts_name_their_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret comes from a variable or from the keyring, and is not part of the account."""
    (tmp_path / "accounts.toml").write_text(
        '[studio]\nbackend = "web"\nsecret = "env:STUDIO"\nrunning = 3\n'
        '[official]\nbackend = "ark"\nsecret = "keyring:ark"\nper_minute = 9\n',
        "utf-8-sig",
    )
    monkeypatch.setenv("STUDIO", f"sessionid={TOKEN}")
    monkeypatch.setattr(keyring, "get_password", lambda service, name: f"{service}/{name}")
    found = settings(tmp_path)
    accounts = load_accounts(found)

    assert set(accounts) == {"default", *BackendName, "studio", "official"}
    assert (accounts["studio"].running, accounts["official"].per_minute) == (3, 9)
    studio = accounts["studio"].settings(found)
    assert (studio.backend, studio.token.get_secret_value()) == (BackendName.WEB, TOKEN)
    official = accounts["official"].settings(found)
    assert official.ark_api_key.get_secret_value() == "jimeng-studio/ark"
    assert TOKEN not in repr(accounts)
    assert accounts["demo"].settings(found).backend is BackendName.DEMO


def test_a_missing_secret_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its secret an account cannot be used; a keyring that does not work is named."""
    found = settings(tmp_path)
    for secret in ("env:NOWHERE", ""):
        with pytest.raises(Unauthorized):
            Account(name="a", backend=BackendName.WEB, secret=secret).settings(found)

    def no_keyring(*_: str) -> str:
        raise NoKeyringError

    monkeypatch.setattr(keyring, "get_password", no_keyring)
    with pytest.raises(InvalidRequest, match="keyring"):
        Account(name="a", backend=BackendName.WEB, secret="keyring:a").settings(found)


@pytest.mark.parametrize(
    "text",
    ["[a]\n", "a = 1\n", "[a]\nbackend = 'web'\nrunning = 0\n", "[a\n", "[a]\nbackend='x'\n"],
)
def test_accounts_that_do_not_fit(tmp_path: Path, text: str) -> None:
    """A settings file that does not fit is one sentence that names the place."""
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidRequest, match=r"mine\.toml"):
        load_accounts(settings(tmp_path, accounts_file=path))


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    """JIMENG_ACCOUNTS names a file that is there."""
    with pytest.raises(InvalidRequest, match=r"gone\.toml"):
        load_accounts(settings(tmp_path, accounts_file=tmp_path / "gone.toml"))


def test_settings_that_do_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that does not fit is named."""
    monkeypatch.setenv("JIMENG_LOG", "xml")
    with pytest.raises(InvalidRequest, match="JIMENG_LOG"):
        settings(tmp_path)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d?client_encoding=utf8"),
        ("postgresql://u@h/d?a=1", "postgresql+psycopg://u@h/d?a=1&client_encoding=utf8"),
        ("postgresql://h/d?client_encoding=x", "postgresql+psycopg://h/d?client_encoding=x"),
        ("sqlite:////x/y.sqlite3", "sqlite:////x/y.sqlite3"),
    ],
)
def test_addresses_of_databases(tmp_path: Path, url: str, expected: str) -> None:
    """Both names of Postgres, and SQLite's, are taken."""
    assert settings(tmp_path, database_url=url).database() == expected


def test_a_worker_without_its_database(tmp_path: Path) -> None:
    """A worker that cannot reach its database does not start, and says so."""
    worker = BatchWorker(settings(tmp_path, database_url="postgresql://u:secret@127.0.0.1:9/d"))
    with pytest.raises(InvalidRequest, match="DATABASE_URL") as raised:
        worker.start()
    assert "secret" not in str(raised.value)


def test_webhooks_need_a_secret() -> None:
    """Without a secret, or with a malformed one, no webhook can be signed."""
    for secret in (None, SecretStr("whsec_"), SecretStr("whsec_x")):
        with pytest.raises(InvalidRequest, match="JIMENG_WEBHOOK_SECRET"):
            signed(secret, "msg_1", "{}")
    assert signed(SecretStr(SECRET), "msg_1", "{}")["webhook-id"] == "msg_1"


def test_two_processes_store_the_same_account(tmp_path: Path) -> None:
    """Two workers that start at once on a new database both start, whichever stores first."""
    with running_postgres() as postgres:
        one, other = Database(postgres.url()), Database(postgres.url())
        one.create()
        accounts = load_accounts(settings(tmp_path))
        tries: list[set[str]] = []

        def save(c: sa.Connection) -> None:
            tries.append({row["name"] for row in store.accounts_now(c)})
            if len(tries) == 1:  # the other one is between this look and this insertion
                other.run(partial(store.save_accounts, accounts=accounts))
                c.execute(sa.insert(ACCOUNTS).values(name="default", running=1, per_minute=1))
            store.save_accounts(c, accounts)

        one.run(save)
        one.close()
        other.close()
    assert tries == [set(), set(accounts)]
