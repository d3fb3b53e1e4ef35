"""`routing.yaml`: who gets a lead. Rules in order, the most specific first; the first decides."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from revops.definitions.model import Condition, Definition, Name, exactly_one

if TYPE_CHECKING:
    from collections.abc import Iterator

Reset = Literal["weekly", "monthly", "never"]
LeadField = Annotated[
    str,
    Field(
        max_length=80,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$",
        examples=["language", "account.industry"],
    ),
]
UserId = Annotated[Name, Field(description="Id of a user of people.yaml")]
PoolName = Annotated[Name, Field(description="One of the pools")]
QueueName = Annotated[Name, Field(description="One of the queues")]
SlaName = Annotated[Name, Field(description="The service level whose clock starts")]
Limit = Annotated[int, Field(ge=1, le=1_000_000)]


class _Place(Definition):
    """Somewhere for a lead to go: exactly one of the keys."""

    model_config = exactly_one(beside="sla")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        places = [name for name in type(self).model_fields if name != "sla"]
        given = [name for name in places if getattr(self, name) is not None]
        if len(given) != 1:
            told = " and ".join(given) or "none"
            raise ValueError(f"exactly one of {', '.join(places)} is to be given, not {told}")
        return self


class Target(_Place):
    """Where a lead goes: exactly one key is given."""

    account_owner: Annotated[
        Literal[True, "present"] | None,
        Field(description="Whom the account belongs to; `present`: only while not away"),
    ] = None
    owner: UserId | None = None
    pool: Annotated[PoolName | None, Field(description="The members take turns")] = None
    territory: Annotated[
        Name | None, Field(description="One of the territories: its first row that holds")
    ] = None
    queue: Annotated[QueueName | None, Field(description="Whoever of the team is free")] = None


class Overflow(_Place):
    """Where a lead goes when nobody of a pool can take it."""

    pool: PoolName | None = None
    queue: QueueName | None = None


class Rule(Definition):
    """One rule; it matches when its condition holds and there is somebody to go to."""

    name: Name
    when: Annotated[
        Condition | None, Field(description="Which leads; without it, all that come this far")
    ] = None
    to: Target
    sla: SlaName | None = None
    why: Annotated[str, Field(max_length=1000, description="The reason for the rule")] = ""


class Row(Definition):
    """One row of a territory table."""

    name: Annotated[str, Field(max_length=80, description="What the territory is called")] = ""
    when: Annotated[Condition | None, Field(description="What lies in it; without it, all")] = None
    to: Target


class Member(Definition):
    """Somebody who takes turns in a pool; the user's id alone may stand for it."""

    user: UserId
    weight: Annotated[
        float, Field(allow_inf_nan=False, description="How many turns against others' one")
    ] = 1.0
    attainment: Annotated[
        float,
        Field(
            allow_inf_nan=False,
            description="Factor for quota attainment: above 1 for who is behind the quota",
        ),
    ] = 1.0
    capacity_per_day: Annotated[
        Limit | None, Field(description="Leads a day, in the person's time zone")
    ] = None
    open_leads: Annotated[Limit | None, Field(description="Leads being worked at a time")] = None
    languages: Annotated[
        tuple[Name, ...] | None, Field(description="Instead of those of people.yaml")
    ] = None
    skills: Annotated[
        tuple[Name, ...] | None, Field(description="Instead of those of people.yaml")
    ] = None


def _as_member(value: Any) -> Any:
    # Strict validation goes on with what this returns, and knows lists as tuples.
    parts = {"user": value} if isinstance(value, str) else value
    if not isinstance(parts, dict):
        return parts
    return {k: tuple(each) if isinstance(each, list) else each for k, each in parts.items()}


Listed = Annotated[Member, BeforeValidator(_as_member, json_schema_input_type=(Member | Name))]


class Needs(Definition):
    """What a member must bring for a lead: the value of one of the lead's fields.

    A lead whose field is empty needs nothing.
    """

    language: Annotated[LeadField | None, Field(description="Field with the language")] = None
    skill: Annotated[LeadField | None, Field(description="Field with the skill")] = None


class Pool(Definition):
    """People who take turns."""

    members: tuple[Listed, ...] = ()
    team: Annotated[
        Name | None, Field(description="Instead of members: all of the team but its manager")
    ] = None
    capacity_per_day: Annotated[
        Limit | None, Field(description="For members that say nothing themselves")
    ] = None
    open_leads: Annotated[
        Limit | None, Field(description="For members that say nothing themselves")
    ] = None
    needs: Needs = Needs()
    working_hours: Annotated[
        bool, Field(description="Whether only who is at work now gets a lead")
    ] = False
    reset: Annotated[
        Reset, Field(description="When everybody starts anew: on Monday, on the first, or never")
    ] = "weekly"
    fallback: Annotated[
        Overflow | None, Field(description="Where to when nobody can take the lead")
    ] = None

    @model_validator(mode="after")
    def _members_are_clear(self) -> Self:
        if self.members and self.team is not None:
            raise ValueError("members are listed or are those of a team, not both")
        _unique("member", (member.user for member in self.members))
        return self


class Queue(Definition):
    """Leads that wait for whoever of a team is free."""

    team: Annotated[Name | None, Field(description="Whose queue it is")] = None
    sla: SlaName | None = None


class Fallback(_Place):
    """Who gets a lead that nobody else does."""

    owner: UserId | None = None
    queue: QueueName | None = None
    sla: Annotated[SlaName | None, Field(description="Before that of the queue")] = None


class Routing(Definition):
    """The whole of `routing.yaml`."""

    rules: Annotated[tuple[Rule, ...], Field(description="The most specific first")] = ()
    territories: dict[Name, tuple[Row, ...]] = Field(
        default_factory=dict, description="Tables, of which the first row that holds decides"
    )
    pools: dict[Name, Pool] = Field(default_factory=dict)
    queues: dict[Name, Queue] = Field(default_factory=dict)
    fallback: Annotated[
        Fallback | None, Field(description="Who gets what no rule takes and no pool can take")
    ] = None

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        _unique("rule", (rule.name for rule in self.rules))
        return self

    def conditions(self) -> Iterator[tuple[str, str]]:
        """Path and text of every condition."""
        for path, item in self.places():
            if item.when is not None:
                yield f"{path}.when", item.when

    def places(self) -> Iterator[tuple[str, Rule | Row]]:
        """Path of every rule and every row of a territory, and what stands there."""
        for index, rule in enumerate(self.rules):
            yield f"rules[{index}]", rule
        for name, rows in self.territories.items():
            for index, row in enumerate(rows):
                yield f"territories.{name}[{index}]", row

    def fields(self) -> frozenset[str]:
        """The fields of a lead that members are matched with, besides those of conditions."""
        needs = (pool.needs for pool in self.pools.values())
        return frozenset(each for need in needs for each in (need.language, need.skill) if each)


def _unique(what: str, names: Iterator[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"the {what} '{twice[0]}' is given twice")
