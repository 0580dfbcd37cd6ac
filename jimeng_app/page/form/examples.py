"""One example for each form: real photographs under free licences (`assets/README.md`)."""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache

from jimeng_app.page.i18n import label, translate
from jimeng_app.static_routes import EXAMPLES as FOLDER
from jimeng_app.static_routes import EXAMPLES_PATH
from jimeng_core.requests import Mode

PICTURES: dict[Mode, tuple[str, ...]] = {
    Mode.FIRST_LAST_FRAME: ("rocket.jpg", "galaxies.jpg"),
    Mode.MULTI_FRAME: ("coffee.jpg", "dahlia.jpg", "pagoda.jpg"),
    Mode.SUBJECT_REFERENCE: ("cat.jpg", "coffee.jpg"),
    Mode.IMAGE: ("pagoda.jpg",),
}


SECONDS = 3
"""Of each frame of the multi-frame example."""


def build_example(mode: Mode) -> gr.Button:
    """What a form can make; a click on the button fills the form with it."""
    # Relative, so that they are found behind a proxy and a share link too.
    thumbs = "".join(
        f'<img src="{EXAMPLES_PATH.lstrip("/")}/{name}" alt="" width="120" height="80">'
        for name in PICTURES[mode]
    )
    gr.HTML(f'<div class="thumbs">{thumbs}</div>', elem_classes="example")
    gr.HTML(label(f"example_{mode}"), elem_classes="hint")
    return gr.Button(label("example"), elem_id=f"{mode.replace('_', '-')}-example")


def uploaded(mode: Mode, uploads: Path) -> list[dict[str, str]]:
    """The example's pictures as if the visitor had uploaded them."""
    paths = [save_file_to_cache(FOLDER / name, str(uploads)) for name in PICTURES[mode]]
    return [{"path": path, "url": f"gradio_api/file={path}"} for path in paths]


def words(mode: Mode, *, chinese: bool) -> str:
    """The example's prompt."""
    return translate(f"example_{mode}_prompt", chinese=chinese)


def frames(uploads: Path, *, chinese: bool) -> list[dict[str, Any]]:
    """The multi-frame example as a strip's value."""
    prompts = words(Mode.MULTI_FRAME, chinese=chinese).split(" / ")
    return [
        {**picture, "prompt": prompt, "duration": SECONDS}
        for picture, prompt in zip(uploaded(Mode.MULTI_FRAME, uploads), prompts, strict=True)
    ]
