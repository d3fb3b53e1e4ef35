"""People in teams, under managers and on calendars that do not exist, or that go in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.lints.finding import Finding, Lint
from revops.kit.issue import Level, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from revops.definitions.kinds import Definitions

NEEDS = {"people", "calendars"}


def unknown_names(definitions: Definitions) -> Iterator[Finding]:
    """A team, manager or calendar that does not exist gives nobody work and nobody hours."""
    people = definitions.people
    teams = [team.name for team in people.teams]
    users = [user.id for user in people.users]
    calendars = list(definitions.calendars)
    named = [
        *(
            (f"teams[{i}].{key}", kind, getattr(team, key), known)
            for i, team in enumerate(people.teams)
            for key, kind, known in (
                ("parent", "team", teams),
                ("manager", "user", users),
                ("calendar", "calendar", calendars),
            )
        ),
        *(
            (f"users[{i}].{key}", kind, getattr(user, key), known)
            for i, user in enumerate(people.users)
            for key, kind, known in (
                ("team", "team", teams),
                ("manager", "user", users),
                ("calendar", "calendar", calendars),
            )
        ),
    ]
    for path, kind, name, known in named:
        if name is not None and name not in known:
            file = "calendars.yaml" if kind == "calendar" else f"{kind}s"
            mend = did_you_mean(name, known) or f"add it to {file}"
            message = f"there is no {kind} '{name}'"
            yield Finding("people", path, f"unknown-{kind}", Level.ERROR, message, mend)


def circles(definitions: Definitions) -> Iterator[Finding]:
    """An escalation that climbs in a circle never arrives."""
    people = definitions.people
    for key, items, parents in (
        ("teams", "parent", {team.name: team.parent for team in people.teams}),
        ("users", "manager", {user.id: user.manager for user in people.users}),
    ):
        for circle in _circles(parents):
            index = list(parents).index(circle[0])
            way = " -> ".join([*circle, circle[0]])
            message = f"{key} refer to each other in a circle: {way}"
            yield Finding(
                "people", f"{key}[{index}].{items}", "circular-reference", Level.ERROR, message,
                f"remove one {items}",
            )  # fmt: skip


def no_calendar(definitions: Definitions) -> Iterator[Finding]:
    """Who has no calendar is on duty day and night, and breaks every service level asleep."""
    teams = {team.name: team for team in definitions.people.teams}
    for index, user in enumerate(definitions.people.users):
        team = teams.get(user.team or "")
        if user.active and user.calendar is None and (team is None or team.calendar is None):
            message = f"'{user.id}' is on no calendar"
            mend = "give the user or the team a `calendar`"
            yield Finding("people", f"users[{index}]", "no-calendar", Level.WARNING, message, mend)


def _circles(parents: Mapping[str, str | None]) -> list[list[str]]:
    """Each circle once, from where it is first entered."""
    done: set[str] = set()
    found = []
    for start in parents:
        way: list[str] = []
        at: str | None = start
        while at is not None and at in parents and at not in done:
            done.add(at)
            way.append(at)
            at = parents[at]
        if at in way:
            found.append(way[way.index(at) :])
    return found


LINTS: tuple[Lint, ...] = (unknown_names, circles, no_calendar)
