"""Startup, for `app.py` and `jimeng serve`: settings, a free address, then the server."""

import socket

from jimeng_core.errors import InvalidRequest
from jimeng_core.settings import load_settings


class AddressInUse(InvalidRequest):
    """The address cannot be listened on."""


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
            f" port, as with --port {port + 1}.",
            f"无法监听 {host}:{port}，请停止占用它的程序，或换一个端口，如 --port {port + 1}。",
        ) from None


def start(*, share: bool, host: str | None, port: int | None, backend: str | None = None) -> None:
    """Run the server until Ctrl-C or SIGTERM; None stands for the value of the settings.

    Args:
        share: Whether to make a public link through Gradio.
        host: The host to listen on.
        port: The port to listen on.
        backend: The default backend.

    Raises:
        InvalidRequest: A setting is invalid, or the data folder cannot be used.
        AddressInUse: The address cannot be listened on.
    """
    settings = load_settings(chosen_backend=backend, host=host, port=port)
    port = available_port(settings.host, settings.port)

    # Imports Gradio, which takes seconds that `--help` and the errors above need not wait for.
    from .server import serve  # noqa: PLC0415

    serve(settings, port, share=share)
