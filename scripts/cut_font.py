"""Cut the font that the demo renderer ships out of the full Noto Sans SC.

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3
    tar xzf expo-google-fonts-noto-sans-sc-0.4.3.tgz
    python scripts/cut_font.py package/400Regular/NotoSansSC_400Regular.ttf

Writes `jimeng_core/backends/demo/fonts/NotoSansSC-Subset.ttf`, or the path given as the second
argument. The same font and the same fontTools (a development dependency) give the same bytes.
"""

import argparse
from itertools import product
from pathlib import Path
from typing import Final

from fontTools import subset
from fontTools.ttLib import TTFont

_TARGET: Final = (
    Path(__file__).parent.parent / "jimeng_core/backends/demo/fonts/NotoSansSC-Subset.ttf"
)

_FAMILY: Final = "Noto Sans SC Subset"
"""Not the original's name: the two are never mistaken for each other."""

_RESERVED: Final = "Source"
"""The Reserved Font Name in the font's OFL: a modified version must not use it in its own name."""

_KEPT_NAMES: Final = (0, 5, 7, 8, 9, 10, 11, 13, 14)
"""`name` records that are kept as they are: copyright, version, trademark, makers, licence."""

_RANGES: Final = (
    (0x0020, 0x017F),  # ASCII, Latin-1, Latin Extended-A
    (0x2010, 0x205F),  # general punctuation: dashes, quotes, ellipsis, bullets
    (0x20A0, 0x20BF),  # currency
    (0x2190, 0x2199),  # arrows
    (0x2660, 0x2667),  # card suits, the heart among them
    (0x3000, 0x30FF),  # CJK punctuation, kana
    (0xFF00, 0xFF9F),  # full-width and half-width forms
    (0xFFE0, 0xFFEF),  # the same: signs
)


def main() -> None:
    """Read the arguments, cut, and say what came out."""
    parser = argparse.ArgumentParser(
        description="Cut the demo renderer's font out of the full Noto Sans SC."
    )
    parser.add_argument("full", type=Path, help="NotoSansSC_400Regular.ttf")
    parser.add_argument("target", type=Path, nargs="?", default=_TARGET)
    args = parser.parse_args()
    font = cut(args.full)
    font.save(args.target)
    print(
        f"{args.target}: {len(font.getBestCmap())} characters, {args.target.stat().st_size:,} bytes"
    )


def cut(full: Path) -> TTFont:
    """The font at `full` with our characters only and without what basic layout never reads."""
    options = subset.Options(
        layout_features=[],
        hinting=False,
        notdef_outline=True,
        name_IDs=["*"],
        name_languages=["*"],
    )
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "STAT", "vhea", "vmtx"]
    font = subset.load_font(str(full), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(character) for character in wanted()])
    cutter.subset(font)
    _rename(font)
    return font


def wanted() -> frozenset[str]:
    """What to keep, as far as the font has it: the ranges above, all of GB2312, Big5 level 1."""
    ranges = {chr(code) for first, last in _RANGES for code in range(first, last + 1)}
    simplified = _code_space("gb2312", leads=range(0xA1, 0xF8), trails=range(0xA1, 0xFF))
    traditional = _code_space("big5", leads=range(0xA4, 0xC7), trails=range(0x40, 0xFF))
    return frozenset(ranges | simplified | traditional)


def _code_space(codec: str, *, leads: range, trails: range) -> set[str]:
    """Every character that a two-byte code of `codec` stands for."""
    decoded = (bytes(pair).decode(codec, errors="replace") for pair in product(leads, trails))
    return {text for text in decoded if len(text) == 1 and text != "\N{REPLACEMENT CHARACTER}"}


def _rename(font: TTFont) -> None:
    """Give the cut its own name and keep every notice of the original."""
    if _RESERVED.lower() in _FAMILY.lower():
        message = f"the OFL reserves the font name {_RESERVED!r}"
        raise ValueError(message)
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in _KEPT_NAMES]
    postscript = _FAMILY.replace(" ", "") + "-Regular"
    for name_id, text in (
        (1, _FAMILY),
        (2, "Regular"),
        (3, postscript),
        (4, _FAMILY),
        (6, postscript),
    ):
        table.setName(text, name_id, 3, 1, 0x409)


if __name__ == "__main__":
    main()
