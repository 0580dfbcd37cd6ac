"""The page of a running app without a browser: its events, as Gradio's front end sends them."""

import json
import secrets
from typing import Any, Self

import httpx

Values = dict[str, Any]
"""Values by the ids of elements, or of components that have no such id."""


class PageEvents:
    """A loaded page.

    Args:
        url: The address of the app, with a slash at the end.
        http: Sends the requests.
    """

    def __init__(self, url: str, http: httpx.Client) -> None:
        self._url = f"{url}gradio_api/"
        self._http = http
        config = http.get(f"{url}config").raise_for_status().json()
        self._events: list[dict[str, Any]] = config["dependencies"]
        self._parts = {part["id"]: part["props"] for part in config["components"]}

    @classmethod
    def load(cls, url: str, visitor: str) -> Self:
        """Load the page as a visitor who reads English."""
        headers = {"x-forwarded-for": visitor, "accept-language": "en"}
        return cls(url, httpx.Client(headers=headers, timeout=60))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def upload(self, name: str, content: bytes) -> dict[str, str]:
        """Upload a file; returns what a field for files contains then."""
        response = self._http.post(f"{self._url}upload", files={"files": (name, content)})
        return {"path": response.raise_for_status().json()[0]}

    def send(self, element: str, values: Values, trigger: str = "", **options: Any) -> Values:
        """Send an event of an element, then what the page sends after it, to the end.

        Args:
            element: The element's id.
            values: Of the fields; the others have what they have at first.
            trigger: The name of the event; by default the first of the element.
            options: Further fields of the event.

        Returns:
            The last value of each output that has changed.
        """
        event: dict[str, Any] | None = next(
            each
            for each in self._events
            for target, name in each["targets"]
            if self._name(target) == element and name.startswith(trigger)
        )
        values = dict(values)
        changed: Values = {}
        while event:
            if event["backend_fn"]:
                outputs = self._run(event, values, options)
                changed |= outputs
                values |= outputs
            follows = [each for each in self._events if each["trigger_after"] == event["id"]]
            event = follows[0] if follows else None
        return changed

    def _name(self, component: int | None) -> Any:
        return self._parts.get(component, {}).get("elem_id") or component

    def _run(self, event: dict[str, Any], values: Values, options: Values) -> Values:
        session = secrets.token_hex(6)
        first = {part: self._parts[part].get("value") for part in event["inputs"]}
        body = {
            "data": [values.get(self._name(part), value) for part, value in first.items()],
            "fn_index": event["id"],
            "session_hash": session,
            **options,
        }
        self._http.post(f"{self._url}queue/join", json=body).raise_for_status()
        query = {"session_hash": session}
        with self._http.stream("GET", f"{self._url}queue/data", params=query) as response:
            for line in response.iter_lines():
                message = json.loads(line.removeprefix("data: ") or "{}")
                if message.get("msg") == "process_completed":
                    assert message["success"], message
                    data = message["output"]["data"]
                    names = map(self._name, event["outputs"])
                    new = dict(zip(names, map(_value, data), strict=True))
                    return {name: value for name, value in new.items() if value != {}}
        raise AssertionError("The event did not end.")


def _value(output: Any) -> Any:
    """A new value, or new properties; empty if nothing has changed."""
    if isinstance(output, dict):
        return {name: new for name, new in output.items() if name not in ("__type__", "props")}
    return output
