from jimeng_core import FirstLastFrame, Frame, ImageRequest, MultiFrame, SubjectReference
from jimeng_core.catalog import catalog
from jimeng_core.model_defaults import with_model_defaults
from jimeng_core.requests import AnyRequest, Mode
from jimeng_core.validation import problems
from tests.each import each

REQUESTS: dict[Mode, AnyRequest] = {
    Mode.FIRST_LAST_FRAME: FirstLastFrame(prompt="a", first_frame="a.png"),
    Mode.MULTI_FRAME: MultiFrame(frames=[Frame("a.png")] * 2),
    Mode.SUBJECT_REFERENCE: SubjectReference(prompt="a", images=["a.png"]),
    Mode.IMAGE: ImageRequest(prompt="a"),
}
CASES = [
    (backend, mode, model.name)
    for backend in ("demo", "web", "ark")
    for mode in Mode
    for model in catalog().models_for(backend, mode)
]


@each(("backend", "mode", "model"), CASES)
def test_a_model_alone_is_enough(backend: str, mode: Mode, model: str) -> None:
    """With any model, what is left out has a value that the model takes."""
    request = REQUESTS[mode].model_copy(update={"model": model})
    found = catalog().find(model)
    offer = found.offer(backend) if found else None
    if offer and isinstance(request, FirstLastFrame) and "first" not in offer.frames:
        request = FirstLastFrame(prompt="a", model=model)
    assert problems(request, backend) == []
    assert problems(with_model_defaults(request, backend), backend) == []


def test_value_of_the_model() -> None:
    """Where the field's default does not fit, the request gets the model's own."""
    request = FirstLastFrame(prompt="a", model="Video 3.0 Pro")
    assert request.resolution == "720p"
    assert with_model_defaults(request, "web").resolution == "1080p"
    assert with_model_defaults(request, "ark").resolution == "720p"
    assert with_model_defaults(request, "web").model == "Video 3.0 Pro"


def test_ratio_of_the_model() -> None:
    """With a first frame, Seedance 2.5 on Ark has only the ratio of its picture."""
    request = FirstLastFrame(prompt="a", first_frame="a.png", model="seedance-2.5")
    assert with_model_defaults(request, "ark").ratio == "adaptive"
    assert with_model_defaults(request, "web").ratio == "16:9"
    text = FirstLastFrame(prompt="a", model="seedance-2.5")
    assert with_model_defaults(text, "ark").ratio == "16:9"


def test_chosen_value_stays() -> None:
    """A value that the caller wrote stays, even if it is the field's default and does not fit."""
    request = FirstLastFrame(prompt="a", model="video-3.0-pro", resolution="720p", duration=5)
    assert with_model_defaults(request, "web") is request
    assert [each.field for each in problems(request, "web")] == ["resolution"]


def test_unknown_model() -> None:
    """Of a model that is not known, or without the mode, nothing is changed."""
    for model in ("tomorrow", "image-4.0"):
        request = FirstLastFrame(prompt="a", model=model)
        assert with_model_defaults(request, "web") is request
