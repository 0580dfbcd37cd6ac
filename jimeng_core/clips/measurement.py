"""What a media file contains, as the measuring program reports it, and whether it may be sent.

The limits are Ark's (Ark protocol A7). Those of the site are not documented but for the numbers and
sums of protocol 7.5; that it takes what Ark takes is a guess, as the models are the same.
"""

from typing import Final

from pydantic import BaseModel, ConfigDict

from jimeng_core.sources import BadFile

MIN_SECONDS: Final = 2
"""The shortest clip."""
MAX_SECONDS: Final = 30
"""The longest one; most models take less (`ReferenceLimits.seconds`)."""
SPARE_SECONDS: Final = 0.2
"""How much longer a clip, or all together, may be: the site's sum of 30.2 s (protocol 7.5, single
source), since encoders round a length up to a whole frame."""
SIDES: Final = range(300, 6001)
"""Pixels."""
PIXELS: Final = range(407_696, 8_295_045)
"""Pixels of a frame."""
MIN_RATIO: Final = 0.4
"""Width divided by height."""
MAX_RATIO: Final = 2.5
"""Width divided by height."""
FPS: Final = (24, 60)
_FPS_SPARE: Final = 0.05
"""So that 23.976 frames per second count as 24."""
VIDEO_CODECS: Final = ("h264", "hevc")
_AUDIO_CODECS: Final = {"mp3": ("mp3", "mp3float"), "wav": ("pcm_",)}
"""How the names of the codecs of each format begin."""


class Measured(BaseModel):
    """What the measuring program found in a file."""

    model_config = ConfigDict(frozen=True)

    container: str = ""
    """FFmpeg's name of the format; empty for a format that FFmpeg cannot read."""
    brand: str = ""
    """The major brand of an MP4 or MOV file."""
    video: str = ""
    """The codec of its video; empty without one. A cover picture is no video."""
    audio: str = ""
    """The codec of its sound; empty without one."""
    width: int = 0
    """Pixels, as it is shown."""
    height: int = 0
    fps: float = 0
    seconds: float = 0
    """Of the video, else of the sound, by its packets."""
    broken: bool = False
    """Whether its beginning cannot be decoded."""

    @property
    def format(self) -> str:
        """`mp4`, `mov`, `mp3` or `wav`, or FFmpeg's name of another."""
        if self.container.startswith("mov,mp4"):
            return "mov" if self.brand.strip() == "qt" else "mp4"
        return self.container.partition(",")[0]


def check_video(found: Measured) -> None:
    """Check a reference video.

    Raises:
        BadFile: It may not be sent.
    """
    if not found.container:
        raise BadFile(
            "is no video that can be read; give an MP4 or MOV file.",
            "不是可读取的视频，请提供 MP4 或 MOV 文件。",
        )
    if not found.video:
        raise BadFile(
            "has no picture, only sound or nothing; give it as an audio, or give a video.",
            "没有画面，只有声音或为空；请作为音频提供，或换成视频。",
        )
    if found.format not in {"mp4", "mov"}:
        raise BadFile(
            f"is a {_name(found.format)} file; convert it to MP4 (H.264).",
            f"是 {_name(found.format)} 文件，请转换为 MP4（H.264）。",
        )
    if found.video not in VIDEO_CODECS:
        raise BadFile(
            f"is encoded as {_name(found.video)}; convert it to H.264 or H.265.",
            f"的编码是 {_name(found.video)}，请转换为 H.264 或 H.265。",
        )
    _check_length(found)
    _check_frames(found)


def check_audio(found: Measured) -> None:
    """Check a reference audio.

    Raises:
        BadFile: It may not be sent.
    """
    if not found.audio:
        raise BadFile(
            "is no sound that can be read; give an MP3 or WAV file.",
            "不是可读取的声音，请提供 MP3 或 WAV 文件。",
        )
    if found.video:
        raise BadFile(
            "is a video; give it as a video, or its sound as an MP3 or WAV file.",
            "是视频；请作为视频提供，或把声音另存为 MP3 或 WAV 文件。",
        )
    if not found.audio.startswith(_AUDIO_CODECS.get(found.format, ("-",))):
        raise BadFile(
            f"is a {_name(found.format)} file ({_name(found.audio)}); convert it to MP3 or WAV.",
            f"是 {_name(found.format)} 文件（{_name(found.audio)}），请转换为 MP3 或 WAV。",
        )
    _check_length(found)


def _check_length(found: Measured) -> None:
    if found.broken:
        raise BadFile(
            "is damaged or incomplete; export or download it again.",
            "已损坏或不完整，请重新导出或下载。",
        )
    if not MIN_SECONDS - SPARE_SECONDS <= found.seconds <= MAX_SECONDS + SPARE_SECONDS:
        limits = f"{MIN_SECONDS} to {MAX_SECONDS}"
        raise BadFile(
            f"lasts {found.seconds:.1f} s; give one of {limits} s.",
            f"长 {found.seconds:.1f} 秒，应为 {limits.replace('to', '到')} 秒。",
        )


def _check_frames(found: Measured) -> None:
    width, height = found.width, found.height
    ratio = width / height
    if width not in SIDES or height not in SIDES or width * height not in PIXELS:
        raise BadFile(
            f"has {width}x{height} pixels; each side may have {SIDES[0]} to {SIDES[-1]} and a frame"
            f" {PIXELS[0]:,} to {PIXELS[-1]:,} (480p to 4K): scale it.",
            f"的尺寸为 {width}x{height}；边长应为 {SIDES[0]} 到 {SIDES[-1]} 像素，每帧"
            f" {PIXELS[0]:,} 到 {PIXELS[-1]:,} 像素（480p 到 4K），请缩放。",
        )
    if not MIN_RATIO <= ratio <= MAX_RATIO:
        raise BadFile(
            f"has {width}x{height} pixels; width divided by height may be {MIN_RATIO} to"
            f" {MAX_RATIO}: crop it.",
            f"的尺寸为 {width}x{height}；宽高比应在 {MIN_RATIO} 到 {MAX_RATIO} 之间，请裁剪。",
        )
    low, high = FPS
    if not low - _FPS_SPARE <= found.fps <= high + _FPS_SPARE:
        raise BadFile(
            f"has {found.fps:.4g} frames per second; convert it to {low} to {high}.",
            f"的帧率为 {found.fps:.4g}，请转换为每秒 {low} 到 {high} 帧。",
        )


def _name(ffmpeg: str) -> str:
    """A format or codec as a message shows it."""
    names = {"hevc": "H.265", "matroska": "Matroska (MKV or WebM)"}
    return names.get(ffmpeg, ffmpeg[:40] or "?")
