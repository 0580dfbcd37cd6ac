"""The model's own default in each field that a caller leaves out."""

from collections.abc import Sequence
from typing import Any

from .catalog import Offer, catalog
from .requests import AnyRequest, FirstLastFrame, MultiFrame


def with_model_defaults(request: AnyRequest, backend: str) -> AnyRequest:
    """The request as the model takes it: what was left out has a value that the model has there.

    The field's default where it fits, else the first value that the model has. A value that the
    caller chose stays, even one that does not fit.
    """
    model = catalog().find(request.model)
    offer = model.offer(backend) if model else None
    if offer is None or not offer.supports(request.mode):
        return request
    left_out = type(request).model_fields.keys() - request.model_fields_set
    changes: dict[str, Any] = {
        name: allowed[0]
        for name, allowed in _allowed(request, offer).items()
        if name in left_out and allowed and getattr(request, name) not in allowed
    }
    return request.model_copy(update=changes) if changes else request


def _allowed(request: AnyRequest, offer: Offer) -> dict[str, Sequence[object]]:
    """What a model takes in the fields on which models differ."""
    allowed: dict[str, Sequence[object]] = {"resolution": offer.resolutions_for(request.mode)}
    if not isinstance(request, MultiFrame):  # its frames have lengths of their own
        allowed["duration"] = offer.seconds
    if isinstance(request, FirstLastFrame) and request.first_frame is not None:
        allowed["ratio"] = (offer.start_ratio,) if offer.start_ratio else ()
    return allowed
