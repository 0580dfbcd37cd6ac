"""From a request to the body of a create (Ark protocol A4, A5).

All parameters are body fields, which Ark checks strictly, and never flags after the prompt, which
it replaces silently when they do not fit (Ark protocol A4).
"""

import base64
import json
from collections.abc import Sequence
from typing import Any

from jimeng_core.backends.base import LoadedFile
from jimeng_core.backends.json_reading import Json
from jimeng_core.catalog import Offer, catalog
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.errors import InvalidRequest
from jimeng_core.marks import Mark, split_marks
from jimeng_core.requests import (
    ADAPTIVE,
    FirstLastFrame,
    MultiFrame,
    SubjectReference,
    VideoRequest,
)

from . import wire


def build_parameters(request: VideoRequest, base_url: str, deadline: int) -> dict[str, Any]:
    """All fields of a create except `content`.

    - `model`: Ark's id of a catalogue model; another name is sent as it is, so that an endpoint
      (`ep-…`) or a newer model can be named.
    - `ratio`: see `_ratio`.
    - `duration`: always sent, since by default 2.5 chooses up to 30 s.
    - `generate_audio`: always sent to a model with sound, since Ark's default is true and costs;
      also to an unknown model. Others do not have the field.
    - `return_last_frame`: only if it is wanted.
    - `seed`: only if one is chosen; validation accepts it for the models that document it.

    Args:
        request: A checked request.
        base_url: The address it is sent to.
        deadline: Seconds after which Ark gives up on the task.
    """
    model = catalog().find(request.model)
    offer = model.offer("ark") if model else None
    fields: dict[str, Any] = {
        "model": _model_at(base_url, request.model, offer),
        "resolution": request.resolution,
        "ratio": _ratio(request, offer),
        "duration": request.duration,
        "execution_expires_after": deadline,
    }
    if offer is None or offer.audio:
        fields["generate_audio"] = request.audio
    if request.return_last_frame:
        fields["return_last_frame"] = True
    if request.seed is not None:
        fields["seed"] = request.seed
    return fields


def final_parameters(model: str, base_url: str, deadline: int) -> dict[str, Any]:
    """The fields of a create that makes the final video of a draft, which has all other values."""
    known = catalog().find(model)
    offer = known.offer("ark") if known else None
    return {
        "model": _model_at(base_url, model, offer),
        "execution_expires_after": deadline,
    }


def build_content(request: VideoRequest, files: Sequence[LoadedFile]) -> list[Json]:
    """The prompt and the files of a request, each file with its role.

    The role is always sent, even of a single first frame (Ark protocol A5, likely).

    Raises:
        InvalidRequest: It is a multi-frame request, which Ark does not have.
    """
    match request:
        case FirstLastFrame():
            prompt, roles = request.prompt, ["first_frame", "last_frame"][: len(files)]
        case SubjectReference():
            prompt, roles = _marked(request.prompt), [_reference_role(file) for file in files]
        case MultiFrame():
            raise InvalidRequest(
                "Ark has no multi-frame; use the backend web or demo.",
                "方舟没有智能多帧，请使用 web 或 demo 后端。",
            )
    pairs = zip(files, roles, strict=True)
    return [{"type": "text", "text": prompt}, *(_item(*pair) for pair in pairs)]


def encode_body(request: VideoRequest, files: Sequence[LoadedFile], fields: Json) -> bytes:
    """The body of a create. Takes up to a second of CPU: use a thread.

    Raises:
        InvalidRequest: It is larger than Ark accepts, or a multi-frame request.
    """
    # Base64 makes 4 bytes of 3: what is too large in any case is not encoded first.
    sizes = (len(file.data) for file in files if not _address(file))
    if sum(sizes) * 4 // 3 > wire.BODY_LIMIT:
        raise _too_large()
    body = json.dumps({**fields, "content": build_content(request, files)}, ensure_ascii=False)
    encoded = body.encode()
    if len(encoded) > wire.BODY_LIMIT:
        raise _too_large()
    return encoded


def _model_at(base_url: str, model: str, offer: Offer | None) -> str:
    return wire.model_at(base_url, offer.key) if offer else model


def _ratio(request: VideoRequest, offer: Offer | None) -> str:
    """The ratio to send.

    With a first frame, Seedance 2.5 accepts only `adaptive` and otherwise fails later (Ark protocol
    A6), so it is sent whatever the request says, also to an unknown model.
    """
    if not isinstance(request, FirstLastFrame) or request.first_frame is None:
        return request.ratio
    return request.ratio if offer and not offer.start_ratio else ADAPTIVE


def _marked(prompt: str) -> str:
    """The prompt with its marks as the models read them."""
    pieces = split_marks(prompt)
    return "".join(wire.mark(each) if isinstance(each, Mark) else each for each in pieces)


def _reference_role(file: LoadedFile) -> str:
    return f"reference_{file.kind}" if isinstance(file, ClipFile) else "reference_image"


def _item(file: LoadedFile, role: str) -> Json:
    """A file as an item of `content`: clips at a URL by their URL, all others as base64."""
    url = _address(file)
    if url is None:
        data = base64.b64encode(file.data).decode()
        url = f"data:{file.media_type};base64,{data}"
    kind = f"{file.kind}_url" if isinstance(file, ClipFile) else "image_url"
    return {"type": kind, kind: {"url": url}, "role": role}


def _address(file: LoadedFile) -> str | None:
    return file.url if isinstance(file, ClipFile) else None


def _too_large() -> InvalidRequest:
    megabytes = wire.BODY_LIMIT >> 20
    return InvalidRequest(
        f"The files together are larger than Ark takes ({megabytes} MB as sent, which is about"
        f" {megabytes * 3 // 4} MB of files); use fewer or smaller ones, or give audios by URL.",
        f"文件总量超过方舟的上限（编码后 {megabytes} MB，约合 {megabytes * 3 // 4} MB 文件），"
        "请减少或缩小文件，或用网址提供音频。",
    )
