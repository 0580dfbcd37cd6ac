"""`jimeng last-frame`: save the last frame of a completed video."""

from pathlib import Path
from typing import Annotated

import anyio.to_thread
import typer

from jimeng_core import InvalidRequest
from jimeng_core.ids import canonical

from .get import ids_of
from .output import out
from .session import Status, run, session_of

TaskId = Annotated[
    str | None,
    typer.Argument(
        metavar="ID", help="Task id; read from standard input if it is not given, or for -."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="File to save to.", dir_okay=False),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]


def last_frame(
    context: typer.Context, task_id: TaskId = None, output: Output = None, force: Force = False
) -> None:
    """Save the last frame of a completed video and print the path, to continue from it.

    The file is ID-last.png, or ID-last.jpg where the upstream made a JPEG.
    """
    session = session_of(context)
    ids = [*dict.fromkeys(map(canonical, ids_of([task_id] if task_id else None)))]
    if len(ids) > 1:
        raise typer.BadParameter("Give one task id.")
    [known_id] = ids

    async def act() -> Status:
        async with session.client() as client:
            try:
                data = await client.last_frame(known_id)
            except InvalidRequest as error:  # it has no video, or not yet
                session.print_error(error, known_id)
                return Status.LOOKUP_FAILED
        suffix = ".jpg" if data.startswith(b"\xff\xd8") else ".png"
        path = output or Path(f"{known_id}-last{suffix}")
        try:
            await anyio.to_thread.run_sync(_write, path, data, force)
        except FileExistsError:
            session.print_message(
                f"{path.name} exists; --force replaces it.",
                f"已有同名文件 {path.name}，--force 可覆盖。",
                known_id,
            )
            return Status.LOOKUP_FAILED
        except OSError as error:
            session.print_message(
                f"the file cannot be written ({error.strerror}); choose another with --output.",
                f"无法写入文件（{error.strerror}），请用 --output 换一个位置。",
                known_id,
            )
            return Status.LOOKUP_FAILED
        out(f"{path}\n")
        return Status.OK

    run(session, act, failure=Status.LOOKUP_FAILED)


def _write(path: Path, data: bytes, force: bool) -> None:
    with path.open("wb" if force else "xb") as file:
        file.write(data)
