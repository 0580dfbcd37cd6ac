"""Finding the images in a finished record (wire facts 9.1). Pure."""

from collections.abc import Collection

from jimeng_core.backends.plain import Json, as_int, as_list, as_object, as_text, dig
from jimeng_core.tasks import Image

from .links import DEFAULT_SCHEMES, allowed, url_expiry


def read_images(record: Json, schemes: Collection[str] = DEFAULT_SCHEMES) -> tuple[Image, ...]:
    """The images of a record in their order: of each item the largest; empty while there is none.

    An item without one was held back by the site's review; the others stand all the same.
    """
    found = (_image(as_object(item), schemes) for item in as_list(record.get("item_list")))
    return tuple(image for image in found if image)


def _image(item: Json, schemes: Collection[str]) -> Image | None:
    sizes = [
        Image(url, _side(large, "width"), _side(large, "height"), url_expiry(url))
        for large in as_list(dig(item, "image", "large_images"))
        if (url := as_text(dig(large, "image_url"))) and allowed(url, schemes)
    ]
    return max(sizes, key=lambda image: (image.width or 0) * (image.height or 0), default=None)


def _side(large: object, name: str) -> int | None:
    side = as_int(dig(large, name))
    return side if side and side > 0 else None
