"""What a person's mapping file may say."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from revops.definitions.calendars import TimeZone
from revops.definitions.model import Definition
from revops.definitions.workspace import FieldName, Plural


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Header = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(max_length=500),
]


class LookupDefinition(Definition):
    """Fields taken over from another file of the same folder."""

    file: Annotated[str, Field(min_length=1, description="Its name, such as products.csv")]
    column: Annotated[Header, Field(description="The column here that names a row there")]
    key: Annotated[Header | None, Field(description="The column there; the same name if empty")] = (
        None
    )
    fields: Annotated[
        dict[FieldName, Header], Field(min_length=1, description="Field -> the column there")
    ]


class Known(Definition):
    """Columns that say what was not known when the record came to be."""

    at_export: Annotated[
        tuple[Header, ...], Field(description="Filled in during or after the sale")
    ] = ()


class RecordsDefinition(Definition):
    """One kind of record that a file holds."""

    records: Annotated[Plural, Field(description="The kind of record", examples=["contacts"])]
    id: Annotated[
        Header | tuple[Header, ...],
        Field(description="The column that identifies a row; several are joined with '-'"),
    ]
    fields: Annotated[
        dict[FieldName, Header | tuple[Header, ...]],
        Field(
            default_factory=dict,
            description="Field -> its column, or columns of which the first filled one counts",
        ),
    ]
    constants: Annotated[
        dict[FieldName, Text],
        Field(default_factory=dict, description="Field -> its value where nothing else fills it"),
    ]
    replace: Annotated[
        dict[FieldName, dict[str, Text]],
        Field(
            default_factory=dict,
            description="Field -> value in the file -> value wanted; an empty one is a blank",
        ),
    ]
    blank: Annotated[
        tuple[str, ...], Field(description="Values that say nothing, in every column")
    ] = ()
    only: Annotated[
        dict[Header, tuple[Text, ...]],
        Field(default_factory=dict, description="Column -> values of rows to import"),
    ]
    ignore: Annotated[
        tuple[Header, ...], Field(description="Columns to leave out; * leaves out all others")
    ] = ()
    known: Annotated[Known, Field(description="Columns not known at the time of decision")] = (
        Known()
    )
    lookup: Annotated[
        tuple[LookupDefinition, ...], Field(description="Fields from other files of the folder")
    ] = ()
    sheet: Annotated[str, Field(description="Sheet of a workbook; else its first")] = ""
    time_format: Annotated[
        str,
        Field(
            max_length=50,
            description="How times are written",
            examples=["day first", "month first", "%d.%m.%Y %H:%M"],
        ),
    ] = ""
    time_zone: Annotated[
        TimeZone | None, Field(description="Zone of times without one; else the company's")
    ] = None


class MappingDefinition(RecordsDefinition):
    """A mapping of one file."""

    source: Annotated[str, Field(max_length=60, description="What the source is called")] = ""


class MappingsDefinition(Definition):
    """A mapping of several files, by their names."""

    source: Annotated[str, Field(max_length=60, description="What the source is called")] = ""
    files: Annotated[
        dict[str, RecordsDefinition | tuple[RecordsDefinition, ...]],
        Field(min_length=1, description="Name of a file, * allowed -> what it holds"),
    ]
