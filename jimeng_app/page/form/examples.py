"""One example for each form: real photographs under free licences (`assets/README.md`)."""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache

from jimeng_app.page.components import element_id
from jimeng_app.page.i18n import label, translate
from jimeng_app.page.rendering import render
from jimeng_app.static_routes import EXAMPLES, THUMBNAILS_PATH
from jimeng_core.requests import Mode

PICTURES: dict[Mode, tuple[str, ...]] = {
    Mode.FIRST_LAST_FRAME: ("rocket.jpg", "galaxies.jpg"),
    Mode.MULTI_FRAME: ("coffee.jpg", "dahlia.jpg", "pagoda.jpg"),
    Mode.SUBJECT_REFERENCE: ("cat.jpg", "coffee.jpg"),
    Mode.IMAGE: ("pagoda.jpg",),
}

FRAME_SECONDS = 3
"""The length of each frame of the multi-frame example."""


def build_example(mode: Mode) -> gr.Button:
    """The example's pictures, and the button that fills the form with it."""
    # Relative addresses, so that they also work behind a proxy and a share link.
    sources = [f"{THUMBNAILS_PATH.lstrip('/')}/{name}" for name in PICTURES[mode]]
    gr.HTML(render("thumbnails.html", sources=sources), elem_classes="example")
    gr.HTML(label(f"example_{mode}"), elem_classes="hint")
    return gr.Button(label("example"), elem_id=element_id(mode, "example"))


def example_values(mode: Mode, uploads: Path, *, chinese: bool) -> list[Any]:
    """The values of a form's pictures, then of its prompt, if it has one.

    Args:
        mode: The form.
        uploads: Gradio's upload folder, into which the pictures are copied.
        chinese: The reader's language.
    """
    paths = [save_file_to_cache(EXAMPLES / name, str(uploads)) for name in PICTURES[mode]]
    prompt = translate(f"example_{mode}_prompt", chinese=chinese)
    if mode is Mode.FIRST_LAST_FRAME:
        return [*paths, prompt]
    pictures = [{"path": path, "url": f"gradio_api/file={path}"} for path in paths]
    if mode is not Mode.MULTI_FRAME:
        return [pictures, prompt]
    prompts = prompt.split(" / ")
    return [
        [
            {**picture, "prompt": text, "duration": FRAME_SECONDS}
            for picture, text in zip(pictures, prompts, strict=True)
        ]
    ]
