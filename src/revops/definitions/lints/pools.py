"""Pools in which nobody can take a turn, or in which somebody never will."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.lints.finding import Finding, Lint
from revops.kit.issue import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions
    from revops.definitions.people import User
    from revops.definitions.routing import Member

NEEDS = {"routing", "people", "calendars"}
_STEM = "routing"


def without_members(definitions: Definitions) -> Iterator[Finding]:
    """A pool of nobody sends every lead on."""
    users = definitions.people.users
    for name, pool in definitions.routing.pools.items():
        if pool.team is None:
            is_empty, who = not pool.members, "members"
        else:
            is_empty = not any(user.team == pool.team and user.active for user in users)
            who = f"active people in team '{pool.team}'"
        if is_empty:
            message = f"the pool '{name}' has no {who}"
            mend = "list some under members"
            yield Finding(_STEM, f"pools.{name}", "empty-pool", Level.ERROR, message, mend)


def inactive(definitions: Definitions) -> Iterator[Finding]:
    """Who no longer works here gets no leads."""
    for path, member, user in _members(definitions):
        if not user.active:
            message = f"'{member.user}' does not work here any more and gets no leads"
            yield Finding(
                _STEM, path, "inactive-member", Level.WARNING, message, "remove the member"
            )
    for path, name in _fixed(definitions):
        if any(user.id == name and not user.active for user in definitions.people.users):
            message = f"'{name}' does not work here any more"
            mend = "name somebody who does"
            yield Finding(_STEM, path, "inactive-owner", Level.ERROR, message, mend)


def no_calendar(definitions: Definitions) -> Iterator[Finding]:
    """Of who is on no calendar nobody knows the working hours: leads come day and night."""
    calendars = {team.name: team.calendar for team in definitions.people.teams}
    for path, member, user in _members(definitions, working_hours=True):
        if user.calendar is None and calendars.get(user.team or "") is None:
            message = f"'{member.user}' is on no calendar, and would be at work day and night"
            mend = "give the user or the team a `calendar` in people.yaml"
            yield Finding(_STEM, path, "no-calendar", Level.WARNING, message, mend)


def not_positive(definitions: Definitions) -> Iterator[Finding]:
    """A share of nothing, or of less, is never a turn."""
    for name, pool in definitions.routing.pools.items():
        for index, member in enumerate(pool.members):
            for key in ("weight", "attainment"):
                value = getattr(member, key)
                if not value > 0:
                    message = f"the {key} of '{member.user}' is {value:g}, so it never has a turn"
                    mend = "give a number above 0, or remove the member"
                    path = f"pools.{name}.members[{index}].{key}"
                    yield Finding(_STEM, path, "bad-weight", Level.ERROR, message, mend)


def _members(
    definitions: Definitions, *, working_hours: bool = False
) -> Iterator[tuple[str, Member, User]]:
    """Path, member and user of everybody in a pool that lists its members."""
    users = {user.id: user for user in definitions.people.users}
    for name, pool in definitions.routing.pools.items():
        if working_hours and not pool.working_hours:
            continue
        for index, member in enumerate(pool.members):
            if member.user in users:
                yield f"pools.{name}.members[{index}]", member, users[member.user]


def _fixed(definitions: Definitions) -> Iterator[tuple[str, str]]:
    """Path and id of every user whom the rules name."""
    routing = definitions.routing
    for path, item in routing.places():
        if item.to.owner is not None:
            yield f"{path}.to.owner", item.to.owner
    if routing.fallback is not None and routing.fallback.owner is not None:
        yield "fallback.owner", routing.fallback.owner


LINTS: tuple[Lint, ...] = (without_members, inactive, no_calendar, not_positive)
