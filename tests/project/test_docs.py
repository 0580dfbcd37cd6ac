"""Documents and settings of the project: what they name exists, and versions agree."""

import ast
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from pydantic import AliasChoices
from typer.testing import CliRunner

from jimeng_app.batch.settings import BatchSettings
from jimeng_app.cli.commands import build_app
from jimeng_core.settings import Settings
from tests.each import each

ROOT = Path(__file__).resolve().parents[2]

# Put together here, so that this file does not name them.
REGISTRIES = ("pypi" + ".org", "python" + "hosted", "npm" + "js", "deb.debian" + ".org")
MACHINE_PATHS = (r"(?<![\w.-])/wor" + r"k/", r"(?<![\w.-])/roo" + r"t/", r"/hom" + r"e/\w")


def text_of(name: str) -> str:
    """A file of the project, named from its root."""
    return (ROOT / name).read_text(encoding="utf-8")


MADE = {".venv", ".cache", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
"""Directories that make and the tools create."""


def files_of_the_project() -> list[Path]:
    """All files that are committed or about to be."""
    # The clone may belong to another user, as in CI.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    command += ["--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:  # an unpacked archive
        paths = [path for path in ROOT.rglob("*") if not MADE & set(path.relative_to(ROOT).parts)]
    else:
        paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def paths_in_backticks(text: str) -> Iterator[str]:
    """The words in backticks that are paths; code blocks are left out."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    for word in re.findall(r"`([\w./-]+)`", prose):
        first, slash, _ = word.partition("/")
        media_type = first in {"application", "audio", "image", "multipart", "text", "video"}
        host = bool(slash) and "." in first.lstrip(".")
        made_by_make = first in {".venv", ".cache", ".env"}
        file_name = re.search(r"\.(py|pyi|toml|md|txt|sh|css|js|html|json|ya?ml)$", word)
        if (slash or file_name) and first and not (media_type or host or made_by_make):
            yield word


def locked(name: str) -> list[str]:
    """The lines of a requirements file, comments left out."""
    return [line for line in text_of(name).splitlines() if not line.lstrip().startswith("#")]


DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
OTHER_PROGRAMS = {
    "accounts.toml",
    "manifest.csv",
    "manifest.json",
    ".cursor/mcp.json",
    "claude_desktop_config.json",
    "state_holder.py",
}
"""Files of other programs that the documents name."""
MODULES = sorted(
    str(path.relative_to(ROOT))
    for package in ("jimeng_core", "jimeng_app")
    for path in (ROOT / package).rglob("*.py")
    if path.name != "__init__.py"
)


@each("name", [name for name in DOCUMENTS if "/protocol/" not in name])
def test_documents_name_files_that_exist(name: str) -> None:
    """Every path in backticks, counted from the root, exists."""
    named = set(paths_in_backticks(text_of(name))) - OTHER_PROGRAMS

    assert sorted(path for path in named if not (ROOT / path).exists()) == []


@each("name", DOCUMENTS)
def test_links_lead_to_files_that_exist(name: str) -> None:
    """Every relative link leads to a file or folder of the project, and to a heading in it."""
    broken = []
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text_of(name)):
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        if not target.exists() or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            broken.append(link)

    assert broken == []


def anchors(text: str) -> set[str]:
    """The names of a page's headings in links, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each("name", DOCUMENTS)
def test_snippets_import_what_exists(name: str) -> None:
    """Python in the documents can be parsed, and what it imports from the project exists."""
    for code in re.findall(r"^```python\n(.*?)^```", text_of(name), re.DOTALL | re.MULTILINE):
        tree = ast.parse(code)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("jimeng_"):
                module = import_module(str(node.module))
                assert [each.name for each in node.names if not hasattr(module, each.name)] == []


def commands() -> set[str]:
    """The arguments of each `jimeng` in a shell snippet of the documents."""
    snippets = "".join(
        code
        for name in DOCUMENTS
        for code in re.findall(r"^```sh\n(.*?)^```", text_of(name), re.DOTALL | re.MULTILINE)
    )
    found = re.findall(r"\bjimeng ((?:\"[^\"\n]*\"|[^\")#<>\n])*)", snippets)
    return {arguments.strip() for arguments in found}


@each("arguments", sorted(commands()))
def test_commands_can_be_parsed(arguments: str) -> None:
    """A command line in the documents has options and arguments that the command takes."""
    result = CliRunner().invoke(build_app(), [*shlex.split(arguments), "--help"])

    assert result.exit_code == 0, result.output


def test_make_targets_exist() -> None:
    """Every `make` command in the documents has a target in the Makefile."""
    named = {
        target
        for name in DOCUMENTS
        for target in re.findall(r"(?:^|`)make ([a-z]+)", text_of(name), re.MULTILINE)
    }
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))

    assert sorted(named - targets) == []


def test_architecture_names_every_module() -> None:
    """Every module of the library and of the app is named in docs/architecture.md."""
    named = set(paths_in_backticks(text_of("docs/architecture.md")))

    assert [name for name in MODULES if name not in named] == []


def test_only_paths_count_as_paths() -> None:
    """Paths and file names count; fields, addresses, media types and code blocks do not."""
    text = "`a/b.py` `c.md` `d/` `task.id` `/api/v3` `image/png` `x.com/y` `e f.py`"
    text += "\n```\n`g.py`\n```"

    assert list(paths_in_backticks(text)) == ["a/b.py", "c.md", "d/"]


@each("needle", [*map(re.escape, REGISTRIES), *MACHINE_PATHS])
def test_no_file_names_a_registry_or_a_machine(needle: str) -> None:
    """No file names a package registry or a path of one machine."""
    pattern = re.compile(needle.encode())
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in files_of_the_project()
        if (match := pattern.search(path.read_bytes()))
    ]

    assert found == []


@each("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_exact(name: str) -> None:
    """Each line is one package in one version, with or without a marker."""
    exact = re.compile(r"[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.+!-]*( ; [^#]+)?")

    assert [line for line in locked(name) if not exact.fullmatch(line)] == []


def test_tests_run_on_the_versions_that_users_get() -> None:
    """requirements-dev.txt holds every line of requirements.txt."""
    assert set(locked("requirements.txt")) <= set(locked("requirements-dev.txt"))


def test_spaces_runs_the_locked_gradio() -> None:
    """The header that Hugging Face Spaces reads from README.md names the locked version."""
    header = text_of("README.md").split("---\n")[1]
    version = re.search(r"^sdk_version: *\"?([^\"\n]+)", header, re.MULTILINE)

    assert version
    assert f"gradio=={version[1].strip()}" in locked("requirements.txt")


def test_env_example_names_every_setting() -> None:
    """.env.example names each setting once, all of them commented out, and secrets empty."""
    lines = [line for line in text_of(".env.example").splitlines() if "=" in line]
    named = [match[1] for line in lines if (match := re.match(r"#([A-Z_]+)=", line))]

    assert sorted(named) == sorted(setting_names())
    assert len(named) == len([line for line in lines if not line.startswith("# ")])
    assert {"#JIMENG_TOKEN=", "#ARK_API_KEY="} <= set(lines)


def setting_names(kind: type[Settings] = BatchSettings) -> Iterator[str]:
    """The environment variable of each setting; the first one where it has several."""
    for field in kind.model_fields.values():
        match field.validation_alias:
            case str(name):
                yield name
            case AliasChoices(choices=[str(name), *_]):
                yield name


def test_a_wheel_carries_the_examples() -> None:
    """The page's examples are served from an installed package, too."""
    built = tomllib.loads(text_of("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert built["force-include"] == {"assets": "jimeng_app/assets"}
    assert (ROOT / "assets" / "README.md").exists()
