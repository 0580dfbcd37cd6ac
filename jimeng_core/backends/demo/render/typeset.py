"""Text as pixels: line breaks, sizes, and what the font cannot draw."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

_FONT: Final = Path(__file__).parent.parent / "fonts" / "NotoSansSC-Subset.ttf"

_LEADING: Final = 1.42
"""From one baseline to the next, in font sizes."""
_ASCENT: Final = 0.90
"""From the top of a block to its first baseline, in font sizes."""
_DESCENT: Final = 0.28
"""From the last baseline to the bottom of a block, in font sizes."""
_ELLIPSIS: Final = "…"
_PAUSES: Final = "，。、；：！？…—,.;:!?）)"
"""Characters after which a line should end."""
_RUN_ON_COST: Final = 0.12
"""The cost of ending a line elsewhere; a line of half the ideal length costs 0.25."""
_NEVER_FIRST: Final = frozenset(
    "!%),.:;?]}¢°·’”†‡›℃∶、。〃々〕〗〞﹚﹜！＂％＇），．：；？］｀｜｝～〉》」』】…—–ー々°"
)
"""Characters that no line begins with."""
_NEVER_LAST: Final = frozenset("$(£¥[{‘“〈《「『【〔〖〝﹙﹛＄（．［｛￡￥@#")
"""Characters that no line ends with."""
_UNIT: Final = re.compile(
    r"@(?:图片|视频|音频)\d+"  # the mark of a file
    r"|\s+"
    r"|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+"  # a word
    r"|.",  # a Chinese or Japanese character, a full-width sign
)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text in one font size, in pixels."""

    lines: tuple[str, ...]
    font_size: int

    @property
    def height(self) -> int:
        """Pixels from the top of the first line to the bottom of the last."""
        return round(self.font_size * (_ASCENT + _DESCENT + _LEADING * (len(self.lines) - 1)))

    @property
    def width(self) -> int:
        """Pixels of the longest line."""
        return round(
            max((load_font(self.font_size).getlength(line) for line in self.lines), default=0)
        )


@lru_cache(maxsize=32)
def load_font(size: int) -> ImageFont.FreeTypeFont:
    """Our font at `size` pixels."""
    # The basic layout is part of every Pillow; the other one depends on the machine.
    return ImageFont.truetype(str(_FONT), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def has_glyph(character: str) -> bool:
    """Whether our font can draw `character`: not as it draws a code that no font has."""
    drawn, missing = (load_font(48).getmask(each) for each in (character, "\uffff"))
    return character.isspace() or (drawn.size, bytes(drawn)) != (missing.size, bytes(missing))


def printable(text: str) -> str:
    """`text` on one line, without what our font cannot draw, such as emoji."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(character for character in composed if has_glyph(character)).split())


def set_text(text: str, *, size: int, width: int, max_lines: int) -> Block:
    """Set `text` in `size` pixels on up to `max_lines` lines of `width`; "…" ends a longer one."""
    return _break_lines(printable(text), size, width, max_lines)


def set_largest(text: str, *, sizes: Sequence[int], width: int, height: int) -> Block:
    """Set `text` in the first of `sizes` with which it fits into `width` and `height`, in pixels.

    With none it fits: then it is set in the last one and shortened.
    """
    clean = printable(text)
    max_lines = 1
    for size in sizes:
        max_lines = max(0, int((height / size - _ASCENT - _DESCENT) // _LEADING) + 1)
        longest = max((load_font(size).getlength(unit) for unit in _units(clean)), default=0.0)
        if len(_wrap(clean, size, width)) <= max_lines and max_lines and longest <= width:
            return _break_lines(clean, size, width, max_lines)
    return _break_lines(clean, sizes[-1], width, max(1, max_lines))


def ink(block: Block) -> Image.Image:
    """The block, its lines centred, as a mask ("L") of its own size."""
    width = block.width
    mask = Image.new("L", (max(1, width), max(1, block.height)))
    draw = ImageDraw.Draw(mask)
    font = load_font(block.font_size)
    for number, line in enumerate(block.lines):
        baseline = block.font_size * (_ASCENT + _LEADING * number)
        draw.text((width / 2, baseline), line, fill=255, font=font, anchor="ms")
    return mask


def _break_lines(text: str, size: int, width: int, max_lines: int) -> Block:
    """As few lines as `text` needs, with good breaks, or the first `max_lines` of them."""
    lines = _wrap(text, size, width)
    if len(lines) <= max_lines:
        return Block(tuple(_even_lines(text, size, width, len(lines)) or lines), size)
    last = lines[max_lines - 1]
    while last and load_font(size).getlength(last + _ELLIPSIS) > width:
        last = last[:-1]
    last = last.rstrip(" ，。、,.;；：:") + _ELLIPSIS
    return Block((*lines[: max_lines - 1], last), size)


def _even_lines(text: str, size: int, width: int, count: int) -> list[str]:
    """`text` in `count` lines, about equally long and ending at pauses; [] if impossible."""
    pieces = list(_pieces(text, size, width))
    edges = list(accumulate((load_font(size).getlength(piece) for piece in pieces), initial=0.0))
    ideal = max(1.0, edges[-1] / max(1, count))
    # By the number of pieces: the least cost to set them, and the ends of the lines.
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for _ in range(count):
        longer: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start, (cost, ends) in best.items():
            for end in range(start + 1, len(pieces) + 1):
                used = edges[end] - edges[start]
                if used > width:
                    break
                line_cost = (used / ideal - 1) ** 2
                if end < len(pieces) and not pieces[end - 1].endswith(tuple(_PAUSES)):
                    line_cost += _RUN_ON_COST
                if end not in longer or cost + line_cost < longer[end][0]:
                    longer[end] = (cost + line_cost, (*ends, end))
        best = longer
    _, ends = best.get(len(pieces), (0.0, ()))
    return ["".join(pieces[start:end]).strip() for start, end in pairwise((0, *ends))]


def _wrap(text: str, size: int, width: int) -> list[str]:
    """`text` in lines of up to `width` pixels, each as full as it can be."""
    font = load_font(size)
    lines: list[str] = []
    line, used = "", 0.0
    for unit in _pieces(text, size, width):
        needed = font.getlength(unit)
        if line and used + needed > width and not unit.isspace():
            lines.append(line.rstrip())
            line, used = "", 0.0
        if line or not unit.isspace():
            line, used = line + unit, used + needed
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str, size: int, width: int) -> Iterator[str]:
    """The units of `text`; one that is longer than a line is split into characters."""
    for unit in _units(text):
        yield from unit if load_font(size).getlength(unit) > width else [unit]


def _units(text: str) -> list[str]:
    """`text` split wherever a line may break."""
    units: list[str] = []
    for unit in _UNIT.findall(text):
        before = units[-1] if units else " "
        joins = unit[0] in _NEVER_FIRST or before[-1] in _NEVER_LAST
        if joins and not unit.isspace() and not before.isspace():
            units[-1] = before + unit
        else:
            units.append(unit)
    return units
