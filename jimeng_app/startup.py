"""Startup for `app.py` and `jimeng serve`: settings, a free address, then the server."""

import socket

from jimeng_core.settings import load_settings


class AddressInUse(Exception):
    """Nothing can listen there; the text is one sentence that says what to do."""


def reserve(host: str, port: int) -> int:
    """The port to listen on: the one that was asked for, or a free one for 0.

    Raises:
        AddressTaken: Somebody listens there already, or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError:
        raise AddressInUse(
            f"Cannot listen on {host}:{port}; stop what listens there, or choose another port, as"
            f" with --port {port + 1}."
        ) from None


def start(*, share: bool, host: str | None, port: int | None, backend: str | None = None) -> None:
    """Serve until asked to stop.

    Args:
        share: Whether to make a public link through Gradio.
        host: Where to listen; None: as the settings say.
        port: On which port; None: as the settings say.
        backend: Where tasks run; None: as the settings say.

    Raises:
        InvalidRequest: A setting does not fit.
        AddressTaken: Nothing can listen there.
    """
    settings = load_settings(chosen_backend=backend, host=host, port=port)
    port = reserve(settings.host, settings.port)

    # Loads Gradio, which takes seconds: not for `--help`, nor for a sentence of those above.
    from .server import serve  # noqa: PLC0415

    serve(settings, port, share=share)
