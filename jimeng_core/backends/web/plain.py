"""The readers of `jimeng_core.backends.plain`, under the name that the demo knows them by."""

from jimeng_core.backends.plain import (
    Json,
    as_int,
    as_list,
    as_object,
    as_text,
    dig,
    read_json,
)

__all__ = ["Json", "as_int", "as_list", "as_object", "as_text", "dig", "read_json"]
