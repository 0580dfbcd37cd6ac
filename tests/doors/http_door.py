"""HTTP in Ark's dialect, over a plain HTTP client; what it answers, read back into rows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from jimeng_core.requests import Mode
from jimeng_core.rows import Row as CoreRow
from tests.doors.door import Fields, Row, UploadSlot, sent

NAMES = {"audio": "generate_audio"}
"""Our names and Ark's, where they differ."""
ROLES = {"first_frame": "first_frame", "last_frame": "last_frame", "images": "reference_image"}


class ArkHttp:
    """`/demo/api/v3`."""

    def __init__(self, place: UploadSlot) -> None:
        self._client = httpx.Client(
            base_url=f"{place.url}demo/api/v3/contents/generations",
            headers={
                "authorization": f"Bearer {place.account}",
                "x-forwarded-for": place.account,
            },
            timeout=60,
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
        answer = self._ask("GET", "tasks", params={"filter.task_ids": list(ids)})
        if "error" in answer:  # of the account: it stands for every id
            return [row_of(answer, task_id) for task_id in ids]
        told = {each["id"]: row_of(each) for each in answer["items"]}
        told |= {each["id"]: row_of({"error": each}, each["id"]) for each in answer["errors"]}
        return [told[task_id] for task_id in ids]


def body_of(fields: Fields) -> Row:
    """A request's fields in Ark's words."""
    content = list(_content(sent(dict(fields))))
    settings = {
        NAMES.get(name, name): value
        for name, value in fields.items()
        if name not in {"prompt", "frames", *ROLES}
    }
    return {"content": content, **settings}


def _content(fields: Mapping[str, Any]) -> Iterator[Row]:
    if "prompt" in fields:
        yield {"type": "text", "text": fields["prompt"]}
    for name, role in ROLES.items():
        given = fields.get(name, [])
        for picture in given if isinstance(given, list) else [given]:
            yield {"type": "image_url", "image_url": {"url": picture}, "role": role}
    for frame in fields.get("frames", []):
        more = {name: value for name, value in frame.items() if name != "image"}
        picture = {"url": frame["image"]}
        yield {"type": "image_url", "image_url": picture, "role": "frame", **more}


def row_of(answer: Row, asked: str | None = None) -> Row:
    """The row in an answer: our fields stand beside Ark's, and some in Ark's form."""
    names = CoreRow.__annotations__
    if "status" not in answer:
        error = answer["error"]
        told = {name: error.get(name) for name in ("code", "message", "upstream_code", "retryable")}
        return dict.fromkeys(names) | {"id": asked or error.get("id"), "error": told}
    row = {name: answer[name] for name in names}
    moment = datetime.fromtimestamp(answer["created_at"], UTC)
    return row | {"created_at": moment.isoformat()}
