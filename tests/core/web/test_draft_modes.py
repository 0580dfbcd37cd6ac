from jimeng_core import FirstLastFrame, Frame, MultiFrame, SubjectReference
from jimeng_core.backends.web.draft_base import Uploaded
from tests.core.web.draft_tools import ID, Json, body_of, draft_of, image, input_of
from tests.each import each

PICTURE = b"only its place counts here"


def test_multi_frame() -> None:
    """Each frame has its index, duration and prompt; the top has the sum and no prompt."""
    request = MultiFrame(
        frames=(Frame(PICTURE, "晨", 3), Frame(PICTURE, duration=1), Frame(PICTURE, "夜", 6))
    )
    draft = draft_of(request)
    assert draft["min_version"] == "3.0.5"
    assert draft["min_features"] == ["AIGC_GenerateType_VideoMultiFrame"]
    assert body_of(request)["extend"]["m_video_commerce_info"]["amount"] == 10

    def frame(index: int, milliseconds: int, prompt: str) -> Json:
        return {
            "type": "",
            "id": ID,
            "idx": index,
            "duration_ms": milliseconds,
            "prompt": prompt,
            "media_info": {
                "type": "",
                "id": ID,
                "media_type": 1,
                "image_info": image(index + 1),
            },
        }

    assert input_of(draft) == {
        "type": "",
        "id": ID,
        "min_version": "3.0.5",
        "prompt": "",
        "video_mode": 2,
        "fps": 24,
        "duration_ms": 10000,
        "resolution": "720p",
        "idip_meta_list": [],
        "multi_frames": [frame(0, 3000, "晨"), frame(1, 1000, ""), frame(2, 6000, "夜")],
    }


def material(number: int) -> Json:
    """An entry of `material_list` (protocol 7.5 3b)."""
    return {"type": "", "id": ID, "material_type": "image", "image_info": image(number)}


def words(text: str) -> Json:
    """A piece of text, the same in both forms."""
    return {"type": "", "id": ID, "meta_type": "text", "text": text}


def unified_mark(number: int) -> Json:
    """A mark of today's form, with its 0-based index."""
    ref = {"material_idx": number - 1}
    return {"type": "", "id": ID, "meta_type": "image", "text": "", "material_ref": ref}


def idip_mark(number: int) -> Json:
    """A mark of the older form, with its 0-based index."""
    info = {"type": "", "id": ID, "image_idx": number - 1}
    return {"type": "", "id": ID, "meta_type": "idip_frame", "text": "", "frame_info": info}


def test_unified() -> None:
    """Today's subject reference: materials, and the prompt's pieces in their own order."""
    request = SubjectReference(prompt="让@图片2追@image1，跑", images=(PICTURE, PICTURE))
    draft = draft_of(request)
    assert draft["min_version"] == "3.3.9"
    assert draft["min_features"] == ["AIGC_Video_UnifiedEdit"]
    assert input_of(draft) == {
        "type": "",
        "id": ID,
        "min_version": "3.3.9",
        "prompt": "",
        "video_mode": 2,
        "fps": 24,
        "duration_ms": 5000,
        "resolution": "720p",
        "idip_meta_list": [],
        "unified_edit_input": {
            "type": "",
            "id": ID,
            "material_list": [material(1), material(2)],
            "meta_list": [
                words("让"),
                unified_mark(2),
                words("追"),
                unified_mark(1),
                words("，跑"),
            ],
        },
    }


@each("model", ["seedance-2.5", "dreamina_seedance_45", "dreamina_seedance_45_x"])
def test_seedance_25(model: str) -> None:
    """Every draft of Seedance 2.5 has the feature of its family, beside that of its mode."""
    feature = "AIGC_Video_Seedance25ResultAction"
    plain = draft_of(FirstLastFrame(prompt="跑", model=model))
    assert plain["min_features"] == [feature]
    subjects = draft_of(SubjectReference(prompt="跑", images=[PICTURE], model=model))
    assert sorted(subjects["min_features"]) == [feature, "AIGC_Video_UnifiedEdit"]
    assert (
        feature not in draft_of(FirstLastFrame(prompt="跑", model="seedance-2.0"))["min_features"]
    )


def test_thirty_subjects() -> None:
    """Seedance 2.5 takes thirty pictures, each with its mark."""
    prompt = "".join(f"@图{number}" for number in range(30, 0, -1))
    request = SubjectReference(prompt=prompt, images=[PICTURE] * 30, model="seedance-2.5")
    unified = input_of(draft_of(request))["unified_edit_input"]
    assert unified["material_list"] == [material(number) for number in range(1, 31)]
    assert unified["meta_list"] == [unified_mark(number) for number in range(30, 0, -1)]


def test_idip() -> None:
    """Video 3.0's subject reference keeps leading text in its place (protocol 7.5 3a)."""
    request = SubjectReference(
        prompt="让@图片1追@图片2", images=(PICTURE, PICTURE), model="video-3.0"
    )
    draft = draft_of(request)
    assert draft["min_version"] == "3.0.5"
    assert draft["min_features"] == ["AIGC_GenerateType_VideoIdipFrame"]
    assert input_of(draft) == {
        "type": "",
        "id": ID,
        "min_version": "3.0.5",
        "prompt": "",
        "video_mode": 2,
        "fps": 24,
        "duration_ms": 5000,
        "resolution": "720p",
        "idip_frames": [image(1), image(2)],
        "idip_meta_list": [words("让"), idip_mark(1), words("追"), idip_mark(2)],
    }


@each(
    ("prompt", "expected"),
    [
        ("跑", [unified_mark(1), unified_mark(2), unified_mark(3), words("跑")]),
        (
            "看@图片2跑",
            [unified_mark(1), unified_mark(3), words("看"), unified_mark(2), words("跑")],
        ),
        (
            "@图片3@图片3和@图片1@图片2",
            [
                unified_mark(3),
                unified_mark(3),
                words("和"),
                unified_mark(1),
                unified_mark(2),
            ],
        ),
    ],
)
def test_every_picture_is_named(prompt: str, expected: list[Json]) -> None:
    """Pictures that the prompt does not name come first; the others stay in place."""
    request = SubjectReference(prompt=prompt, images=(PICTURE, PICTURE, PICTURE))
    got = input_of(draft_of(request))["unified_edit_input"]
    assert [piece | {"id": "(a fresh id)"} for piece in got["meta_list"]] == expected
    assert got["material_list"] == [material(1), material(2), material(3)]


@each(
    ("size", "ratio"),
    [((300, 300), "1:1"), ((1080, 1920), "9:16"), ((3000, 1000), "21:9"), ((400, 300), "4:3")],
)
def test_ratio_of_the_first_frame(size: tuple[int, int], ratio: str) -> None:
    """An adaptive ratio becomes the one nearest to the first picture's."""
    request = FirstLastFrame(prompt="a", first_frame=b"", ratio="adaptive")
    picture = Uploaded("uri", *size, "png")
    parameters = draft_of(request, picture)["component_list"][0]["abilities"]["gen_video"]
    assert parameters["text_to_video_params"]["video_aspect_ratio"] == ratio
