"""The page's check of references, before anything is charged (protocol 7.5)."""

import logging
from collections.abc import Sequence
from typing import Final

import anyio
from cachetools import LRUCache

from jimeng_core.backends.json_reading import Json, as_int, as_list, as_text, get_path
from jimeng_core.catalog import catalog
from jimeng_core.errors import ContentRefused, ImageRejected, JimengError
from jimeng_core.marks import ReferenceKind
from jimeng_core.request_files import files_of
from jimeng_core.requests import AnyRequest

from . import wire
from .api import SiteApi
from .draft_base import Uploaded, UploadedClip

log = logging.getLogger(__name__)

SCENE: Final = 2
"""`scene` of the check before a video (protocol 7.5, likely). One client found that 1 is stricter
with pictures and takes no videos: perhaps it is that of images (a guess)."""
ACCEPTED: Final = 1
REFUSED: Final = 2
"""Values of `audit_decision` (protocol 7.5: likely; single source, measured with pictures)."""
SECONDS: Final = 10
"""The longest time that a check may take."""
_TYPES: Final = {ReferenceKind.IMAGE: 1, ReferenceKind.VIDEO: 2, ReferenceKind.AUDIO: 3}
_REMEMBERED: Final = 1000
"""Accepted files of one client that are not checked again."""


class Audit:
    """Checks the references of submissions.

    A check that fails says nothing: the request is submitted, and the site decides.

    Args:
        site: Answers the checks.
    """

    def __init__(self, site: SiteApi) -> None:
        self._site = site
        self._accepted: LRUCache[tuple[str, str], bool] = LRUCache(_REMEMBERED)

    async def check(self, request: AnyRequest, uploaded: Sequence[Uploaded | UploadedClip]) -> None:
        """Check the files of a request with videos or audios, those that were not accepted before.

        Pictures alone are not checked: four clients do without (protocol 11).

        Raises:
            ImageRejected: The site refuses some pictures.
            ContentRefused: It refuses others of the files.
        """
        if not any(isinstance(file, UploadedClip) for file in uploaded):
            return
        model = catalog().find(request.model)
        offer = model.offer("web") if model else None
        key = offer.key if offer else request.model
        fields = [file.field for file in files_of(request)]
        unknown = {
            _name(file): (field, file)
            for field, file in zip(fields, uploaded, strict=True)
            if (key, _name(file)) not in self._accepted
        }
        if not unknown:
            return
        materials = [_material(file) for _, file in unknown.values()]
        results = await self._ask({"scene": SCENE, "model_key": key, "material_list": materials})
        refused = []
        for name, result in zip(unknown, results, strict=True):
            decision = as_int(get_path(result, "audit_decision"))
            if decision == ACCEPTED:
                self._accepted[key, name] = True
            elif decision == REFUSED:
                refused.append((*unknown[name], as_text(get_path(result, "reason_detail"))))
        if refused:
            raise _refusal(refused)

    async def _ask(self, body: Json) -> list[object]:
        """One result for each material, in order; None for each if the check failed."""
        nothing: list[object] = [None] * len(body["material_list"])
        with anyio.move_on_after(SECONDS):
            try:
                envelope = await self._site.post(wire.AUDIT, body)
            except JimengError as error:
                log.info("The check of references failed: %s", error.upstream_code or error.code)
            else:
                results = as_list(get_path(envelope, "data", "result_list"))
                return results if len(results) == len(nothing) else nothing
        return nothing


def _refusal(
    refused: Sequence[tuple[str, Uploaded | UploadedClip, str | None]],
) -> ImageRejected | ContentRefused:
    """The error that names the refused files."""
    pictures = all(isinstance(file, Uploaded) for _, file, _ in refused)
    names = ", ".join(field for field, _, _ in refused)
    reason = next((reason for *_, reason in refused if reason), f"audit_decision {REFUSED}")
    return (ImageRejected if pictures else ContentRefused)(
        f"The site's review refused {names} before anything was submitted or charged; use other"
        " files, without real faces.",
        f"网站审核未通过 {names}，任务尚未提交，也没有扣费；请更换文件（不含真人面部）。",
        upstream_code=reason,
    )


def _name(file: Uploaded | UploadedClip) -> str:
    """What a file is called in the site's store."""
    return file.uri if isinstance(file, Uploaded) else file.vid


def _material(file: Uploaded | UploadedClip) -> Json:
    """A file as the check refers to it."""
    if isinstance(file, Uploaded):
        return {"uri": file.uri, "material_type": _TYPES[ReferenceKind.IMAGE]}
    return {"vid": file.vid, "material_type": _TYPES[file.kind]}
