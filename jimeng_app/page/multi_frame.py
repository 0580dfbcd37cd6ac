"""智能多帧: several pictures in order, each with words and seconds of its own."""

from typing import Any

from jimeng_app.calls import Call
from jimeng_core.requests import Mode

from . import examples
from .events import Values
from .fit import lay_fit
from .form import Pictures, Plan
from .strip import frames, items_of, lay_frames


def lay_pictures() -> Pictures:
    """The frames."""
    strip = lay_frames()
    fit = lay_fit(PLAN.mode)

    def given(values: Values) -> dict[str, Any]:
        return {"frames": frames(items_of(values, strip))}

    def example(call: Call) -> list[Any]:
        return [examples.frames(call.studio.uploads, chinese=call.chinese)]

    return Pictures([strip], given, example, fit)


PLAN = Plan(Mode.MULTI_FRAME, lay_pictures, prompt=None)
