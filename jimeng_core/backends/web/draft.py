"""From a request to the body of a submission (protocol 6, 7.1)."""

from jimeng_core.catalog import catalog
from jimeng_core.requests import AnyRequest, ImageRequest

from . import wire
from .draft_base import Component, DraftContext, Part, to_json
from .draft_image import build_image_component
from .draft_video import build_video_component


def build_submission(request: AnyRequest, draft: DraftContext) -> Part:
    """The body of `aigc_draft/generate` for a checked request.

    `draft_content` and `metrics_extra` are JSON inside JSON: the site refuses an object there
    (protocol 5, ret 1002).
    """
    model = catalog().find(request.model)
    offer = model.offer("web") if model else None
    key = offer.key if offer else request.model
    component = (
        build_image_component(request, draft, key)
        if isinstance(request, ImageRequest)
        else build_video_component(request, draft, key, offer)
    )
    return {
        "extend": {"root_model": key, **component.extend},
        "submit_id": draft.task_id,
        "metrics_extra": component.metrics,
        "draft_content": to_json(_content(component, draft)),
        "http_common_info": {"aid": wire.AID},
    }


def _content(component: Component, draft: DraftContext) -> Part:
    component_id = draft.new_id()
    metadata = draft.part(
        created_platform=3,
        created_platform_version="",
        created_time_in_ms=str(draft.created_ms),
        created_did="",
    )
    part = {
        "type": component.kind,
        "id": component_id,
        "min_version": component.min_version,
        "aigc_mode": "workbench",
        "metadata": metadata,
        "generate_type": component.generate_type,
        **component.fields,
        "abilities": draft.part(**component.abilities),
    }
    return {
        "type": "draft",
        "id": draft.new_id(),
        "min_version": component.draft_version,
        "min_features": list(component.features),
        "is_from_tsn": True,
        "version": wire.DRAFT_VERSION,
        "main_component_id": component_id,
        "component_list": [part],
    }
