"""HTTP in Ark's dialect with a plain HTTP client; responses are turned into rows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from jimeng_core.requests import Mode
from jimeng_core.rows import Row as CoreRow
from jimeng_core.rows import RowError
from tests.doors.door import Fields, Row, Target, as_json

NAMES = {"audio": "generate_audio"}
"""Ark's names of our fields, where they differ."""
ROLES = {"first_frame": "first_frame", "last_frame": "last_frame", "images": "reference_image"}
CLIPS = {"videos": "video", "audios": "audio"}


class ArkHttp:
    """`/demo/api/v3`."""

    def __init__(self, target: Target) -> None:
        self._client = httpx.Client(
            base_url=f"{target.url}demo/api/v3/contents/generations",
            headers={
                "authorization": f"Bearer {target.account}",
                "x-forwarded-for": target.account,
            },
            timeout=100,
        )

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        with self._client as client:
            return client.request(method, path, **options).json()

    def submit(self, mode: Mode, fields: Fields) -> Row:
        assert mode is not Mode.IMAGE
        return row_of(self._ask("POST", "tasks", json=body_of(fields)))

    def get(self, task_id: str) -> Row:
        return row_of(self._ask("GET", f"tasks/{task_id}"), task_id)

    def get_many(self, ids: Sequence[str]) -> list[Row]:
        response = self._ask("GET", "tasks", params={"filter.task_ids": list(ids)})
        if "error" in response:  # of the account, and so of every id
            return [row_of(response, task_id) for task_id in ids]
        rows = {item["id"]: row_of(item) for item in response["items"]}
        rows |= {item["id"]: row_of({"error": item}, item["id"]) for item in response["errors"]}
        return [rows[task_id] for task_id in ids]


def body_of(fields: Fields) -> Row:
    """The body of a request in Ark's dialect."""
    content = list(_content(as_json(dict(fields))))
    settings = {
        NAMES.get(name, name): value
        for name, value in fields.items()
        if name not in {"prompt", "frames", *ROLES, *CLIPS}
    }
    return {"content": content, **settings}


def _content(fields: Mapping[str, Any]) -> Iterator[Row]:
    if "prompt" in fields:
        yield {"type": "text", "text": fields["prompt"]}
    for name, role in ROLES.items():
        value = fields.get(name, [])
        for picture in value if isinstance(value, list) else [value]:
            yield {"type": "image_url", "image_url": {"url": picture}, "role": role}
    for name, kind in CLIPS.items():
        for url in fields.get(name, []):
            yield {"type": f"{kind}_url", f"{kind}_url": {"url": url}, "role": f"reference_{kind}"}
    for frame in fields.get("frames", []):
        more = {name: value for name, value in frame.items() if name != "image"}
        picture = {"url": frame["image"]}
        yield {"type": "image_url", "image_url": picture, "role": "frame", **more}


def row_of(response: Row, task_id: str | None = None) -> Row:
    """The row in a response, which has our fields and Ark's."""
    names = CoreRow.__annotations__
    if "status" not in response:
        error = response["error"]
        values = {name: error.get(name) for name in RowError.__annotations__}
        return dict.fromkeys(names) | {"id": task_id or error.get("id"), "error": values}
    row = {name: response[name] for name in names}
    moment = datetime.fromtimestamp(response["created_at"], UTC)
    return row | {"created_at": moment.isoformat()}
