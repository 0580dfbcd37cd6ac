import json
import re
import zlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jimeng_core import AsyncJimeng
from jimeng_core.backends.demo.transport import EXPIRED_SESSION
from jimeng_core.backends.demo.upload_stores import UPLOAD_HOST
from jimeng_core.backends.upstream_clock import UpstreamClock
from jimeng_core.backends.web import signing, wire
from jimeng_core.clock import SystemClock
from jimeng_core.requests import FirstLastFrame
from tests.core.demo.site_client import SiteClient, body_of, open_site
from tests.core.demo_tools import draw_in_no_time, picture
from tests.each import each

pytestmark = pytest.mark.anyio


class MovedClock(SystemClock):
    """A clock that is some seconds ahead."""

    def __init__(self, seconds: float) -> None:
        self.ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        """The wrong time."""
        return super().now() + self.ahead


SEA = FirstLastFrame(prompt="海")


@pytest.fixture
async def caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SiteClient]:
    """A client of a site with the quick renderer."""
    draw_in_no_time(monkeypatch)
    async with open_site(tmp_path / "demo") as caller:
        yield caller


async def test_envelope(caller: SiteClient) -> None:
    """Every answer has the site's envelope."""
    answer = await caller.ask(wire.CREDITS, {})
    assert set(answer) == {"ret", "errmsg", "systime", "logid", "data"}
    assert answer["ret"] == "0"
    assert answer["data"]["credit"]["gift_credit"] == 100


async def test_unknown_path(caller: SiteClient) -> None:
    """An unknown path is a 404."""
    assert (await caller.http.post(f"{wire.SITE}/mweb/v1/nonsense")).status_code == 404


@each(
    ("header", "value"),
    [
        ("Sign", "0" * 32),
        ("Sign", ""),
        ("Device-Time", "1"),
        ("Device-Time", "noon"),
        ("Appvr", "5.8.0"),
    ],
)
async def test_bad_signature(caller: SiteClient, header: str, value: str) -> None:
    """A signature that does not match the headers is refused."""
    answer = await caller.ask(wire.LOOK_UP, {"submit_ids": []}, **{header: value})
    assert answer["ret"] == "1014"


@each("session", [None, "", EXPIRED_SESSION])
@each("path", [wire.GENERATE, wire.LOOK_UP, wire.UPLOAD_TOKEN, wire.CREDITS])
async def test_no_session(caller: SiteClient, session: str | None, path: str) -> None:
    """Every endpoint refuses a missing or expired session."""
    assert (await caller.ask(path, {}, session))["ret"] == "1015"


async def test_upload(caller: SiteClient) -> None:
    """An upload in all steps returns the URI and the size of the picture."""
    place = await caller.apply()
    uri = place["StoreInfos"][0]["StoreUri"]
    assert re.fullmatch(r"tos-cn-i-tb4s082cfz/[0-9a-f]{32}", uri)
    await caller.put(place, picture(width=640, height=360))
    answer = await caller.imagex("CommitImageUpload", {"SessionKey": place["SessionKey"]})
    assert answer.json()["Result"] == {
        "Results": [{"Uri": uri, "UriStatus": 2000}],
        "PluginResult": [
            {"ImageUri": uri, "ImageWidth": 640, "ImageHeight": 360, "ImageFormat": "png"}
        ],
    }


async def test_check_of_references(caller: SiteClient) -> None:
    """The check of references accepts what was uploaded, and refuses to judge anything else."""
    uri = (await caller.uploaded()).uri
    body = {"scene": 2, "model_key": "dreamina_seedance_40"}
    answer = await caller.ask(
        wire.AUDIT, {**body, "material_list": [{"uri": uri, "material_type": 1}]}
    )
    assert (answer["ret"], answer["data"]) == ("0", {"result_list": [{"audit_decision": 1}]})
    materials: list[list[object]] = [[], [{"vid": "v0unknown", "material_type": 2}], ["x"]]
    for unknown in materials:
        answer = await caller.ask(wire.AUDIT, {**body, "material_list": unknown})
        assert answer["ret"] == "1000"


async def test_apply_for_several(caller: SiteClient) -> None:
    """One apply returns the requested number of upload URIs, each with its own key."""
    place = await caller.apply(9)
    assert len({info["StoreUri"] for info in place["StoreInfos"]}) == 9
    assert len({info["Auth"] for info in place["StoreInfos"]}) == 9


async def test_same_bytes_have_new_uri(caller: SiteClient) -> None:
    """Each upload has a new URI, also of the same bytes (protocol 11)."""
    assert (await caller.uploaded("red")).uri != (await caller.uploaded("red")).uri


@each(
    ("headers", "status"),
    [
        ({"Cookie": "sessionid=demo"}, 400),
        ({"Authorization": "SpaceKey/x"}, 403),
        ({"Authorization": ""}, 403),
        ({"Content-CRC32": "00000000"}, 400),
        ({"Content-CRC32": "words"}, 400),
        ({"Content-CRC32": ""}, 400),
    ],
)
async def test_refused_upload(caller: SiteClient, headers: dict[str, str], status: int) -> None:
    """The upload host refuses a session token, a wrong key and a wrong checksum."""
    place = await caller.apply()
    answer = await caller.put(place, picture(), **headers)
    assert answer.status_code == status
    assert answer.json()["code"] != 2000
    assert caller.site.store.uris() == set()


async def test_checksum_without_padding(caller: SiteClient) -> None:
    """Both formats of the checksum that clients use are accepted (protocol 11)."""
    data = next(d for n in range(300, 400) if zlib.crc32(d := picture(width=n)) < 2**28)
    headers = {"Content-CRC32": f"{zlib.crc32(data):X}"}
    assert (await caller.put(await caller.apply(), data, **headers)).is_success


async def test_commit_without_upload(caller: SiteClient) -> None:
    """A picture that was not uploaded cannot be committed."""
    place = await caller.apply()
    answer = await caller.imagex("CommitImageUpload", {"SessionKey": place["SessionKey"]})
    assert answer.status_code == 400
    assert answer.json()["ResponseMetadata"]["Error"]["Code"] == "NotUploaded"


@each(
    "key", ["", ".", "x", "海", "\ud800", "../../etc/passwd", "a" * 10**6, 5, None, ["a"], {"a": 1}]
)
async def test_garbage_session_key(caller: SiteClient, key: object) -> None:
    """A SessionKey that the store did not issue is refused."""
    answer = await caller.imagex("CommitImageUpload", {"SessionKey": key})
    assert answer.status_code == 400
    assert answer.json()["ResponseMetadata"]["Error"]["Code"] == "InvalidSessionKey"


async def test_changed_session_key(caller: SiteClient) -> None:
    """A SessionKey is valid only for the pictures that it was issued for."""
    keys = [(await caller.apply())["SessionKey"] for _ in range(2)]
    names, proofs = zip(*(key.rsplit(".", 1) for key in keys), strict=True)
    for key in (f"{names[0]}.{proofs[1]}", f"..{proofs[0]}", f"{'.'.join(names)}.{proofs[0]}"):
        answer = await caller.imagex("CommitImageUpload", {"SessionKey": key})
        assert answer.json()["ResponseMetadata"]["Error"]["Code"] == "InvalidSessionKey"


async def test_no_picture(caller: SiteClient) -> None:
    """Bytes that are not a picture can be uploaded, but not committed."""
    place = await caller.apply()
    assert (await caller.put(place, b"no picture")).is_success
    answer = await caller.imagex("CommitImageUpload", {"SessionKey": place["SessionKey"]})
    assert answer.status_code == 400
    assert answer.json()["ResponseMetadata"]["Error"]["Code"] == "NoPicture"


@each(
    ("query", "code"),
    [
        ({"ServiceId": "other"}, "InvalidServiceId"),
        ({"Action": "Nonsense"}, "InvalidAction"),
        ({"Action": "CommitImageUpload"}, "InvalidAction"),  # with GET
    ],
)
async def test_wrong_imagex_call(caller: SiteClient, query: dict[str, str], code: str) -> None:
    """An unknown service, an unknown action and a wrong method are refused."""
    answer = await caller.imagex("ApplyImageUpload", **query)
    assert answer.json()["ResponseMetadata"]["Error"]["Code"] == code


async def test_unsigned_imagex_call(caller: SiteClient) -> None:
    """The picture store requires a signature with an upload token."""
    query = {"Action": "ApplyImageUpload", "ServiceId": wire.SERVICE_ID}
    answer = await caller.http.get(wire.IMAGEX, params=query)
    assert answer.status_code == 403
    assert answer.json()["ResponseMetadata"]["Error"]["Code"] == "SignatureDoesNotMatch"


@each(("minutes", "status"), [(14, 200), (-14, 200), (16, 403), (-16, 403)])
async def test_date_of_a_signature(caller: SiteClient, minutes: int, status: int) -> None:
    """A signature may be dated a quarter of an hour from the store's time, and no further."""
    caller.clock = UpstreamClock(MovedClock(minutes * 60))
    answer = await caller.imagex("ApplyImageUpload")
    assert answer.status_code == status


@each("hours", [8, -8])
async def test_upload_with_a_wrong_clock(caller: SiteClient, hours: int) -> None:
    """Pictures are uploaded from a machine whose clock is hours ahead, or behind."""
    clock = MovedClock(hours * 3600)
    async with AsyncJimeng("web", "a" * 32, transport=caller.transport, clock=clock) as jimeng:
        task = await jimeng.submit_video(FirstLastFrame(prompt="海", first_frame=picture()))
    record = await caller.record(task.id, "a" * 32)
    assert record
    assert record["task"]


async def test_token_of_another_site(caller: SiteClient, tmp_path: Path) -> None:
    """An upload key of one site is not valid for another."""
    async with open_site(tmp_path / "other") as other:
        place = await other.apply()
        assert (await caller.put(place, picture())).status_code == 403


@each("field", ["prompt", "draft", "metrics", "key"])
async def test_lone_surrogate(caller: SiteClient, field: str) -> None:
    """A submission with half of a surrogate pair is refused, or its task can be looked up."""
    body = body_of(SEA)
    match field:
        case "prompt":
            body["draft_content"] = body["draft_content"].replace("海", "\\ud800")
        case "draft":
            body["draft_content"] = body["draft_content"].replace("海", "\ud800")
        case "metrics":
            body["metrics_extra"] = "\ud800"
        case "key":
            body["\ud800"] = "\ud800"
    answer = await caller.ask(wire.GENERATE, body)
    found = await caller.record(body["submit_id"])
    assert (answer["ret"] == "0") is (found is not None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TOKENS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
HEADERS = st.dictionaries(
    st.sampled_from(
        ("Cookie", "Sign", "Device-Time", "Appvr", "Authorization", "Content-CRC32", "Content-Type")
    ),
    TOKENS.map(str.strip),
)
URLS = st.builds(
    "https://{}{}{}".format,
    st.sampled_from(["jimeng.jianying.com", "imagex.bytedanceapi.com", UPLOAD_HOST, "x"]),
    st.sampled_from([wire.GENERATE, wire.LOOK_UP, wire.UPLOAD_TOKEN, wire.CREDITS, "/", ""])
    | st.text(max_size=20).map(lambda text: "/upload/v1/" + text.encode().hex())
    | st.sampled_from(["/upload/v1/", "/upload/v1/%ff", "/upload/v1/..%2f..%2fx", "/%00"]),
    st.sampled_from(["", "?", "?Action=", "?Action=ApplyImageUpload", "?Action=CommitImageUpload"])
    | st.just(f"?Action=ApplyImageUpload&ServiceId={wire.SERVICE_ID}&UploadNum=-1"),
)
BODIES = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())


def signed(url: str, headers: dict[str, str]) -> dict[str, str]:
    """Valid headers, with some replaced."""
    path = httpx.URL(url).path
    cookie = {"Cookie": signing.cookie("demo", "7")} if "/mweb/" in url else {}
    return {**signing.headers(path, 1), **cookie, **headers}


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
    url=URLS,
    headers=HEADERS,
    body=BODIES,
    well_signed=st.booleans(),
)
@settings(max_examples=80)
def test_anything_is_answered(tmp_path_factory: pytest.TempPathFactory, **request: Any) -> None:
    """Any request is answered with JSON, and never an exception."""
    anyio.run(_answer, tmp_path_factory.getbasetemp() / "anything", request)


async def _answer(folder: Path, request: dict[str, Any]) -> None:
    headers = request["headers"]
    if request["well_signed"]:
        headers = signed(request["url"], headers)
    async with open_site(folder) as caller:
        answer = await caller.http.request(
            request["method"], request["url"], headers=headers, content=request["body"]
        )
    assert isinstance(answer.json(), dict)
    assert answer.status_code < 500


BODY = st.fixed_dictionaries(
    {},
    optional={
        "submit_id": JSON | st.uuids().map(str),
        "draft_content": JSON | JSON.map(json.dumps),
        "metrics_extra": JSON,
        "submit_ids": JSON | st.lists(JSON | st.uuids().map(str), max_size=5),
        "history_ids": JSON | st.lists(JSON, max_size=5),
    },
)


@given(BODY, st.sampled_from([wire.GENERATE, wire.LOOK_UP]))
@settings(max_examples=60)
def test_any_body_is_answered(
    tmp_path_factory: pytest.TempPathFactory, body: dict[str, Any], path: str
) -> None:
    """A submission or a look-up with any body is answered in the site's envelope."""
    anyio.run(_envelope, tmp_path_factory.getbasetemp() / "bodies", body, path)


async def _envelope(folder: Path, body: dict[str, Any], path: str) -> None:
    async with open_site(folder) as caller:
        headers = {**signed(path, {}), "Cookie": signing.cookie("demo", "7")}
        answer = await caller.http.post(
            wire.SITE + path, content=json.dumps(body).encode(), headers=headers
        )
    assert "ret" in answer.json()
