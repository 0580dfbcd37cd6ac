"""The query parameters of a list of tasks."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from jimeng_core import ErrorCode
from jimeng_core.catalog import catalog
from jimeng_core.ids import extract_ids

from .response_models import ArkTask

T = TypeVar("T")

MAX_IDS = 500
"""Ids of one list (contract 6)."""


class TaskQuery(BaseModel):
    """The ids to look up, the page to return, and filters. An empty value counts as left out."""

    model_config = ConfigDict(frozen=True, protected_namespaces=(), use_attribute_docstrings=True)

    task_ids: Annotated[list[str], Field(alias="filter.task_ids")] = []
    """Required: the ids to look up, repeated or separated by commas; at most 500."""
    task_ids_array: Annotated[list[str], Field(alias="filter.task_ids[]")] = []
    """The same, as some HTTP libraries write a list."""
    page_num: Annotated[int, Field(ge=1)] = 1
    # Ark's default of 20 would hide ids from callers who send more of them and no page size.
    page_size: Annotated[int, Field(ge=1, le=500)] = 500
    status: Annotated[
        Literal["queued", "running", "cancelled", "succeeded", "failed", "expired"] | None,
        Field(alias="filter.status"),
    ] = None
    """Only tasks with this status; `cancelled` and `expired` are kinds of `failed`."""
    model: Annotated[str | None, Field(alias="filter.model")] = None
    """Only tasks of this model, by any of its names."""
    service_tier: Annotated[Literal["default"] | None, Field(alias="filter.service_tier")] = None

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:  # noqa: ANN401 - not validated yet
        return {name: value for name, value in dict(data).items() if value != ""}

    @property
    def ids(self) -> list[str]:
        """The ids in the order of the query, without duplicates."""
        texts = (*self.task_ids, *self.task_ids_array)
        return list(dict.fromkeys(each for text in texts for each in extract_ids(text)))

    @property
    def filtered(self) -> bool:
        """Whether the tasks of a page depend on look-ups of all ids."""
        return self.status is not None or self.model is not None

    def page(self, entries: Sequence[T]) -> Sequence[T]:
        """The entries of the requested page."""
        start = (self.page_num - 1) * self.page_size
        return entries[start : start + self.page_size]

    def matches(self, task: ArkTask) -> bool:
        """Whether a task passes the filters."""
        model = None if self.model is None else catalog().public_name(self.model)
        return self.status in {None, *_statuses(task)} and model in {None, task.model}


def _statuses(task: ArkTask) -> Iterator[str]:
    """The statuses by which a task is found."""
    yield task.status
    if task.error:
        if task.error.upstream_code == "cancelled":
            yield "cancelled"
        if task.error.code is ErrorCode.GENERATION_TIMEOUT:
            yield "expired"
