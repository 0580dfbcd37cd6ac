"""One row in full: its video or images, its facts, or in words why there is none. Pure.

Prompts and links come from elsewhere, so every text that becomes HTML is escaped here.
"""

from collections.abc import Sequence
from html import escape

from jimeng_app.absolute_urls import is_web_link
from jimeng_app.page.formatting import local_time, message, next_step, number, status_line
from jimeng_app.page.i18n import translate
from jimeng_core.requests import Mode
from jimeng_core.rows import Row
from jimeng_core.tasks import Image

from .state import DisplayRow

AWAY = 'target="_blank" rel="noopener noreferrer" referrerpolicy="no-referrer"'
"""How links lead to a media host: in a tab of its own, without telling from where."""


def preview(row: DisplayRow | None, *, chinese: bool, offset: float = 0) -> str:
    """HTML: the video or the images with their facts, or in words why there are none.

    Args:
        row: Which one; None: nothing was looked up yet.
        chinese: The reader's language.
        offset: Minutes that the reader's clock is ahead of UTC.
    """
    if row is None:
        return message(translate("preview_none", chinese=chinese), "empty")
    return "".join(
        (
            _result(row, chinese=chinese),
            status_line(row, chinese=chinese),
            f'<p class="said">{escape(row["prompt"])}</p>' if row["prompt"] else "",
            _facts(row, chinese=chinese, offset=offset),
            _next(row, chinese=chinese),
            _links(row, chinese=chinese, offset=offset),
            _id(row, chinese=chinese),
        )
    )


def _result(row: DisplayRow, *, chinese: bool) -> str:
    if row["images"]:
        return _gallery(row["images"], chinese=chinese)
    if row["video_url"]:
        return _player(row["video_url"], row["cover_url"], chinese=chinese)
    if row["error"]:
        return ""
    is_video = row["mode"] not in {Mode.IMAGE, None}
    return message(translate("waiting_for" if is_video else "waiting", chinese=chinese), "empty")


def _player(url: str, cover: str | None, *, chinese: bool) -> str:
    if not is_web_link(url):
        return message(translate("bad_link", chinese=chinese))
    poster = f' poster="{escape(cover)}"' if cover and is_web_link(cover) else ""
    return f'<video controls playsinline preload="metadata"{poster} src="{escape(url)}"></video>'


def _gallery(images: Sequence[Image], *, chinese: bool) -> str:
    """The images side by side; those whose link is none are told of."""
    items = [
        _item(image, number, len(images), chinese=chinese)
        for number, image in enumerate(images, 1)
        if is_web_link(image.url)
    ]
    wrong = "" if len(items) == len(images) else translate("bad_image_link", chinese=chinese)
    return (f'<ul class="gallery">{"".join(items)}</ul>' if items else "") + message(wrong)


def _item(image: Image, number: int, count: int, *, chinese: bool) -> str:
    """One image, which opens in full size, and its download."""
    words = {
        "alt": translate("image_of", chinese=chinese, n=number, count=count),
        "open": translate("open_image", chinese=chinese),
        "download": translate("download", chinese=chinese),
        "this": translate("download_image", chinese=chinese, n=number),
    }
    told = {name: escape(text) for name, text in words.items()}
    href = escape(image.url)
    # The browser keeps the room of an image that it has not yet by the ratio of these two.
    size = f' width="{image.width}" height="{image.height}"' if image.width and image.height else ""
    return (
        f'<li><a href="{href}" title="{told["open"]}" {AWAY}>'
        f'<img src="{href}" alt="{told["alt"]}"{size} referrerpolicy="no-referrer"></a>'
        f'<p class="links"><a href="{href}" download aria-label="{told["this"]}" {AWAY}>'
        f"{told['download']}</a></p></li>"
    )


def _facts(row: DisplayRow, *, chinese: bool, offset: float) -> str:
    code = row["error"]["upstream_code"] if row["error"] else None
    length, images = row["duration_seconds"], row["images"]
    sizes = dict.fromkeys(
        f"{each.width} × {each.height}" for each in images if each.width and each.height
    )
    facts = {
        "mode": translate(row["mode"], chinese=chinese) if row["mode"] else None,
        "model": row["model"],
        "length": translate("seconds", chinese=chinese, n=number(length)) if length else None,
        "count": str(len(images)) if images else None,
        "size": ", ".join(sizes),
        "created": local_time(row["created_at"], offset),
        "completed": local_time(row["completed_at"], offset),
        "code": code,
    }
    items = "".join(
        f"<div><dt>{escape(term)}</dt><dd>{escape(fact)}</dd></div>"
        for name, fact in facts.items()
        if fact and (term := translate(f"fact_{name}", chinese=chinese))
    )
    return f"<dl>{items}</dl>" if items else ""


def _next(row: Row, *, chinese: bool) -> str:
    step = next_step(row)
    if step is None:
        return ""
    words = escape(translate(f"next_{step}", chinese=chinese))
    return f'<p><button type="button" class="next" data-does="{step}">{words}</button></p>'


def _id(row: Row, *, chinese: bool) -> str:
    task_id, copy = escape(row["id"] or ""), escape(translate("copy", chinese=chinese))
    return (
        f'<p class="id"><code>{task_id}</code> '
        f'<button type="button" data-copies="{task_id}">{copy}</button></p>'
    )


def _links(row: DisplayRow, *, chinese: bool, offset: float) -> str:
    """The video's links, and how long those of either work."""
    url, parts = row["video_url"], []
    ends = [image.expires_at for image in row["images"] if image.expires_at]
    until = min(ends).isoformat() if ends else None
    if url and is_web_link(url):
        until = row["video_url_expires_at"]
        href, name = escape(url), escape(f"{row['id']}.mp4")
        words = [escape(translate(key, chinese=chinese)) for key in ("open_video", "download")]
        parts = [
            f'<a href="{href}" {AWAY}>{words[0]}</a>',
            f'<a href="{href}" download="{name}" {AWAY}>{words[1]}</a>',
        ]
    if until:
        time = local_time(until, offset)
        parts.append(f"<span>{escape(translate('link_until', chinese=chinese, time=time))}</span>")
    return f'<p class="links">{"".join(parts)}</p>' if parts else ""
