"""`lists.yaml`: values that conditions look for with `in_list(field, 'name')`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, RootModel

from revops.definitions.model import Name


def _as_tuple(value: Any) -> Any:
    return tuple(value or ()) if value is None or isinstance(value, list) else value


PRIVATE_LISTS = ("personal_domains", "disposable_domains")
"""The lists whose domains are nobody's company; matching asks for them by these names."""
Item = Annotated[str, Field(min_length=1, max_length=500)]
Values = Annotated[
    tuple[Item, ...],
    BeforeValidator(_as_tuple, json_schema_input_type=tuple[Item, ...] | None),
    Field(description="The values of the list; text, in quotes where YAML would read a number"),
]


class Lists(RootModel[dict[Name, Values]]):
    """The whole of `lists.yaml`: the name of each list, and its values.

    Values are compared as they are written; `email_domain` is lower case.
    """

    model_config = ConfigDict(frozen=True)

    root: dict[Name, Values] = {}
