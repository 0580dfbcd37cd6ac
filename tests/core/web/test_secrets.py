"""No credential leaks, whatever goes wrong at the site."""

import json
import logging
from typing import Any

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    InvalidRequest,
    JimengError,
    load_settings,
)
from tests.core.web.fake_site import SECRETS, TOKEN, Answer, FakeSite, envelope, in_turn, png
from tests.core.web.secret_tools import LOGGERS, assert_no_secret, logged, shown, text_of
from tests.each import each

pytestmark = pytest.mark.anyio
TWO_PICTURES = FirstLastFrame(prompt="海", first_frame=png(), last_frame=png("navy"))
STEPS = ("get_token", "apply", "upload", "commit", "generate", "look_up")

PROMPT_FAULTS: dict[str, Answer] = {
    "none": httpx.Response(200, json={}),
    "refused connection": httpx.ConnectError("no"),
    "time-out": httpx.ReadTimeout("slow"),
    "reset": httpx.ReadError("reset"),
    "502": httpx.Response(502, text=" ".join(SECRETS)),
    "403": httpx.Response(403, text=" ".join(SECRETS)),
    "html": httpx.Response(200, text=f"<html>{' '.join(SECRETS)}"),
    "half an answer": httpx.Response(200, text=json.dumps({"data": SECRETS})[:-1]),
    "broken text": httpx.Response(200, content=json.dumps({"data": SECRETS}).encode() + b"\xff"),
    "session": envelope(None, "1015"),
    "stale": httpx.Response(
        403, json={"ResponseMetadata": {"Error": {"Code": "InvalidAuthorization"}}}
    ),
}


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Log at the lowest level, of the HTTP libraries too."""
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", PROMPT_FAULTS.values(), ids=PROMPT_FAULTS)
async def test_no_fault_leaks_a_secret(
    jimeng: AsyncJimeng,
    site: FakeSite,
    caplog: pytest.LogCaptureFixture,
    step: str,
    fault: Answer,
) -> None:
    """After any fault at any step, no error, log, repr or URL has a credential."""
    getattr(site, step).mock(side_effect=in_turn(fault))
    error: JimengError | None = None
    try:
        await jimeng.submit_video(TWO_PICTURES)
    except JimengError as caught:
        error = caught
    [found] = await jimeng.get_videos(["4713000000000"])
    for text in (
        text_of(error),
        text_of(found.error),
        repr(found),
        repr(found.row()),
        logged(caplog.records),
        shown(jimeng),
        *[str(request.url) for request in site.requests],
    ):
        assert_no_secret(text)


@each("bad", [{"timeout": TOKEN}, {"token": [TOKEN]}, {"demo_pace": TOKEN}, {"base_url": TOKEN}])
async def test_invalid_settings(bad: dict[str, Any]) -> None:
    """An invalid setting is named, and its value is not quoted."""
    with pytest.raises(InvalidRequest) as caught:
        load_settings(**bad)
    assert_no_secret(text_of(caught.value))


async def test_settings_show_no_secret() -> None:
    """Settings mask their credentials in every form in which they can be printed."""
    settings = load_settings(token=TOKEN, ark_api_key=TOKEN)
    assert_no_secret(f"{settings!r} {settings!s} {settings.model_dump()!r}")
    assert_no_secret(settings.model_dump_json())
