"""智能多帧: several pictures in order, each with words and seconds of its own."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import gradio as gr

from jimeng_core.checks import FRAME_SECONDS, FRAMES, problem, refusal
from jimeng_core.requests import Frame, Mode

from .desk import QUICK, RAW, Desk, Values
from .fields import lay_fields
from .gallery import lay_gallery, pictures_in
from .show import message
from .submitting import Form, lay_button, lay_message, lay_result
from .texts import label, say

MODE = Mode.MULTI_FRAME
MOST = FRAMES[1]
USUAL_SECONDS = Frame.model_fields["duration"].default


def lay_form(desk: Desk) -> Form:
    """The form, and what became of its task."""
    with gr.Row(elem_classes="desk"):
        with gr.Column(scale=3, min_width=320):
            gallery, moves = _lay_pictures()
            pictures_wrong = lay_message("pictures", MODE)
            prompts = gr.Textbox(
                label=label("frame_prompts"),
                placeholder=label("frame_prompts_hint"),
                lines=4,
                max_lines=MOST,
                elem_id="multi-frame-prompt",
            )
            prompt_wrong = lay_message("prompt", MODE)
            seconds, total = _lay_seconds()
            seconds_wrong = lay_message("seconds", MODE)
            fields = lay_fields(MODE, duration=False)
            settings_wrong = lay_message("settings", MODE)
            button, beside = lay_button(MODE)
        result = lay_result(MODE)

    def given(values: Values) -> dict[str, Any]:
        pictures = pictures_in(values, gallery)
        lengths = [values[each] for each in seconds]
        return {"frames": frames(pictures, values[prompts] or "", lengths), **fields.given(values)}

    _count(desk, gallery, seconds, total)
    _move(gallery, moves, prompts, seconds)
    fields.follow(desk)
    form = Form(
        mode=MODE,
        inputs=[gallery, prompts, *seconds, *fields.by_name.values()],
        given=given,
        messages={
            "pictures": pictures_wrong,
            "prompt": prompt_wrong,
            "seconds": seconds_wrong,
            "settings": settings_wrong,
        },
        button=button,
        beside=beside,
        result=result,
    )
    form.attach(desk)
    return form


def frames(
    pictures: Sequence[object], prompts: str, lengths: Sequence[object]
) -> list[dict[str, Any]]:
    """The frames of a request: each picture with its line of the prompts and its seconds.

    Raises:
        InvalidRequest: There are more lines than pictures.
    """
    lines = [line.strip() for line in prompts.rstrip().split("\n")]
    if len(lines) > max(len(pictures), 1):
        raise refusal(
            [
                problem(
                    "frames[].prompt",
                    *(
                        say(
                            "too_many_lines",
                            chinese=chinese,
                            lines=len(lines),
                            pictures=len(pictures),
                        )
                        for chinese in (False, True)
                    ),
                )
            ]
        )
    lines += [""] * (len(pictures) - len(lines))
    # Beyond the tenth there is no field for seconds: the request itself refuses the number.
    spans = [*lengths, *[USUAL_SECONDS] * len(pictures)]
    return [
        {"image": picture, "prompt": line, "duration": span}
        for picture, line, span in zip(pictures, lines, spans, strict=False)
    ]


def moved(items: Sequence[Any], index: int, step: int) -> list[Any]:
    """The items with one of them a step earlier (-1) or later (1); as they are at the ends."""
    order = list(items)
    if 0 <= index < len(order) and 0 <= index + step < len(order):
        order.insert(index + step, order.pop(index))
    return order


def _lay_pictures() -> tuple[gr.Gallery, tuple[gr.Button, gr.Button]]:
    gallery = lay_gallery(MODE, "frames")
    with gr.Row(elem_classes="tools"):
        gr.HTML(label("move_hint"), elem_classes="hint")
        earlier = gr.Button(label("move_earlier"), size="sm", elem_id="multi-frame-earlier")
        later = gr.Button(label("move_later"), size="sm", elem_id="multi-frame-later")
    return gallery, (earlier, later)


def _lay_seconds() -> tuple[list[gr.Number], gr.HTML]:
    """A field for each picture there can be; those of pictures that are not there are hidden."""
    with gr.Row(elem_classes="seconds"):
        gr.HTML(label("frame_seconds"), elem_classes="hint")
        seconds = [
            gr.Number(
                USUAL_SECONDS,
                label=str(index + 1),
                minimum=FRAME_SECONDS[0],
                maximum=FRAME_SECONDS[1],
                precision=0,
                min_width=56,
                visible=False,
                elem_id=f"multi-frame-seconds-{index + 1}",
            )
            for index in range(MOST)
        ]
    return seconds, gr.HTML(elem_id="multi-frame-total")


def _count(desk: Desk, gallery: gr.Gallery, seconds: Sequence[gr.Number], total: gr.HTML) -> None:
    """Show a field for every picture, and how long the video will be."""

    def sum_up(values: Values, request: gr.Request) -> Values:
        count = len(values[gallery] or [])
        shown = seconds[:count]
        text = say(
            "total",
            chinese=desk.call(request, None, None).chinese,
            frames=count,
            seconds=sum(int(values[each] or 0) for each in shown),
        )
        return {
            total: message(text, "hint") if count else "",
            **{each: gr.Number(visible=each in shown) for each in seconds},
        }

    gr.on(
        [gallery.change, *(each.input for each in seconds)],
        sum_up,
        {gallery, *seconds},
        [total, *seconds],
        trigger_mode="always_last",
        **RAW,
    )


def _move(
    gallery: gr.Gallery,
    moves: tuple[gr.Button, gr.Button],
    prompts: gr.Textbox,
    seconds: Sequence[gr.Number],
) -> None:
    """Move the selected picture, and its words and seconds with it."""
    selected = gr.State(-1)

    def select(event: gr.SelectData) -> int:
        return int(event.index)

    def shift(step: int, values: Values) -> Values:
        index, pictures = values[selected], values[gallery] or []
        order = moved(range(len(pictures)), index, step)
        lines = [*values[prompts].split("\n"), *[""] * len(order)]
        return {
            selected: order.index(index) if index in order else -1,
            gallery: [pictures[old] for old in order],
            prompts: "\n".join(lines[old] for old in order).rstrip(),
            **{
                seconds[new]: values[seconds[old]]
                for new, old in enumerate(order[:MOST])
                if old < MOST
            },
        }

    gallery.select(select, None, selected, **QUICK)
    parts = [selected, prompts, gallery, *seconds]
    for button, step in zip(moves, (-1, 1), strict=True):
        # Values pass as they are: what the browser has goes back to it in another order.
        button.click(partial(shift, step), set(parts), parts, **RAW | {"postprocess": False})
