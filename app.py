"""Start the app: the page and all other doors on one port. `jimeng serve` does the same."""

import argparse
import sys

from jimeng_app.startup import start
from jimeng_core.errors import InvalidRequest


def main() -> None:
    """Run the app until Ctrl-C; if it cannot start, print one sentence and exit with status 1."""
    parser = argparse.ArgumentParser(description="Submit JiMeng videos and look them up later.")
    parser.add_argument("--share", action="store_true", help="make a public link through Gradio")
    parser.add_argument("--host", help="host to listen on (default: JIMENG_HOST, else 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, help="port to listen on (default: JIMENG_PORT, else 7860)"
    )
    options = parser.parse_args()
    try:
        start(share=options.share, host=options.host, port=options.port)
    except InvalidRequest as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
