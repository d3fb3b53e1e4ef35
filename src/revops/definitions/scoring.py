"""`scoring.yaml`: who fits, what shows interest, what speaks against, and when that is enough."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from revops.definitions.model import Condition, Definition, Duration, Name

Points = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Percent = Annotated[float, Field(gt=0, le=100)]
Cap = Annotated[float, Field(gt=0, le=1_000_000)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Event = Annotated[str, Field(min_length=1, max_length=100)]
Subtotal = Literal["fit", "engagement", "total"]


class Decay(Definition):
    """How points fade with age: linear, by percent, or by half-life; exactly one of them."""

    points: Annotated[float, Field(gt=0, description="Points lost at each step")] | None = None
    percent: Annotated[Percent, Field(description="Percent lost at each step")] | None = None
    every: Annotated[Duration, Field(description="Length of a step")] | None = None
    after: Annotated[Duration, Field(description="Time of grace before the first step")] | None = (
        None
    )
    half_life: Annotated[Duration, Field(description="Time in which the points halve")] | None = (
        None
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [self.points, self.percent, self.half_life]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("give exactly one of points, percent and half_life")
        if (self.half_life is None) != (self.every is not None):
            raise ValueError("points and percent need `every`; half_life stands alone")
        if self.after is not None and self.points is None:
            raise ValueError("`after` belongs to decay by points")
        return self


class Tier(Definition):
    """One line of an attribute: these points if the condition holds."""

    when: Condition
    points: Points


class Attribute(Definition):
    """One trait of the person or company; its first tier that holds gives the points."""

    name: Name
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]
    status: Annotated[
        Literal["ASSUMED", "CONFIRMED"] | None,
        Field(description="Whether sales leadership has confirmed the criterion"),
    ] = None


class Fit(Definition):
    """Who they are: the sum of the attributes."""

    weight: Weight = 1.0
    max: Cap | None = None
    attributes: tuple[Attribute, ...] = ()


class Completion(Definition):
    """Which activities count, and how many of them within how long it takes."""

    event: Annotated[
        Event | tuple[Event, ...] | None, Field(description="Activity type, or a list of them")
    ] = None
    where: Annotated[Condition | None, Field(description="Condition on the activity")] = None
    count: Annotated[Count, Field(description="Occurrences needed")] = 1
    within: Annotated[Duration | None, Field(description="They must lie in a window this long")] = (
        None
    )
    distinct: Annotated[
        str | None, Field(description="Count distinct values of this activity field")
    ] = None
    same: Annotated[Literal["session"] | None, Field(description="They must share the session")] = (
        None
    )

    @property
    def events(self) -> tuple[str, ...]:
        """The activity types that count, as a tuple."""
        return (self.event,) if isinstance(self.event, str) else (self.event or ())


class Signal(Completion):
    """Something people do (or, with `when`, a state they are in) that shows interest."""

    name: Name
    points: Points
    when: Annotated[
        Condition | None,
        Field(description="Instead of an event: a condition on the contact that holds now"),
    ] = None
    per: Annotated[
        Literal["once", "occurrence"],
        Field(description="Give the points once, or for every occurrence"),
    ] = "once"
    max: Annotated[Cap | None, Field(description="Cap; only with per: occurrence")] = None
    decay: Decay | None = None
    status: Literal["ASSUMED", "CONFIRMED"] | None = None

    @model_validator(mode="after")
    def _event_or_when(self) -> Self:
        if (self.event is None) == (self.when is None):
            raise ValueError("give either an event or a when")
        if self.when is not None:
            spoilers = (self.where, self.within, self.distinct, self.same, self.decay, self.max)
            if self.count != 1 or self.per != "once" or any(x is not None for x in spoilers):
                raise ValueError("a signal with `when` takes only name, points and status")
        if self.max is not None and self.per != "occurrence":
            raise ValueError("`max` needs `per: occurrence`")
        return self


class Inactivity(Definition):
    """The share of the engagement subtotal that is lost for every period without activity."""

    percent: Percent
    every: Duration


class Engagement(Definition):
    """What they do: the sum of the signals."""

    weight: Weight = 1.0
    max: Cap | None = None
    signals: tuple[Signal, ...] = ()
    inactivity: Inactivity | None = None


class Negative(Completion):
    """What speaks against: a condition, an event that happened, or a silence."""

    name: Name
    points: Annotated[float, Field(lt=0, ge=-100_000)]
    from_: Annotated[
        Subtotal, Field(alias="from", description="The subtotal the points are taken from")
    ] = "total"
    when: Annotated[Condition | None, Field(description="It holds when this does")] = None
    inactive_for: Annotated[
        Duration | None, Field(description="It holds when the last activity is older than this")
    ] = None
    of: Annotated[
        Event | None, Field(description="The type of activity that is missed; default any inbound")
    ] = None
    status: Literal["ASSUMED", "CONFIRMED"] | None = None

    @model_validator(mode="after")
    def _one_reason(self) -> Self:
        if sum(x is not None for x in (self.when, self.event, self.inactive_for)) != 1:
            raise ValueError("give exactly one of when, event and inactive_for")
        if self.of is not None and self.inactive_for is None:
            raise ValueError("`of` belongs to inactive_for")
        spoilers = (self.where, self.within, self.distinct, self.same)
        if self.event is None and (self.count != 1 or any(x is not None for x in spoilers)):
            raise ValueError("where, count, within, distinct and same belong to event")
        return self


class Band(Definition):
    """A range of the total and what is to be done with who is in it."""

    name: Name
    from_: Annotated[
        float, Field(alias="from", ge=0, le=100, description="Lowest rounded total in the band")
    ]
    action: str = ""
    sla: Duration | None = None


class Suppression(Definition):
    """Contacts that never qualify, whatever their score."""

    name: Name
    when: Condition


class ScoringModel(Definition):
    """How one group of contacts is scored."""

    name: Name
    description: str = ""
    applies_to: Annotated[
        Condition | None, Field(description="Whom it scores; without it, everyone")
    ] = None
    recalibrate: Annotated[
        Literal["monthly", "quarterly", "semi-annually"] | None,
        Field(description="How often the points are to be reviewed"),
    ] = None
    fit: Fit = Fit()
    engagement: Engagement = Engagement()
    negative: tuple[Negative, ...] = ()
    suppress: tuple[Suppression, ...] = ()
    thresholds: dict[Name, Condition] = Field(
        default_factory=dict,
        description="mql and mql_override qualify; others, such as sql or pql, are told",
    )
    bands: tuple[Band, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [
            *(each.name for each in self.fit.attributes),
            *(each.name for each in self.engagement.signals),
            *(each.name for each in self.negative),
        ]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise ValueError(f"the name {twice[0]!r} is given twice; names tell lines apart")
        if len({band.from_ for band in self.bands}) < len(self.bands):
            raise ValueError("two bands start at the same score")
        return self


class AccountScoring(Definition):
    """When several engaged people at one account make a buying committee."""

    committee_contacts: Annotated[int, Field(ge=2, le=100)] = 3
    committee_within: Duration = Field(default="30 days", validate_default=True)


class Scoring(Definition):
    """The whole of `scoring.yaml`; the first model that applies scores the contact."""

    models: tuple[ScoringModel, ...] = ()
    accounts: AccountScoring = AccountScoring()

    @model_validator(mode="after")
    def _models_are_unique(self) -> Self:
        names = [model.name for model in self.models]
        if len(set(names)) < len(names):
            raise ValueError("two models have the same name")
        return self
