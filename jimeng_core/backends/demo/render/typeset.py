"""Text into pixels: what the font has, where a line may break, what is left out."""

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
"""From one baseline to the next, in font sizes. Chinese text needs more air than Latin text."""

_ASCENT: Final = 0.90
"""From the top of a block to its first baseline, in font sizes: a hanzi above the line."""

_DESCENT: Final = 0.28
"""From the last baseline to the bottom of a block, in font sizes: the tail of a g."""

_ELLIPSIS: Final = "…"

_PAUSES: Final = "，。、；：！？…—,.;:!?）)"
"""Signs after which a line likes to end."""

_RUNNING_ON: Final = 0.12
"""What it costs to end a line elsewhere; a line half as long as it should be costs 0.25."""

_NEVER_FIRST: Final = frozenset(
    "!%),.:;?]}¢°·’”†‡›℃∶、。〃々〕〗〞﹚﹜！＂％＇），．：；？］｀｜｝～〉》」』】…—–ー々°"
)
"""Characters that stay with what stands before them (Chinese line-breaking, in short)."""

_NEVER_LAST: Final = frozenset("$(£¥[{‘“〈《「『【〔〖〝﹙﹛＄（．［｛￡￥@#")
"""Characters that stay with what follows them."""

_UNIT: Final = re.compile(
    r"@图片\d+"  # a mark for a picture is read as one word
    r"|\s+"
    r"|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+"  # a word of a script that has words
    r"|.",  # a hanzi, a kana, a full-width sign
)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text, set in one size."""

    lines: tuple[str, ...]
    font_size: int
    """Pixels."""

    @property
    def height(self) -> int:
        """Pixels from the top of the first line to the bottom of the last."""
        return round(self.font_size * (_ASCENT + _DESCENT + _LEADING * (len(self.lines) - 1)))

    @property
    def width(self) -> int:
        """Pixels of the longest line."""
        return round(max((face(self.font_size).getlength(line) for line in self.lines), default=0))


@lru_cache(maxsize=32)
def face(size: int) -> ImageFont.FreeTypeFont:
    """Our font at `size` pixels."""
    # The basic layout is part of every Pillow; the other one differs with what the machine has.
    return ImageFont.truetype(str(_FONT), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def has_glyph(character: str) -> bool:
    """Whether our font can draw `character`.

    Pillow does not tell, so its drawing is compared with that of a code that no font has.
    """
    return character.isspace() or _drawing(character) != _drawing("\uffff")


def _drawing(character: str) -> tuple[tuple[int, int], bytes]:
    """The pixels of one character at a size where no two differ by accident."""
    mask = face(48).getmask(character)
    return mask.size, bytes(mask)


def printable(text: str) -> str:
    """`text` on one line, without what our font cannot draw, such as emoji."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(character for character in composed if has_glyph(character)).split())


def set_text(text: str, *, size: int, width: int, most_lines: int) -> Block:
    """Set `text` in `size` pixels on up to `most_lines` lines of `width`; "…" ends a longer one."""
    return _balanced(printable(text), size, width, most_lines)


def set_largest(text: str, *, sizes: Sequence[int], width: int, height: int) -> Block:
    """Set `text` in the first of `sizes` that fits it into `width` and `height`, all in pixels.

    If none does, it is set in the last one and shortened.
    """
    clean = printable(text)
    for size in sizes:
        most = _lines_in(height, size)
        if most and len(_wrap(clean, size, width)) <= most and _longest_unit(clean, size) <= width:
            return _balanced(clean, size, width, most)
    return _balanced(clean, sizes[-1], width, max(1, _lines_in(height, sizes[-1])))


def ink(block: Block) -> Image.Image:
    """The block, its lines centred, as a mask ("L") of its own size: 255 where there is ink."""
    width = block.width
    mask = Image.new("L", (max(1, width), max(1, block.height)))
    draw = ImageDraw.Draw(mask)
    font = face(block.font_size)
    for number, line in enumerate(block.lines):
        baseline = block.font_size * (_ASCENT + _LEADING * number)
        draw.text((width / 2, baseline), line, fill=255, font=font, anchor="ms")
    return mask


def _lines_in(height: int, size: int) -> int:
    """How many lines of `size` fit into `height`."""
    return max(0, int((height / size - _ASCENT - _DESCENT) // _LEADING) + 1)


def _longest_unit(text: str, size: int) -> float:
    """Pixels of the longest run that should not be broken."""
    return max((face(size).getlength(unit) for unit in _units(text)), default=0.0)


def _balanced(text: str, size: int, width: int, most: int) -> Block:
    """As few lines as `text` needs, with good breaks, or the first `most` of them."""
    lines = _wrap(text, size, width)
    if len(lines) > most:
        return Block(tuple(_shortened(lines, size, width, most)), size)
    return Block(tuple(_evened(text, size, width, len(lines)) or lines), size)


def _evened(text: str, size: int, width: int, count: int) -> list[str]:
    """`text` in exactly `count` lines, about equally long, ending at pauses; [] if it cannot be."""
    pieces = list(_pieces(text, size, width))
    edges = list(accumulate((face(size).getlength(piece) for piece in pieces), initial=0.0))
    ideal = max(1.0, edges[-1] / max(1, count))
    # By the number of pieces that are set: the least cost of that, and where its lines end.
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
                    line_cost += _RUNNING_ON
                if end not in longer or cost + line_cost < longer[end][0]:
                    longer[end] = (cost + line_cost, (*ends, end))
        best = longer
    _, ends = best.get(len(pieces), (0.0, ()))
    return ["".join(pieces[start:end]).strip() for start, end in pairwise((0, *ends))]


def _shortened(lines: Sequence[str], size: int, width: int, most: int) -> list[str]:
    """The first `most` of `lines`, the last of them ending in "…"."""
    last = lines[most - 1]
    while last and face(size).getlength(last + _ELLIPSIS) > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip(" ，。、,.;；：:") + _ELLIPSIS]


def _wrap(text: str, size: int, width: int) -> list[str]:
    """`text` in lines of up to `width` pixels, each as full as it can be."""
    font = face(size)
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
    """The units of `text`; one that is longer than a whole line comes as single characters."""
    font = face(size)
    for unit in _units(text):
        if font.getlength(unit) > width:
            yield from unit
        else:
            yield unit


def _units(text: str) -> list[str]:
    """`text` cut at every place where a line may break."""
    units: list[str] = []
    for unit in _UNIT.findall(text):
        before = units[-1] if units else " "
        joins = unit[0] in _NEVER_FIRST or before[-1] in _NEVER_LAST
        if joins and not unit.isspace() and not before.isspace():
            units[-1] = before + unit
        else:
            units.append(unit)
    return units
