"""Marks: how a prompt refers to the reference files of its request, such as `@图片1`."""

import re
from enum import StrEnum
from typing import Final, NamedTuple


class ReferenceKind(StrEnum):
    """What a reference file of a subject reference is; each kind is numbered for itself."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


_WORDS: Final = {
    ReferenceKind.IMAGE: ("图片", "圖片", "图", "圖", "image"),
    ReferenceKind.VIDEO: ("视频", "視頻", "video"),
    ReferenceKind.AUDIO: ("音频", "音頻", "audio"),
}
"""The words of marks; the first of each is the one that the site's page writes (protocol 7.5)."""
_EMAIL: Final = r"(?<=[A-Za-z0-9._%+-])@[a-z]+[0-9]+\.[A-Za-z]"


def mark_pattern(kind: ReferenceKind) -> str:
    """A regular expression of one kind's marks, for JavaScript too; its group is the number.

    It is meant for any case of letters.
    """
    return rf"(?!{_EMAIL})[@＠](?:{'|'.join(_WORDS[kind])})\s?([0-9０-９]+)"


_MARK: Final = re.compile("|".join(map(mark_pattern, ReferenceKind)), re.IGNORECASE)


class Mark(NamedTuple):
    """The mark of a reference file: its kind and its 1-based number. Its text is the site's."""

    kind: ReferenceKind
    number: int

    def __str__(self) -> str:
        return f"@{_WORDS[self.kind][0]}{self.number}"


def picture_mark(number: int) -> Mark:
    """The mark of the picture with this 1-based number."""
    return Mark(ReferenceKind.IMAGE, number)


def split_marks(prompt: str) -> list[str | Mark]:
    """Split a prompt into its text and its marks, in order.

    `@图片1`, `@图1`, `@圖片1` and `@image1` mean the first picture, also with `＠` or `１`;
    `@视频1` and `@video1` the first video, `@音频1` and `@audio1` the first audio.
    """
    pieces: list[str | Mark] = []
    end = 0
    for match in _MARK.finditer(prompt):
        kind, number = next(
            pair for pair in zip(ReferenceKind, match.groups(), strict=True) if pair[1]
        )
        pieces += [prompt[end : match.start()], Mark(kind, int(number[:6]))]
        end = match.end()
    return [piece for piece in [*pieces, prompt[end:]] if piece]


def normalized(prompt: str) -> str:
    """The prompt with all marks in the site's spelling."""
    return "".join(map(str, split_marks(prompt)))
