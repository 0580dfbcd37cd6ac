"""From a request to the body of a submission (wire facts 6, 7.1). Pure: same input, same bytes."""

from jimeng_core.catalog import catalog
from jimeng_core.requests import AnyRequest, ImageRequest

from . import wire
from .draft_parts import Component, Draft, Part, dump, new_part
from .image_drafts import image_component
from .video_drafts import video_component


def submission(request: AnyRequest, draft: Draft) -> Part:
    """The body of `aigc_draft/generate` for a checked request.

    `draft_content` and `metrics_extra` are JSON inside JSON: the site refuses an object there
    (wire facts 5, ret 1002).
    """
    model = catalog().find(request.model)
    offer = model.offer("web") if model else None
    key = offer.key if offer else request.model
    component = (
        image_component(request, draft, key)
        if isinstance(request, ImageRequest)
        else video_component(request, draft, key, offer)
    )
    return {
        "extend": {"root_model": key, **component.extend},
        "submit_id": draft.task_id,
        "metrics_extra": component.metrics,
        "draft_content": dump(_content(component, draft)),
        "http_common_info": {"aid": wire.AID},
    }


def _content(component: Component, draft: Draft) -> Part:
    component_id = draft.new_id()
    metadata = new_part(
        draft,
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
        "abilities": new_part(draft, **component.abilities),
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
