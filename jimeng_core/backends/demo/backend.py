"""The demo backend: the web backend with the site in a box where the network would be."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import httpx

from jimeng_core.backends.web.backend import WebBackend
from jimeng_core.clock import Clock
from jimeng_core.errors import InvalidRequest
from jimeng_core.settings import BackendName, Settings

from .faults.fault_plan import FaultPlan
from .faults.fault_transport import FaultyTransport
from .site import DemoSite
from .transport import DemoTransport

DEFAULT_SESSION: Final = "demo"
"""Whose tasks they are when no token is given: everybody's, as the demo needs no account."""


@dataclass
class _OpenSite:
    site: DemoSite
    users: int


_sites: dict[Path, _OpenSite] = {}
_sites_lock = threading.Lock()


def media_folder(settings: Settings) -> Path:
    """Where the demo's results lie: `ID.mp4` with its poster `ID.jpg`, or `ID-1.jpg` and so on.

    Raises:
        InvalidRequest: The folder cannot be used.
    """
    folder = _folder(settings) / "media"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable() from error
    return folder


class DemoBackend(WebBackend):
    """Videos of the user's own pictures, without an account.

    All clients of one folder in a process share one site; it stops when the last of them closes.

    Args:
        settings: Where the files lie, and how fast tasks run. A token, where one is given, is
            the account whose tasks these are.
        clock: Tells the time.
        visitor: Whose tasks count together against the demo's limits of a public app's visitors;
            None: those of whoever runs it, which may be many.
        media_base: The path under which an app serves the videos; None: `file:` URLs.
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
        self._folder = _folder(settings)
        self._open = True
        transport: httpx.AsyncBaseTransport = DemoTransport(
            _enter(self._folder, clock),
            visitor=visitor,
            pace=settings.demo_pace,
            media_base=media_base.rstrip("/") if media_base else None,
            now=lambda: clock.now().timestamp(),
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

    async def aclose(self) -> None:
        """Leave the site; the last one out stops it."""
        await super().aclose()
        if self._open:
            self._open = False
            with anyio.CancelScope(shield=True):  # a cancelled caller leaves no renderer behind
                await anyio.to_thread.run_sync(_leave, self._folder)


def _folder(settings: Settings) -> Path:
    return settings.data_dir.expanduser().resolve() / "demo"


def _enter(folder: Path, clock: Clock) -> DemoSite:
    with _sites_lock:
        entry = _sites.get(folder)
        if entry is None:
            try:
                site = DemoSite(folder, lambda: clock.now().timestamp())
            except OSError as error:
                raise _unusable() from error
            entry = _sites[folder] = _OpenSite(site, 0)
        entry.users += 1
        return entry.site


def _unusable() -> InvalidRequest:
    return InvalidRequest(
        "The data folder cannot be used; set JIMENG_DATA_DIR to one that can.",
        "数据文件夹无法使用，请把 JIMENG_DATA_DIR 设为可写的文件夹。",
    )


def _leave(folder: Path) -> None:
    with _sites_lock:
        entry = _sites[folder]
        entry.users -= 1
        if entry.users == 0:
            del _sites[folder]
            entry.site.close()
