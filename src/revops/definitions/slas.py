"""`slas.yaml`: what is promised, by which clock it is measured, and what happens if it is late."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from revops.definitions.actions import Actions
from revops.definitions.model import Condition, Definition, Duration, Name, exactly_one

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Sentence = Annotated[str, Field(min_length=1, max_length=1000)]
Yes = Literal[True]
Placed = tuple[str, str]
"""Where a condition stands in the file, and its text."""

_KINDS = ("stage", "left_stage", "assigned", "promised", "activity", "accepted", "rejected")


class Moment(Definition):
    """Something that happens to a lead: one key says what, `where` and `direction` narrow it."""

    model_config = exactly_one(*_KINDS)

    stage: Annotated[Name | None, Field(description="It enters this stage")] = None
    left_stage: Annotated[Name | None, Field(description="It leaves this stage")] = None
    assigned: Annotated[Yes | None, Field(description="Somebody becomes its owner")] = None
    promised: Annotated[
        Yes | None, Field(description="A routing rule assigns it and names this service level")
    ] = None
    activity: Annotated[
        Name | tuple[Name, ...] | None, Field(description="Activity type, or a list of them")
    ] = None
    accepted: Annotated[Yes | None, Field(description="Sales accepts it")] = None
    rejected: Annotated[
        Literal[True, "with_reason"] | None,
        Field(description="Sales rejects it; `with_reason` counts only those that give a code"),
    ] = None
    direction: Annotated[
        Literal["inbound", "outbound"] | None, Field(description="Who did it: the lead, or we")
    ] = None
    where: Annotated[Condition | None, Field(description="Condition on the activity")] = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [key for key in _KINDS if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(_KINDS[:-1])} and {_KINDS[-1]}")
        if self.activity is None and (self.where, self.direction) != (None, None):
            raise ValueError("where and direction belong to activity")
        return self

    @property
    def kind(self) -> str:
        """The key that is given."""
        return next(key for key in _KINDS if getattr(self, key) is not None)

    @property
    def activities(self) -> tuple[str, ...]:
        """The types of activity that are meant."""
        return (self.activity,) if isinstance(self.activity, str) else (self.activity or ())


class Pause(Definition):
    """When the clock stands still: while in a stage, or from one moment to another."""

    stage: Annotated[Name | None, Field(description="While the lead is in this stage")] = None
    start: Annotated[
        Moment | None, Field(alias="from", description="The moment from which it stands still")
    ] = None
    to: Annotated[Moment | None, Field(description="The moment at which it goes on")] = None

    @model_validator(mode="after")
    def _stage_or_moments(self) -> Self:
        moments = (self.start is not None, self.to is not None)
        if moments != ((self.stage is None),) * 2:
            raise ValueError("give either a stage, or both from and to")
        return self


class Step(Definition):
    """One step of an escalation."""

    model_config = exactly_one("after", "at")

    after: Annotated[
        Duration | None, Field(description="Time on the clock at which it is taken")
    ] = None
    at: Annotated[
        Literal["start", "breach"] | None,
        Field(description="When the clock starts, or when the promise is broken"),
    ] = None
    who: Annotated[str, Field(description="Who is told or takes over, in words")] = ""
    actions: Annotated[Actions, Field(description="What is done")] = ()

    @model_validator(mode="after")
    def _after_or_at(self) -> Self:
        if (self.after is None) == (self.at is None):
            raise ValueError("give either `after` or `at`")
        return self


class ServiceLevel(Definition):
    """One promise, and the clock that measures it."""

    model_config = exactly_one("within", "by")

    name: Name
    promise: Annotated[Sentence, Field(description="What is promised, in words")]
    starts: Annotated[Moment, Field(description="What starts the clock")]
    stops: Annotated[
        tuple[Moment, ...],
        Field(description="What keeps the promise: the first of these stops the clock"),
    ] = ()
    applies_to: Annotated[
        Condition | None,
        Field(description="Condition on the contact and its scores, asked when the clock starts"),
    ] = None
    within: Annotated[Duration | None, Field(description="Time on the clock")] = None
    by: Annotated[
        Literal["close_of_business"] | None,
        Field(description="Instead: until work ends on the working day on which the clock starts"),
    ] = None
    hours: Annotated[
        Literal["business", "business_days", "calendar"],
        Field(
            description="What the clock counts: working hours; working days, of which each is a "
            "day however long; or all time"
        ),
    ] = "business"
    calendar: Annotated[
        Name | None,
        Field(description="Working hours; without it those of the owner, then of the team"),
    ] = None
    pauses: Annotated[tuple[Pause, ...], Field(description="When the clock stands still")] = ()
    restarts: Annotated[
        bool,
        Field(
            description="A further start begins anew; otherwise it changes nothing until the end"
        ),
    ] = False
    escalations: Annotated[
        tuple[Step, ...], Field(description="What is done as time goes by, in order")
    ] = ()
    target: Annotated[float, Field(gt=0, le=100, description="Percentage that is to be kept")] = (
        90.0
    )

    @model_validator(mode="after")
    def _has_one_length(self) -> Self:
        if (self.within is None) == (self.by is None):
            raise ValueError("give either `within` or `by`")
        if self.by is not None and self.hours != "business":
            raise ValueError("`by: close_of_business` is counted in `hours: business`")
        return self

    def moments(self) -> Iterator[tuple[str, Moment]]:
        """Every moment it names, with its place inside the service level."""
        yield "starts", self.starts
        for i, moment in enumerate(self.stops):
            yield f"stops[{i}]", moment
        for i, pause in enumerate(self.pauses):
            if pause.start is not None and pause.to is not None:
                yield f"pauses[{i}].from", pause.start
                yield f"pauses[{i}].to", pause.to


class Effort(Definition):
    """What must have been tried before sales may reject a lead."""

    codes: Annotated[
        tuple[Name, ...], Field(description="Rejection codes it is asked for; none means all")
    ] = ()
    touches: Annotated[int, Field(ge=1, le=100, description="Attempts that must have been made")]
    over: Annotated[
        Duration | None, Field(description="Time from the first attempt to the rejection")
    ] = None
    counts: Annotated[tuple[Moment, ...], Field(min_length=1, description="What is an attempt")]

    def moments(self, index: int) -> Iterator[tuple[str, Moment]]:
        """What is an attempt, with its place in the file, in which this is number `index`."""
        for i, moment in enumerate(self.counts):
            yield f"before_rejecting[{index}].counts[{i}]", moment


class Commitment(Definition):
    """One line of an agreement between teams."""

    promise: Sentence
    sla: Annotated[Name | None, Field(description="The service level that measures it")] = None
    metric: Annotated[str, Field(description="Otherwise, the figure that measures it")] = ""
    target: Annotated[
        float | None, Field(description="What the figure is to be; none while not agreed")
    ] = None


class Agreement(Definition):
    """What one team promises another, as a document both have signed."""

    name: Name
    giver: Annotated[Name, Field(alias="from", description="The team that promises")]
    receiver: Annotated[Name, Field(alias="to", description="The team it promises to")]
    trigger: Annotated[str, Field(description="What sets it off, in words")] = ""
    commitments: tuple[Commitment, ...] = ()
    content: Annotated[
        dict[Name, Sentence],
        Field(default_factory=dict, description="What the handoff document holds, by property"),
    ]
    reporting: Annotated[str, Field(description="What is reported, and how often")] = ""
    review: Annotated[str, Field(description="Who meets to look at it, and how often")] = ""

    def missing(self, document: Mapping[str, object]) -> tuple[str, ...]:
        """What a handoff document still lacks, in words."""
        return tuple(words for key, words in self.content.items() if not document.get(key))


class ServiceLevels(Definition):
    """The whole of `slas.yaml`."""

    calendar: Annotated[
        Name | None, Field(description="Working hours of leads whose owner is on no calendar")
    ] = None
    slas: tuple[ServiceLevel, ...] = ()
    before_rejecting: tuple[Effort, ...] = ()
    agreements: tuple[Agreement, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("service level", Counter(sla.name for sla in self.slas)),
            ("agreement", Counter(agreement.name for agreement in self.agreements)),
        ):
            twice = [name for name, count in names.items() if count > 1]
            if twice:
                raise ValueError(f"the {what} '{twice[0]}' is given twice")
        return self

    def moments(self) -> Iterator[tuple[str, Moment]]:
        """Every moment that is named, with its place."""
        for index, sla in enumerate(self.slas):
            yield from ((f"slas[{index}].{path}", moment) for path, moment in sla.moments())
        for index, effort in enumerate(self.before_rejecting):
            yield from effort.moments(index)

    def conditions(self) -> Iterator[Placed]:
        """The conditions about a lead."""
        for index, sla in enumerate(self.slas):
            if sla.applies_to is not None:
                yield f"slas[{index}].applies_to", sla.applies_to

    def activity_conditions(self) -> Iterator[Placed]:
        """The conditions about one activity."""
        for path, moment in self.moments():
            if moment.where is not None:
                yield f"{path}.where", moment.where
