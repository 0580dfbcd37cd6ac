"""Errors of the demo's data folder: a full disk, a folder that cannot be written."""

import errno
import sqlite3
from typing import Final

from jimeng_core.errors import UpstreamError

DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
TEMPORARY: Final = DISK_FULL | {
    *(errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ESTALE),
    *(errno.EMFILE, errno.ENFILE, errno.EAGAIN),
}
"""Numbers of errors that say nothing about a task: it may succeed later."""

_OF_SQLITE: Final = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
}


def os_error(error: sqlite3.Error, name: str) -> OSError:
    """An error of SQLite as one of the system, with its number where there is one.

    Args:
        error: The error.
        name: The name of the database's file.
    """
    code = getattr(error, "sqlite_errorcode", None)
    number = _OF_SQLITE.get(code & 0xFF) if code is not None else None
    text = f"{name}: {error}"
    return OSError(text) if number is None else OSError(number, text)


def folder_error(error: OSError) -> UpstreamError:
    """The error of a request that the demo could not carry out, and of which it stored nothing."""
    if error.errno in DISK_FULL:
        return UpstreamError(
            "The disk of the demo's data folder is full; free some space and try again.",
            "演示数据文件夹所在磁盘已满，请腾出空间后再试。",
            upstream_code="disk full",
        )
    reason = error.strerror or type(error).__name__
    return UpstreamError(
        f"The demo's data folder cannot be used ({reason}); make it writable, or set"
        " JIMENG_DATA_DIR to one that is.",
        f"演示数据文件夹无法使用（{reason}），请修改其权限，"
        "或把 JIMENG_DATA_DIR 设为可写的文件夹。",
        upstream_code="folder unusable",
    )
