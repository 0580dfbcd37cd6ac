"""How the page looks: a theme by its variables, and the little that they do not reach."""

import json
from importlib.resources import files

import gradio as gr

from jimeng_core.settings import BackendName

from .history import MAX_ENTRIES
from .i18n import browser_texts


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


_KNOWN = json.dumps(
    {"texts": browser_texts(), "most_kept": MAX_ENTRIES, "backend": BackendName.DEMO},
    ensure_ascii=False,
)


_KNOWN = _KNOWN.replace("<", r"\u003c")  # so that no text could end the script


_SCRIPTS = ("base.js", "form/form.js", "form/picture_list.js", "history.js")


CSS = _file("page.css")


HEAD = (
    # Media hosts are not told from which page they are asked.
    '<meta name="referrer" content="same-origin">'
    f"<script>window.jimeng = {_KNOWN};</script>"
    f"<script>{''.join(map(_file, _SCRIPTS))}</script>"
)

_FONTS = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]


_MONO = ["ui-monospace", "SFMono-Regular", "Consolas", "monospace"]

# The accent is as dark as white text on it, and it on white, need to be read (WCAG AA).
_VALUES = {
    "body_background_fill": "*neutral_50",
    "body_background_fill_dark": "*neutral_950",
    "body_text_color_subdued": "*neutral_500",
    "body_text_color_subdued_dark": "*neutral_400",
    "block_radius": "*radius_lg",
    "container_radius": "*radius_lg",
    "input_radius": "*radius_md",
    "block_background_fill": "white",
    "block_background_fill_dark": "*neutral_900",
    "block_label_text_color": "*neutral_600",
    "block_title_text_color": "*neutral_600",
    "block_title_text_color_dark": "*neutral_300",
    "button_primary_background_fill": "*primary_700",
    "button_primary_background_fill_hover": "*primary_800",
    "button_primary_background_fill_dark": "*primary_700",
    "button_primary_background_fill_hover_dark": "*primary_600",
    "button_secondary_background_fill": "white",
    "button_secondary_background_fill_hover": "*neutral_100",
    "button_secondary_background_fill_dark": "*neutral_800",
    "button_secondary_background_fill_hover_dark": "*neutral_700",
    "button_secondary_border_color": "*neutral_300",
    "button_secondary_border_color_dark": "*neutral_600",
    "button_border_width": "1px",
    "button_large_text_size": "*text_md",
    "button_large_text_weight": "500",
    "checkbox_background_color_selected": "*primary_700",
    "checkbox_background_color_selected_dark": "*primary_600",
    "checkbox_border_color_selected": "*primary_700",
    "checkbox_label_background_fill_selected": "*primary_50",
    "checkbox_label_background_fill_selected_dark": "*neutral_800",
    "checkbox_label_text_color_selected": "*neutral_900",
    "checkbox_label_text_color_selected_dark": "*neutral_100",
    "color_accent": "*primary_700",
    "color_accent_soft": "*primary_50",
    "color_accent_soft_dark": "*neutral_800",
    "input_background_fill": "white",
    "input_background_fill_dark": "*neutral_800",
    "input_border_color": "*neutral_300",
    "input_border_color_dark": "*neutral_600",
    "input_border_width": "1px",
    "input_placeholder_color": "*neutral_500",
    "input_placeholder_color_dark": "*neutral_400",
    "link_text_color": "*primary_700",
    "link_text_color_dark": "*primary_300",
}


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
    return base.set(**_VALUES)
