"""Startup, for `app.py` and `jimeng serve`: settings, environment, a free port, the server."""

import os
import socket
import tempfile
from pathlib import Path

from jimeng_core.errors import InvalidRequest
from jimeng_core.network import tls_context
from jimeng_core.proxies import Proxies
from jimeng_core.settings import Settings, load_settings, unusable_data_dir

from .memory import keep_little_freed_memory


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


def prepare_environment(settings: Settings) -> None:
    """Set the environment variables that Gradio reads when it is imported.

    The app's requests to itself, of which Gradio makes some at startup, bypass the proxies. Uploads
    go to the data folder, readable by this user only, unless `GRADIO_TEMP_DIR` is set.

    Raises:
        InvalidRequest: A variable of a proxy or of the certificates is unusable, or the folder for
            uploads is.
    """
    tls_context()
    Proxies.from_environment().export(["localhost", "127.0.0.1", "::1", settings.host.strip("[]")])
    chosen = os.environ.get("GRADIO_TEMP_DIR")
    folder = Path(chosen) if chosen else settings.data_folder("uploads")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not chosen:
            folder.chmod(0o700)  # an existing folder may be open to others
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        if not chosen:
            raise unusable_data_dir(error) from None
        reason = error.strerror
        raise InvalidRequest(
            f"The folder of GRADIO_TEMP_DIR cannot be written ({reason}); set it to one that can,"
            " or unset it.",
            f"GRADIO_TEMP_DIR 的文件夹无法写入（{reason}），请改为可写的文件夹，或取消该变量。",
        ) from None
    os.environ["GRADIO_TEMP_DIR"] = str(folder)


def start(*, share: bool, host: str | None, port: int | None, backend: str | None = None) -> None:
    """Run the server until Ctrl-C or SIGTERM; None stands for the value of the settings.

    Args:
        share: Whether to make a public link through Gradio.
        host: The host to listen on.
        port: The port to listen on.
        backend: The default backend.

    Raises:
        InvalidRequest: A setting or a proxy variable is invalid, or a folder cannot be used.
        AddressInUse: The address cannot be listened on.
    """
    settings = load_settings(chosen_backend=backend, host=host, port=port)
    port = available_port(settings.host, settings.port)
    prepare_environment(settings)
    keep_little_freed_memory()

    # Imports Gradio, which takes seconds that `--help` and the errors above need not wait for.
    from .server import serve  # noqa: PLC0415

    serve(settings, port, share=share)
