"""The page of an app, as a browser loads it and sends its events."""

import secrets
from dataclasses import dataclass
from typing import Any, Self

import httpx


@dataclass(frozen=True, slots=True)
class Page:
    """A loaded page.

    Attributes:
        url: The address of the app, without a slash at the end.
        config: What Gradio's front end reads.
    """

    url: str
    config: dict[str, Any]

    @classmethod
    async def load(cls, http: httpx.AsyncClient, url: str) -> Self:
        """Load the page of an app."""
        response = await http.get(f"{url}/config")
        return cls(url, response.raise_for_status().json())

    async def upload(self, http: httpx.AsyncClient, picture: bytes) -> str:
        """Upload a picture; returns its path."""
        files = {"files": ("a.png", picture, "image/png")}
        response = await http.post(f"{self.url}/gradio_api/upload", files=files)
        [path] = response.raise_for_status().json()
        return str(path)

    def first_step(self, path: str) -> dict[str, Any]:
        """The event of the button of the first form, for the demo."""
        return self._event("first-last-frame-submit", _frame(path))

    def check(self, path: str = "") -> dict[str, Any]:
        """The event by which the first form is checked while someone types.

        Args:
            path: A picture that is checked, too.
        """
        event = self._event("first-last-frame-summary", _frame(path) if path else {})
        return event | {"event_data": {"pictures": bool(path)}}

    async def open(self, http: httpx.AsyncClient) -> None:
        """Ask for the page, as a reader does."""
        (await http.get(self.url)).raise_for_status()

    async def run(self, http: httpx.AsyncClient, event: dict[str, Any]) -> None:
        """Send an event and wait for its end."""
        session = secrets.token_hex(6)
        join = await http.post(
            f"{self.url}/gradio_api/queue/join", json=event | {"session_hash": session}
        )
        join.raise_for_status()
        url = f"{self.url}/gradio_api/queue/data"
        async with http.stream("GET", url, params={"session_hash": session}) as response:
            async for line in response.aiter_lines():
                if "process_completed" in line:
                    if '"success":true' not in line.replace(" ", ""):
                        raise RuntimeError(f"the event failed: {line[:300]}")
                    return
        raise RuntimeError("the event did not end")

    def _event(self, element: str, values: dict[str, object]) -> dict[str, Any]:
        """The event of an element, with the values that the form has at first, or others."""
        parts = {part["id"]: part["props"] for part in self.config["components"]}
        [event] = (
            each
            for each in self.config["dependencies"]
            if any(parts.get(target, {}).get("elem_id") == element for target, _ in each["targets"])
        )
        values = {"first-last-frame-prompt": "海", "backend": "demo", **values}
        data = [
            values.get(parts[each].get("elem_id"), parts[each].get("value"))
            for each in event["inputs"]
        ]
        return {"data": data, "fn_index": event["id"], "trigger_id": event["targets"][0][0]}


def _frame(path: str) -> dict[str, object]:
    """The first frame of the form: an uploaded picture."""
    return {"first-last-frame-first": {"path": path, "meta": {"_type": "gradio.FileData"}}}
