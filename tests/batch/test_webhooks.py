"""Webhooks: one for each row and one for the batch, signed, repeated, listed when given up."""

from pathlib import Path

import anyio
import pytest

from jimeng_app.batch import webhook_store, webhooks
from jimeng_app.batch.submission import check_callback
from jimeng_core import InvalidRequest
from jimeng_core.pictures.public_network import PrivateAddress
from tests.batch.batch_worker import Batches, until
from tests.batch.conftest import Upstream
from tests.batch.receiver import SECRET, receiving

TABLE = "prompt,duration\nA cat.,4\nA dog.,4\n"


@pytest.fixture
def hooked(batches: Batches) -> Batches:
    """Batches that sign webhooks, and may post to this machine."""
    return Batches(batches.folder, webhook_secret=SECRET, allow_private_urls=True)


def test_each_row_and_the_batch_are_told(hooked: Batches, upstream: Upstream) -> None:
    """A signed webhook for each row that ends, and one at the end; refused ones come again."""
    upstream.answers.append("3018")
    with receiving() as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhooks, "PAUSES", (0.01, 0.01, 0.01))
        receiver.refuse = 2
        hooked.submit(TABLE, callback_url=receiver.url)
        with hooked.running():
            hooked.wait()
            until(lambda: len(receiver.events) == 3)

    [failed] = receiver.of_type("task.failed")
    [completed] = receiver.of_type("task.completed")
    [ended] = receiver.of_type("batch.ended")
    assert failed["error"]["code"] == "permission_denied"
    assert completed["files"][0]["kind"] == "video"
    assert ended["rows"] == {"completed": 1, "failed": 1}
    assert receiver.posts.total() == 5


def test_what_cannot_be_delivered_is_listed(hooked: Batches) -> None:
    """After the last attempt a webhook stands in a list, and is delivered when it is replayed."""
    with receiving() as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhooks, "PAUSES", (0.01,))
        receiver.refuse = 4
        hooked.submit("prompt,duration\nA cat.,4\n", callback_url=receiver.url)
        with hooked.running():
            hooked.wait()
            until(lambda: len(hooked.change(webhook_store.dead_webhooks)) == 2)
            dead = hooked.change(webhook_store.dead_webhooks)
            assert {row["error"] for row in dead} == {"status 503"}
            assert hooked.change(webhook_store.replay_webhooks) == 2
            until(lambda: len(receiver.events) == 2)

    assert hooked.change(webhook_store.dead_webhooks) == []


def test_private_addresses_are_refused(batches: Batches) -> None:
    """A webhook is posted to public addresses only."""
    with receiving() as receiver, pytest.raises(PrivateAddress):
        anyio.run(post_to, receiver.url)


async def post_to(url: str) -> int:
    """Post to an address that must be public."""
    return await webhooks.post(url, "{}", {}, allow_private=False)


@pytest.mark.parametrize("url", ["ftp://example.com", "example.com", "http://", "https:///x"])
def test_addresses_that_are_none(batches: Batches, url: str) -> None:
    """A callback is an http(s) URL with a host, and there is a secret to sign with."""
    with pytest.raises(InvalidRequest):
        check_callback(url, Batches(Path(), webhook_secret=SECRET).settings)
    with pytest.raises(InvalidRequest, match="JIMENG_WEBHOOK_SECRET"):
        check_callback("https://example.com/hook", batches.settings)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:9", "[::1]", "192.168.1.2", "localhost", "a.localhost"]
)
def test_addresses_that_are_private(hooked: Batches, host: str) -> None:
    """An address that is known to be private is refused at once, unless the settings allow it."""
    check_callback(f"http://{host}/hook", hooked.settings)
    strict = Batches(hooked.folder, webhook_secret=SECRET)
    check_callback("https://8.8.8.8/hook", strict.settings)
    with pytest.raises(InvalidRequest, match="JIMENG_ALLOW_PRIVATE_URLS"):
        check_callback(f"http://{host}/hook", strict.settings)
