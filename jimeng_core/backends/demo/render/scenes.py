"""The frames of each kind of video, as functions of time."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final, assert_never

from PIL import Image

from .background import background
from .cards import GAP, Rect, arrange, card, room
from .job import RenderJob
from .moving import MovingPicture
from .overlay import (
    Caption,
    Sprite,
    caption_bottom,
    caption_on_paper,
    caption_on_picture,
    mark,
    tint,
)
from .picture import SPARE, Camera, Size, aspect, contain, cover, easing
from .typeset import ink, set_largest

Scene = Callable[[float], Image.Image]
"""The frame at a time in seconds: an RGB image of the video's size."""
_TITLE_SIZES: Final = (0.13, 0.11, 0.095, 0.08, 0.068, 0.058, 0.05)
"""Font sizes of a title, in short sides of the frame."""


@dataclass(frozen=True, slots=True)
class _Clip:
    """One picture of a video, from `start` to `end` in seconds: the middles of its crossfades."""

    picture: Path
    start: float
    end: float
    camera: Camera
    caption: str = ""


def scene_of(job: RenderJob) -> Scene:
    """The scene of a job.

    Raises:
        OSError: A picture cannot be read. The scene raises it, too.
    """
    match job.mode:
        case "first_last_frame" if job.shots:
            scene = _reel(_first_to_last(job), 0.3 * job.seconds, job.size)
        case "first_last_frame":
            scene = _title(job)
        case "multi_frame":
            scene = _reel(_in_turn(job), 0.5, job.size)
        case "subject_reference" if job.shots or job.files("video"):
            scene = _cards(job)
        case "subject_reference":  # audios alone
            scene = _title(job)
        case _:
            assert_never(job.mode)
    sign = mark(job.size)

    def signed(t: float) -> Image.Image:
        image = scene(t)
        sign.over(image)
        return image

    return signed


def poster_time(job: RenderJob) -> float:
    """The time of the poster's frame: the start, or the middle of a video of one scene."""
    return 0.0 if job.shots and job.mode != "subject_reference" else job.seconds / 2


def _first_to_last(job: RenderJob) -> list[_Clip]:
    """A zoom into the first picture, and then out of the last one, if there is one."""
    x, y = _direction(job.seed)
    if len(job.shots) == 1:
        camera = Camera((1.0, 1.14), (x, y), easing)
        return [_Clip(job.shots[0].picture, 0, job.seconds, camera)]
    first, last = job.shots
    middle = job.seconds / 2
    # Opposite sides, so that the camera keeps its direction, and full speed, in the crossfade.
    away = Camera((1.0, 1.12), (x, y), lambda progress: progress * progress)
    back = Camera((1.12, 1.0), (-x, -y), lambda progress: 1 - (1 - progress) ** 2)
    return [_Clip(first.picture, 0, middle, away), _Clip(last.picture, middle, job.seconds, back)]


def _in_turn(job: RenderJob) -> list[_Clip]:
    """The pictures one after the other, zooming in and out in turn."""
    clips: list[_Clip] = []
    start = 0
    for number, shot in enumerate(job.shots):
        zoom = (1.0, 1.08) if number % 2 == 0 else (1.08, 1.0)
        camera = Camera(zoom, _direction(job.seed + number), lambda progress: progress)
        clips.append(_Clip(shot.picture, start, start + shot.seconds, camera, shot.caption))
        start += shot.seconds
    return clips


def _direction(seed: int) -> tuple[float, float]:
    """The side that a camera moves to: some way off the centre, horizontally more."""
    angle = random.Random(seed).uniform(0, 2 * math.pi)  # noqa: S311 - not for cryptography
    return 0.8 * math.cos(angle), 0.5 * math.sin(angle)


def _reel(clips: list[_Clip], fade: float, size: Size) -> Scene:
    """The clips one after the other, with crossfades of up to `fade` seconds between them."""
    fades = [
        min(fade, 0.6 * min(one.end - one.start, two.end - two.start))
        for one, two in pairwise(clips)
    ]
    margins = [(before / 2, after / 2) for before, after in pairwise([0.0, *fades, 0.0])]

    @lru_cache(maxsize=2)  # a crossfade needs two, and time runs forward
    def material(number: int) -> tuple[Image.Image, Caption | None]:
        larger = (round(size[0] * SPARE), round(size[1] * SPARE))
        clip = clips[number]
        return cover(clip.picture, larger), caption_on_picture(clip.caption, size)

    def view(number: int, t: float) -> Image.Image:
        clip, (before, after) = clips[number], margins[number]
        picture, caption = material(number)
        visible = before + clip.end - clip.start + after
        image = clip.camera.view(picture, size, min(1.0, (t - clip.start + before) / visible))
        if caption:
            caption.scrim.over(image)
        return image

    def write(image: Image.Image, number: int, strength: float) -> None:
        _, caption = material(number)
        if caption and strength > 0:
            caption.text.over(image, strength)

    def at(t: float) -> Image.Image:
        number = sum(t >= clip.end + width / 2 for clip, width in zip(clips, fades, strict=False))
        image = view(number, t)
        progress = (t - clips[number].end) / fades[number] + 0.5 if number < len(fades) else 0.0
        if progress > 0:
            image = Image.blend(image, view(number + 1, t), easing(progress))
            # One caption disappears before the next appears: two at once are unreadable.
            write(image, number + 1, 2 * progress - 1)
        write(image, number, min(1.0, 1 - 2 * progress))
        return image

    return at


def _title(job: RenderJob) -> Scene:
    """The prompt, large, on a calm background, slowly growing."""
    width, height = job.size
    short = min(job.size)
    ground = background(job.size, job.seed, "deep")
    block = set_largest(
        job.prompt,
        sizes=[round(short * size * SPARE) for size in _TITLE_SIZES],
        width=round(width * 0.76 * SPARE),
        height=round(height * 0.60 * SPARE),
    )
    text = Sprite.of(tint(ink(block), (255, 255, 255), 0.97))
    rule = Image.new("L", (round(short * 0.11 * SPARE), round(short * 0.02 * SPARE)))
    thick = max(2, round(short * 0.004 * SPARE))
    rule.paste(255, (thick, thick * 2, rule.width - thick, thick * 3))
    line = Sprite.of(tint(rule, (255, 255, 255), 0.55))

    def at(t: float) -> Image.Image:
        image = ground.at(t)
        scale = 1.0 + 0.035 * easing(t / job.seconds)
        text.over(image, (width / 2, height / 2), scale)
        below = (block.height / SPARE / 2 + short * 0.06) * scale
        line.over(image, (width / 2, height / 2 + below), scale)
        return image

    return at


def _cards(job: RenderJob) -> Scene:
    """Pictures and videos as slowly floating cards, and the prompt below them."""
    width, height = job.size
    short = min(job.size)
    ground = background(job.size, job.seed, "pale")
    caption = caption_on_paper(job.prompt, job.size)
    reserved = caption.image.height if caption else caption_bottom(job.size)
    margin = short * 0.085
    available = height - reserved - 1.6 * margin
    area = Rect(width / 2, margin + available / 2, width - 2 * margin, available)
    videos = [MovingPicture(path) for path in job.files("video")]
    aspects = [*(aspect(shot.picture) for shot in job.shots), *(video.aspect for video in videos)]
    places = arrange(aspects, area, min(job.size) * GAP)
    numbers = [str(number) for number in range(1, len(job.shots) + 1)]
    numbers += [f"视频{number}" for number in range(1, len(videos) + 1)]
    labels = numbers if len(places) > 1 else [""]
    still = [
        Sprite.of(card(contain(shot.picture, room(place)), label, job.size))
        for shot, place, label in zip(job.shots, places, labels, strict=False)
    ]

    def sprites(t: float) -> list[Sprite]:
        first = len(still)
        return still + [
            Sprite.of(card(video.at(t, room(place)), label, job.size))
            for video, place, label in zip(videos, places[first:], labels[first:], strict=True)
        ]

    rng = random.Random(job.seed)  # noqa: S311 - not for cryptography
    phases = [rng.uniform(0, 2 * math.pi) for _ in places]
    reach = short * 0.006

    def at(t: float) -> Image.Image:
        image = ground.at(t)
        scale = 1.0 + 0.025 * easing(t / job.seconds)
        for sprite, place, phase in zip(sprites(t), places, phases, strict=True):
            turn = 2 * math.pi * t / 6 + phase
            x = area.x + (place.x - area.x) * scale + reach * 0.4 * math.cos(turn / 2)
            y = area.y + (place.y - area.y) * scale + reach * math.sin(turn)
            sprite.over(image, (x, y), scale)
        if caption:
            caption.over(image)
        return image

    return at
