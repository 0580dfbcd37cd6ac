"""One row in full: its video or images and their facts, or why it has no result."""

from jimeng_app.absolute_urls import is_web_link
from jimeng_app.page.formatting import local_time, short_number
from jimeng_app.page.i18n import translate
from jimeng_app.page.rendering import message, render

from .state import DisplayRow


def preview(row: DisplayRow | None, *, chinese: bool, utc_offset: float = 0) -> str:
    """HTML: the selected row.

    Args:
        row: Which one; None: nothing was looked up yet.
        chinese: The reader's language.
        utc_offset: Minutes that the reader's clock is ahead of UTC.
    """
    if row is None:
        return message(translate("preview_none", chinese=chinese), kind="empty")
    return render(
        "preview.html",
        chinese=chinese,
        utc_offset=utc_offset,
        row=row,
        facts=_facts(row, chinese=chinese, utc_offset=utc_offset),
        expires_at=_expires_at(row),
    )


def _facts(row: DisplayRow, *, chinese: bool, utc_offset: float) -> dict[str, str]:
    """What is known of a task, by the name of the fact."""
    length, images = row["duration_seconds"], row["images"]
    sizes = dict.fromkeys(f"{i.width} × {i.height}" for i in images if i.width and i.height)
    facts = {
        "mode": translate(row["mode"], chinese=chinese) if row["mode"] else "",
        "model": row["model"],
        "length": translate("seconds", chinese=chinese, n=short_number(length)) if length else "",
        "count": str(len(images) or ""),
        "size": ", ".join(sizes),
        "created": local_time(row["created_at"], utc_offset),
        "completed": local_time(row["completed_at"], utc_offset),
        "code": row["error"]["upstream_code"] if row["error"] else "",
    }
    return {name: fact for name, fact in facts.items() if fact}


def _expires_at(row: DisplayRow) -> str | None:
    """When the first of the row's links expires, as far as that is known."""
    if is_web_link(row["video_url"]):
        return row["video_url_expires_at"]
    times = [image.expires_at for image in row["images"] if image.expires_at]
    return min(times).isoformat() if times else None
