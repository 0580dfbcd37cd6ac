import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import httpx
from gradio.queueing import Queue

from jimeng_app.endpoints import registry
from jimeng_app.event_limits import EVENT_BYTES, UNREAD_SECONDS, UnreadResults, keep_no_statistics
from jimeng_app.json_body import MAX_COMMAS
from tests.each import each


@each("index", [len(registry()), -1, True, None, 1.0, "0"])
def test_large_event_of_the_page(app_url: str, index: object) -> None:
    """An event of the page is small: one of a megabyte and more is refused."""
    body = json.dumps({"fn_index": index, "data": ["a" * EVENT_BYTES], "session_hash": "large"})
    response = httpx.post(f"{app_url}gradio_api/queue/join", content=body)
    assert response.status_code == 413


@each("size", [10, EVENT_BYTES])
def test_call_of_an_endpoint(app_url: str, size: int) -> None:
    """A call of an endpoint may contain pictures."""
    values = ["01900000-0000-7000-8000-000000000000" + " " * size]
    index = [endpoint.name for endpoint in registry()].index("get_video")
    body = {"data": values, "fn_index": index, "session_hash": f"small-{size}"}
    response = httpx.post(f"{app_url}gradio_api/queue/join", json=body)
    assert response.status_code == 200
    assert "event_id" in response.json()


BIG = json.dumps("a" * EVENT_BYTES)
INDEX = [endpoint.name for endpoint in registry()].index("get_video")
PAGE = len(registry())


@each(
    "body",
    [
        f'{{"fn_index": {INDEX}, "data": [{BIG}], "fn_index": {PAGE}}}',
        f'{{"data": [{BIG}], "fn_index": {PAGE}, "a": "], \\"fn_index\\": {INDEX}"}}',
        f'{{"data": [{BIG}], "fn_index": {PAGE}, "a": {{"fn_index": {INDEX}}}}}',
        f'{{"data": [{BIG}, "fn_index": {INDEX}}}',
        f'{{"data": [{"1," * MAX_COMMAS}1], "fn_index": {INDEX}, "session_hash": "many"}}',
    ],
)
def test_large_event_in_disguise(app_url: str, body: str) -> None:
    """A large event is a call only by the index that Gradio would read, and has few values."""
    response = httpx.post(f"{app_url}gradio_api/queue/join", content=body)
    assert response.status_code == 413


def test_index_before_the_values(app_url: str) -> None:
    """A call may name its function first."""
    body = f'{{"session_hash": "first", "fn_index": {INDEX}, "data": [{BIG}]}}'
    json_type = {"Content-Type": "application/json"}
    response = httpx.post(f"{app_url}gradio_api/queue/join", content=body, headers=json_type)
    assert response.status_code == 200


def queue_of(**results: asyncio.Queue[object]) -> Any:
    """What Gradio's queue stores, with a result for each session."""
    return SimpleNamespace(
        pending_messages_per_session=results,
        pending_event_ids_session={session: {f"{session}-event"} for session in results},
        event_ids_to_events={f"{session}-event": SimpleNamespace() for session in results},
    )


def test_unread_results() -> None:
    """Results that nobody fetches for a minute are forgotten, and no others."""
    unread: asyncio.Queue[object] = asyncio.Queue()
    unread.put_nowait("result")
    fetched: asyncio.Queue[object] = asyncio.Queue()
    queue = queue_of(unread=unread, fetched=fetched)
    results = UnreadResults(cast("Queue", queue))
    results.forget(0)
    fetched.put_nowait("result")
    results.forget(UNREAD_SECONDS - 1)
    assert set(queue.pending_messages_per_session) == {"unread", "fetched"}
    results.forget(UNREAD_SECONDS)
    assert set(queue.pending_messages_per_session) == {"fetched"}
    assert set(queue.pending_event_ids_session) == {"fetched"}
    assert set(queue.event_ids_to_events) == {"fetched-event"}
    fetched.get_nowait()
    results.forget(3 * UNREAD_SECONDS)
    assert set(queue.pending_messages_per_session) == {"fetched"}


def test_no_statistics() -> None:
    """The end of an event costs the same however many there were: Gradio does not sum them up."""
    queue: Any = gr.Blocks()._queue
    keep_no_statistics(queue)
    queue.events_recorded = 10_000
    record = {"function": "submit", "status": "success", "process_time": 1.0}
    assert queue.compute_analytics_summary([record] * 10_000) == {"functions": {}}
    assert queue.ANALYTICS_MAX_EVENTS == 1
