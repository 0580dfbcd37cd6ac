"""Drafts to compare with written-out JSON: built with counted ids, read without them."""

import itertools
import json
import re
from typing import Any

from jimeng_core.backends.web.draft import build_submission
from jimeng_core.backends.web.draft_base import DraftContext, Uploaded, UploadedClip
from jimeng_core.marks import ReferenceKind
from jimeng_core.request_files import files_of
from jimeng_core.requests import AnyRequest

TASK_ID = "01990000-0000-7000-8000-000000000001"
ID = "(a fresh id)"
Json = dict[str, Any]


def uploaded(number: int) -> Uploaded:
    """The picture with this 1-based number, as it is in the site's store."""
    uri = f"tos-cn-i-tb4s082cfz/picture{number}"
    return Uploaded(uri=uri, width=1000 + number, height=800 + number, format="png")


def image(number: int) -> Json:
    """The image object of protocol 7.3 for that picture."""
    return {
        "type": "image",
        "id": ID,
        "source_from": "upload",
        "platform_type": 1,
        "name": "",
        "image_uri": f"tos-cn-i-tb4s082cfz/picture{number}",
        "uri": f"tos-cn-i-tb4s082cfz/picture{number}",
        "width": 1000 + number,
        "height": 800 + number,
        "format": "png",
    }


def body_of(
    request: AnyRequest,
    *pictures: Uploaded,
    seed: int = 4294967295,
    seed_chosen: bool = False,
) -> Json:
    """The body of the submission of a request, its draft still text."""
    counter = itertools.count(1)
    kinds = [file.kind for file in files_of(request)]
    numbers = range(1, kinds.count(ReferenceKind.IMAGE) + 1)
    clips = [kind for kind in kinds if kind is not ReferenceKind.IMAGE]
    return build_submission(
        request,
        DraftContext(
            task_id=TASK_ID,
            pictures=pictures or [uploaded(number) for number in numbers],
            seed=seed,
            seed_chosen=seed_chosen,
            created_ms=1790786145123,
            new_id=lambda: f"part-{next(counter)}",
            clips=[UploadedClip(kind, f"v0{i}", 640, 640, 2000) for i, kind in enumerate(clips)],
        ),
    )


def draft_of(request: AnyRequest, *pictures: Uploaded) -> Json:
    """The draft of a request without its ids; asserts that no two parts share one."""
    text = body_of(request, *pictures)["draft_content"]
    assert isinstance(text, str), "the site refuses a draft that is an object (protocol 5)"
    raw = json.loads(text)
    assert raw["main_component_id"] == raw["component_list"][0]["id"]
    raw["main_component_id"] = ID
    text = json.dumps(raw)
    used = re.findall(r"part-\d+", text)
    assert len(used) == len(set(used))
    draft = json.loads(re.sub(r"part-\d+", ID, text))
    assert isinstance(draft, dict)
    return draft


def input_of(draft: Json) -> Json:
    """The one element of `video_gen_inputs`."""
    gen_video = draft["component_list"][0]["abilities"]["gen_video"]
    [video_input] = gen_video["text_to_video_params"]["video_gen_inputs"]
    assert isinstance(video_input, dict)
    return video_input
