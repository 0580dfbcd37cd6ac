"""The page's route for the last frame of a video."""

import httpx
import pytest

from jimeng_core import new_task_id
from tests.each import each

pytestmark = pytest.mark.timeout(120)


def ask(app_url: str, content: str) -> dict[str, str]:
    """The answer to a body."""
    url = f"{app_url}page/last-frame"
    headers = {"content-type": "application/json", "accept-language": "en"}
    response = httpx.post(url, content=content, headers=headers, timeout=60)
    assert response.status_code == 200
    answer = response.json()
    assert isinstance(answer, dict)
    return answer


def test_upload_of_the_last_frame(app_url: str) -> None:
    """The last frame of a finished video is an upload that the page can show and send."""
    task = httpx.post(
        f"{app_url}gradio_api/run/generate_first_last_frame",
        json={"data": ["a calm sea", None, None, 4, "seedance-2.5", "480p"]},
        headers={"x-forwarded-for": "last frame"},
        timeout=100,
    ).json()["data"][0]
    answer = ask(app_url, f'{{"id": "{task["id"]}"}}')
    picture = httpx.get(answer["url"])
    assert picture.status_code == 200
    assert picture.headers["content-type"].startswith("image/")


@each("body", ["", "[]", "{}", '{"id": 5}', '{"id": "x"}'])
def test_what_is_no_task(app_url: str, body: str) -> None:
    """A sentence says why there is no picture, whatever was sent."""
    answer = ask(app_url, body)
    assert set(answer) == {"message"}
    assert answer["message"].endswith(".")


def test_unfinished_task(app_url: str) -> None:
    """A task without a video has no last frame."""
    assert "path" not in ask(app_url, f'{{"id": "{new_task_id()}"}}')
