"""A transport that plays a `FaultPlan` in front of another one."""

import json
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from functools import cache
from typing import Final

import httpx

from jimeng_core.backends.json_reading import as_list, as_object, as_text, read_json
from jimeng_core.backends.web import wire
from jimeng_core.clock import Clock

from .fault_plan import FaultPlan, FaultRule, NetworkFault, RecordFault, Step
from .record_faults import Record, apply_fault

ELSEWHERE: Final = "https://elsewhere.demo.invalid/"
"""Where redirects point; nobody is to ask there."""


PADDING: Final = 20 * 10**6
"""Bytes that `HUGE` adds to an answer."""


PAGE: Final = "<html><body>The gateway has a fault of its own.</body></html>"

_PAGES: Final = {
    wire.UPLOAD_TOKEN: Step.TOKEN,
    wire.GENERATE: Step.GENERATE,
    wire.LOOK_UP: Step.LOOK_UP,
}


_ACTIONS: Final = {"ApplyImageUpload": Step.APPLY, "CommitImageUpload": Step.COMMIT}


_STATUS: Final[dict[str, int]] = {
    NetworkFault.HTTP_500: 500,
    NetworkFault.HTTP_502: 502,
    NetworkFault.HTTP_504: 504,
}


_OF_ANOTHER_BODY: Final = ("content-encoding", "content-length", "transfer-encoding")


class FaultyTransport(httpx.AsyncBaseTransport):
    """Stands between a client and whatever answers it, and spoils what its plan says.

    Args:
        inner: Answers what is not struck: the demo site, or the network.
        plan: What is struck.
        clock: Lets time pass where no answer comes.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, plan: FaultPlan, clock: Clock) -> None:
        self._inner = inner
        self._plan = plan
        self._clock = clock
        self._calls: Counter[int] = Counter()
        """How many calls fitted each rule so far, by its place in the plan."""
        self._shown: Counter[str] = Counter()
        """How often each id's record was there to be shown or changed."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or break it off as the network would."""
        await request.aread()
        step = step_of(request)
        rule = self._due(step, _ids(request)) if step else None
        if rule is None:
            return await self._honest(step, request)
        answer = await self._honest(step, request) if rule.reaches_site else None
        return await self._spoiled(rule, request, answer)

    async def aclose(self) -> None:
        """Close what stands behind this."""
        await self._inner.aclose()

    def _due(self, step: Step, ids: frozenset[str]) -> FaultRule | None:
        """The first rule that strikes this call; the call counts for every rule that it fits."""
        due = None
        for place, rule in enumerate(self._plan.rules):
            fits = rule.step is step and (not rule.ids or rule.ids & ids)
            if fits and isinstance(rule.what, NetworkFault):
                self._calls[place] += 1
                if due is None and rule.strikes(self._calls[place]):
                    due = rule
        return due

    async def _honest(self, step: Step | None, request: httpx.Request) -> httpx.Response:
        """What the site answers, its records changed as planned."""
        answer = await self._inner.handle_async_request(request)
        if step is not Step.LOOK_UP or not any(
            isinstance(rule.what, RecordFault) for rule in self._plan.rules
        ):
            return answer
        envelope = as_object(read_json(await answer.aread()))
        records = as_object(envelope.get("data"))
        shown = {name: self._changed(name, record) for name, record in records.items()}
        data = {name: record for name, record in shown.items() if record is not None}
        return _with_body(answer, json.dumps({**envelope, "data": data}).encode())

    def _changed(self, name: str, record: Record) -> Record | None:
        self._shown[name] += 1
        new: Record | None = record
        for rule in self._plan.rules:
            fits = isinstance(rule.what, RecordFault) and (not rule.ids or name in rule.ids)
            if fits and new is not None and rule.strikes(self._shown[name]):
                new = apply_fault(new, RecordFault(rule.what))
        return new

    async def _spoiled(
        self, rule: FaultRule, request: httpx.Request, answer: httpx.Response | None
    ) -> httpx.Response:
        """What comes in place of an answer.

        Args:
            rule: What strikes.
            request: Which request is struck.
            answer: What the site said, if it was asked.
        """
        match rule.what:
            case NetworkFault.REFUSED:
                raise httpx.ConnectError("connection refused", request=request)
            case NetworkFault.RESET:
                raise httpx.ReadError("connection reset", request=request)
            case NetworkFault.HANG:
                await self._clock.sleep(_patience(request))
                raise httpx.ReadTimeout("no answer", request=request)
            case NetworkFault.TRUNCATED | NetworkFault.HUGE if answer:
                body = await answer.aread()
                half = rule.what is NetworkFault.TRUNCATED
                return _with_body(answer, body[: len(body) // 2] if half else _padded(body))
        return _instead(rule)


def _instead(rule: FaultRule) -> httpx.Response:
    """An answer that has nothing of the site's own."""
    match rule.what:
        case NetworkFault.RATE_LIMITED:
            return httpx.Response(429, headers={"Retry-After": f"{rule.retry_after:g}"})
        case NetworkFault.REDIRECT:
            return httpx.Response(302, headers={"Location": ELSEWHERE})
        case NetworkFault.GZIP_BOMB:
            return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=_Bomb())
    return httpx.Response(_STATUS.get(rule.what, 200), html=PAGE)


class _Bomb(httpx.AsyncByteStream):
    """A body that is small on the way and large when it is unpacked."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        bomb = gzip_bomb()
        for start in range(0, len(bomb), 2**16):
            yield bomb[start : start + 2**16]


@cache
def gzip_bomb(mebibytes: int = 1024) -> bytes:
    """Zeros as gzip, a thousandth of their size: one packed mebibyte, over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]) + block * mebibytes + packer.flush()


def step_of(request: httpx.Request) -> Step | None:
    """Which step a request is; None: one that no rule can strike."""
    if request.url.path.startswith("/upload/v1/"):
        return Step.UPLOAD
    action = request.url.params.get("Action", "")
    return _PAGES.get(request.url.path) or _ACTIONS.get(action)


def _ids(request: httpx.Request) -> frozenset[str]:
    """The ids that a request submits or asks for."""
    if step_of(request) not in (Step.GENERATE, Step.LOOK_UP):
        return frozenset()
    try:
        body = as_object(read_json(request.content))
    except (ValueError, RecursionError):
        return frozenset()
    asked = [*as_list(body.get("submit_ids")), *as_list(body.get("history_ids"))]
    texts = (as_text(each) for each in [body.get("submit_id"), *asked])
    return frozenset(text for text in texts if text)


def _patience(request: httpx.Request) -> float:
    """Seconds that the client waits for an answer; without a limit, an hour stands for ever."""
    told = as_object(request.extensions.get("timeout")).get("read")
    return 3600.0 if told is None else float(told)


def _with_body(answer: httpx.Response, body: bytes) -> httpx.Response:
    """An answer with another body, which is not packed."""
    headers = httpx.Headers(answer.headers)
    for name in _OF_ANOTHER_BODY:
        headers.pop(name, None)
    return httpx.Response(answer.status_code, headers=headers, content=body)


def _padded(body: bytes) -> bytes:
    """A JSON object with a member more."""
    return body.rstrip().removesuffix(b"}") + b', "padding": "' + b"." * PADDING + b'"}'
