"""Films of plain colours."""

import io

import av
import numpy as np
from av.video.reformatter import Colorspace

RED, GREEN = (200, 40, 40), (40, 160, 60)


def film(
    *colours: tuple[int, int, int], size: tuple[int, int] = (64, 48), named: bool = True
) -> bytes:
    """A film with one frame for each colour; `named`: its colours are those of high definition."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=24, options={"bf": "3", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        if named:
            stream.codec_context.colorspace = Colorspace.ITU709
        for number, colour in enumerate(colours):
            pixels = np.full((*size[::-1], 3), colour, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709 if named else None
            )
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()
