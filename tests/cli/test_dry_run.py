from pathlib import Path

import pytest

from tests.cli.cli_runner import CliRunner
from tests.core.demo_tools import picture


def test_what_would_be_sent(cli: CliRunner) -> None:
    """The request with the model's defaults and its price are printed, and nothing is sent."""
    words = ("--prompt", "海\x1b 浪", "--model", "seedance-2.5", "--duration", "10")
    result = cli.run("submit", "first-last-frame", *words, "--dry-run")
    assert result.status == 0
    lines = result.out.splitlines()
    assert lines[:4] == [
        "mode first_last_frame",
        "prompt 海  浪",
        "duration 10",
        "model seedance-2.5",
    ]
    assert {"resolution 720p", "audio false", "price 200 credits"} <= set(lines)
    assert "showed about 100 credits" in lines[-1]
    assert (result.err, cli.site.requests) == ("", [])


def test_as_json(cli: CliRunner) -> None:
    """--json prints the request, its price and its problems; a picture is its path."""
    for name in ("a.png", "b.png"):
        Path(name).write_bytes(picture())
    frames = ("--frame", "a.png", "--frame", "b.png", "--model", "video-3.0")
    lines = cli.run("submit", "multi-frame", *frames, "--dry-run").out.splitlines()
    assert {"frames[0].image a.png", "frames[1].duration 5", "price unknown"} <= set(lines)
    printed = cli.run("submit", "multi-frame", *frames, "--dry-run", "--json").json
    assert printed["request"]["mode"] == "multi_frame"
    assert printed["request"]["frames"][1] == {"image": "b.png", "prompt": "", "duration": 5}
    assert (printed["price"], printed["problems"]) == (None, [])
    words = ("--prompt", "a", "--model", "seedance-2.0-mini", "--dry-run", "--json")
    printed = cli.run("--lang", "zh", "submit", "first-last-frame", *words).json
    assert (printed["price"]["amount"], printed["price"]["unit"]) == (24, "credits")
    assert "积分" in printed["price"]["basis"]
    assert printed["price"]["as_of"] == "2026-11-26"
    assert cli.site.requests == []


def test_price_with_reference_videos(cli: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Ark reference videos count by their length, which is not known: the price is a range."""
    monkeypatch.setenv("ARK_API_KEY", "0123456789abcdef0123456789abcdef")
    words = ("--prompt", "a", "--video", "https://a.example/a.mp4", "--model", "seedance-2.0")
    result = cli.run("--backend", "ark", "submit", "subject-reference", *words, "--dry-run")
    assert result.status == 0
    *_, price, basis = result.out.splitlines()
    assert price == "price 5.4432–12.096 CNY"
    assert "2 to 15 s together, not known here" in basis
    assert cli.site.requests == []


def test_unknown_price(cli: CliRunner) -> None:
    """Where nothing is known of the price, that is said."""
    result = cli.run("submit", "image", "--prompt", "a", "--dry-run")
    assert (result.status, result.out.splitlines()[-1]) == (0, "price unknown")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--prompt", "a", "--duration", "77"), "duration"),
        (("--prompt", "a", "--first-frame", "none.png"), "first_frame"),
        (("--prompt", "a\udc00"), "prompt"),
    ],
)
def test_problems(cli: CliRunner, words: tuple[str, ...], field: str) -> None:
    """A request that may not be sent has its problems, and no price."""
    result = cli.run("submit", "first-last-frame", *words, "--dry-run")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"{field}: ")
    printed = cli.run("submit", "first-last-frame", *words, "--dry-run", "--json").json
    assert [problem["field"] for problem in printed["problems"]] == [field]
    assert printed["price"] is None
    assert cli.site.requests == []
