"""The demo backend: the web backend over an in-process imitation of the JiMeng site."""

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import httpx

from jimeng_core.backends.base import LoadedFile, Price
from jimeng_core.backends.web.backend import WebBackend
from jimeng_core.clock import Clock
from jimeng_core.requests import AnyRequest
from jimeng_core.settings import BackendName, Settings, unusable_data_dir
from jimeng_core.tasks import Cost

from .faults.fault_plan import FaultPlan
from .faults.fault_transport import FaultyTransport
from .site import DemoSite
from .transport import DemoTransport

DEFAULT_SESSION: Final = "demo"
"""The session without a token: the demo needs no account."""

_sites: dict[Path, DemoSite] = {}
"""The open site of each folder, shared by all clients of this process."""
_users: Counter[Path] = Counter()
_lock = threading.Lock()


def media_folder(settings: Settings) -> Path:
    """The folder of the demo's results: `ID.mp4` and its poster `ID.jpg`, or `ID-1.jpg` and so on.

    Raises:
        InvalidRequest: The folder cannot be used.
    """
    folder = settings.data_folder("demo") / "media"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable_data_dir(error) from error
    return folder


class DemoBackend(WebBackend):
    """Videos and images of the user's own pictures, without an account.

    Args:
        settings: The data folder, and how fast tasks run. Its token, if any, is the account that
            tasks belong to.
        clock: The source of the time.
        visitor: Count this client's unfinished tasks against the limits for visitors of a public
            app, under this name; None: no such limit.
        media_base: The path under which an app serves the results; None: `file:` URLs.
        faults: What goes wrong between the client and the site; None: nothing.

    Raises:
        InvalidRequest: The folder cannot be used.
    """

    name = BackendName.DEMO

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        visitor: str | None = None,
        media_base: str | None = None,
        faults: FaultPlan | None = None,
    ) -> None:
        self._folder = settings.data_folder("demo")
        self._open = True
        transport: httpx.AsyncBaseTransport = DemoTransport(
            _open_site(self._folder, clock),
            visitor=visitor,
            pace=settings.demo_pace,
            media_base=media_base.rstrip("/") if media_base else None,
        )
        if faults:
            transport = FaultyTransport(transport, faults, clock)
        super().__init__(
            settings.token.get_secret_value().strip() or DEFAULT_SESSION,
            base_url=None,
            timeout=settings.timeout,
            clock=clock,
            transport=transport,
            schemes=("https", "http", "file", ""),
        )

    async def cost(self, task_id: str) -> Cost:  # noqa: ARG002 - all are free
        """Nothing: the demo is free."""
        return Cost(0, "credits")

    def estimate(
        self,
        request: AnyRequest,  # noqa: ARG002 - all are free
        files: Sequence[LoadedFile] = (),  # noqa: ARG002
    ) -> Price | None:
        """Nothing: the demo is free."""
        today = self._clock.now().date()
        return Price(0, "credits", "The demo is free.", "演示后端免费。", today)

    def local_file(self, url: str) -> Path | None:
        """The file of a result; None if it was removed."""
        path = self._folder / "media" / url.rpartition("/")[2]
        return path if path.is_file() else None

    async def aclose(self) -> None:
        """Close the client, and the site when this was its last client."""
        await super().aclose()
        if self._open:
            self._open = False
            with anyio.CancelScope(shield=True):  # a cancelled caller must not leave a renderer
                await anyio.to_thread.run_sync(_close_site, self._folder)


def _open_site(folder: Path, clock: Clock) -> DemoSite:
    with _lock:
        if folder not in _sites:
            try:
                _sites[folder] = DemoSite(folder, lambda: clock.now().timestamp())
            except OSError as error:
                raise unusable_data_dir(error) from error
        _users[folder] += 1
        return _sites[folder]


def _close_site(folder: Path) -> None:
    with _lock:
        _users[folder] -= 1
        if not _users[folder]:
            _sites.pop(folder).close()
