"""Fields of Ark's own that a submission can have, beside its request."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from .catalog import catalog
from .errors import InvalidRequest, Problem
from .limits import Range
from .problems import problem
from .requests import ADAPTIVE, AnyRequest, ImageRequest, SubjectReference

EXPIRY: Final = Range(3600, 259_200)
"""Of `execution_expires_after`, in seconds (Ark protocol A4, sure)."""
PRIORITY: Final = Range(0, 9)
"""Of `priority` (Ark protocol A4, likely)."""
IDENTIFIER_LENGTH: Final = 64
"""Characters of `safety_identifier` (Ark protocol A4, likely)."""
DRAFT_RESOLUTION: Final = "480p"
"""The only resolution of a draft (Ark protocol A4, likely)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArkOptions:
    """Fields of Ark's create that requests do not have; see `AsyncJimeng.with_ark`.

    A field at its default is not sent.
    """

    service_tier: Literal["default", "flex"] = "default"
    """`flex`: without haste, at half the price; 1.x only."""
    priority: int = 0
    """Order among the queued tasks of one endpoint, 0 to 9; 2.x only, not with `flex`."""
    execution_expires_after: int | None = None
    """Seconds after which Ark gives up, 3600 to 259200."""
    draft: bool = False
    """A quick draft at 480p, which `AsyncJimeng.finish_draft` makes into the final video."""
    camera_fixed: bool = False
    """Whether the camera stands still; 1.x only, not with reference pictures."""
    watermark: bool = False
    """Whether the video has a mark that says that it was made by AI."""
    safety_identifier: str | None = None
    """A hash of the end user, up to 64 characters. Ark reads it; nothing else does."""

    omni_reference_task_type: Literal["auto", "reference", "edit", "extend"] = "auto"
    """What is made of reference files, of 2.5 only. `edit` and `extend` change or go on with a
    reference video, with its ratio, and `edit` with its length, whatever the request says."""

    def chosen(self) -> dict[str, Any]:
        """The fields that differ from their defaults."""
        values = {each.name: (getattr(self, each.name), each.default) for each in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}


def option_problems(options: ArkOptions, request: AnyRequest) -> list[Problem]:
    """Every rule of Ark that the options break with a request, which has the model's defaults."""
    return [*_check_values(options), *_check_model(options, request)]


def implied(options: ArkOptions) -> dict[str, Any]:
    """What Ark wants in other fields for the sake of the options (Ark protocol A6, likely)."""
    match options.omni_reference_task_type:
        case "edit":
            return {"ratio": ADAPTIVE, "duration": -1}
        case "extend":
            return {"ratio": ADAPTIVE}
    return {}


def _check_values(options: ArkOptions) -> Iterator[Problem]:
    expiry, identifier = options.execution_expires_after, options.safety_identifier
    if expiry is not None and expiry not in EXPIRY:
        yield problem(
            "execution_expires_after",
            f"execution_expires_after is {EXPIRY} seconds; choose a number among these.",
            f"execution_expires_after 应为 {EXPIRY.zh} 秒。",
        )
    if options.priority not in PRIORITY:
        yield problem(
            "priority",
            f"priority is {PRIORITY}; choose a number among these.",
            f"priority 应为 {PRIORITY.zh}。",
        )
    if identifier is not None and len(identifier) > IDENTIFIER_LENGTH:
        yield problem(
            "safety_identifier",
            f"safety_identifier has at most {IDENTIFIER_LENGTH} characters; send a hash.",
            f"safety_identifier 最多 {IDENTIFIER_LENGTH} 个字符，请填写哈希值。",
        )
    if options.priority and options.service_tier == "flex":
        yield problem(
            "priority",
            "priority cannot be chosen with service_tier flex; leave one of them out.",
            "priority 不能与 service_tier 的 flex 同时使用，请去掉其中一个。",
        )


def _check_model(options: ArkOptions, request: AnyRequest) -> Iterator[Problem]:
    """Whether the model has the chosen fields; of a model that is unknown, Ark decides."""
    model = catalog().find(request.model)
    chosen = options.chosen()
    for field, models in catalog().ark_options.items():
        if field in chosen and model and model.name not in models:
            able = ", ".join(models)
            yield problem(
                field,
                f"The model {model.name} has no {field} on ark; choose one of {able}, or leave it"
                " out.",
                f"模型 {model.name} 在方舟上没有 {field}，请选择 {able}，或去掉该字段。",
            )
    if options.draft and not isinstance(request, ImageRequest):
        if request.resolution != DRAFT_RESOLUTION:
            yield problem(
                "resolution",
                f"A draft is made at {DRAFT_RESOLUTION} only; choose that resolution.",
                f"草稿只能是 {DRAFT_RESOLUTION}，请选择该清晰度。",
            )
        if request.return_last_frame:
            yield problem(
                "return_last_frame",
                "A draft has no last frame in return; leave return_last_frame out.",
                "草稿不返回最后一帧，请去掉 return_last_frame。",
            )
    task = options.omni_reference_task_type
    if task != "auto" and not isinstance(request, SubjectReference):
        yield problem(
            "omni_reference_task_type",
            f"omni_reference_task_type {task} needs reference files; add some, or leave it out.",
            f"omni_reference_task_type 为 {task} 时需要参考素材，请添加，或去掉该字段。",
        )
    if isinstance(request, SubjectReference) and task in {"edit", "extend"} and not request.videos:
        yield problem(
            "omni_reference_task_type",
            f"omni_reference_task_type {task} needs a reference video; add one.",
            f"omni_reference_task_type 为 {task} 时需要参考视频，请添加。",
        )
    if options.camera_fixed and isinstance(request, SubjectReference):
        yield problem(
            "camera_fixed",
            "camera_fixed cannot be used with reference pictures; leave it out.",
            "camera_fixed 不能与参考图同时使用，请去掉。",
        )


def other_backend_problems(options: ArkOptions, backend: str) -> list[Problem]:
    """The chosen fields that another backend than ark cannot honour.

    A deadline and an identifier are Ark's own affair: the result is the same without them.
    """
    harmless = {"execution_expires_after", "safety_identifier"}
    return [
        problem(
            field,
            f"The backend {backend} has no {field}; leave it out, or use the backend ark.",
            f"{backend} 后端没有 {field}，请去掉，或使用 ark 后端。",
        )
        for field in options.chosen()
        if field not in harmless
    ]


def only_on_ark(backend: str, task_id: str, what: str, what_zh: str) -> InvalidRequest:
    """The error of a call that another backend than ark does not have."""
    return InvalidRequest(
        f"The backend {backend} cannot {what}; only ark can.",
        f"{backend} 后端不能{what_zh}，只有 ark 后端可以。",
        task_id=task_id,
    )
