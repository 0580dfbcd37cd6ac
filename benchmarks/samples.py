"""Sample records and pictures as large as real ones."""

import base64
import io
import itertools
import json
import random
import zlib
from typing import Any, Final

import numpy as np
from PIL import Image

from jimeng_core import SubjectReference
from jimeng_core.backends.web.draft import build_submission
from jimeng_core.backends.web.draft_base import DraftContext, Uploaded
from jimeng_core.request_files import files_of

Json = dict[str, Any]

PLACEHOLDER: Final = "00000000-0000-4000-8000-00000000beef"
"""Stands for the submit id in a record."""
_CREATED: Final = 1_790_786_145.123
_PROMPT: Final = (
    "@图片1 里的女孩牵着 @图片2 里的小狗，沿着傍晚的海边慢慢走，镜头从远处推近，风吹起她的头发，"
    "浪花打湿了裙角；天空由橙转紫，远处的灯塔亮起，最后她回头微笑，画面定格。电影感，柔和的逆光。"
)


def record_bytes() -> bytes:
    """A completed record as JSON (protocol 9.1): 8 to 12 KB, with all known fields."""
    return json.dumps(_record(), ensure_ascii=False, separators=(",", ":")).encode()


def _record() -> Json:
    rng = random.Random(5)  # noqa: S311 - a fixed seed
    body = build_submission(
        SubjectReference(prompt=_PROMPT, images=(b"1", b"2")),
        _draft(),
    )
    history_id = "4713000012345"
    return {
        "generate_type": 10,
        "history_record_id": history_id,
        "origin_history_record_id": history_id,
        "submit_id": PLACEHOLDER,
        "created_time": _CREATED,
        "mode": "workbench",
        "uid": "1234567890123456",
        "status": 50,
        "model_info": {
            "model_req_key": "dreamina_seedance_40",
            "model_name": "Seedance 2.0 Fast",
            "model_name_starling_key": "web_video_model_seedance_2_0_fast",
            "icon": {"image_uri": "", "image_url": _link(rng, "icon.webp"), "format": "webp"},
        },
        "task": _task(history_id, rng),
        "queue_info": {
            "queue_idx": 0,
            "queue_length": 0,
            "queue_status": 3,
            "priority": 1,
            "polling_config": {"interval_seconds": 30, "timeout_seconds": 86400},
            "priority_queue_display_threshold": {"waiting_time_threshold": 300},
            "debug_info": "",
        },
        "forecast_generate_cost": 130,
        "forecast_queue_cost": 40,
        "total_image_count": 0,
        "finished_image_count": 0,
        "fail_code": "",
        "fail_msg": "",
        "fail_starling_key": "",
        "fail_starling_message": "",
        "item_list": [_item(history_id, rng)],
        "origin_item_list": [],
        "draft_content": body["draft_content"],
        "metrics_extra": body["metrics_extra"],
    }


def _draft() -> DraftContext:
    counter = itertools.count(1)
    request = SubjectReference(prompt=_PROMPT, images=(b"1", b"2"))
    return DraftContext(
        task_id=PLACEHOLDER,
        pictures=[
            Uploaded(
                uri=f"tos-cn-i-tb4s082cfz/{number:032x}", width=1920, height=1080, format="jpeg"
            )
            for number, _ in enumerate(files_of(request))
        ],
        seed=4294967295,
        seed_chosen=False,
        created_ms=int(_CREATED * 1000),
        new_id=lambda: f"{next(counter):08x}-1111-4111-8111-111111111111",
    )


def _task(history_id: str, rng: random.Random) -> Json:
    return {
        "task_id": history_id,
        "submit_id": PLACEHOLDER,
        "aid": 0,
        "status": 50,
        "finish_time": int(_CREATED) + 127,
        "history_id": history_id,
        "original_input": json.dumps({"prompt": _PROMPT}, ensure_ascii=False),
        "first_frame_image": {"image_uri": "", "image_url": _link(rng, "first.webp")},
        "end_frame_image": None,
        "process_flows": [
            {"name": name, "status": 50, "start_time": int(_CREATED) + 20 * number}
            for number, name in enumerate(("pre_check", "generate", "post_check"))
        ],
    }


def _item(history_id: str, rng: random.Random) -> Json:
    cover = _link(rng, "cover.webp")
    model = {
        "video_list": {
            f"video_{number}": {
                "main_url": base64.b64encode(_link(rng, f"{number}.mp4").encode()).decode(),
                "definition": definition,
                "bitrate": 1_150_000,
                "vwidth": 1280,
                "vheight": 720,
            }
            for number, definition in enumerate(("360p", "480p", "720p"))
        }
    }
    return {
        "common_attr": {
            "id": history_id,
            "effect_type": 53,
            "cover_url": cover,
            "cover_url_map": {str(side): _link(rng, f"{side}.webp") for side in (360, 480, 720)},
            "item_urls": [""],
            "aspect_ratio": 1.7777,
            "status": 144,
            "local_item_id": history_id,
            "has_published": False,
            "description": _PROMPT,
        },
        "video": {
            "video_id": "v0d870g10004d3k1abcdefghijk",
            "duration": 5,
            "duration_ms": 5042,
            "cover_url": cover,
            "origin_video": None,
            "transcoded_video": {
                name: {
                    "video_url": _link(rng, f"{name}.mp4"),
                    "width": width,
                    "height": height,
                    "fps": 24,
                    "size": 3_456_789,
                    "format": "mp4",
                }
                for name, width, height in (
                    ("360p", 640, 360),
                    ("720p", 1280, 720),
                    ("origin", 1280, 720),
                )
            },
            "transcode_status": 2,
            "watermark_type": 1,
            "has_audio": False,
            "video_model": json.dumps(model),
        },
        "image": {
            "large_images": [
                {"image_url": cover, "width": 1280, "height": 720, "format": "webp"},
            ]
        },
        "aigc_image_params": {"text2image_params": {}, "generate_type": 10},
        "gen_result_data": {"result_code": 0, "result_msg": "Success"},
    }


def _link(rng: random.Random, name: str) -> str:
    """A signed URL as long as those of the CDN."""
    return (
        f"https://v3-artist.vlabvod.example/{rng.randbytes(16).hex()}/68e0f1a2/video/tos/cn/"
        f"tos-cn-ve-148450/{rng.randbytes(16).hex()}/{name}?a=4066&ch=0&br=1150&bt=1150&cs=0"
        f"&ft=5QYTUxhhe6BMyqg&mime_type=video_mp4&qs=0&rc={rng.randbytes(24).hex()}"
        f"&x-expires=1791390945&x-signature={rng.randbytes(20).hex()}"
    )


def photo(image_format: str = "JPEG", width: int = 2048, height: int = 1536) -> bytes:
    """A picture like a photograph, gradients and noise; by default a JPEG of 1 MB.

    Args:
        image_format: `JPEG`, `WEBP` or `PNG`.
        width: Pixels.
        height: Pixels.
    """
    large = image_format != "PNG"
    y, x = np.mgrid[0:height, 0:width]
    shades = (np.sin(x / 97 + y / 201), np.cos(x / 63), np.sin(y / 55))
    grain = np.random.default_rng(5).normal(0, 10 if large else 18, (height, width, 3))
    pixels = np.clip(127 + 80 * np.stack(shades, axis=-1) + grain, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, image_format, **({"quality": 90} if large else {}))
    return out.getvalue()


def with_note(picture: bytes, note: bytes) -> bytes:
    """Add a comment to a JPEG or PNG, so that no cache knows its bytes."""
    if picture.startswith(b"\xff\xd8"):
        return picture[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2) + note + picture[2:]
    # A text chunk, whose checksum covers type and content, after the header (33 bytes).
    chunk = b"tEXt" + b"note\0" + note
    framed = (len(chunk) - 4).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
    return picture[:33] + framed + picture[33:]
