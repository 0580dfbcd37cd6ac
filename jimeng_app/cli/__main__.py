"""`python -m jimeng_app.cli`: the same as `python -m jimeng_app`."""

from . import main

main()
