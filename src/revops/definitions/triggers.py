"""What sets a recipe off: something that happens to a lead or its account, or a time."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from revops.definitions.actions import Value
from revops.definitions.calendars import WEEKDAYS, Weekday
from revops.definitions.model import Condition, Definition, Duration, Name, exactly_one
from revops.kit.clock import parse_zone
from revops.records import RECORDS

RecordName = Literal[
    "opportunity",
    "subscription",
    "renewal",
    "usage_record",
    "ticket",
    "survey_response",
    "task",
]
"""Kinds of record beside the contact that set a recipe off, in the singular."""
RECORD_NAMES: tuple[RecordName, ...] = get_args(RecordName)
PLURAL = {record.name: plural for plural, record in RECORDS.items()}
"""The plural of each kind of record, by its singular."""

LAST = "last"
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def one_or_more(value: Any) -> Any:
    """Lets a single value stand for a list of it."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _time_of_day(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError(f"'{text}' is not a time of day; write one as '08:00'")
    return text


def _zone(name: str) -> str:
    if name not in {"owner", "workspace"}:
        parse_zone(name)
    return name


TimeOfDay = Annotated[
    str,
    AfterValidator(_time_of_day),
    Field(examples=["08:00"], max_length=20, json_schema_extra={"pattern": f"^({_TIME.pattern})$"}),
]
_Times = Annotated[tuple[TimeOfDay, ...], Field(min_length=1, max_length=24)]
TimesOfDay = Annotated[
    _Times, BeforeValidator(one_or_more, json_schema_input_type=(TimeOfDay | _Times))
]
Day = Weekday | Annotated[int, Field(ge=1, le=31)] | Literal["last"]
_Days = Annotated[tuple[Day, ...], Field(max_length=31)]
Days = Annotated[_Days, BeforeValidator(one_or_more, json_schema_input_type=(Day | _Days))]
FieldPath = Annotated[
    str, Field(min_length=1, max_length=120, pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$")
]
_Paths = Annotated[tuple[FieldPath, ...], Field(min_length=1, max_length=50)]
FieldPaths = Annotated[
    _Paths, BeforeValidator(one_or_more, json_schema_input_type=(FieldPath | _Paths))
]
Event = Annotated[str, Field(min_length=1, max_length=100)]
_Events = Annotated[tuple[Event, ...], Field(min_length=1, max_length=50)]
Events = Annotated[_Events, BeforeValidator(one_or_more, json_schema_input_type=(Event | _Events))]
Yes = Literal[True]


class Schedule(Definition):
    """Times that come again and again.

    A time that the clocks skip falls when they have passed it, one that they show twice falls
    at the first; a day that a month does not have is its last.
    """

    every: Literal["hour", "day", "week", "month"]
    on: Annotated[
        Days,
        Field(
            description="Of `month` the days from 1 to 31, or `last` (1 if none is given); of "
            "others the weekdays (Monday of `week`, else each, if none is given)"
        ),
    ] = ()
    at: Annotated[
        TimesOfDay, Field(description="The time of day, or several; of `hour` all full hours")
    ] = ("08:00",)
    time_zone: Annotated[
        str,
        AfterValidator(_zone),
        Field(description="owner (of the lead), workspace, or a zone such as Europe/Berlin"),
    ] = "workspace"

    @model_validator(mode="after")
    def _days_suit(self) -> Self:
        is_month = self.every == "month"
        wrong = [day for day in self.on if (day in WEEKDAYS) == is_month]
        if wrong:
            known = "a day from 1 to 31 or last" if is_month else f"one of {', '.join(WEEKDAYS)}"
            raise ValueError(f"'{wrong[0]}' is not a day of every {self.every}; write {known}")
        if self.every == "hour" and "at" in self.model_fields_set:
            raise ValueError("`at` does not go with every hour: it falls on the full hour")
        return self


Kind = Literal[
    "activity", "changed", "entered", "left", "clock", "schedule", "qualified", "created"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
_BELONGS = {
    "to": {"changed"},
    "step": {"clock"},
    "each": {"schedule"},
    "count": {"activity"},
    "within": {"activity"},
    "after_silence": {"activity"},
    "where": {"activity", "changed", "schedule", "created"},
}
"""Which further keys go with which."""


class Trigger(Definition):
    """What sets a recipe off: exactly one of the first eight keys, and what belongs to it."""

    model_config = exactly_one(*KINDS)

    activity: Annotated[
        Events | None, Field(description="An activity of this type, or of one of these")
    ] = None
    changed: Annotated[
        FieldPaths | None,
        Field(description="A field such as title, account.owner or opportunity.stage changes"),
    ] = None
    entered: Annotated[Name | None, Field(description="The lead enters this stage")] = None
    left: Annotated[Name | None, Field(description="The lead leaves this stage")] = None
    clock: Annotated[Name | None, Field(description="The clock of this service level")] = None
    schedule: Annotated[Schedule | None, Field(description="A time comes")] = None
    qualified: Annotated[
        Yes | None,
        Field(
            description="The score comes to make an MQL of the lead, whatever its stage is; again "
            "when it has fallen meanwhile"
        ),
    ] = None
    created: Annotated[
        Yes | RecordName | None, Field(description="The lead, or such a record, is new")
    ] = None

    where: Annotated[
        Condition | None,
        Field(description="Condition on the activity or record that sets the recipe off"),
    ] = None
    count: Annotated[
        int, Field(ge=1, le=10_000, description="It is the n-th such activity of the lead")
    ] = 1
    within: Annotated[
        Duration | None, Field(description="The time in which `count` is reached")
    ] = None
    after_silence: Annotated[
        Duration | None,
        Field(description="The lead had been active before, and then not for so long"),
    ] = None
    to: Annotated[Value, Field(description="The value that the field now has")] = None
    step: Annotated[
        Annotated[int, Field(ge=1, le=50)] | Literal["breach"],
        Field(description="Which step of its escalation, from 1, or the breach"),
    ] = "breach"
    each: Annotated[
        RecordName | None,
        Field(description="For each such record that `where` holds for; without it, each lead"),
    ] = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            said = " and ".join(given) or "nothing"
            raise ValueError(f"a trigger is exactly one of {', '.join(KINDS)}, not {said}")
        for key in self.model_fields_set & _BELONGS.keys():
            if self.kind not in _BELONGS[key]:
                raise ValueError(f"`{key}` belongs to {' or '.join(sorted(_BELONGS[key]))}")
        return self

    @model_validator(mode="after")
    def _one_record(self) -> Self:
        prefixes = {name.rpartition(".")[0] for name in self.changed or ()}
        if len(prefixes) > 1:
            raise ValueError("fields of one kind of record only can be watched by one recipe")
        unknown = prefixes - {"", "account", *RECORD_NAMES}
        if unknown:
            known = ", ".join(("account", *RECORD_NAMES))
            raise ValueError(f"'{unknown.pop()}' has no fields to watch; known are {known}")
        if self.where is not None and self.record is None:
            raise ValueError("`where` asks of an activity or a record; ask of the lead in `when`")
        if self.within is not None and self.count == 1:
            raise ValueError("`within` belongs to a `count` of more than 1")
        return self

    @property
    def kind(self) -> Kind:
        """The key that is given."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def record(self) -> Literal["activity"] | RecordName | None:
        """The kind of record that sets it off; None for the lead itself and its account."""
        if self.activity is not None:
            return "activity"
        named = self.each or self.created or (self.changed or ("",))[0].rpartition(".")[0]
        return next((name for name in RECORD_NAMES if name == named), None)


def _one_word(value: Any) -> Any:
    return {value: True} if value in ("qualified", "created") else value


TriggerOrWord = Annotated[
    Trigger,
    BeforeValidator(_one_word, json_schema_input_type=(Trigger | Literal["qualified", "created"])),
]
"""A trigger; `qualified` and `created` may stand alone."""
