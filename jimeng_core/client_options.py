"""What both clients take besides the backend and the token: one list for the two of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

import httpx

from .clock import Clock
from .settings import BackendName, Settings, load_settings

if TYPE_CHECKING:
    from .backends.demo import FaultPlan


class ClientOptions(TypedDict, total=False):
    """Keywords of `AsyncJimeng` and `Jimeng`; what is left out or None is not given."""

    settings: Settings | None
    """Every setting as one value, instead of the environment's and `.env`'s."""
    base_url: str | None
    """Replaces the site's address; on ark the API's, the version included."""
    timeout: float | None
    """Seconds that one upstream request may take."""
    data_dir: str | Path | None
    """Where the demo backend keeps its files."""
    demo_pace: float | None
    """How fast demo tasks run: 1 about 10 s, 0 at once."""
    allow_private_urls: bool | None
    """Whether picture URLs may point to private addresses."""
    visitor: str | None
    """Whose tasks the demo backend counts these as; None: the account's."""
    media_base: str | None
    """The path under which an app serves the demo's videos; None: `file:` URLs."""
    transport: httpx.AsyncBaseTransport | None
    """Stands in for the network."""
    faults: "FaultPlan | None"
    """What is to go wrong between the client and the demo site, to rehearse it."""
    clock: Clock | None
    """Tells the time and waits; None: the machine's."""


_SETTINGS: Final = ("base_url", "timeout", "data_dir", "demo_pace", "allow_private_urls")


def resolve_settings(backend: str | None, token: str | None, options: ClientOptions) -> Settings:
    """The settings that a client's arguments come to.

    A token is the credential of the backend that is named, by the argument or the environment: an
    API key for ark, a `sessionid` for web and when none is named. An address likewise.

    Raises:
        InvalidRequest: A value does not fit.
        TypeError: There is no such option.
    """
    if unknown := options.keys() - ClientOptions.__annotations__.keys():
        message = f"no such option: {', '.join(sorted(unknown))}"
        raise TypeError(message)
    given = {name: options.get(name) for name in _SETTINGS}
    named = load_settings(options.get("settings"), chosen_backend=backend)
    if named.chosen_backend is BackendName.ARK:
        given |= {"ark_api_key": token, "ark_base_url": given.pop("base_url")}
    else:
        given |= {"token": token}
    return load_settings(named, **given)
