from typing import Any

import gradio as gr
import pytest
from gradio.routes import App
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from jimeng_app import window_states
from jimeng_app.window_states import (
    IDLE_SECONDS,
    UNOPENED_SECONDS,
    OpenWindows,
    WindowStates,
)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test sets."""
    time = [0.0]
    monkeypatch.setattr(window_states, "monotonic", lambda: time[0])
    return time


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> WindowStates:
    """The states of a small page, three at most."""
    monkeypatch.setattr(window_states, "MAX_STATES", 3)
    with gr.Blocks() as page:
        gr.State([])
        gr.Textbox(label="a" * 10_000)
    return WindowStates(page)


def use(states: WindowStates, *session_ids: str) -> None:
    """Ask for states, as Gradio does at each event."""
    for session_id in session_ids:
        states[session_id].is_closed = False


def test_describes_no_element(states: WindowStates) -> None:
    """A state has no copy of the page, which would be 400 KB for each hash that someone invents."""
    assert states["a"].config_values == {}
    assert list(states["a"].components) == []


def test_values(states: WindowStates) -> None:
    """Each window has values of its own."""
    [key] = [key for key, block in states.blocks.blocks.items() if isinstance(block, gr.State)]
    states["a"][key].append(1)
    assert states["a"][key] == [1]
    assert states["b"][key] == []


def test_unused(states: WindowStates, now: list[float]) -> None:
    """A state is forgotten when it was not used for a time and its window is closed."""
    with states.window("a"):
        use(states, "a")
    with states.window("b"):
        use(states, "b")
        now[0] = IDLE_SECONDS - 1
        states.forget(now[0])
        assert "a" in states
        now[0] = IDLE_SECONDS
        states.forget(now[0])
        assert ("a" in states, "b" in states) == (False, True)
    states.forget(now[0])
    assert "b" in states, "it was used until now"
    now[0] *= 2
    states.forget(now[0])
    assert "b" not in states


def test_without_a_window(
    states: WindowStates, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """States whose session hash no window ever had are few, and forgotten soon."""
    monkeypatch.setattr(window_states, "MAX_UNOPENED", 1)
    with states.window("a"):
        use(states, "a", "b")
    use(states, "c")
    assert [*states.session_data] == ["a", "c"]
    now[0] = UNOPENED_SECONDS
    states.forget(now[0])
    assert [*states.session_data] == ["a"]


def test_too_many(states: WindowStates) -> None:
    """Beyond the limit the longest unused state of a closed window is forgotten, else any."""
    with states.window("a"):
        use(states, "a", "b", "c", "b", "d")
        assert [*states.session_data] == ["a", "b", "d"]
        with states.window("b"), states.window("d"), states.window("e"):
            use(states, "e")
        assert "a" not in states


def test_window_without_a_state(states: WindowStates) -> None:
    """An open window alone stores nothing."""
    with states.window("a"):
        pass
    assert "a" not in states


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/gradio_api/heartbeat/a", ["a"]),
        ("/x/gradio_api/heartbeat/a/", ["a"]),
        ("/gradio_api/queue/data?session_hash=a", ["a"]),
        ("/gradio_api/queue/data", []),
        ("/", []),
    ],
)
def test_open_windows(states: WindowStates, path: str, expected: list[str]) -> None:
    """A window is open as long as it reads its heartbeat or its results."""
    seen: list[Any] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        seen.extend(states._open)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    assert TestClient(OpenWindows(app, states)).get(path).status_code == 200
    assert seen == expected
    assert not states._open


def test_gradio_asks_for_them() -> None:
    """Gradio's app has the attribute that these replace."""
    with gr.Blocks() as page:
        gr.Textbox()
    app = App.create_app(page)
    assert set(vars(app.state_holder)) <= set(vars(WindowStates(page)))
    assert vars(app.state_holder["a"]).keys() == vars(WindowStates(page)["a"]).keys()
