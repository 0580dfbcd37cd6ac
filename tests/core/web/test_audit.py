"""The page's check of references, before a submission (protocol 7.5)."""

from typing import Any

import anyio
import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    ContentRefused,
    FirstLastFrame,
    ImageRejected,
    JimengError,
    SubjectReference,
)
from jimeng_core.backends.web import audit
from tests.core.web.fake_site import Answer, FakeSite, envelope, in_turn, png, sent_json
from tests.core.web.test_clip_uploads import AUDIO, PICTURE, VIDEO, prepared

pytestmark = pytest.mark.anyio


def results(*found: Any) -> httpx.Response:
    """A response to a check."""
    return envelope({"result_list": [*found]})


OK = {"audit_decision": 1}
NOT_OK = {"audit_decision": 2, "reason_detail": "可能包含低俗内容"}


async def test_what_is_asked(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """All files of a subject reference are checked at once, after their upload."""
    await jimeng.submit(prepared())
    [call] = site.audit.calls
    assert sent_json(call.request) == {
        "scene": 2,
        "model_key": "dreamina_seedance_40",
        "material_list": [
            {"uri": "tos-cn-i-tb4s082cfz/1-0", "material_type": 1},
            {"vid": "v02", "material_type": 2},
            {"vid": "v03", "material_type": 3},
        ],
    }
    paths = [request.url.path for request in site.requests]
    assert paths[-2:] == ["/mweb/v1/execute_generate_audit", "/mweb/v1/aigc_draft/generate"]


async def test_only_with_clips(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Pictures alone are not checked, nor are files that were accepted before."""
    await jimeng.submit(FirstLastFrame(prompt="海", first_frame=png()))
    await jimeng.submit(SubjectReference(prompt="海", images=[png("navy")]))
    assert not site.audit.called
    await jimeng.submit(prepared(PICTURE, VIDEO, prompt="海"))
    await jimeng.submit(prepared(VIDEO, PICTURE, prompt="海"))
    await jimeng.submit(prepared(PICTURE, AUDIO, prompt="海"))
    sent = [sent_json(call.request)["material_list"] for call in site.audit.calls]
    assert [[each.get("vid") for each in materials] for materials in sent] == [
        [None, "v03"],
        ["v04"],
    ]
    await jimeng.submit(prepared(VIDEO, prompt="海", model="seedance-2.0"))
    assert site.audit.call_count == 3  # another model has rules of its own


@pytest.mark.parametrize(
    ("answers", "error", "named"),
    [
        ((NOT_OK, OK, OK), ImageRejected, "images[0]"),
        ((OK, {"audit_decision": "2"}, NOT_OK), ContentRefused, "videos[0], audios[0]"),
        ((NOT_OK, NOT_OK, OK), ContentRefused, "images[0], videos[0]"),
    ],
)
async def test_refused_files(
    jimeng: AsyncJimeng,
    site: FakeSite,
    answers: tuple[object, ...],
    error: type[JimengError],
    named: str,
) -> None:
    """Refused files are named with the site's reason, and nothing is submitted."""
    site.audit.mock(return_value=results(*answers))
    with pytest.raises(error) as caught:
        await jimeng.submit(prepared())
    assert f"refused {named} before anything was submitted" in caught.value.message
    assert named in caught.value.message_zh
    assert caught.value.upstream_code == "可能包含低俗内容"
    assert not site.generate.called


async def test_refused_without_a_reason(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Without a reason, the code is the decision; a refused file is checked again."""
    site.audit.mock(side_effect=in_turn(results({"audit_decision": 2}), results(OK)))
    with pytest.raises(ContentRefused) as caught:
        await jimeng.submit(prepared(VIDEO, prompt="海"))
    assert caught.value.upstream_code == "audit_decision 2"
    await jimeng.submit(prepared(VIDEO, prompt="海"))
    assert site.audit.call_count == 2
    assert site.generate.call_count == 1


@pytest.mark.parametrize(
    "answer",
    [
        results({"audit_decision": 0}, {"audit_decision": 3}, {}),
        results(None, "x", []),
        results(NOT_OK),
        results(),
        envelope(None),
        envelope({"result_list": "x"}),
        envelope(None, "1000"),
        envelope(None, "1019"),
        httpx.Response(404),
        httpx.Response(200, text="no JSON"),
        httpx.ConnectError("c"),
        httpx.ReadTimeout("t"),
    ],
)
async def test_a_check_that_says_nothing(
    jimeng: AsyncJimeng, site: FakeSite, answer: Answer
) -> None:
    """What the check cannot say does not stop the submission; it is asked once."""
    site.audit.mock(side_effect=in_turn(answer))
    await jimeng.submit(prepared())
    assert site.audit.call_count == site.generate.call_count == 1


async def test_a_check_that_hangs(
    jimeng: AsyncJimeng, site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check has little time of its own."""

    async def hang(_: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(audit, "SECONDS", 0.01)
    site.audit.mock(side_effect=hang)
    await jimeng.submit(prepared())
    assert site.generate.called
