import io
import json
import sys
from pathlib import Path
from typing import cast

import httpx
import pytest

from jimeng_app.cli.modes import MODES
from jimeng_core import Mode
from tests.cli.desk import Desk, Said
from tests.core.web.site_double import png, sent_json

SEA = ("submit", "first-last-frame", "--prompt", "海")
CHECK = ("check", "first-last-frame", "--prompt")


@pytest.fixture
def pictures() -> list[str]:
    """Three pictures in the working directory."""
    names = ["a.png", "b.png", "c.png"]
    for name, colour in zip(names, ("teal", "navy", "gold"), strict=True):
        Path(name).write_bytes(png(colour))
    return names


def draft_of(desk: Desk) -> str:
    """The draft that was sent."""
    return str(sent_json(desk.site.generate.calls.last.request)["draft_content"])


def test_id_alone(desk: Desk) -> None:
    """A submission prints the id, and nothing else, to standard output."""
    said = desk.run(*SEA)
    assert said.status == 0
    assert said.out == f"{next(iter(desk.site.records))}\n"


def test_id_before_it_is_sent(desk: Desk) -> None:
    """The id stands on standard error before anything leaves."""
    told: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        told.append(cast("io.BytesIO", sys.stderr.buffer).getvalue().decode())
        told.append(str(sent_json(request)["submit_id"]))
        return httpx.Response(200, json={"ret": "1006", "data": None})

    desk.site.generate.mock(side_effect=refuse)
    desk.run(*SEA)
    said, sent = told
    assert sent in said


@pytest.mark.parametrize(
    "words", [("--ratio", "7:7"), ("--first-frame", "none.png"), ("--task-id", "nonsense")]
)
def test_no_id_for_what_is_not_sent(desk: Desk, words: tuple[str, str]) -> None:
    """A submission that is refused before anything leaves speaks of no id."""
    said = desk.run(*SEA, *words)
    assert (said.status, said.out, desk.site.requests) == (2, "", [])
    assert said.err.count("\n") == 1
    assert "its id" not in said.err


def test_row(desk: Desk) -> None:
    """With --json, it is the row of the new task in one line."""
    row = desk.run(*SEA, "--json").json
    assert (row["id"], row["state"], row["prompt"]) == (*desk.site.records, "pending", "海")


@pytest.mark.parametrize("as_json", [False, True])
def test_lost_answer_keeps_the_id(desk: Desk, as_json: bool) -> None:
    """A submission whose answer is lost still prints its id, and ends with 1."""
    desk.site.generate.mock(side_effect=httpx.ReadTimeout)
    said = desk.run(*SEA, *(["--json"] if as_json else []))
    [sent] = {sent_json(call.request)["submit_id"] for call in desk.site.generate.calls}
    assert said.status == 1
    assert (said.json["id"] if as_json else said.out.strip()) == sent
    assert f"{sent}: The answer to the submission was lost" in said.err


def test_refused_submission(desk: Desk) -> None:
    """A submission that the site refuses: 1, one sentence, no id; with --json its row."""
    desk.site.generate.mock(return_value=httpx.Response(200, json={"ret": "1006", "data": None}))
    said = desk.run(*SEA)
    assert (said.status, said.out) == (1, "")
    assert "credits" in said.err.splitlines()[-1]
    row = desk.run(*SEA, "--json").json
    assert (row["id"], row["state"], row["error"]["code"]) == (None, None, "insufficient_credits")


def test_same_id_twice(desk: Desk) -> None:
    """With --task-id a submission can be repeated: the second time, nothing is sent."""
    [first] = desk.run(*SEA).out.split()
    again = desk.run(*SEA, "--task-id", first)
    assert (again.status, again.out) == (0, f"{first}\n")
    assert len(desk.site.generate.calls) == 1


def test_no_id(desk: Desk) -> None:
    """A --task-id that is none is wrong use."""
    assert desk.run(*SEA, "--task-id", "nonsense").status == 2


@pytest.mark.parametrize("mode", list(MODES))
def test_options_are_the_requests(mode: Mode) -> None:
    """The options are the request's fields with the request's own defaults, and no others."""
    given = MODES[mode]
    options = {one.name: one.default for one in given.parameters}
    fields = given.request.model_fields
    own = set(options) - set(fields)
    assert own == ({"frame", "prompt", "duration"} if mode is Mode.MULTI_FRAME else set())
    assert set(fields) <= set(options)
    for name, field in fields.items():
        if not field.is_required():
            assert options[name] == field.default


def test_first_and_last(desk: Desk, pictures: list[str]) -> None:
    """Pictures are paths; every setting arrives."""
    words = ("--first-frame", "a.png", "--last-frame", "b.png", "--duration", "7", "--seed", "5")
    assert desk.run(*SEA, *words, "--ratio", "1:1").status == 0
    assert len(desk.site.upload.calls) == 2
    draft = draft_of(desk)
    assert all(part in draft for part in ('"duration_ms":7000', '"seed":5', "1:1"))


@pytest.mark.parametrize("option", ["--image", "--images"])
def test_subjects(desk: Desk, pictures: list[str], option: str) -> None:
    """Pictures of subjects are given by repeating one option."""
    words = ("--prompt", "@图片1 @图片2", option, "a.png", option, "b.png")
    assert desk.run("submit", "subject-reference", *words).status == 0
    assert len(desk.site.upload.calls) == 2


def frames(*words: str) -> tuple[str, ...]:
    """A submission of frames, whose row tells the joined prompts and the sum of the seconds."""
    return ("submit", "multi-frame", "--json", *words)


@pytest.mark.parametrize(
    ("own", "prompt", "seconds"),
    [
        ((), "", 10),
        (("--prompt", "a", "--duration", "2"), "a / a", 4),
        (("--prompt", "a", "--prompt", "b", "--duration", "1", "--duration", "3"), "a / b", 4),
        (("--prompt", "a", "--duration", "1", "--duration", "3"), "a / a", 4),
    ],
)
def test_frames(
    desk: Desk, pictures: list[str], own: tuple[str, ...], prompt: str, seconds: int
) -> None:
    """Words and seconds belong to the frames in order: none, one for all, or one for each."""
    row = desk.run(*frames("--frame", "a.png", "--frame", "b.png", *own)).json
    assert (row["prompt"], row["duration_seconds"]) == (prompt, seconds)


@pytest.mark.parametrize("own", [("--prompt", "a"), ("--duration", "1")])
@pytest.mark.parametrize(("times", "count"), [(1, 0), (2, 0), (2, 1), (2, 3)])
def test_frames_with_other_numbers(
    desk: Desk, pictures: list[str], own: tuple[str, ...], times: int, count: int
) -> None:
    """Another number of words or seconds than of frames is told, and nothing is sent."""
    words = [word for name in pictures[:count] for word in ("--frame", name)]
    said = desk.run("submit", "multi-frame", *words, *own * times)
    assert (said.status, said.out, desk.site.requests) == (2, "", [])
    assert f"{times} times and --frame {count} times" in said.err


@pytest.mark.parametrize("source", ["list.json", "-"])
def test_frames_of_a_list(desk: Desk, pictures: list[str], source: str) -> None:
    """Frames come from a JSON list too, of a file or a pipe, after those given one by one."""
    listed = json.dumps([{"image": "b.png", "prompt": "b", "duration": 6}, {"image": "c.png"}])
    Path("list.json").write_text(listed)
    words = frames("--frame", "a.png", "--prompt", "a", "--frames", source)
    row = desk.run(*words, stdin=listed).json
    assert (row["prompt"], row["duration_seconds"]) == ("a / b", 5 + 6 + 5)


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        (None, "frames: the file cannot be read"),
        ("{}", "frames: it is no JSON list"),
        ("[", "frames: it is no JSON list"),
        ("[" * 100_000, "frames: it is no JSON list"),
        ('[{"prompt": "a"}]', "frames[0].image: is missing"),
        ("[7]", "frames[0]: does not fit"),
        ("[]", "frames: Multi-frame takes 2 to 10 pictures"),
    ],
)
def test_list_that_is_none(desk: Desk, listed: str | None, reason: str) -> None:
    """What is no list of frames is told by its field, and is wrong use."""
    if listed is not None:
        Path("list.json").write_text(listed)
    said = desk.run("submit", "multi-frame", "--frames", "list.json")
    assert said.status == 2
    assert reason in said.err


def test_check(desk: Desk) -> None:
    """A check sends nothing and tells each problem in a line of its own, after its field."""
    said = desk.run(*CHECK, "", "--first-frame", "none.png", "--ratio", "7:7")
    assert (said.status, said.out, desk.site.requests) == (2, "", [])
    assert [line.partition(": ")[0] for line in said.err.splitlines()] == [
        "prompt",
        "ratio",
        "first_frame",
    ]
    assert "first_frame: names a file" in said.err


def test_check_as_json(desk: Desk) -> None:
    """A check can be read by a program: the problems as a list, in both languages."""
    [problem] = desk.run(*CHECK, "", "--json").json
    assert (problem["field"], problem["code"]) == ("prompt", "invalid_request")
    assert problem["message"]
    assert problem["message_zh"]


def test_check_of_what_may_be_sent(desk: Desk) -> None:
    """A request that may be sent: status 0, and nothing to say."""
    assert desk.run(*CHECK, "海") == Said(0, "", "")
    assert desk.run(*CHECK, "海", "--json").json == []


def test_missing_option(desk: Desk) -> None:
    """Typer's own refusals are wrong use too."""
    said = desk.run("submit", "subject-reference", "--prompt", "海")
    assert said.status == 2
    assert "--image" in said.err
