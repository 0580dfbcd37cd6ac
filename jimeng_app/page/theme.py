"""How the page looks: a theme by its variables, and what they do not reach as CSS."""

from importlib.resources import files

import gradio as gr

CSS = "".join(
    files(__package__).joinpath(name).read_text(encoding="utf-8")
    for name in ("page.css", "query.css")
)

_FONTS = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
_MONO = ["ui-monospace", "SFMono-Regular", "Consolas", "monospace"]

# The accent is dark enough for white text on it, and for it on white, to be readable (WCAG AA).
_VALUES = {
    "body_background_fill": ("*neutral_50", "*neutral_950"),
    "body_text_color_subdued": ("*neutral_500", "*neutral_400"),
    "block_radius": ("*radius_lg",),
    "container_radius": ("*radius_lg",),
    "input_radius": ("*radius_md",),
    "block_background_fill": ("white", "*neutral_900"),
    "block_label_text_color": ("*neutral_600",),
    "block_title_text_color": ("*neutral_600", "*neutral_300"),
    "button_primary_background_fill": ("*primary_700", "*primary_700"),
    "button_primary_background_fill_hover": ("*primary_800", "*primary_600"),
    "button_secondary_background_fill": ("white", "*neutral_800"),
    "button_secondary_background_fill_hover": ("*neutral_100", "*neutral_700"),
    "button_secondary_border_color": ("*neutral_300", "*neutral_600"),
    "button_border_width": ("1px",),
    "button_large_text_size": ("*text_md",),
    "button_large_text_weight": ("500",),
    "checkbox_background_color_selected": ("*primary_700", "*primary_600"),
    "checkbox_border_color_selected": ("*primary_700",),
    "checkbox_label_background_fill_selected": ("*primary_50", "*neutral_800"),
    "checkbox_label_text_color_selected": ("*neutral_900", "*neutral_100"),
    "color_accent": ("*primary_700",),
    "color_accent_soft": ("*primary_50", "*neutral_800"),
    "input_background_fill": ("white", "*neutral_800"),
    "input_border_color": ("*neutral_300", "*neutral_600"),
    "input_border_width": ("1px",),
    "input_placeholder_color": ("*neutral_500", "*neutral_400"),
    "link_text_color": ("*primary_700", "*primary_300"),
}
"""The theme's variables: for the light scheme, and for the dark one where it differs."""


def theme() -> gr.themes.Base:
    """One accent on neutral greys, in the fonts of the reader's system; no font is fetched."""
    base = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        spacing_size=gr.themes.sizes.spacing_md,
        radius_size=gr.themes.sizes.radius_lg,
        font=_FONTS,
        font_mono=_MONO,
    )
    variables = {
        name + suffix: value
        for name, values in _VALUES.items()
        for suffix, value in zip(("", "_dark"), values, strict=False)
    }
    return base.set(**variables)
