"""What every test starts from: a clean environment, a directory of its own, one app for all."""

import os
import signal
import ssl
import tempfile
from collections.abc import Iterator
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
    *("browser", "doors", "environment", "project"),
    *("test_matrix", "test_random_plans", "test_secrets_of_faults", "test_sockets"),
    *("test_chaos", "test_credentials", "test_endpoints", "test_identity"),
    *("test_images_end_to_end", "test_limits", "test_paths", "test_sdk", "test_trouble"),
    "test_values",
)
"""Directories and modules whose tests are not traced: they see the app from outside, or do what
others do."""
_EMPTY = pytest.StashKey[Path]()

# The same examples in every run, without a deadline: the machine may be busy. For other and more:
# make test ARGS="--hypothesis-profile=random".
hypothesis.settings.register_profile("random", deadline=None)
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """Clean the environment before anything reads it, Gradio at its import included."""
    _measure_once(config)
    scratch = tempfile.TemporaryDirectory(prefix="jimeng-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(scratch.cleanup)
    for name in [name for name in os.environ if name.upper().startswith(FOREIGN)]:
        del os.environ[name]
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(Path(scratch.name, "gradio"))
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["JIMENG_DATA_DIR"] = str(Path(scratch.name, "data"))
    quick_gradio.skip_stubs()


def pytest_xdist_setupnodes() -> None:
    """Let coverage not start by itself in xdist's workers, where pytest-cov starts it.

    pytest-cov sets this variable again in the workers, for the programs that tests start.
    """
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


def _measure_once(config: pytest.Config) -> None:
    """Stop one of the two measurements that pytest-cov starts in an xdist worker.

    The first, which the session's replaces, would trace what `no_cover` stops the other from
    tracing.
    """
    plugin = config.pluginmanager.getplugin("_cov")
    if hasattr(config, "workerinput") and plugin and plugin.cov_controller:
        plugin.cov_controller.pause()


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: browsers and apps wait for each other at times."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests for several workers, and measure coverage only where it finds something.

    xdist gives each worker a share of the list. The first begins with the browser, the second with
    batches, which mostly wait; an idle one takes from the ends of the others.

    Tracing doubles the time of what is traced. Property tests and plans of faults run the same
    lines a hundred times, and of tests that see the app from outside the app's own process is
    measured.
    """
    folders: dict[str, list[pytest.Item]] = {"browser": [], "batch": []}
    rest: list[pytest.Item] = []
    for item in items:
        folders.get(item.path.parent.name, rest).append(item)
    share = len(items) // pytest_xdist_auto_num_workers() - len(folders["browser"])
    first = rest[: max(share, 0)]
    items[:] = [*folders["browser"], *first, *folders["batch"], *rest[len(first) :]]
    for item in items:
        names = (item.path.parent.name, item.path.stem)
        if any(name in UNTRACED for name in names) or hypothesis.is_hypothesis_test(
            getattr(item, "obj", None)
        ):
            item.add_marker("no_cover")


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
    measured = {name: os.environ.get(name) for name in UNMEASURED}
    with running_app(app_folder, JIMENG_BASE_URL="http://127.0.0.1:9", **measured) as url:
        yield url


@pytest.fixture
def real_films(app_folder: Path) -> Iterator[None]:
    """Let the running app render for real during a test."""
    with films(app_folder, "real"):
        yield
