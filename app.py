"""Start here: settings, then the page and the doors, on one port."""

import argparse
import sys

from jimeng_app.address import AddressTaken, reserve
from jimeng_core.errors import InvalidRequest
from jimeng_core.settings import load_settings


def main() -> None:
    """Run the app until it is asked to stop; what cannot be is one sentence and status 1."""
    parser = argparse.ArgumentParser(description="Submit JiMeng videos, look them up later.")
    parser.add_argument("--share", action="store_true", help="make a public link through Gradio")
    parser.add_argument("--host", help="where to listen (else JIMENG_HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=int, help="on which port (else JIMENG_PORT, else 7860)")
    given = parser.parse_args()
    try:
        settings = load_settings(host=given.host, port=given.port)
        port = reserve(settings.host, settings.port)
    except (InvalidRequest, AddressTaken) as error:
        sys.exit(str(error))

    # Loads Gradio, which takes seconds: not for `--help`, nor for a sentence of those above.
    from jimeng_app.serve import serve  # noqa: PLC0415

    serve(settings, port, share=given.share)


if __name__ == "__main__":
    main()
