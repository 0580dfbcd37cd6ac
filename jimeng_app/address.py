"""Where the app listens, looked at before anything slow is loaded."""

import socket


class AddressTaken(Exception):
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
        raise AddressTaken(
            f"Cannot listen on {host}:{port}; stop what listens there, or choose another port, as"
            f" with --port {port + 1}."
        ) from None
