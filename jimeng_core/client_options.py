"""The options that both clients take besides the backend and the token."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import httpx

from .clock import Clock
from .settings import BackendName, Settings, load_settings

if TYPE_CHECKING:
    from .backends.demo import FaultPlan


class ClientOptions(TypedDict, total=False):
    """Keywords of `AsyncJimeng` and `Jimeng`; None counts as left out."""

    settings: Settings | None
    """Every setting at once, instead of those of the environment and `.env`."""
    base_url: str | None
    """The site's address; on ark the API's, with its version."""
    timeout: float | None
    """The timeout of one upstream request, in seconds."""
    data_dir: str | Path | None
    """Where the demo backend keeps its files."""
    demo_pace: float | None
    """How long demo tasks run: 1: about 10 s, 0: no time."""
    allow_private_urls: bool | None
    """Whether picture URLs may point to private addresses."""
    visitor: str | None
    """The visitor whose limits the demo backend applies; None: the account's."""
    media_base: str | None
    """The path under which an app serves the demo's videos; None: `file:` URLs."""
    transport: httpx.AsyncBaseTransport | None
    """Replaces the network, for tests."""
    faults: "FaultPlan | None"
    """Faults to inject between the client and the demo site."""
    clock: Clock | None
    """None: the machine's."""


def resolve_settings(backend: str | None, token: str | None, options: ClientOptions) -> Settings:
    """The settings of a client's arguments.

    The token and the base URL are those of the backend that the argument or the environment
    selects: an API key for ark; a `sessionid` for web, and when none is selected.

    Raises:
        InvalidRequest: A value does not fit.
        TypeError: An option does not exist.
    """
    if unknown := options.keys() - ClientOptions.__annotations__.keys():
        message = f"no such option: {', '.join(sorted(unknown))}"
        raise TypeError(message)
    values: dict[str, Any] = {k: v for k, v in options.items() if k in Settings.model_fields}
    base = load_settings(options.get("settings"), chosen_backend=backend)
    if base.chosen_backend is BackendName.ARK:
        values |= {"ark_api_key": token, "ark_base_url": values.pop("base_url", None)}
    else:
        values |= {"token": token}
    return load_settings(base, **values)
