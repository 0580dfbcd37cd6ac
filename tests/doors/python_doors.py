"""The library, with `await` and without."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from jimeng_core import AsyncJimeng, Jimeng, JimengError, Task, build_row
from jimeng_core.requests import Mode
from tests.doors.door import REQUESTS, Fields, Row, Target


class _Python(ABC):
    def __init__(self, target: Target) -> None:
        self._target = target
        self._options: Any = {"data_dir": target.data, "demo_pace": 0}

    @abstractmethod
    def _call(self, name: str, *args: object, **options: object) -> Any:
        """The result of a method of the client."""

    def submit(self, mode: Mode, fields: Fields) -> Row:
        return self._request("submit", mode, fields)

    def generate(self, mode: Mode, fields: Fields) -> Row:
        return self._request("generate", mode, fields, timeout=100)

    def _request(self, verb: str, mode: Mode, fields: Fields, **options: object) -> Row:
        try:
            request = REQUESTS[mode](**fields)
            kind = "image" if mode is Mode.IMAGE else "video"
            return _row(self._call(f"{verb}_{kind}", request, **options))
        except JimengError as error:
            return _row(error)

    def estimate(self, mode: Mode, fields: Fields) -> Row:
        return dict(self._call("estimate", REQUESTS[mode](**fields)).row())

    def cost(self, task_id: str) -> Row:
        return asdict(self._call("cost", task_id))

    def last_frame(self, task_id: str) -> bytes:
        return bytes(self._call("last_frame", task_id))

    def get(self, task_id: str) -> Row:
        try:
            return _row(self._call("get_video", task_id))
        except JimengError as error:
            return _row(error)

    def get_many(self, ids: Sequence[str]) -> list[Row]:
        return [dict(lookup.row()) for lookup in self._call("get_videos", ids)]


class WithAwait(_Python):
    """`AsyncJimeng`."""

    def _call(self, name: str, *args: object, **options: object) -> Any:
        async def call() -> Any:
            async with AsyncJimeng("demo", self._target.session, **self._options) as jimeng:
                return await getattr(jimeng, name)(*args, **options)

        return asyncio.run(call())


class WithoutAwait(_Python):
    """`Jimeng`."""

    def _call(self, name: str, *args: object, **options: object) -> Any:
        with Jimeng("demo", self._target.session, **self._options) as jimeng:
            return getattr(jimeng, name)(*args, **options)


def _row(result: Task | JimengError) -> Row:
    now = datetime.now(UTC)
    if isinstance(result, JimengError):
        return dict(build_row(result.task_id, None, result, now))
    return dict(build_row(result.id, result, None, now))
