"""Create the font of the demo renderer, a subset of Noto Sans SC.

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
"""Differs from the original's name, so that the two are not confused."""

_RESERVED: Final = "Source"
"""The Reserved Font Name of the font's OFL, which a modified version must not use."""

_PRESERVED_NAMES: Final = (0, 5, 7, 8, 9, 10, 11, 13, 14)
"""`name` records that are preserved: copyright, version, trademark, authors, licence."""

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
    """Read the arguments, create the font, and print its size."""
    parser = argparse.ArgumentParser(
        description="Create the demo renderer's font from the full Noto Sans SC."
    )
    parser.add_argument("full", type=Path, help="NotoSansSC_400Regular.ttf")
    parser.add_argument("target", type=Path, nargs="?", default=_TARGET)
    args = parser.parse_args()
    font = subset_of(args.full)
    font.save(args.target)
    print(
        f"{args.target}: {len(font.getBestCmap())} characters, {args.target.stat().st_size:,} bytes"
    )


def subset_of(full: Path) -> TTFont:
    """The font at `full` with the subset's characters, without tables of advanced layout."""
    options = subset.Options(
        layout_features=[],
        hinting=False,
        notdef_outline=True,
        name_IDs=["*"],
        name_languages=["*"],
    )
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "STAT", "vhea", "vmtx"]
    font = subset.load_font(str(full), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(character) for character in characters()])
    subsetter.subset(font)
    _rename(font)
    return font


def characters() -> frozenset[str]:
    """The characters of the subset: the ranges above, GB2312, and Big5 level 1."""
    ranges = {chr(code) for first, last in _RANGES for code in range(first, last + 1)}
    simplified = _code_space("gb2312", leads=range(0xA1, 0xF8), trails=range(0xA1, 0xFF))
    traditional = _code_space("big5", leads=range(0xA4, 0xC7), trails=range(0x40, 0xFF))
    return frozenset(ranges | simplified | traditional)


def _code_space(codec: str, *, leads: range, trails: range) -> set[str]:
    """Every character that `codec` encodes in two bytes."""
    decoded = (bytes(pair).decode(codec, errors="replace") for pair in product(leads, trails))
    return {text for text in decoded if len(text) == 1 and text != "\N{REPLACEMENT CHARACTER}"}


def _rename(font: TTFont) -> None:
    """Rename the subset and preserve every notice of the original."""
    if _RESERVED.lower() in _FAMILY.lower():
        message = f"the OFL reserves the font name {_RESERVED!r}"
        raise ValueError(message)
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in _PRESERVED_NAMES]
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
