"""The site's addresses, numbers and names in one place, each with how sure it is.

"protocol 9.1" is section 9.1 of `docs/protocol/jimeng.md`.
"""

from datetime import timedelta
from enum import Enum
from typing import Final

SITE: Final = "https://jimeng.jianying.com"
IMAGEX: Final = "https://imagex.bytedanceapi.com"
VOD: Final = "https://vod.bytedanceapi.com"
SERVICE_ID: Final = "tb4s082cfz"
"""The CN site's picture service (protocol 1, sure)."""
VOD_SPACE: Final = "dreamina"
"""Its space of videos and audios (protocol 11.1, likely)."""


class UploadScene(Enum):
    """`scene` of a request for an upload token (protocol 11, sure)."""

    PICTURES = 2
    CLIPS = 1


UPLOAD_SPACES: Final = {UploadScene.PICTURES: SERVICE_ID, UploadScene.CLIPS: VOD_SPACE}
"""The spaces, where a token names none."""
AWS_REGION: Final = "cn-north-1"
AID: Final = 513695

GENERATE: Final = "/mweb/v1/aigc_draft/generate"
LOOK_UP: Final = "/mweb/v1/get_history_by_ids"
UPLOAD_TOKEN: Final = "/mweb/v1/get_upload_token"  # noqa: S105 - a path, not a secret
AUDIT: Final = "/mweb/v1/execute_generate_audit"
CREDITS: Final = "/commerce/v1/benefits/user_credit"
LEDGER: Final = "/commerce/v1/benefits/user_credit_history"

APP_VERSION: Final = "8.4.0"
"""`Appvr`, and the same in `Sign` (protocol 3, sure)."""
APP_SDK_VERSION: Final = "48.0.0"
DRAFT_VERSION: Final = "3.3.28"
"""`da_version`, and the draft's `version`: September 2026's build (protocol 2)."""
WEB_VERSION: Final = "7.5.0"
USER_AGENT: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)

RECORD_RETENTION: Final = timedelta(days=60)
"""Records of about two months ago were still listed (protocol 9)."""
TASK_DEADLINE: Final = timedelta(hours=24)
"""The site's own deadline if a record has none (protocol 9.2)."""

MIN_VERSION: Final = "3.0.5"
"""`min_version` of first/last frame, multi-frame and idip drafts (protocol 7.1, likely)."""
MIN_VERSION_UNIFIED: Final = "3.3.9"
MIN_VERSION_IMAGE: Final = "3.0.2"
"""`min_version` of image drafts (protocol 8)."""
MIN_VERSION_BLEND: Final = "3.2.9"
"""`min_version` of image drafts with pictures (protocol 8, single source)."""
KEYS_25: Final = "dreamina_seedance_45"
"""How the keys of Seedance 2.5 begin."""
FEATURE_25: Final = "AIGC_Video_Seedance25ResultAction"
"""Among `min_features` of every Seedance 2.5 draft (protocol 7.1, single source: a capture)."""
VIDEO_MODE: Final = 2
"""`video_mode` (protocol 7.2). For multi-frame, sources disagree between 1 and 2 (protocol 7.4 and
13.2): 2 is a guess, because two families of clients send it."""
TOKEN_SECONDS: Final = 300
"""How long an upload token is used if its `expired_time` cannot be read (a guess)."""
TOKEN_MARGIN: Final = 60
"""Seconds before its expiry from which an upload token is no longer used."""
GUESSED_BENEFIT: Final = "basic_video_operation_vgfm_v_three"
"""`benefit_type` for a model that is not in the catalogue; what the site answers to a wrong one is
unknown (protocol 13.7)."""

STATUS_PENDING: Final = frozenset({0, 20})
STATUS_PROCESSING: Final = frozenset({42, 45})
STATUS_COMPLETED: Final = 50
STATUS_FAILED: Final = frozenset({10, 30, 40})
STATUS_DELETED: Final = 100

IMAGE_TYPES: Final = frozenset({1, 12})
"""`generate_type` of image records: without and with pictures (protocol 9.1)."""
VIDEO_TYPES: Final = frozenset({10, 32})
"""`generate_type` of video records: without and with sound (protocol 9.1)."""
BLEND_MARK: Final = "##"
"""Precedes the prompt once for each reference picture (protocol 8, likely)."""
SAMPLE_STRENGTH: Final = 0.5
IMAGE_RATIOS: Final = {
    "1:1": 1,
    "3:4": 2,
    "16:9": 3,
    "4:3": 4,
    "9:16": 5,
    "2:3": 6,
    "3:2": 7,
    "21:9": 8,
}
"""`image_ratio` (protocol 8, sure)."""
IMAGE_SIZES: Final = {
    "2k": {
        "1:1": (2048, 2048),
        "3:4": (1728, 2304),
        "16:9": (2560, 1440),
        "4:3": (2304, 1728),
        "9:16": (1440, 2560),
        "2:3": (1664, 2496),
        "3:2": (2496, 1664),
        "21:9": (3024, 1296),
    },
    "4k": {
        "1:1": (4096, 4096),
        "3:4": (3520, 4693),
        "16:9": (5404, 3040),
        "4:3": (4693, 3520),
        "9:16": (3040, 5404),
        "2:3": (3328, 4992),
        "3:2": (4992, 3328),
        "21:9": (6197, 2656),
    },
}
"""Width and height in pixels (protocol 8, from the server's tables: sure at 2k, likely at 4k)."""
