"""`people.yaml`: the teams, and who is on them."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Self

from pydantic import Field, model_validator

from revops.definitions.calendars import TimeZone
from revops.definitions.model import Definition, Name


class Team(Definition):
    """People who work together."""

    name: Name
    parent: Annotated[Name | None, Field(description="The team it belongs to")] = None
    manager: Annotated[Name | None, Field(description="Id of the user who leads it")] = None
    calendar: Annotated[
        Name | None, Field(description="Working hours of those who have none of their own")
    ] = None
    region: Annotated[str, Field(description="The region it covers")] = ""


class User(Definition):
    """A person who works with the records."""

    id: Annotated[Name, Field(description="As records name an owner: an id or an e-mail address")]
    name: str = ""
    email: str = ""
    role: Annotated[
        str, Field(description="What the person does", examples=["sdr", "ae", "csm", "manager"])
    ] = ""
    team: Annotated[Name | None, Field(description="The team the person is on")] = None
    manager: Annotated[Name | None, Field(description="Id of the user who leads the person")] = None
    calendar: Annotated[
        Name | None, Field(description="Working hours; without it, those of the team")
    ] = None
    time_zone: Annotated[
        TimeZone | None, Field(description="Where it is not that of the calendar")
    ] = None
    languages: Annotated[
        tuple[Name, ...], Field(description="Languages the person speaks, as ISO 639-1 codes")
    ] = ()
    skills: Annotated[tuple[Name, ...], Field(description="What leads are routed by")] = ()
    active: Annotated[bool, Field(description="Whether the person still works here")] = True


class People(Definition):
    """The whole of `people.yaml`."""

    teams: tuple[Team, ...] = ()
    users: tuple[User, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("team", Counter(team.name for team in self.teams)),
            ("user", Counter(user.id for user in self.users)),
        ):
            twice = [name for name, count in names.items() if count > 1]
            if twice:
                raise ValueError(f"the {what} '{twice[0]}' is given twice")
        return self
