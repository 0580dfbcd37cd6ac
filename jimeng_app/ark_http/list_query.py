"""What a list is asked for: ids, a page of them, and what is to be left out. Pure."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from jimeng_core.catalog import catalog

from .response_models import ArkTask

T = TypeVar("T")


class TaskQuery(BaseModel):
    """The query of a list. A value that is empty counts as left out."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    task_ids: Annotated[
        list[str],
        Field(
            alias="filter.task_ids",
            description="The ids to ask for, repeated or with commas between. Needed: no list of"
            " all tasks is kept here.",
        ),
    ] = []
    page_num: Annotated[int, Field(ge=1)] = 1
    # Ark's own default is 20: whoever names thirty ids and no page would miss ten of them.
    page_size: Annotated[int, Field(ge=1, le=500)] = 500
    status: Annotated[
        str | None, Field(alias="filter.status", description="Only tasks of this status.")
    ] = None
    model: Annotated[
        str | None,
        Field(alias="filter.model", description="Only tasks of this model, by any of its names."),
    ] = None
    service_tier: Annotated[Literal["default"] | None, Field(alias="filter.service_tier")] = None

    @model_validator(mode="before")
    @classmethod
    def _empty_is_left_out(cls, data: Any) -> Any:  # noqa: ANN401 - not validated yet
        return {name: value for name, value in dict(data).items() if value != ""}

    @property
    def ids(self) -> list[str]:
        """The ids in the order given, each once."""
        parts = (part.strip() for text in self.task_ids for part in text.split(","))
        return list(dict.fromkeys(part for part in parts if part))

    @property
    def narrows(self) -> bool:
        """Whether what is on a page is known only when every task is."""
        return self.status is not None or self.model is not None

    def page(self, entries: Sequence[T]) -> Sequence[T]:
        """The entries of the page that is asked for."""
        start = (self.page_num - 1) * self.page_size
        return entries[start : start + self.page_size]

    def fits(self, task: ArkTask) -> bool:
        """Whether a task is among those that are asked for."""
        model = None if self.model is None else catalog().public_name(self.model)
        return self.status in {None, task.status} and model in {None, task.model}
