"""A fake site: every endpoint of the protocol under respx, without a network."""

import io
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import anyio.lowlevel
import httpx
import respx
from PIL import Image

from jimeng_core.clock import Clock

TOKEN = "0123456789abcdef-session-of-a-test"
ACCESS_KEY = "AKTPexampleaccesskey"
SECRET_KEY = "example/secret+key=="
STS_TOKEN = "STS2eyJleGFtcGxlLXNlY3VyaXR5LXRva2VuIn0="
UPLOAD_AUTH = "SpaceKey/tb4s082cfz/0/:version:v2:example-signature"
SESSION_KEY = "example-session-key-of-the-upload"
SECRETS = (TOKEN, ACCESS_KEY, SECRET_KEY, STS_TOKEN, UPLOAD_AUTH, SESSION_KEY)

SITE_HOST = "jimeng.jianying.com"
IMAGEX_HOST = "imagex.bytedanceapi.com"
VOD_HOST = "vod.bytedanceapi.com"
UPLOAD_HOST = "tos-lf-x.snssdk.example"

Json = dict[str, Any]
Answer = httpx.Response | Exception | type[Exception]
Reply = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


class FakeClock:
    """Time that passes only during sleeps."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        """A fixed start plus the seconds that were slept."""
        return datetime(2026, 9, 1, 12, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        """The same seconds."""
        return 1000 + self.passed

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.sleeps.append(seconds)
        self.passed += seconds
        await anyio.lowlevel.checkpoint()


class WrongClock(FakeClock):
    """A clock that is ahead of another, or behind."""

    def __init__(self, clock: FakeClock, error: timedelta) -> None:
        super().__init__()
        self.right = clock
        self.error = error

    def now(self) -> datetime:
        """The wrong time."""
        return self.right.now() + self.error

    def monotonic(self) -> float:
        """The right seconds."""
        return self.right.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Both clocks go on."""
        await self.right.sleep(seconds)


@cache
def png(color: str = "teal", side: int = 300) -> bytes:
    """A picture of one colour; each colour is another content."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), color).save(out, "PNG")
    return out.getvalue()


def envelope(data: object = None, ret: object = "0", **more: object) -> httpx.Response:
    """A response of the site (protocol 5)."""
    return httpx.Response(200, json={"ret": ret, "errmsg": "", "data": data} | more)


def in_turn(*answers: Answer | Callable[[httpx.Request], httpx.Response]) -> Reply:
    """Return these responses one after the other, and the last one from then on."""
    left = list(answers)

    def reply(request: httpx.Request) -> httpx.Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, httpx.Response):
            return answer
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, type):
            raise answer("lost")
        return answer(request)

    return reply


def sent_json(request: httpx.Request) -> Json:
    """The body of a request to the site."""
    body = json.loads(request.content)
    assert isinstance(body, dict)
    return body


def wanted_ids(request: httpx.Request) -> list[str]:
    """The ids of both kinds in a look-up."""
    body = sent_json(request)
    return [*body.get("submit_ids", []), *body.get("history_ids", [])]


class FakeSite:
    """The site, its stores ImageX and VOD, and an upload host, at their own addresses.

    Attributes:
        clock: The site's clock.
        records: The records that look-ups find, by id.
        token: The `data` of the response to get_upload_token.
    """

    def __init__(
        self,
        clock: Clock,
        site: str = SITE_HOST,
        imagex: str = IMAGEX_HOST,
        vod: str = VOD_HOST,
    ) -> None:
        self.clock = clock
        self._stored: dict[str, list[str]] = {}
        self._count = 0
        self.records: dict[str, object] = {}
        self.token: Json = {
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
            "session_token": STS_TOKEN,
            "space_name": "tb4s082cfz",
            "region": "cn",
        }
        self.token_seconds = 3600
        self.upload_host = UPLOAD_HOST
        self.router = router = respx.MockRouter(assert_all_called=False)
        self.get_token = router.post(host=site, path="/mweb/v1/get_upload_token")
        self.generate = router.post(host=site, path="/mweb/v1/aigc_draft/generate")
        self.audit = router.post(host=site, path="/mweb/v1/execute_generate_audit")
        self.look_up = router.post(host=site, path="/mweb/v1/get_history_by_ids")
        self.credits = router.post(host=site, path="/commerce/v1/benefits/user_credit")
        self.apply = router.get(host=imagex, path="/", params={"Action": "ApplyImageUpload"})
        self.commit = router.post(host=imagex, path="/", params={"Action": "CommitImageUpload"})
        self.apply_clip = router.get(host=vod, path="/", params={"Action": "ApplyUploadInner"})
        self.commit_clip = router.post(host=vod, path="/", params={"Action": "CommitUploadInner"})
        self.upload = router.post(path__startswith="/upload/v1/")
        self.get_token.mock(side_effect=self.issue_token)
        self.generate.mock(side_effect=self.accept)
        self.audit.mock(side_effect=self.accept_materials)
        self.look_up.mock(side_effect=self.find)
        self.credits.mock(side_effect=lambda _: envelope({"credit": {"gift_credit": 1}}))
        self.apply.mock(side_effect=self.issue_slots)
        self.commit.mock(side_effect=self.commit_uploads)
        self.apply_clip.mock(side_effect=self.issue_clip_slot)
        self.commit_clip.mock(side_effect=self.commit_clip_upload)
        self.upload.mock(side_effect=self.take_bytes)

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """Replaces the network."""
        return httpx.MockTransport(self._respond)

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        """Each envelope has the site's time (protocol 5)."""
        response = await self.router.async_handler(request)
        if response.content.startswith(b'{"ret"') and b'"systime"' not in response.content:
            with suppress(ValueError):
                body = response.json() | {"systime": str(int(self.clock.now().timestamp()))}
                return httpx.Response(response.status_code, headers=response.headers, json=body)
        return response

    @property
    def requests(self) -> list[httpx.Request]:
        """Everything that was sent, in order."""
        return [call.request for call in self.router.calls]

    def issue_token(self, _: httpx.Request | None = None) -> httpx.Response:
        """Respond to get_upload_token."""
        now = int(self.clock.now().timestamp())
        times = {"current_time": now, "expired_time": now + self.token_seconds}
        return envelope(self.token | times)

    def issue_slots(self, request: httpx.Request) -> httpx.Response:
        """Respond to ApplyImageUpload with as many slots as requested."""
        return self.slots(int(request.url.params.get("UploadNum", "1")))

    def slots(self, number: int) -> httpx.Response:
        """A number of upload slots under one session key."""
        self._count += 1
        uris = [f"tos-cn-i-tb4s082cfz/{self._count}-{index}" for index in range(number)]
        key = f"{SESSION_KEY}-{self._count}"
        self._stored[key] = uris
        address = {
            "StoreInfos": [{"StoreUri": uri, "Auth": UPLOAD_AUTH, "UploadID": "u"} for uri in uris],
            "UploadHosts": [self.upload_host],
            "SessionKey": key,
        }
        return httpx.Response(200, json={"Result": {"UploadAddress": address}})

    def commit_uploads(self, request: httpx.Request) -> httpx.Response:
        """Respond to CommitImageUpload for the pictures of the session key."""
        uris = self._stored.get(str(sent_json(request)["SessionKey"]), [])
        size = {"ImageWidth": 300, "ImageHeight": 300, "ImageFormat": "png"}
        result = {
            "Results": [{"Uri": uri, "UriStatus": 2000} for uri in uris],
            "PluginResult": [{"ImageUri": uri} | size for uri in uris],
        }
        return httpx.Response(200, json={"Result": result})

    def issue_clip_slot(self, _: httpx.Request) -> httpx.Response:
        """Respond to ApplyUploadInner (protocol 11.1)."""
        self._count += 1
        vid = f"v0{self._count}"
        node = {
            "Vid": vid,
            "StoreInfos": [{"StoreUri": f"tos-cn-v-148450/{vid}", "Auth": UPLOAD_AUTH}],
            "UploadHost": self.upload_host,
            "SessionKey": f"{SESSION_KEY}-{vid}",
        }
        result = {"InnerUploadAddress": {"UploadNodes": [node]}}
        return httpx.Response(200, json={"Result": result})

    @staticmethod
    def take_bytes(request: httpx.Request) -> httpx.Response:
        """Respond to an upload: of a file, or of the steps of one in parts (protocol 11.1)."""
        begins = request.url.params.get("phase") == "init"
        return httpx.Response(200, json={"code": 2000, "data": {"uploadid": "u"} if begins else {}})

    def commit_clip_upload(self, request: httpx.Request) -> httpx.Response:
        """Respond to CommitUploadInner with what the store measured."""
        vid = str(sent_json(request)["SessionKey"]).rpartition("-")[2]
        meta = {"Duration": 2.5, "Width": 642, "Height": 644, "Format": "MP4"}
        return httpx.Response(200, json={"Result": {"Results": [{"Vid": vid, "VideoMeta": meta}]}})

    def accept(self, request: httpx.Request) -> httpx.Response:
        """Respond to generate, and add a record."""
        submit_id = sent_json(request)["submit_id"]
        record = {"status": 20, "created_time": self.clock.now().timestamp()}
        self.records[submit_id] = record | self.echo(sent_json(request))
        aigc_data = record | {"submit_id": submit_id, "history_record_id": "4713000000000"}
        return envelope({"aigc_data": aigc_data})

    @staticmethod
    def accept_materials(request: httpx.Request) -> httpx.Response:
        """Respond to execute_generate_audit: everything is accepted (protocol 7.5)."""
        accepted = [{"audit_decision": 1} for _ in sent_json(request)["material_list"]]
        return envelope({"result_list": accepted})

    @staticmethod
    def echo(body: Json) -> Json:
        """What a record has of a submission (protocol 9.1)."""
        return {name: body[name] for name in ("submit_id", "draft_content", "metrics_extra")}

    def accept_and_lose(self, answer: Answer) -> Reply:
        """Create the task, and respond with something else."""

        def reply(request: httpx.Request) -> httpx.Response | Awaitable[httpx.Response]:
            self.accept(request)
            return in_turn(answer)(request)

        return reply

    def find(self, request: httpx.Request) -> httpx.Response:
        """Respond to get_history_by_ids: an unknown id is absent (protocol 9)."""
        ids = wanted_ids(request)
        return envelope(
            {task_id: self.records[task_id] for task_id in ids if task_id in self.records}
        )

    def looked_up(self) -> list[list[str]]:
        """The ids of each look-up request."""
        return [wanted_ids(call.request) for call in self.look_up.calls]


def cookie_of(request: httpx.Request) -> dict[str, str]:
    """The cookies of a request by name."""
    pairs = parse_qs(request.headers.get("cookie", ""), separator=";")
    return {name.strip(): values[0] for name, values in pairs.items()}
