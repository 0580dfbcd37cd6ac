"""图片: images from words, and from reference pictures where there are some."""

from typing import Any

from jimeng_app.calls import Call
from jimeng_core.requests import Mode

from . import examples
from .events import Values
from .form import Pictures, Plan
from .strip import items_of, lay_references, pictures


def lay_pictures() -> Pictures:
    """The reference pictures."""
    strip = lay_references()

    def given(values: Values) -> dict[str, Any]:
        return {"images": pictures(items_of(values, strip))}

    def example(call: Call) -> list[Any]:
        return [examples.uploaded(PLAN.mode, call.studio.uploads)]

    return Pictures([strip], given, example, fit=None)


PLAN = Plan(Mode.IMAGE, lay_pictures, prompt="prompt_image")
