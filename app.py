"""Start here: settings, then the page and the doors, on one port. `jimeng serve` does the same."""

import argparse
import sys

from jimeng_app.startup import AddressInUse, start
from jimeng_core.errors import InvalidRequest


def main() -> None:
    """Run the app until it is asked to stop; what cannot be is one sentence and status 1."""
    parser = argparse.ArgumentParser(description="Submit JiMeng videos, look them up later.")
    parser.add_argument("--share", action="store_true", help="make a public link through Gradio")
    parser.add_argument("--host", help="where to listen (else JIMENG_HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=int, help="on which port (else JIMENG_PORT, else 7860)")
    given = parser.parse_args()
    try:
        start(share=given.share, host=given.host, port=given.port)
    except (InvalidRequest, AddressInUse) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
