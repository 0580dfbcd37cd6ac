import io
import json
import sys
from pathlib import Path
from typing import cast

import httpx
import pytest

from jimeng_app.cli import submit
from jimeng_app.cli.options import MODES
from jimeng_app.cli.terminal import ProgressBars
from jimeng_core import Frame, Mode
from tests.cli.cli_runner import CliResult, CliRunner
from tests.core.web.fake_site import png, sent_json
from tests.each import each

SEA = ("submit", "first-last-frame", "--prompt", "海")
CHECK = ("check", "first-last-frame", "--prompt")


@pytest.fixture
def pictures() -> list[str]:
    """Three picture files in the working directory."""
    names = ["a.png", "b.png", "c.png"]
    for name, colour in zip(names, ("teal", "navy", "gold"), strict=True):
        Path(name).write_bytes(png(colour))
    return names


def draft_of(cli: CliRunner) -> str:
    """The draft that was sent."""
    return str(sent_json(cli.site.generate.calls.last.request)["draft_content"])


def test_id_alone(cli: CliRunner) -> None:
    """A submission prints the id, and nothing else, to standard output."""
    result = cli.run(*SEA)
    assert result.status == 0
    assert result.out == f"{next(iter(cli.site.records))}\n"


def test_id_before_it_is_sent(cli: CliRunner) -> None:
    """The id is printed to standard error before anything is sent."""
    seen: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(cast("io.BytesIO", sys.stderr.buffer).getvalue().decode())
        seen.append(str(sent_json(request)["submit_id"]))
        return httpx.Response(200, json={"ret": "1006", "data": None})

    cli.site.generate.mock(side_effect=refuse)
    cli.run(*SEA)
    result, sent = seen
    assert sent in result


@pytest.mark.parametrize(
    "words", [("--ratio", "7:7"), ("--first-frame", "none.png"), ("--task-id", "nonsense")]
)
def test_no_id_for_what_is_not_sent(cli: CliRunner, words: tuple[str, str]) -> None:
    """A submission that is refused before anything is sent prints no id."""
    result = cli.run(*SEA, *words)
    assert (result.status, result.out, cli.site.requests) == (2, "", [])
    assert result.err.count("\n") == 1
    assert "Task id" not in result.err


def test_row(cli: CliRunner) -> None:
    """--json prints the row of the new task on one line."""
    row = cli.run(*SEA, "--json").json
    assert (row["id"], row["state"], row["prompt"]) == (*cli.site.records, "pending", "海")


@pytest.mark.parametrize("as_json", [False, True])
def test_lost_answer_keeps_the_id(cli: CliRunner, as_json: bool) -> None:
    """A submission whose response is lost prints its id; the status is 1."""
    cli.site.generate.mock(side_effect=httpx.ReadTimeout)
    result = cli.run(*SEA, *(["--json"] if as_json else []))
    [sent] = {sent_json(call.request)["submit_id"] for call in cli.site.generate.calls}
    assert result.status == 1
    assert (result.json["id"] if as_json else result.out.strip()) == sent
    assert f"{sent}: The answer to the submission was lost" in result.err


def test_refused_submission(cli: CliRunner) -> None:
    """A submission that the site refuses prints an error and no id, or its row; status 1."""
    cli.site.generate.mock(return_value=httpx.Response(200, json={"ret": "1006", "data": None}))
    result = cli.run(*SEA)
    assert (result.status, result.out) == (1, "")
    assert "credits" in result.err.splitlines()[-1]
    row = cli.run(*SEA, "--json").json
    assert (row["id"], row["state"], row["error"]["code"]) == (None, None, "insufficient_credits")


def test_same_id_twice(cli: CliRunner) -> None:
    """A submission can be repeated with --task-id: the second time, nothing is sent."""
    [first] = cli.run(*SEA).out.split()
    again = cli.run(*SEA, "--task-id", first)
    assert (again.status, again.out) == (0, f"{first}\n")
    assert len(cli.site.generate.calls) == 1


def test_invalid_task_id(cli: CliRunner) -> None:
    """An invalid --task-id is a usage error."""
    assert cli.run(*SEA, "--task-id", "nonsense").status == 2


@each("mode", list(MODES))
def test_options_are_the_requests(mode: Mode) -> None:
    """The options are the request's fields, with the request's defaults and descriptions."""
    options = {each.name: each.default for each in MODES[mode].parameters}
    fields = MODES[mode].request.model_fields
    own = set(options) - set(fields)
    assert own == ({"frame", "prompt", "duration"} if mode is Mode.MULTI_FRAME else set())
    assert set(fields) <= set(options)
    help_texts = {
        each.name: each.annotation.__metadata__[0].help for each in MODES[mode].parameters
    }
    for name, field in fields.items():
        assert help_texts[name].startswith(field.description)
        if not field.is_required():
            assert options[name] == field.default


def test_frame_options_are_described() -> None:
    """The options of a frame have the descriptions of its fields."""
    options = {each.name: each for each in MODES[Mode.MULTI_FRAME].parameters}
    for name, field in Frame.model_fields.items():
        option = options["frame" if name == "image" else name]
        assert option.annotation.__metadata__[0].help.startswith(field.description)


def test_first_and_last(cli: CliRunner, pictures: list[str]) -> None:
    """Pictures are uploaded from paths; every setting is sent."""
    words = ("--first-frame", "a.png", "--last-frame", "b.png", "--duration", "7", "--seed", "5")
    assert cli.run(*SEA, *words, "--ratio", "1:1").status == 0
    assert len(cli.site.upload.calls) == 2
    draft = draft_of(cli)
    assert all(part in draft for part in ('"duration_ms":7000', '"seed":5', "1:1"))


@pytest.mark.parametrize("option", ["--image", "--images"])
def test_subjects(cli: CliRunner, pictures: list[str], option: str) -> None:
    """The option for a picture can be repeated."""
    words = ("--prompt", "@图片1 @图片2", option, "a.png", option, "b.png")
    assert cli.run("submit", "subject-reference", *words).status == 0
    assert len(cli.site.upload.calls) == 2


def frames(*words: str) -> tuple[str, ...]:
    """A submission of frames; its row has the joined prompts and the sum of the durations."""
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
    cli: CliRunner, pictures: list[str], own: tuple[str, ...], prompt: str, seconds: int
) -> None:
    """--prompt and --duration apply to the frames in order: none, one for all, or one for each."""
    row = cli.run(*frames("--frame", "a.png", "--frame", "b.png", *own)).json
    assert (row["prompt"], row["duration_seconds"]) == (prompt, seconds)


@pytest.mark.parametrize("own", [("--prompt", "a"), ("--duration", "1")])
@pytest.mark.parametrize(("times", "count"), [(1, 0), (2, 0), (2, 1), (2, 3)])
def test_frames_with_other_numbers(
    cli: CliRunner, pictures: list[str], own: tuple[str, ...], times: int, count: int
) -> None:
    """Another number of --prompt or --duration than of frames is refused, and nothing is sent."""
    words = [word for name in pictures[:count] for word in ("--frame", name)]
    result = cli.run("submit", "multi-frame", *words, *own * times)
    assert (result.status, result.out, cli.site.requests) == (2, "", [])
    assert f"{times} times and --frame {count} times" in result.err


@pytest.mark.parametrize("source", ["list.json", "-"])
def test_frames_of_a_list(cli: CliRunner, pictures: list[str], source: str) -> None:
    """--frames reads a JSON list from a file or a pipe; its frames follow those of --frame."""
    listed = json.dumps([{"image": "b.png", "prompt": "b", "duration": 6}, {"image": "c.png"}])
    Path("list.json").write_text(listed)
    words = frames("--frame", "a.png", "--prompt", "a", "--frames", source)
    row = cli.run(*words, stdin=listed).json
    assert (row["prompt"], row["duration_seconds"]) == ("a / b", 5 + 6 + 5)


def test_paths_in_a_list(cli: CliRunner, pictures: list[str], tmp_path: Path) -> None:
    """Relative paths in a file count from its folder; absolute ones and URLs stay."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    Path("b.png").rename(folder / "b.png")
    listed = [{"image": "b.png"}, {"image": str(Path("c.png").resolve())}, {"image": "../a.png"}]
    (folder / "list.json").write_text(json.dumps(listed), encoding="utf-8-sig")
    assert cli.run(*frames("--frames", "elsewhere/list.json")).json["duration_seconds"] == 15


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        (None, "frames: the file cannot be read"),
        ("{}", "frames: it is not a JSON list"),
        ("[", "frames: it is not a JSON list"),
        ("[" * 100_000, "frames: it is not a JSON list"),
        ('[{"prompt": "a"}]', "frames[0].image: is missing"),
        ("[7]", "frames[0]: must be an object"),
        ("[]", "frames: Multi-frame takes 2 to 10 pictures"),
    ],
)
def test_invalid_list(cli: CliRunner, listed: str | None, reason: str) -> None:
    """An invalid list of frames is a usage error that names the field."""
    if listed is not None:
        Path("list.json").write_text(listed)
    result = cli.run("submit", "multi-frame", "--frames", "list.json")
    assert result.status == 2
    assert reason in result.err


def test_check(cli: CliRunner) -> None:
    """A check sends nothing and prints one line per problem, which begins with its field."""
    result = cli.run(*CHECK, "", "--first-frame", "none.png", "--ratio", "7:7")
    assert (result.status, result.out, cli.site.requests) == (2, "", [])
    assert [line.partition(": ")[0] for line in result.err.splitlines()] == [
        "prompt",
        "ratio",
        "first_frame",
    ]
    assert "first_frame: names a file" in result.err


def test_check_as_json(cli: CliRunner) -> None:
    """--json prints the problems of a check as a list, in both languages."""
    [problem] = cli.run(*CHECK, "", "--json").json
    assert (problem["field"], problem["code"]) == ("prompt", "invalid_request")
    assert problem["message"]
    assert problem["message_zh"]


def test_check_of_what_may_be_sent(cli: CliRunner) -> None:
    """The check of a valid request prints nothing; the status is 0."""
    assert cli.run(*CHECK, "海") == CliResult(0, "", "")
    assert cli.run(*CHECK, "海", "--json").json == []


def test_missing_option(cli: CliRunner) -> None:
    """A missing option is a usage error."""
    result = cli.run("submit", "subject-reference", "--prompt", "海")
    assert result.status == 2
    assert "images: is missing" in result.err


def test_progress_of_a_large_upload(cli: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large upload has a progress bar in bytes; a small one does without."""
    shown: list[tuple[float, float | None]] = []

    def show(_bars: ProgressBars, _id: str, done: float, total: float | None) -> None:
        shown.append((done, total))

    monkeypatch.setattr(ProgressBars, "show", show)
    Path("a.png").write_bytes(png())
    words = (*SEA, "--first-frame", "a.png")
    assert cli.run(*words).status == 0
    assert shown == []
    monkeypatch.setattr(submit, "LARGE_UPLOAD", 1)
    assert cli.run(*words).status == 0
    assert shown == [(0, len(png())), (len(png()), len(png()))]
