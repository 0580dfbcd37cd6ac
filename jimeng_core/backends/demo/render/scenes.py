"""What is seen at a moment: one scene for each kind of video, each a pure function of time."""

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
from .cards import Rect, arranged, card, gap_of
from .job import RenderJob
from .overlay import (
    Caption,
    Sprite,
    caption_bottom,
    caption_on_paper,
    caption_on_picture,
    filled,
    mark,
)
from .picture import (
    SPARE,
    Camera,
    Size,
    aspect,
    cover,
    easing,
    setting_off,
    settling,
    steady,
)
from .typeset import ink, set_largest

Scene = Callable[[float], Image.Image]
"""What is seen, by seconds since the start: an RGB image of the frame's size."""

_TITLE_SIZES: Final = (0.13, 0.11, 0.095, 0.08, 0.068, 0.058, 0.05)
"""Font sizes of a title, in short sides of the frame: a short text stands large."""


@dataclass(frozen=True, slots=True)
class _Clip:
    """One picture's part in a video."""

    picture: Path
    start: float
    """Seconds; the middle of the crossfade from the clip before."""

    end: float
    """Seconds; the middle of the crossfade to the next clip."""

    camera: Camera
    caption: str = ""


def scene_of(job: RenderJob) -> Scene:
    """The scene of a job. It raises `OSError` when it comes to a picture that cannot be read.

    Raises:
        OSError: the same, for pictures that are seen from the start.

    """
    match job.mode:
        case "first_last_frame" if job.shots:
            scene = _reel(_first_to_last(job), 0.3 * job.seconds, job.size)
        case "first_last_frame":
            scene = _title(job)
        case "multi_frame":
            scene = _reel(_in_turn(job), 0.5, job.size)
        case "subject_reference":
            scene = _gathering(job)
        case _:
            assert_never(job.mode)
    sign = mark(job.size)

    def signed(t: float) -> Image.Image:
        image = scene(t)
        sign.over(image)
        return image

    return signed


def poster_time(job: RenderJob) -> float:
    """The moment that stands for the video, in seconds: its start, or the middle of a still one."""
    return 0.0 if job.shots and job.mode != "subject_reference" else job.seconds / 2


def _first_to_last(job: RenderJob) -> list[_Clip]:
    """A push into the first picture and, if there is a last one, a move that rests on it."""
    x, y = _direction(job.seed)
    if len(job.shots) == 1:
        camera = Camera((1.0, 1.14), (x, y), easing)
        return [_Clip(job.shots[0].picture, 0, job.seconds, camera)]
    first, last = job.shots
    middle = job.seconds / 2
    # It leaves towards one side and arrives from the other: it keeps its direction in the fade.
    return [
        _Clip(first.picture, 0, middle, Camera((1.0, 1.12), (x, y), setting_off)),
        _Clip(last.picture, middle, job.seconds, Camera((1.12, 1.0), (-x, -y), settling)),
    ]


def _in_turn(job: RenderJob) -> list[_Clip]:
    """The pictures one after the other, in and out of them by turns."""
    clips: list[_Clip] = []
    start = 0
    for number, shot in enumerate(job.shots):
        zoom = (1.0, 1.08) if number % 2 == 0 else (1.08, 1.0)
        camera = Camera(zoom, _direction(job.seed + number), steady)
        clips.append(_Clip(shot.picture, start, start + shot.seconds, camera, shot.caption))
        start += shot.seconds
    return clips


def _direction(seed: int) -> tuple[float, float]:
    """Where a camera looks: some way off the centre, more to a side than up or down."""
    angle = random.Random(seed).uniform(0, 2 * math.pi)  # noqa: S311 - a move is no secret
    return 0.8 * math.cos(angle), 0.5 * math.sin(angle)


def _reel(clips: list[_Clip], fade: float, size: Size) -> Scene:
    """The clips one after the other, with crossfades of up to `fade` seconds between them."""
    fades = [min(fade, 0.6 * min(_length(one), _length(two))) for one, two in pairwise(clips)]
    margins = [(before / 2, after / 2) for before, after in pairwise([0.0, *fades, 0.0])]

    # Two are what a crossfade needs. Time runs forward, so each picture is read once and let go.
    @lru_cache(maxsize=2)
    def material(number: int) -> tuple[Image.Image, Caption | None]:
        roomy = (round(size[0] * SPARE), round(size[1] * SPARE))
        clip = clips[number]
        return cover(clip.picture, roomy), caption_on_picture(clip.caption, size)

    def look(number: int, t: float) -> Image.Image:
        clip, (before, after) = clips[number], margins[number]
        picture, caption = material(number)
        seen_for = before + _length(clip) + after
        image = clip.camera.view(picture, size, min(1.0, (t - clip.start + before) / seen_for))
        if caption:
            caption.scrim.over(image)
        return image

    def write(image: Image.Image, number: int, strength: float) -> None:
        _, caption = material(number)
        if caption and strength > 0:
            caption.text.over(image, strength)

    def at(t: float) -> Image.Image:
        over = [number for number, width in enumerate(fades) if t >= clips[number].end + width / 2]
        number = len(over)
        image = look(number, t)
        progress = (t - clips[number].end) / fades[number] + 0.5 if number < len(fades) else 0.0
        if progress > 0:
            image = Image.blend(image, look(number + 1, t), easing(progress))
            # One caption goes before the next comes: two at once could not be read.
            write(image, number + 1, 2 * progress - 1)
        write(image, number, min(1.0, 1 - 2 * progress))
        return image

    return at


def _length(clip: _Clip) -> float:
    return clip.end - clip.start


def _title(job: RenderJob) -> Scene:
    """The prompt, large, on a calm ground, coming slowly closer."""
    width, height = job.size
    short = min(job.size)
    ground = background(job.size, job.seed, "deep")
    block = set_largest(
        job.prompt,
        sizes=[round(short * size * SPARE) for size in _TITLE_SIZES],
        width=round(width * 0.76 * SPARE),
        height=round(height * 0.60 * SPARE),
    )
    text = Sprite.of(filled(ink(block), (255, 255, 255), 0.97))
    rule = Image.new("L", (round(short * 0.11 * SPARE), round(short * 0.02 * SPARE)))
    thick = max(2, round(short * 0.004 * SPARE))
    rule.paste(255, (thick, thick * 2, rule.width - thick, thick * 3))
    line = Sprite.of(filled(rule, (255, 255, 255), 0.55))

    def at(t: float) -> Image.Image:
        image = ground.at(t)
        scale = 1.0 + 0.035 * easing(t / job.seconds)
        text.over(image, (width / 2, height / 2), scale)
        below = (block.height / SPARE / 2 + short * 0.06) * scale
        line.over(image, (width / 2, height / 2 + below), scale)
        return image

    return at


def _gathering(job: RenderJob) -> Scene:
    """The subjects as cards that float a little, and the prompt below them."""
    width, height = job.size
    short = min(job.size)
    ground = background(job.size, job.seed, "pale")
    caption = caption_on_paper(job.prompt, job.size)
    reserved = caption.image.height if caption else caption_bottom(job.size)
    margin = short * 0.085
    room = height - reserved - 1.6 * margin
    area = Rect(width / 2, margin + room / 2, width - 2 * margin, room)
    places = arranged([aspect(shot.picture) for shot in job.shots], area, gap_of(job.size))
    many = len(places) > 1
    sprites = [
        Sprite.of(card(shot.picture, place, number if many else None, job.size))
        for number, (shot, place) in enumerate(zip(job.shots, places, strict=True), start=1)
    ]
    rng = random.Random(job.seed)  # noqa: S311 - a move is no secret
    phases = [rng.uniform(0, 2 * math.pi) for _ in sprites]
    reach = short * 0.006

    def at(t: float) -> Image.Image:
        image = ground.at(t)
        scale = 1.0 + 0.025 * easing(t / job.seconds)
        for sprite, place, phase in zip(sprites, places, phases, strict=True):
            turn = 2 * math.pi * t / 6 + phase
            x = area.x + (place.x - area.x) * scale + reach * 0.4 * math.cos(turn / 2)
            y = area.y + (place.y - area.y) * scale + reach * math.sin(turn)
            sprite.over(image, (x, y), scale)
        if caption:
            caption.over(image)
        return image

    return at
