import json

from jimeng_core import ImageRequest
from jimeng_core.backends.web.wire import IMAGE_RATIOS, IMAGE_SIZES
from jimeng_core.catalog import catalog
from tests.core.web.draft_tools import ID, TASK_ID, Json, body_of, draft_of, image
from tests.each import each

PICTURE = b"only its place counts here"
KEY = "high_aes_general_v40"
METADATA = {
    "type": "",
    "id": ID,
    "created_platform": 3,
    "created_platform_version": "",
    "created_time_in_ms": "1790786145123",
    "created_did": "",
}


def abilities_of(request: ImageRequest) -> Json:
    """The `abilities` of the one component of a request's draft."""
    [component] = draft_of(request)["component_list"]
    abilities = component["abilities"]
    assert isinstance(abilities, dict)
    return abilities


def core_of(request: ImageRequest) -> Json:
    """The `core_param` of a request's draft, in either ability."""
    body = body_of(request, seed=7, seed_chosen=request.seed is not None)
    abilities = json.loads(body["draft_content"])["component_list"][0]["abilities"]
    core = (abilities.get("blend") or abilities["generate"])["core_param"]
    assert isinstance(core, dict)
    return core


def shell(generate_type: str, abilities: Json, draft_version: str) -> Json:
    """A draft around the abilities (protocol 7.1 and 8)."""
    return {
        "type": "draft",
        "id": ID,
        "min_version": draft_version,
        "min_features": [],
        "is_from_tsn": True,
        "version": "3.3.28",
        "main_component_id": ID,
        "component_list": [
            {
                "type": "image_base_component",
                "id": ID,
                "min_version": "3.0.2",
                "aigc_mode": "workbench",
                "metadata": METADATA,
                "generate_type": generate_type,
                "abilities": {"type": "", "id": ID, **abilities},
            }
        ],
    }


def test_the_whole_draft_of_a_prompt() -> None:
    """The draft of a prompt alone is, field by field, that of protocol 8."""
    request = ImageRequest(prompt="# 海浪", ratio="3:2", count=3, resolution="4k")
    core = {
        "type": "",
        "id": ID,
        "model": KEY,
        "prompt": "# 海浪",
        "seed": 4294967295,
        "negative_prompt": "",
        "sample_strength": 0.5,
        "image_ratio": 7,
        "large_image_info": {
            "type": "",
            "id": ID,
            "width": 4992,
            "height": 3328,
            "resolution_type": "4k",
        },
        "intelligent_ratio": False,
    }
    abilities = {
        "generate": {"type": "", "id": ID, "core_param": core},
        "gen_option": {"type": "", "id": ID, "gen_count": 3, "generate_all": False},
    }
    assert draft_of(request) == shell("generate", abilities, "3.0.2")


def test_the_whole_draft_of_pictures() -> None:
    """With pictures it is a blend: each has an ability, an index and a mark (protocol 8)."""
    core = {
        "type": "",
        "id": ID,
        "model": KEY,
        "prompt": "####像@图片1",
        "sample_strength": 0.5,
        "image_ratio": 1,
        "large_image_info": {
            "type": "",
            "id": ID,
            "width": 2048,
            "height": 2048,
            "resolution_type": "2k",
        },
        "intelligent_ratio": False,
    }
    blend = {
        "type": "",
        "id": ID,
        "min_features": [],
        "core_param": core,
        "ability_list": [
            {
                "type": "",
                "id": ID,
                "name": "byte_edit",
                "image_uri_list": [f"tos-cn-i-tb4s082cfz/picture{number}"],
                "image_list": [image(number)],
                "strength": 0.5,
            }
            for number in (1, 2)
        ],
        "prompt_placeholder_info_list": [
            {"type": "", "id": ID, "ability_index": index} for index in (0, 1)
        ],
        "postedit_param": {"type": "", "id": ID, "generate_type": 0},
    }
    abilities = {
        "blend": blend,
        "gen_option": {"type": "", "id": ID, "gen_count": 4, "generate_all": False},
    }
    request = ImageRequest(prompt="像@图片1", images=(PICTURE, PICTURE))
    assert draft_of(request) == shell("blend", abilities, "3.2.9")


@each("images", [(), (PICTURE,)])
def test_the_whole_body(images: tuple[bytes, ...]) -> None:
    """The body has the keys of protocol 6; images are not billed like videos."""
    body = body_of(ImageRequest(prompt="海", model="image-3.0", images=images))
    assert isinstance(body.pop("draft_content"), str)
    metrics = json.loads(body.pop("metrics_extra"))
    assert metrics["generateId"] == TASK_ID
    assert body == {
        "extend": {"root_model": "high_aes_general_v30l:general_v3.0_18b"},
        "submit_id": TASK_ID,
        "http_common_info": {"aid": 513695},
    }


SIZES_2K = [
    *((2048, 2048), (1728, 2304), (2560, 1440), (2304, 1728)),
    *((1440, 2560), (1664, 2496), (2496, 1664), (3024, 1296)),
]
SIZES_4K = [
    *((4096, 4096), (3520, 4693), (5404, 3040), (4693, 3520)),
    *((3040, 5404), (3328, 4992), (4992, 3328), (6197, 2656)),
]
RATIOS = ["1:1", "3:4", "16:9", "4:3", "9:16", "2:3", "3:2", "21:9"]
"""Protocol 8, in the order of `image_ratio`, which counts from 1."""


@each("images", [(), (PICTURE,)])
@each(("resolution", "sizes"), [("2k", SIZES_2K), ("4k", SIZES_4K)])
@each("number", range(1, 9))
def test_sizes(
    number: int, resolution: str, sizes: list[tuple[int, int]], images: tuple[bytes, ...]
) -> None:
    """Every ratio in every resolution has the numbers of the server's table."""
    request = ImageRequest(
        prompt="海", ratio=RATIOS[number - 1], resolution=resolution, images=images
    )
    core, info = core_of(request), core_of(request)["large_image_info"]
    assert core["image_ratio"] == number
    assert (info["width"], info["height"]) == sizes[number - 1]
    assert info["resolution_type"] == resolution


def test_every_size_has_its_ratio() -> None:
    """The accepted ratios are those of the tables, and each size has about its ratio."""
    assert set(catalog().image_ratios) == set(IMAGE_RATIOS) == set(RATIOS)
    for sizes in IMAGE_SIZES.values():
        assert set(sizes) == set(RATIOS)
        for ratio, (width, height) in sizes.items():
            across, down = map(int, ratio.split(":"))
            assert abs(width * down / (height * across) - 1) < 0.01


@each(
    ("model", "key"),
    [
        ("image-4.0", KEY),
        (KEY, KEY),
        ("image-5.0-pro", "high_aes_general_v50p_large"),
        ("a_model_of_tomorrow", "a_model_of_tomorrow"),
    ],
)
def test_model(model: str, key: str) -> None:
    """A model by any name becomes the site's key, in both places."""
    request = ImageRequest(prompt="海", model=model)
    assert body_of(request)["extend"]["root_model"] == core_of(request)["model"] == key


def test_seeds() -> None:
    """A prompt alone always has a seed; with pictures only a chosen one is sent."""
    assert core_of(ImageRequest(prompt="海"))["seed"] == 7
    assert "seed" not in core_of(ImageRequest(prompt="海", images=(PICTURE,)))
    assert core_of(ImageRequest(prompt="海", images=(PICTURE,), seed=7))["seed"] == 7


@each("count", [1, 8])
@each("images", [(), (PICTURE,) * 9])
def test_count(count: int, images: tuple[bytes, ...]) -> None:
    """The number of images is beside the ability; every picture has a mark before the prompt."""
    request = ImageRequest(prompt="#海", count=count, images=images)
    assert abilities_of(request)["gen_option"]["gen_count"] == count
    assert core_of(request)["prompt"] == "##" * len(images) + "#海"
