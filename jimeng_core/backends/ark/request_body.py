"""From a request to the body of a create (Ark protocol A4, A5). Pure.

Everything goes by body fields, which Ark checks strictly, and never by flags after the prompt,
which it replaces silently when they do not fit (Ark protocol A4).
"""

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

from jimeng_core.backends.json_reading import Json
from jimeng_core.catalog import Offer, catalog
from jimeng_core.errors import InvalidRequest
from jimeng_core.pictures.decoding import PictureFile
from jimeng_core.requests import (
    ADAPTIVE,
    FirstLastFrame,
    MultiFrame,
    SubjectReference,
    VideoRequest,
    split_marks,
)

from . import wire


def build_parameters(request: VideoRequest, base_url: str, deadline: int) -> dict[str, Any]:
    """Every field of a create but `content`.

    - `model`: Ark's id where the catalogue knows the model, else the name as it is, so that an
      endpoint (`ep-…`) or a newer model can be named.
    - `ratio`: see `_ratio`.
    - `generate_audio`: always told to a model that has sound, since Ark's own default is true, and
      costs; also to an unknown one. Others do not know the field.
    - `seed`: only when one is chosen; `checks` lets it pass for the models that document it.
    - `duration`: always told, since the default of 2.5 lets the model choose up to 30 s.

    Args:
        request: A checked request.
        base_url: Where it goes.
        deadline: Seconds after which Ark gives the task up.
    """
    model = catalog().find(request.model)
    offer = model.offer("ark") if model else None
    fields: dict[str, Any] = {
        "model": wire.model_at(base_url, offer.key) if offer else request.model,
        "resolution": request.resolution,
        "ratio": _ratio(request, offer),
        "duration": request.duration,
        "execution_expires_after": deadline,
    }
    if offer is None or offer.audio:
        fields["generate_audio"] = request.audio
    if request.seed is not None:
        fields["seed"] = request.seed
    return fields


def build_content(request: VideoRequest, pictures: Sequence[PictureFile]) -> list[Json]:
    """The words and the pictures of a request, each picture with its role.

    The role is always told, of a single first frame too (Ark protocol A5, likely).

    Raises:
        InvalidRequest: It is a multi-frame request, of which Ark has none.
    """
    match request:
        case FirstLastFrame():
            words, roles = request.prompt, ["first_frame", "last_frame"][: len(pictures)]
        case SubjectReference():
            words, roles = _marked(request.prompt), ["reference_image"] * len(pictures)
        case MultiFrame():
            raise InvalidRequest(
                "Ark has no multi-frame; use the backend web or demo.",
                "方舟没有智能多帧，请使用 web 或 demo 后端。",
            )
    pairs = zip(pictures, roles, strict=True)
    return [{"type": "text", "text": words}, *(_image(*pair) for pair in pairs)]


def encode_body(request: VideoRequest, pictures: Sequence[PictureFile], fields: Json) -> bytes:
    """The body of a create. Takes up to a second of CPU: use a thread.

    Raises:
        InvalidRequest: It is larger than Ark takes, or a multi-frame request.
    """
    # Base64 makes 4 bytes of 3: what is too large anyway is not made first.
    if sum(len(picture.data) for picture in pictures) * 4 // 3 > wire.BODY_LIMIT:
        raise _too_large()
    body = json.dumps({**fields, "content": build_content(request, pictures)}, ensure_ascii=False)
    sent = body.encode()
    if len(sent) > wire.BODY_LIMIT:
        raise _too_large()
    return sent


def _ratio(request: VideoRequest, offer: Offer | None) -> str:
    """The ratio to ask for.

    With a start picture, Seedance 2.5 takes `adaptive` only and fails later otherwise (Ark protocol
    A6), so that goes out whatever the request says; so it does for a model that is not known.
    """
    if not isinstance(request, FirstLastFrame) or request.first_frame is None:
        return request.ratio
    return request.ratio if offer and not offer.start_ratio else ADAPTIVE


def _marked(prompt: str) -> str:
    return "".join(_pieces(prompt))


def _pieces(prompt: str) -> Iterator[str]:
    for piece in split_marks(prompt):
        yield wire.picture_mark(piece) if isinstance(piece, int) else piece


def _image(picture: PictureFile, role: str) -> Json:
    data = base64.b64encode(picture.data).decode()
    url = f"data:{picture.media_type};base64,{data}"
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


def _too_large() -> InvalidRequest:
    megabytes = wire.BODY_LIMIT >> 20
    return InvalidRequest(
        f"The pictures together are larger than Ark takes ({megabytes} MB as sent, which is about"
        f" {megabytes * 3 // 4} MB of files); use fewer or smaller pictures.",
        f"图片总量超过方舟的上限（编码后 {megabytes} MB，约合 {megabytes * 3 // 4} MB 文件），"
        "请减少或缩小图片。",
    )
