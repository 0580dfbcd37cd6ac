"""`python -m jimeng_app …`: the command line, where `jimeng` is not on the path."""

from .cli import main

if __name__ == "__main__":
    main()
