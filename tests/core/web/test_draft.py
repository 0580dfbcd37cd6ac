import json

from jimeng_core import FirstLastFrame, Frame, MultiFrame, SubjectReference, VideoRequest
from tests.core.web.draft_tools import ID, TASK_ID, body_of, draft_of, image, input_of
from tests.each import each

PICTURE = b"only its place counts here"
FAST = "dreamina_seedance_40"

MODES: list[tuple[VideoRequest, str]] = [
    (FirstLastFrame(prompt="海"), "first_last_frames"),
    (MultiFrame(frames=(Frame(PICTURE), Frame(PICTURE))), "multi_frame"),
    (SubjectReference(prompt="猫", images=(PICTURE,)), "omni_reference"),
    (SubjectReference(prompt="猫", images=(PICTURE,), model="video-3.0"), "main_reference"),
]


def test_the_whole_draft() -> None:
    """The draft of a prompt alone is, field by field, that of protocol 7.1 and 7.2."""
    metrics = json.dumps(
        {
            "promptSource": "custom",
            "isDefaultSeed": 1,
            "originSubmitId": TASK_ID,
            "isRegenerate": False,
            "enterFrom": "click",
            "position": "page_bottom_box",
            "functionMode": "first_last_frames",
        },
        separators=(",", ":"),
    )
    assert draft_of(FirstLastFrame(prompt="海浪", ratio="9:16", duration=4)) == {
        "type": "draft",
        "id": ID,
        "min_version": "3.0.5",
        "min_features": [],
        "is_from_tsn": True,
        "version": "3.3.28",
        "main_component_id": ID,
        "component_list": [
            {
                "type": "video_base_component",
                "id": ID,
                "min_version": "1.0.0",
                "aigc_mode": "workbench",
                "metadata": {
                    "type": "",
                    "id": ID,
                    "created_platform": 3,
                    "created_platform_version": "",
                    "created_time_in_ms": "1790786145123",
                    "created_did": "",
                },
                "generate_type": "gen_video",
                "process_type": 1,
                "abilities": {
                    "type": "",
                    "id": ID,
                    "gen_video": {
                        "type": "",
                        "id": ID,
                        "text_to_video_params": {
                            "type": "",
                            "id": ID,
                            "video_gen_inputs": [
                                {
                                    "type": "",
                                    "id": ID,
                                    "min_version": "3.0.5",
                                    "prompt": "海浪",
                                    "video_mode": 2,
                                    "fps": 24,
                                    "duration_ms": 4000,
                                    "resolution": "720p",
                                    "idip_meta_list": [],
                                }
                            ],
                            "video_aspect_ratio": "9:16",
                            "seed": 4294967295,
                            "model_req_key": FAST,
                            "priority": 0,
                        },
                        "video_task_extra": metrics,
                    },
                },
            }
        ],
    }


def test_the_whole_body() -> None:
    """The body has the keys of protocol 6, with the draft and the metrics as text."""
    body = body_of(FirstLastFrame(prompt="海", duration=7))
    draft, metrics = body.pop("draft_content"), body.pop("metrics_extra")
    assert isinstance(draft, str)
    assert json.loads(metrics)["functionMode"] == "first_last_frames"
    commerce = {
        "benefit_type": "dreamina_seedance_20_fast",
        "resource_id": "generate_video",
        "resource_id_type": "str",
        "resource_sub_type": "aigc",
        "amount": 7,
    }
    assert body == {
        "extend": {
            "root_model": FAST,
            "m_video_commerce_info": commerce,
            "m_video_commerce_info_list": [commerce],
        },
        "submit_id": TASK_ID,
        "http_common_info": {"aid": 513695},
    }


@each(("request_", "function_mode"), MODES)
def test_metrics_name_the_mode_and_the_id(request_: VideoRequest, function_mode: str) -> None:
    """Both copies of the metrics have the submit id and the site's name of the mode."""
    body = body_of(request_)
    metrics = json.loads(body["metrics_extra"])
    assert metrics["originSubmitId"] == body["submit_id"] == TASK_ID
    assert metrics["functionMode"] == function_mode
    gen_video = json.loads(body["draft_content"])["component_list"][0]["abilities"]["gen_video"]
    assert gen_video["video_task_extra"] == body["metrics_extra"]


def test_a_chosen_seed_is_no_default() -> None:
    """A chosen seed is sent, and the metrics say that it was chosen."""
    body = body_of(FirstLastFrame(prompt="海", seed=7), seed=7, seed_chosen=True)
    assert json.loads(body["metrics_extra"])["isDefaultSeed"] == 0
    component = json.loads(body["draft_content"])["component_list"][0]
    assert component["abilities"]["gen_video"]["text_to_video_params"]["seed"] == 7


@each(
    ("model", "resolution", "key", "benefit"),
    [
        ("seedance-2.0", "720p", "dreamina_seedance_40_pro", "dreamina_video_seedance_20_pro"),
        (
            "seedance-2.5",
            "480p",
            "dreamina_seedance_45_pro",
            "seedance_25_480p_no_input_video_output",
        ),
        (
            "video-3.0-fast",
            "1080p",
            "dreamina_ic_generate_video_model_vgfm_3.0_fast",
            "basic_video_operation_vgfm_v_three_1080",
        ),
        (FAST, "720p", FAST, "dreamina_seedance_20_fast"),
        ("doubao-seedance-2-0-fast-260128", "720p", FAST, "dreamina_seedance_20_fast"),
        (
            "a_model_of_tomorrow",
            "720p",
            "a_model_of_tomorrow",
            "basic_video_operation_vgfm_v_three",
        ),
    ],
)
def test_model_and_benefit(model: str, resolution: str, key: str, benefit: str) -> None:
    """A model by any name becomes the site's key, with its benefit (protocol 7.7)."""
    request = FirstLastFrame(prompt="海", model=model, resolution=resolution)
    body = body_of(request)
    assert body["extend"]["root_model"] == key
    assert body["extend"]["m_video_commerce_info"]["benefit_type"] == benefit
    draft = draft_of(request)
    gen_video = draft["component_list"][0]["abilities"]["gen_video"]
    assert gen_video["text_to_video_params"]["model_req_key"] == key
    assert input_of(draft)["resolution"] == resolution


def test_first_frame_alone() -> None:
    """One picture is the first frame, and there is no end frame."""
    got = input_of(draft_of(FirstLastFrame(prompt="海", first_frame=PICTURE)))
    assert got["first_frame_image"] == image(1)
    assert "end_frame_image" not in got


def test_first_and_last_frame() -> None:
    """Two pictures are `first_frame_image` and `end_frame_image` (protocol 7.3, sure)."""
    request = FirstLastFrame(prompt="海", first_frame=PICTURE, last_frame=PICTURE)
    assert input_of(draft_of(request)) == {
        "type": "",
        "id": ID,
        "min_version": "3.0.5",
        "prompt": "海",
        "video_mode": 2,
        "fps": 24,
        "duration_ms": 5000,
        "resolution": "720p",
        "idip_meta_list": [],
        "first_frame_image": image(1),
        "end_frame_image": image(2),
    }
