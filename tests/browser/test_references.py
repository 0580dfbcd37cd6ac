"""Reference videos and audios on the page, from the strip to the film."""

import re
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.app.app_process import films, pictures
from tests.browser.conftest import OpenPage
from tests.browser.steps import choose, field, go, submit
from tests.clip_files import BLUE, RED, TONE, audio_file, video_file
from tests.film_contents import CLOSE, frames_of, loudest_tone, sound_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
STRIP = "#subject-reference-pictures"


def files(folder: Path) -> list[Path]:
    """A video with sound, a picture, an audio and a video without sound."""
    [picture] = pictures(folder, "teal")
    found = []
    for name, data in (
        ("a.mp4", video_file(2, sound=True)),
        ("b.mp3", audio_file(2)),
        ("c.mp4", video_file(3)),
    ):
        found.append(folder / name)
        found[-1].write_bytes(data)
    return [found[0], picture, *found[1:]]


def test_from_the_strip_to_the_film(used_page: OpenPage, app_folder: Path, tmp_path: Path) -> None:
    """Videos and audios are dropped beside pictures, and the film shows and sounds like them.

    It plays on the page, from its own URL.
    """
    page = used_page("zh-CN")
    go(page, "subject-reference")
    page.locator(f"{STRIP} input[type=file]").set_input_files(files(tmp_path))
    items = page.locator(f"{STRIP} li")
    expect(items).to_have_count(4)
    expect(page.locator(f"{STRIP} video")).to_have_count(2)
    expect(page.locator(f"{STRIP} img")).to_have_count(1)
    expect(items.nth(0).locator(".length")).to_have_text(re.compile(r"2 秒"))
    expect(items.nth(2).locator(".length")).to_have_text("♪ 2 秒")
    expect(items.nth(3).locator(".length")).to_have_text("3 秒")
    marks = page.locator(f"{STRIP} .mark")
    expect(marks).to_have_text(["@视频1", "@图片1", "@音频1", "@视频2"])
    prompt = field(page, "#subject-reference-prompt")
    prompt.fill("看")
    for number in (1, 0, 2):
        marks.nth(number).click()
    expect(prompt).to_have_value("看@图片1@视频1@音频1")
    choose(page, "#subject-reference-model", "Seedance 2.5")
    choose(page, "#subject-reference-resolution", "480p")
    choose(page, "#subject-reference-duration", "4 秒")
    with films(app_folder, "real"):
        task_id = submit(page, "subject-reference")
        page.locator(f"[data-task-id='{task_id}'][data-state=completed]").first.wait_for(
            timeout=120_000
        )
    video = page.locator(f"#subject-reference-result [data-task-id='{task_id}'] video")
    expect(video).to_have_count(1, timeout=120_000)
    film = tmp_path / "film.mp4"
    film.write_bytes(httpx.get(str(video.evaluate("video => video.src"))).content)
    with av.open(str(film)) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
    frames = frames_of(film)
    for moment, colour in ((0.5, RED), (1.8, BLUE)):
        frame = frames[round(moment * 24)].astype(int)
        assert np.abs(frame - colour).max(axis=2).min() < CLOSE
    assert loudest_tone(sound_of(film)[:48_000]) == pytest.approx(TONE, abs=2)
    expect(video).to_have_attribute("src", re.compile(rf"/demo-media/{task_id}\.mp4$"))
    element = video.element_handle()
    element.evaluate("video => { video.muted = true; return video.play() }")
    page.wait_for_function("video => video.currentTime > 0.5", arg=element)
    assert element.evaluate("video => [video.videoWidth, video.videoHeight]") == [854, 480]


def test_marks_of_each_kind(used_page: OpenPage, tmp_path: Path) -> None:
    """Removing a video renumbers the marks of videos alone; undo brings it back."""
    page = used_page()
    go(page, "subject-reference")
    page.locator(f"{STRIP} input[type=file]").set_input_files(files(tmp_path))
    expect(page.locator(f"{STRIP} li")).to_have_count(4)
    prompt = field(page, "#subject-reference-prompt")
    words = "@video1 and @视频2 with @image1, @音频1"
    prompt.fill(words)
    page.locator(f"{STRIP} .remove").first.click()
    expect(prompt).to_have_value("and @视频1 with @image1, @音频1")
    expect(page.locator(f"{STRIP} .list-status")).to_contain_text("@video1 removed")
    page.locator(f"{STRIP} .undo").click()
    expect(prompt).to_have_value(words)
    expect(page.locator(f"{STRIP} .mark")).to_have_text(
        ["@video1", "@image1", "@audio1", "@video2"]
    )


def test_what_does_not_fit(used_page: OpenPage, tmp_path: Path) -> None:
    """A fourth video, a file of another kind, and a video that may not be sent are told."""
    page = used_page()
    go(page, "subject-reference")
    four = [tmp_path / f"{number}.mp4" for number in range(4)]
    for path in four:
        path.write_bytes(video_file(2))
    strip = page.locator(f"{STRIP} input[type=file]")
    strip.set_input_files(four)
    status = page.locator(f"{STRIP} .list-status")
    expect(status).to_contain_text("3 at most")
    expect(page.locator(f"{STRIP} li")).to_have_count(3)
    for _ in range(3):
        page.locator(f"{STRIP} .remove").first.click()
    (tmp_path / "notes.txt").write_text("x")
    strip.set_input_files(tmp_path / "notes.txt")
    expect(status).to_contain_text("Not added: notes.txt")
    (tmp_path / "text.mp4").write_text("just text")
    strip.set_input_files(tmp_path / "text.mp4")
    field(page, "#subject-reference-prompt").fill("sea")
    page.locator("#subject-reference-submit").click()
    problem = page.locator("#subject-reference-pictures-problem")
    expect(problem).to_contain_text("Video 1 is no video that can be read")
