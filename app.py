"""Start here: settings, then the page and the doors, on one port."""

import argparse
import sys

from jimeng_core.errors import InvalidRequest
from jimeng_core.settings import load_settings


def main() -> int:
    """Run the app; what cannot be is one sentence on stderr and status 1."""
    parser = argparse.ArgumentParser(
        description="JiMeng Studio: submit videos, look them up later."
    )
    parser.add_argument("--share", action="store_true", help="make a public link through Gradio")
    parser.add_argument("--host", help="where to listen (JIMENG_HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=int, help="on which port (JIMENG_PORT, else 7860)")
    given = parser.parse_args()
    try:
        settings = load_settings(host=given.host, port=given.port)
    except InvalidRequest as error:
        print(error.message, file=sys.stderr)
        return 1
    from jimeng_app.serve import PortTaken, serve  # takes seconds: not for --help

    try:
        serve(settings, share=given.share)
    except PortTaken:
        print(
            f"Cannot listen on {settings.host}:{settings.port}; stop what listens there, or choose"
            " another port: python app.py --port 7861",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
