"""The results of a batch in a folder, or in any place that fsspec opens."""

import hashlib
import json
import os
import re
import string
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

import fsspec
import httpx
import pandas as pd
from anyio import to_thread
from fsspec.implementations.local import LocalFileSystem

from jimeng_app.cli.download import with_final_suffix
from jimeng_app.cli.transfer import download_file
from jimeng_app.frames import to_cell
from jimeng_core import Clock, InvalidRequest, Mode

DEFAULT_TEMPLATE: Final = "{row:03}-{mode}-{id}"
MANIFEST: Final = "manifest"
_SAMPLE: Final = {"row": 1, "mode": "m", "id": "i", "name": "n", "account": "a"}
_UNSAFE: Final = re.compile(r"[\x00-\x1f<>:\"|?*\\]")


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file of the archive."""

    kind: str
    """`video`, `image`, `poster` or `last_frame`."""
    path: str
    """Relative to the folder of the batch."""
    bytes: int
    sha256: str


def check_template(template: str) -> None:
    """Raise `InvalidRequest` unless a template makes usable names of files."""
    try:
        fields = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        name = template.format(**_SAMPLE) if fields <= _SAMPLE.keys() else ""
        usable = bool(name.strip()) and fields & {"row", "id"} and ".." not in name
    except (ValueError, IndexError, KeyError, AttributeError):
        usable = False
    if not usable or template.startswith("/"):
        raise InvalidRequest(
            "The template of the names must have {row} or {id}, and may have {mode}, {name} and"
            " {account}; an example is {row:03}-{mode}-{id}.",
            "文件名模板必须含 {row} 或 {id}，还可用 {mode}、{name}、{account}，例如"
            " {row:03}-{mode}-{id}。",
        )


def stem_of(template: str, row: Mapping[str, Any]) -> str:
    """The path of a row's files in its archive, without a suffix."""
    values = {
        "row": row["number"],
        "mode": row["mode"],
        "id": row["task_id"],
        "name": _plain_name(row["name"] or f"{row['number']:03}"),
        "account": _plain_name(row["account"]),
    }
    parts = PurePosixPath(template.format(**values)).parts
    return "/".join(_UNSAFE.sub("_", part)[:120] for part in parts if part not in {"/", "..", "."})


def _plain_name(text: str) -> str:
    return _UNSAFE.sub("_", text.replace("/", "_")).strip(" .")[:80] or "_"


def results_of(row: Mapping[str, Any], stem: str) -> list[tuple[str, str, str]]:
    """The files of a completed row as the upstream has them: kind, URL, path."""
    result = row["result"]
    if row["mode"] == Mode.IMAGE:
        urls = result.get("image_urls") or []
        return [("image", url, f"{stem}-{i}.image") for i, url in enumerate(urls, start=1)]
    files = [("video", result.get("video_url"), f"{stem}.mp4")]
    files += [("poster", result.get("cover_url"), f"{stem}.image")]
    files += [("last_frame", result.get("last_frame_url"), f"{stem}-last.image")]
    return [(kind, url, path) for kind, url, path in files if url]


class Archive:
    """The place of a batch's results.

    Args:
        target: A folder, or a URL that fsspec opens.
        http: The client that downloads.
        clock: The source of time.
    """

    def __init__(self, target: str, http: httpx.AsyncClient, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._fs, self._root = fsspec.core.url_to_fs(target)
        self._is_local = isinstance(self._fs, LocalFileSystem)

    async def save(self, kind: str, url: str, path: str) -> SavedFile:
        """Save a file under a temporary name, and rename it when it is whole.

        Raises:
            LinkExpired: The URL no longer works.
            DownloadFailed: It cannot be downloaded.
            OSError: It cannot be written.
        """
        if self._is_local:
            target = Path(self._root, path)
            await to_thread.run_sync(lambda: target.parent.mkdir(parents=True, exist_ok=True))
            return await self._download(kind, url, target, path)
        with tempfile.TemporaryDirectory(prefix="jimeng-") as folder:
            target = Path(folder, PurePosixPath(path).name)
            saved = await self._download(kind, url, target, path)
            await to_thread.run_sync(
                self._upload, target.parent / Path(saved.path).name, saved.path
            )
            return saved

    async def _download(self, kind: str, url: str, target: Path, path: str) -> SavedFile:
        await download_file(self._http, url, target, self._clock, lambda _done, _total: None)
        final = await to_thread.run_sync(with_final_suffix, target)
        size, digest = await to_thread.run_sync(_measure, final)
        return SavedFile(kind, str(PurePosixPath(path).with_name(final.name)), size, digest)

    def _upload(self, source: Path, path: str) -> None:
        final = f"{self._root}/{path}"
        part = f"{final}.part"
        self._fs.makedirs(final.rpartition("/")[0], exist_ok=True)
        self._fs.put_file(str(source), part)
        self._fs.mv(part, final)

    async def write_manifest(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write `manifest.csv` and `manifest.json`, each as a whole."""
        await to_thread.run_sync(self._write_manifest, rows)

    def _write_manifest(self, rows: Sequence[Mapping[str, Any]]) -> None:
        records = [manifest_row(row) for row in rows]
        self._write(f"{MANIFEST}.json", json.dumps(records, ensure_ascii=False, indent=1).encode())
        self._write(f"{MANIFEST}.csv", manifest_csv(records).encode())

    def _write(self, name: str, data: bytes) -> None:
        if not self._is_local:
            with tempfile.TemporaryDirectory(prefix="jimeng-") as scratch:
                source = Path(scratch, name)
                source.write_bytes(data)
                self._upload(source, name)
            return
        folder = Path(self._root)
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{name}.{os.getpid()}.part"
        part.write_bytes(data)
        part.replace(folder / name)


def _measure(path: Path) -> tuple[int, str]:
    with path.open("r+b") as file:  # Windows flushes no file that is open for reading only
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return path.stat().st_size, digest


def manifest_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the manifest has it: what was asked, what happened, and the files."""
    result, error = row["result"] or {}, row["error"] or {}
    files = {each["kind"]: each for each in reversed(row["files"] or [])}  # its first image
    main = files.get("video") or files.get("image") or {}
    return {
        "row": row["number"],
        "name": row["name"] or None,
        "task_id": row["upstream_id"] or row["task_id"],
        "account": row["account"],
        "mode": row["mode"],
        "stage": str(row["stage"]),
        "file": main.get("path"),
        "bytes": main.get("bytes"),
        "sha256": main.get("sha256"),
        "error_code": error.get("code"),
        "error": error.get("message"),
        "prompt": result.get("prompt") or row["request"].get("prompt"),
        "model": result.get("model") or row["request"].get("model"),
        "duration_seconds": result.get("duration_seconds"),
        "estimate": row["price"],
        "cost": result.get("cost"),
        "submitted_at": _iso(row["submitted_at"]),
        "ended_at": _iso(row["ended_at"]),
        "url": _public_url(result.get("video_url")),
        "files": row["files"] or [],
    }


def manifest_csv(records: Sequence[Mapping[str, Any]]) -> str:
    """The manifest as CSV that Excel opens: with a byte order mark, and no formulas."""
    rows = [{k: to_cell(v, spreadsheet=True) for k, v in each.items()} for each in records]
    columns = [name for name in records[0] if name != "files"] if records else []
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    return "\ufeff" + frame.to_csv(index=False, lineterminator="\n")


def _public_url(url: str | None) -> str | None:
    return url if url and urlsplit(url).scheme in {"http", "https"} else None


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def files_values(files: Sequence[SavedFile]) -> list[dict[str, Any]]:
    """Saved files as they are stored."""
    return [asdict(each) for each in files]
