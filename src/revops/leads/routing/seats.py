"""The members of a pool with what decides whether they can take a lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from revops.definitions.routing import Member
from revops.leads.routing.availability import FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from revops.definitions.people import People
    from revops.definitions.routing import Pool
    from revops.leads.routing.availability import Person
    from revops.leads.routing.loads import Loads

_WHOLE_WEIGHT = 1_000_000


class Seat(NamedTuple):
    """A member of a pool.

    Attributes:
        person: Who it is.
        weight: Turns against others' one, with all factors, in millionths.
        working_hours: Whether the person must be at work.
        capacity_per_day: Leads of a day at which it is full.
        open_leads: Leads at a time at which it is full.
        languages: Lower case.
        skills: Lower case.
    """

    person: Person
    weight: int
    working_hours: bool
    capacity_per_day: int | None
    open_leads: int | None
    languages: frozenset[str]
    skills: frozenset[str]

    @property
    def id(self) -> str:
        """The user's."""
        return self.person.user.id

    @property
    def is_limited(self) -> bool:
        """Whether there is a number of leads at which the member is full."""
        return self.capacity_per_day is not None or self.open_leads is not None

    def away(self, now: datetime) -> tuple[str | None, datetime]:
        """Why the member cannot take leads now, if so; and until when that is known."""
        if not self.person.user.active:
            return "inactive", FOREVER
        if self.weight <= 0:
            return "has no weight", FOREVER
        why, until = self.person.absent(now)
        if why is None and self.working_hours:
            why, known_until = self.person.off_work(now)
            until = min(until, known_until)
        if self.capacity_per_day is not None:
            until = min(until, self.person.day(now)[1])
        return why, until

    def full(self, loads: Loads, now: datetime) -> str | None:
        """Why the member can take no more, if so."""
        if self.capacity_per_day is not None:
            today = loads.today(self.id, now)
            if today >= self.capacity_per_day:
                return f"full: {today} of {self.capacity_per_day} today"
        if self.open_leads is not None:
            working = loads.open_leads(self.id)
            if working >= self.open_leads:
                return f"full: {working} of {self.open_leads} open leads"
        return None

    def lacks(self, language: str, skill: str) -> str | None:
        """What the member does not bring for a lead that needs these; '' is no need."""
        if language and language not in self.languages:
            return f"does not speak {language}"
        if skill and skill not in self.skills:
            return f"does not have the skill {skill}"
        return None


def seats(
    pool: Pool, people: People, everybody: Mapping[str, Person], factors: Mapping[str, float]
) -> list[Seat]:
    """The members of a pool in the order of their ids, which is all that their order means.

    Raises:
        KeyError: A member is not in people.yaml; the lints tell that first.
    """
    return [
        _seat(member, pool, everybody[member.user], factors.get(member.user, 1.0))
        for member in sorted(members(pool, people), key=lambda each: each.user)
    ]


def members(pool: Pool, people: People) -> Iterable[Member]:
    """Those listed, or the active people of the team but its manager."""
    return pool.members if pool.team is None else _of_team(pool.team, people)


def _of_team(name: str, people: People) -> Iterator[Member]:
    managers = {team.manager for team in people.teams if team.name == name}
    for user in people.users:
        if user.team == name and user.active and user.id not in managers:
            yield Member(user=user.id)


def _seat(member: Member, pool: Pool, person: Person, factor: float) -> Seat:
    user = person.user
    return Seat(
        person=person,
        weight=round(member.weight * member.attainment * factor * _WHOLE_WEIGHT),
        working_hours=pool.working_hours,
        capacity_per_day=member.capacity_per_day or pool.capacity_per_day,
        open_leads=member.open_leads or pool.open_leads,
        languages=_set(user.languages if member.languages is None else member.languages, language),
        skills=_set(user.skills if member.skills is None else member.skills, skill),
    )


def language(value: Any) -> str:
    """A language as it is compared: `de-AT` and `DE` are `de`."""
    return skill(value).replace("_", "-").partition("-")[0]


def skill(value: Any) -> str:
    """A skill as it is compared."""
    return "" if value is None else str(value).strip().casefold()


def _set(values: Iterable[str], reading: Any) -> frozenset[str]:
    return frozenset(reading(each) for each in values)
