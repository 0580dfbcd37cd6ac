"""Startup, for `app.py` and `jimeng serve`: settings, a free address, then the server."""

import socket

from jimeng_core.settings import load_settings


class AddressInUse(Exception):
    """The address cannot be listened on; the message is one sentence that says what to do."""


def available_port(host: str, port: int) -> int:
    """The port itself if it can be listened on; for 0, any free port.

    Raises:
        AddressInUse: Another program listens there, or the host is not this machine's.
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
            f"Cannot listen on {host}:{port}; stop the program that uses it, or choose another"
            f" port, as with --port {port + 1}."
        ) from None


def start(*, share: bool, host: str | None, port: int | None, backend: str | None = None) -> None:
    """Run the server until Ctrl-C or SIGTERM.

    Args:
        share: Whether to make a public link through Gradio.
        host: The host to listen on; None for that of the settings.
        port: The port to listen on; None for that of the settings.
        backend: The default backend; None for that of the settings.

    Raises:
        InvalidRequest: A setting is invalid.
        AddressInUse: The address cannot be listened on.
    """
    settings = load_settings(chosen_backend=backend, host=host, port=port)
    port = available_port(settings.host, settings.port)

    # Imports Gradio, which takes seconds that `--help` and the errors above need not wait for.
    from .server import serve  # noqa: PLC0415

    serve(settings, port, share=share)
