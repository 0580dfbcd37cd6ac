"""What every test starts from: a clean environment, a directory of its own, one app for all."""

import gc
import importlib
import os
import signal
import ssl
import tempfile
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from httpx._transports import default

from tests import quick_gradio
from tests.app.app_process import UNMEASURED, films, running_app

FOREIGN = (
    *("ARK_", "DATABASE_", "GRADIO_", "HF_", "JIMENG_", "SPACE_", "SYSTEM"),
    *("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "PYTHONDONTWRITEBYTECODE"),
)
"""How the variables begin that would change what is tested (settings, Spaces, proxies), or let each
worker and program compile everything again."""
UNTRACED = (
    *("app/test_endpoints", "app/test_uploads", "app/test_values"),
    *("batch/test_chaos", "batch/test_identity", "batch/test_limits", "batch/test_trouble"),
    *("browser", "doors", "environment", "project"),
    *("core/ark/test_clocks", "core/test_catalog", "core/test_concurrency"),
    *("core/demo/test_images_end_to_end", "core/web/test_clip_uploads", "core/web/test_clocks"),
    *("core/web/test_lookup", "core/web/test_on_upload", "core/web/test_polling"),
    *("core/web/test_real_sockets", "core/web/test_resubmit", "core/web/test_secrets"),
    *("core/web/test_submit", "core/web/test_uploader"),
    *("core/demo/test_limits", "http/test_credentials", "http/test_limits", "http/test_paths"),
    "http/test_sdk",
)
"""Directories and modules whose tests are not traced: they see the app from outside, or do what
others do."""
LARGE_PACKAGES = (
    *("dbos", "gradio", "gradio_client", "mcp", "pandas", "playwright.sync_api", "psycopg"),
    *("respx", "sqlalchemy.dialects.postgresql", "volcenginesdkarkruntime"),
)
NO_SITE = {"JIMENG_BASE_URL": "http://127.0.0.1:9"}
_EMPTY = pytest.StashKey[Path]()

# The same examples in every run, without a deadline: the machine may be busy. For other and more:
# make test ARGS="--hypothesis-profile=random".
hypothesis.settings.register_profile("random", deadline=None)
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """Clean the environment before anything reads it, Gradio at its import included."""
    scratch = tempfile.TemporaryDirectory(prefix="jimeng-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(scratch.cleanup)
    for name in [name for name in os.environ if name.upper().startswith(FOREIGN)]:
        del os.environ[name]
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(Path(scratch.name, "gradio"))
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["JIMENG_DATA_DIR"] = str(Path(scratch.name, "data"))
    quick_gradio.skip_stubs()
    if hasattr(config, "workerinput"):
        _measure_once(config)
        for name in LARGE_PACKAGES:
            importlib.import_module(name)


def pytest_xdist_setupnodes() -> None:
    """Let coverage not start by itself in xdist's workers, where pytest-cov starts it.

    pytest-cov sets this variable again in the workers, for the programs that tests start.
    """
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


def _measure_once(config: pytest.Config) -> None:
    """Stop one of the two measurements that pytest-cov starts in an xdist worker.

    The first, which the session's replaces, would trace the imports of large packages, and what the
    other may not.
    """
    if coverage := _coverage(config):
        coverage.pause()


def _coverage(config: pytest.Config) -> Any:
    """What measures the coverage of this process, if it is measured."""
    plugin = config.pluginmanager.getplugin("_cov")
    return plugin.cov_controller if plugin else None


@contextmanager
def _untraced(config: pytest.Config) -> Iterator[None]:
    """Trace nothing for a while."""
    if coverage := _coverage(config):
        coverage.pause()
    yield
    if coverage:
        coverage.resume()


def pytest_collection_finish() -> None:
    """Let the garbage collector not look at what was imported, again and again."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test that is not to be measured untraced, with its fixtures."""
    with _untraced(item.config) if item.get_closest_marker("untraced") else nullcontext():
        return (yield)


def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than processors: browsers, apps and batches wait for each other at times."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests for several workers, and measure coverage only where it finds something.

    xdist gives each worker a share of the list; an idle one takes from the ends of the others. The
    first begins with the browser, which no other worker needs then. The next two begin with
    batches, which mostly wait: while others compute, not at the end.

    Tracing doubles the time of what is traced. Property tests and plans of faults run the same
    lines a hundred times, and tests that see the app from outside run few lines of it themselves.
    """
    parts: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        parts[_part_of(item)].append(item)
        if _path_of(item).startswith(UNTRACED) or hypothesis.is_hypothesis_test(
            getattr(item, "obj", None)
        ):
            item.add_marker("untraced")
    rest, half = parts[""], len(parts["batch"]) // 2
    share = len(items) // pytest_xdist_auto_num_workers()
    items.clear()
    for lead in (
        parts["browser"],
        [*parts["batch"][:half], *parts["measured app"], *parts["app"]],
        parts["batch"][half:],
    ):
        missing = max(share - len(lead), 0)
        items += [*lead, *rest[:missing]]
        del rest[:missing]
    items += rest


def _part_of(item: pytest.Item) -> str:
    folder, fixtures = item.path.parent.name, getattr(item, "fixturenames", ())
    if folder in ("browser", "batch"):
        return folder
    return "measured app" if "measured_app_url" in fixtures else "app" * ("app_url" in fixtures)


def _path_of(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).as_posix()


@pytest.fixture(autouse=True)
def _measured_processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processes that a test starts be measured only if the test is."""
    if request.node.get_closest_marker("untraced"):
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture(scope="session", autouse=True)
def _no_stray_env_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep session fixtures, such as servers, from reading the `.env` of whoever runs the tests."""
    os.chdir(tmp_path_factory.mktemp("session"))


@pytest.fixture(scope="session", autouse=True)
def _one_tls_context() -> Iterator[None]:
    """Let httpx's clients share its own TLS context, which takes 20 ms to make.

    It knows no `SSL_CERT_FILE`, so that a client without the library's context is noticed.
    """
    make = httpx.create_ssl_context
    own = make(trust_env=False)

    def shared(**options: Any) -> ssl.SSLContext:
        return own if options.get("verify") is True else make(**options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(default, "create_ssl_context", shared)
        yield


@pytest.fixture(autouse=True)
def _own_directory(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Give each test an empty working directory and an empty data directory.

    The working directory is `tmp_path`. Tests without one share a directory for as long as it stays
    empty: to create and delete one is more work than most tests.
    """
    stash, own = request.config.stash, "tmp_path" in request.fixturenames
    if not own and _EMPTY not in stash:
        stash[_EMPTY] = tmp_path_factory.mktemp("empty")
    folder = request.getfixturevalue("tmp_path") if own else stash[_EMPTY]
    monkeypatch.chdir(folder)
    monkeypatch.setenv("JIMENG_DATA_DIR", str(folder / "data"))
    yield
    if not own and any(folder.iterdir()):
        del stash[_EMPTY]


@pytest.fixture
def signal_handlers() -> Iterator[None]:
    """Restore the handlers of the signals to stop after a test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run tests marked `anyio` on asyncio, as the app does."""
    return "asyncio"


@pytest.fixture(scope="session")
def app_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working directory of the running app."""
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="session")
def app_url(app_folder: Path) -> Iterator[str]:
    """The address of the running app, whose site is a port where nobody listens."""
    with running_app(app_folder, **NO_SITE) as url:
        yield url


@pytest.fixture(scope="session")
def measured_app_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working directory of the app whose coverage is measured."""
    return tmp_path_factory.mktemp("measured-app")


@pytest.fixture(scope="session")
def measured_app_url(measured_app_folder: Path) -> Iterator[str]:
    """The address of an app like `app_url` whose coverage is measured, which makes it slower."""
    measured = {name: os.environ.get(name) for name in UNMEASURED}
    with running_app(measured_app_folder, **NO_SITE, **measured) as url:
        yield url


@pytest.fixture
def real_films(app_folder: Path) -> Iterator[None]:
    """Let the running app render for real during a test."""
    with films(app_folder, "real"):
        yield
