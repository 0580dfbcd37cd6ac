"""A transport that puts the faults of a `FaultPlan` in front of another one."""

import json
import zlib
from collections import Counter
from functools import cache
from typing import Any, Final

import httpx

from jimeng_core.backends.json_reading import as_list, as_object, as_text, read_json
from jimeng_core.backends.web import wire
from jimeng_core.clock import Clock

from .fault_plan import FaultPlan, FaultRule, NetworkFault, RecordFault, Step
from .record_faults import apply_fault

ELSEWHERE: Final = "https://elsewhere.demo.invalid/"
"""The target of redirects, which no client should follow."""
PADDING: Final = 20 * 10**6
"""Bytes that `HUGE` adds to an answer."""
PAGE: Final = "<html><body>Bad gateway</body></html>"

_STEPS: Final = {
    wire.UPLOAD_TOKEN: Step.TOKEN,
    wire.GENERATE: Step.GENERATE,
    wire.LOOK_UP: Step.LOOK_UP,
    "ApplyImageUpload": Step.APPLY,
    "CommitImageUpload": Step.COMMIT,
    "ApplyUploadInner": Step.APPLY,
    "CommitUploadInner": Step.COMMIT,
}
"""By the path of a request to the site, or the `Action` of one to its stores."""


class FaultyTransport(httpx.AsyncBaseTransport):
    """Answers as another transport does, except where a plan has a fault.

    Args:
        inner: The demo site, or the network.
        plan: The faults.
        clock: Passes the time while no answer arrives.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, plan: FaultPlan, clock: Clock) -> None:
        self._inner = inner
        self._plan = plan
        self._clock = clock
        self._calls: Counter[int] = Counter()
        """How many calls matched each rule, by its index in the plan."""
        self._look_ups: Counter[str] = Counter()
        """How often the record of each id was found."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or fail as the network would."""
        await request.aread()
        rule = self.next_fault(request)
        if rule is None:
            return await self._answer(request)
        answer = await self._answer(request) if rule.reaches_site else None
        return await self._fail(rule, request, answer)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()

    def next_fault(self, request: httpx.Request) -> FaultRule | None:
        """The network fault of a request, which counts as a call of every rule that it matches."""
        found, step = None, step_of(request)
        ids = _ids(request) if step in (Step.GENERATE, Step.LOOK_UP) else frozenset()
        for index, rule in enumerate(self._plan.rules):
            matches = rule.step is step and (not rule.ids or rule.ids & ids)
            if matches and isinstance(rule.what, NetworkFault):
                self._calls[index] += 1
                if found is None and rule.affects(self._calls[index]):
                    found = rule
        return found

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        """The site's answer, with the record faults of the plan."""
        answer = await self._inner.handle_async_request(request)
        has_faults = any(isinstance(rule.what, RecordFault) for rule in self._plan.rules)
        if step_of(request) is not Step.LOOK_UP or not has_faults:
            return answer
        envelope = as_object(read_json(await answer.aread()))
        records = as_object(envelope.get("data")).items()
        data = {name: new for name, old in records if (new := self._changed(name, old)) is not None}
        return _with_body(answer, json.dumps({**envelope, "data": data}).encode())

    def _changed(self, name: str, record: dict[str, Any] | None) -> dict[str, Any] | None:
        self._look_ups[name] += 1
        for rule in self._plan.rules:
            matches = isinstance(rule.what, RecordFault) and (not rule.ids or name in rule.ids)
            if matches and record is not None and rule.affects(self._look_ups[name]):
                record = apply_fault(record, RecordFault(rule.what))
        return record

    async def _fail(
        self, rule: FaultRule, request: httpx.Request, answer: httpx.Response | None
    ) -> httpx.Response:
        """Raise an error or return a wrong answer; `answer` is the site's, if it was asked."""
        match rule.what:
            case NetworkFault.REFUSED:
                raise httpx.ConnectError("connection refused", request=request)
            case NetworkFault.RESET:
                raise httpx.ReadError("connection reset", request=request)
            case NetworkFault.HANG:
                timeout = as_object(request.extensions.get("timeout")).get("read")
                await self._clock.sleep(3600.0 if timeout is None else float(timeout))
                raise httpx.ReadTimeout("no answer", request=request)
            case NetworkFault.RATE_LIMITED:
                return httpx.Response(429, headers={"Retry-After": f"{rule.retry_after:g}"})
            case NetworkFault.REDIRECT:
                return httpx.Response(302, headers={"Location": ELSEWHERE})
            case NetworkFault.GZIP_BOMB:  # as `content` it would be decompressed here
                return httpx.Response(
                    200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(gzip_bomb())
                )
            case NetworkFault.TRUNCATED if answer:
                body = await answer.aread()
                return _with_body(answer, body[: len(body) // 2])
            case NetworkFault.HUGE if answer:
                body = (await answer.aread()).rstrip().removesuffix(b"}")
                return _with_body(answer, body + b', "padding": "' + b"." * PADDING + b'"}')
        name, _, status = rule.what.partition("_")
        return httpx.Response(int(status) if name == "http" else 200, html=PAGE)


@cache
def gzip_bomb(mebibytes: int = 1024) -> bytes:
    """Zeros as gzip, in a thousandth of their size: one compressed mebibyte, repeated."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = compressor.compress(bytes(2**20)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]) + block * mebibytes + compressor.flush()


def step_of(request: httpx.Request) -> Step | None:
    """The step of a request; None for one that no rule can affect."""
    path = request.url.path
    if path.startswith("/upload/v1/"):
        return Step.UPLOAD
    return _STEPS.get(path) or _STEPS.get(request.url.params.get("Action", ""))


def _ids(request: httpx.Request) -> frozenset[str]:
    """The ids that a request submits or looks up."""
    try:
        body = as_object(read_json(request.content))
    except (ValueError, RecursionError):
        return frozenset()
    ids = [body.get("submit_id"), *as_list(body.get("submit_ids"))]
    return frozenset(filter(None, map(as_text, [*ids, *as_list(body.get("history_ids"))])))


def _with_body(answer: httpx.Response, body: bytes) -> httpx.Response:
    """An answer with another, uncompressed body."""
    headers = httpx.Headers(answer.headers)
    for name in ("content-encoding", "content-length", "transfer-encoding"):
        headers.pop(name, None)
    return httpx.Response(answer.status_code, headers=headers, content=body)
