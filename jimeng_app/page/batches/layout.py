"""The tab of batches: a table to drop, and the batch that is shown."""

from dataclasses import dataclass

import gradio as gr

from jimeng_app.page.i18n import label


@dataclass(frozen=True, slots=True)
class BatchLayout:
    """The components of the tab."""

    tab: gr.Tab
    files: gr.File
    checked: gr.HTML
    """What the table would submit, and each bad cell."""
    start: gr.Button
    chosen: gr.Dropdown
    shown: gr.HTML
    plot: gr.LinePlot
    pause: gr.Button
    resume: gr.Button
    cancel: gr.Button
    retry: gr.Button
    timer: gr.Timer


def build_batches(tab: gr.Tab, refresh_seconds: float) -> BatchLayout:
    """The content of the tab, which is open."""
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            files = gr.File(
                label=label("batch_files"), file_count="multiple", elem_id="batches-files"
            )
            gr.HTML(label("batch_about"), elem_classes="hint")
            checked = gr.HTML(elem_id="batches-checked")
            start = gr.Button(
                label("batch_start"), variant="primary", interactive=False, elem_id="batches-start"
            )
        with gr.Column(scale=3, min_width=320):
            chosen = gr.Dropdown(
                [], label=label("batch_chosen"), interactive=True, elem_id="batches-chosen"
            )
            shown = gr.HTML(elem_id="batches-shown")
            with gr.Row():
                pause, resume, cancel, retry = (
                    gr.Button(
                        label(f"batch_{name}"),
                        size="sm",
                        min_width=90,
                        visible=False,
                        elem_id=f"batches-{name}",
                    )
                    for name in ("pause", "resume", "cancel", "retry")
                )
            plot = gr.LinePlot(
                x="minutes",
                y="rows",
                color="stage",
                height=200,
                label=label("batch_plot"),
                x_title="",
                y_title="",
                visible=False,
                elem_id="batches-plot",
            )
    timer = gr.Timer(refresh_seconds, active=False)
    return BatchLayout(
        *(tab, files, checked, start, chosen, shown, plot, pause, resume, cancel, retry, timer)
    )
