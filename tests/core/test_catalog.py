from jimeng_core.backends.web.wire import IMAGE_RATIOS, IMAGE_SIZES
from jimeng_core.catalog import catalog
from jimeng_core.validation import IMAGE_RESOLUTIONS
from tests.each import each

VGFM = "dreamina_ic_generate_video_model_vgfm"
SITE_KEYS = {
    "seedance-2.5": "dreamina_seedance_45_pro",
    "seedance-2.0": "dreamina_seedance_40_pro",
    "seedance-2.0-fast": "dreamina_seedance_40",
    "seedance-2.0-mini": "dreamina_seedance_40_mini",
    "seedance-2.0-vip": "dreamina_seedance_40_pro_vision",
    "seedance-2.0-fast-vip": "dreamina_seedance_40_vision",
    "video-3.5-pro": f"{VGFM}_3.5_pro",
    "video-3.0-pro": f"{VGFM}_3.0_pro",
    "video-3.0-fast": f"{VGFM}_3.0_fast",
    "video-3.0": f"{VGFM}_3.0",
    "video-s2.0": f"{VGFM}_lite",
    "video-2.0-pro": f"{VGFM}1.0",
}
"""Protocol 7.7, the CN site's models of videos."""
IMAGE_KEYS = {
    "image-5.0-pro": "high_aes_general_v50p_large",
    "image-5.0": "high_aes_general_v50",
    "image-5.0-flash": "high_aes_general_v50_flash",
    "image-4.7": "high_aes_general_v43",
    "image-4.6": "high_aes_general_v42",
    "image-4.5": "high_aes_general_v40l",
    "image-4.1": "high_aes_general_v41",
    "image-4.0": "high_aes_general_v40",
    "image-3.1": "high_aes_general_v30l_art_fangzhou:general_v3.0_18b",
    "image-3.0": "high_aes_general_v30l:general_v3.0_18b",
}
"""Protocol 8, its models of images."""
ARK_IDS = {
    "seedance-2.5": "doubao-seedance-2-5-260628",
    "seedance-2.0": "doubao-seedance-2-0-260128",
    "seedance-2.0-fast": "doubao-seedance-2-0-fast-260128",
    "seedance-2.0-mini": "doubao-seedance-2-0-mini-260615",
    "video-3.5-pro": "doubao-seedance-1-5-pro-251215",
    "video-3.0-pro": "doubao-seedance-1-0-pro-250528",
    "video-3.0-fast": "doubao-seedance-1-0-pro-fast-251015",
    "seedance-1.0-lite-i2v": "doubao-seedance-1-0-lite-i2v-250428",
    "seedance-1.0-lite-t2v": "doubao-seedance-1-0-lite-t2v-250428",
}
"""Ark protocol A6."""
LENGTHS = {
    "seedance-2.5": (4, 30),
    "seedance-2.0": (4, 15),
    "seedance-2.0-fast": (4, 15),
    "seedance-2.0-mini": (4, 15),
    "video-3.5-pro": (5, 12),
    "video-3.0-pro": (5, 10),
    "video-3.0-fast": (5, 10),
    "video-3.0": (5, 10),
    "video-s2.0": (5, 5),
}
"""Protocol 7.7: the shortest and the longest, in seconds."""
CONTRACT = (
    *("seedance-2.5", "seedance-2.0", "seedance-2.0-fast", "seedance-2.0-mini"),
    *("video-3.5-pro", "video-3.0-pro", "video-3.0-fast", "video-3.0"),
)


@each("name", CONTRACT)
def test_contract_names(name: str) -> None:
    """The contract's models are in the catalogue, and on the site."""
    model = catalog().find(name)
    assert model
    assert model.offer("web")


@each(("name", "key"), [*SITE_KEYS.items(), *IMAGE_KEYS.items(), *ARK_IDS.items()])
def test_found_by_every_name(name: str, key: str) -> None:
    """A model is found by our name, by the site's key and by Ark's id."""
    model = catalog().find(name)
    assert model
    assert catalog().find(key) is model
    assert catalog().public_name(key) == name


@each(
    ("spelling", "name"),
    [
        ("SEEDANCE-2.0-FAST", "seedance-2.0-fast"),
        ("seedance_2_0_fast", "seedance-2.0-fast"),
        (" Seedance 2.0  mini ", "seedance-2.0-mini"),
        ("seedance2.5", "seedance-2.5"),
        ("视频3.0pro", "video-3.0-pro"),
        ("ＶＩＤＥＯ　３．０", "video-3.0"),
        ("图片 4.5", "image-4.5"),
        ("Dreamina_Seedance_45_Pro", "seedance-2.5"),
        ("HIGH_AES_GENERAL_V30L:general_v3.0_18b", "image-3.0"),
        ("doubao-seedance-2-0-fast", "seedance-2.0-fast"),
        ("doubao-seedance-1-0-pro", "video-3.0-pro"),
        ("dreamina-seedance-2-5-260628", "seedance-2.5"),
        ("seedance-1-5-pro-251215", "video-3.5-pro"),
        ("Seedance 1.5 Pro", "video-3.5-pro"),
        ("Seedance 1.0 mini", "video-3.0"),
        ("jimeng-video-3.0", "video-3.0"),
        ("jimeng-video-3.0-fast", "video-3.0-fast"),
        ("jimeng-video-seedance-2.0", "seedance-2.0"),
        ("jimeng-seedance-2.0-fast", "seedance-2.0-fast"),
        ("JiMeng-4.0", "image-4.0"),
        ("即梦视频 3.0 Fast", "video-3.0-fast"),
    ],
)
def test_found_in_every_spelling(spelling: str, name: str) -> None:
    """Case, spaces and signs do not matter; titles and certain names of other clients are known."""
    assert catalog().public_name(spelling) == name


@each(
    "name",
    [
        *("", "seedance", "seedance-20", "seedance-2.0-fast-2", "seedance-2", "video", "jimeng"),
        *("doubao-seedance-2-0-fast-270101", "doubao-seedance-2-0-pro", "dreamina_seedance_4"),
        *("jimeng-video-9.0", "jimeng-video"),
    ],
)
def test_not_found(name: str) -> None:
    """A name that only resembles one is unknown."""
    assert catalog().find(name) is None


def test_spellings_are_unique() -> None:
    """No two models share a spelling of any of their names."""
    models = catalog().models
    names = {n: m for m in models for n in (m.name, m.title, m.title_zh, *m.aliases)}
    assert all(catalog().find(name) is model for name, model in names.items())


def test_most_pictures_of_subjects() -> None:
    """Seedance 2.5 takes 30 pictures of subjects, the others 9 at most."""
    for model in catalog().models:
        for offer in model.offers.values():
            assert offer.subject_images <= (30 if model.name == "seedance-2.5" else 9)
    assert catalog().subject_images == 30


def test_keys_of_each_backend() -> None:
    """A model has a key on exactly those backends that have it."""
    models = catalog().models
    assert {m.name: o.key for m in models if (o := m.offer("web"))} == SITE_KEYS | IMAGE_KEYS
    assert {m.name: o.key for m in models if (o := m.offer("ark"))} == ARK_IDS
    assert all(model.offer("demo") is model.offer("web") for model in models)


def test_names_are_unique() -> None:
    """No name, key or id belongs to two models."""
    models = catalog().models
    names = [m.name for m in models] + [o.key for m in models for o in m.offers.values()]
    assert len(set(names)) == len(names)


@each(("name", "ends"), LENGTHS.items())
def test_lengths(name: str, ends: tuple[int, int]) -> None:
    """The lengths are the site's, in ascending order."""
    model = catalog().find(name)
    offer = model.offer("web") if model else None
    assert offer
    assert (offer.seconds[0], offer.seconds[-1]) == ends
    assert list(offer.seconds) == sorted(set(offer.seconds))


def test_two_lengths() -> None:
    """Video 3.0 makes 5 or 10 seconds and nothing between."""
    model = catalog().find("video-3.0")
    offer = model.offer("web") if model else None
    assert offer
    assert offer.seconds == (5, 10)


def test_defaults() -> None:
    """The default model of each mode supports it on the demo and the web backend."""
    for mode, name in catalog().defaults.items():
        for backend in ("demo", "web"):
            assert name in [model.name for model in catalog().models_for(backend, mode)]


@each(
    ("mode", "names"),
    [
        ("multi_frame", {"video-3.0-fast", "video-3.0"}),
        (
            "subject_reference",
            {name for name in SITE_KEYS if name.startswith("seedance-2")} | {"video-3.0"},
        ),
        ("first_last_frame", set(SITE_KEYS)),
        ("image", set(IMAGE_KEYS)),
        ("nonsense", set()),
    ],
)
def test_modes(mode: str, names: set[str]) -> None:
    """The models of each mode are those of the site."""
    assert {model.name for model in catalog().models_for("web", mode)} == names


@each(
    ("key", "resolution", "benefit"),
    [
        ("video-3.0", "720p", "basic_video_operation_vgfm_v_three"),
        ("video-3.0", "1080p", "basic_video_operation_vgfm_v_three_1080"),
        ("seedance-2.0-fast", "720p", "dreamina_seedance_20_fast"),
        ("seedance-2.0-vip", "4k", "seedance_20_pro_4k_output"),
        ("seedance-2.5", "480p", "seedance_25_480p_no_input_video_output"),
    ],
)
def test_benefits(key: str, resolution: str, benefit: str) -> None:
    """The benefit of a video depends on model and resolution, as captured from the site."""
    model = catalog().find(key)
    offer = model.offer("web") if model else None
    assert offer
    assert offer.benefits[resolution] == benefit


def test_every_resolution_has_a_benefit() -> None:
    """Every model of videos on the site has a benefit for each resolution."""
    for model in catalog().models:
        if offer := model.offer("web"):
            videos = model.name in SITE_KEYS
            assert set(offer.benefits) == set(offer.resolutions if videos else ())


def test_images_or_videos() -> None:
    """A model makes either videos or images; the sizes of its images are known."""
    for model in catalog().models:
        offer = model.offer("web") or model.offer("ark")
        assert offer
        images = model.name in IMAGE_KEYS
        assert (offer.seconds == ()) is images
        assert (offer.image_pictures is not None) is images
        assert not images or set(offer.resolutions) <= set(IMAGE_RESOLUTIONS) <= set(IMAGE_SIZES)
    assert catalog().models_for("ark", "image") == ()


def test_ratios() -> None:
    """The ratios are the site's, for all models (protocol 7.7 and 8, sure)."""
    assert catalog().ratios == ("21:9", "16:9", "4:3", "1:1", "3:4", "9:16")
    assert sorted(catalog().image_ratios) == sorted(IMAGE_RATIOS)
    assert set(catalog().ratios) < set(catalog().image_ratios)


def test_unknown() -> None:
    """An unknown key has no model, and is its own public name."""
    assert catalog().find("dreamina_seedance_99") is None
    assert catalog().public_name("dreamina_seedance_99") == "dreamina_seedance_99"


def test_titles() -> None:
    """Every model has a title in both languages."""
    assert all(model.title and model.title_zh for model in catalog().models)
    for kind in ("视频", "图片"):
        assert any(model.title_zh.startswith(kind) for model in catalog().models)
