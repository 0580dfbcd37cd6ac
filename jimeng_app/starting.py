"""Starting the app, for `app.py` and `jimeng serve`: what can be wrong is told before it loads."""

from jimeng_core.settings import load_settings

from .address import reserve


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
    from .serve import serve  # noqa: PLC0415

    serve(settings, port, share=share)
