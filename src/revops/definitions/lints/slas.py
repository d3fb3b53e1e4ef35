"""Service levels that never end, that name what does not exist, or that nobody's hours measure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from revops.definitions.lints.conditions import condition_finding
from revops.definitions.lints.escalations import ESCALATION_LINTS
from revops.definitions.lints.finding import Finding, Lint, unknown
from revops.definitions.scope import Placed
from revops.kit.condition import ConditionError
from revops.kit.duration import format_duration
from revops.kit.issue import Level, did_you_mean
from revops.records import ACTIVITY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions

NEEDS = {"slas", "lifecycle", "people", "calendars", "lists", "routing"}
STEM = "slas"
_DAY = timedelta(days=1)


def unreadable(definitions: Definitions) -> Iterator[Finding]:
    """A condition that is not one cannot be decided; the clock never runs, or never stops."""
    slas, words = definitions.slas, definitions.vocabulary
    placed = [Placed(path, text, words.threshold()) for path, text in slas.conditions()]
    placed += [Placed(path, text, words.activity()) for path, text in slas.activity_conditions()]
    for each in placed:
        try:
            each.parse()
        except ConditionError as error:
            yield condition_finding(STEM, each, error)


def unknown_names(definitions: Definitions) -> Iterator[Finding]:
    """A stage, calendar or code that does not exist starts nothing, and stops nothing."""
    slas, lifecycle = definitions.slas, definitions.lifecycle
    stages = lifecycle.places
    for path, moment in slas.moments():
        for key in ("stage", "left_stage"):
            yield from unknown(STEM, f"{path}.{key}", "stage", getattr(moment, key), stages)
    yield from unknown(STEM, "calendar", "calendar", slas.calendar, definitions.calendars)
    for index, sla in enumerate(slas.slas):
        calendars = definitions.calendars
        yield from unknown(STEM, f"slas[{index}].calendar", "calendar", sla.calendar, calendars)
        for i, pause in enumerate(sla.pauses):
            yield from unknown(
                STEM, f"slas[{index}].pauses[{i}].stage", "stage", pause.stage, stages
            )
    codes = [reason.code for reason in lifecycle.rejection_reasons]
    for index, effort in enumerate(slas.before_rejecting):
        for i, code in enumerate(effort.codes):
            path = f"before_rejecting[{index}].codes[{i}]"
            yield from unknown(STEM, path, "rejection code", code, codes)
    names = [sla.name for sla in slas.slas]
    for index, agreement in enumerate(slas.agreements):
        for i, commitment in enumerate(agreement.commitments):
            path = f"agreements[{index}].commitments[{i}].sla"
            yield from unknown(STEM, path, "service level", commitment.sla, names)


def unknown_activities(definitions: Definitions) -> Iterator[Finding]:
    """A type that is nearly a usual one is a slip of the pen; others may be one's own."""
    for path, moment in definitions.slas.moments():
        for name in moment.activities:
            if name not in ACTIVITY_TYPES and (mend := did_you_mean(name, ACTIVITY_TYPES)):
                message = f"'{name}' is not a usual type of activity"
                place = f"{path}.activity"
                yield Finding(STEM, place, "unknown-event", Level.WARNING, message, mend)


def endless(definitions: Definitions) -> Iterator[Finding]:
    """A promise that nothing keeps is always broken, and one that keeps itself never."""
    for index, sla in enumerate(definitions.slas.slas):
        path = f"slas[{index}]"
        if not sla.stops:
            message = f"nothing stops the clock of '{sla.name}'"
            mend = "say in `stops` what keeps the promise"
            yield Finding(STEM, path, "never-stops", Level.ERROR, message, mend)
        elif sla.starts in sla.stops:
            message = f"what starts the clock of '{sla.name}' also stops it, at once"
            place = f"{path}.stops[{sla.stops.index(sla.starts)}]"
            mend = "take it out of `stops`"
            yield Finding(STEM, place, "stops-at-once", Level.ERROR, message, mend)


def no_hours(definitions: Definitions) -> Iterator[Finding]:
    """Who is on no calendar is measured day and night; who is on an empty one, never."""
    for index, sla in enumerate(definitions.slas.slas):
        if sla.hours == "calendar":
            continue
        if sla.calendar is None and definitions.slas.calendar is None:
            lost = _on_no_calendar(definitions)
            if lost:
                message = f"'{sla.name}' counts day and night for {lost}, who is on no calendar"
                mend = "give a `calendar` to the service level, or one for all at the top"
                yield Finding(
                    STEM, f"slas[{index}].hours", "no-calendar", Level.WARNING, message, mend
                )
    for name in _calendars_used(definitions):
        calendar = definitions.calendars.get(name)
        if calendar is not None and not any(calendar.hours.values()):
            message = f"nobody ever works on the calendar '{name}'"
            mend = "give it hours, such as mon: 09:00-17:00"
            yield Finding("calendars", name, "empty-calendar", Level.ERROR, message, mend)


def hours_for_days(definitions: Definitions) -> Iterator[Finding]:
    """Three days of working hours are nine working days; hardly anybody means that."""
    for index, sla in enumerate(definitions.slas.slas):
        within = sla.within
        if sla.hours == "business" and within is not None and within >= _DAY and not within % _DAY:
            hours = within // timedelta(hours=1)
            yield Finding(
                STEM, f"slas[{index}].within", "days-of-hours", Level.NOTE,
                f"{format_duration(within)} are counted as {hours} working hours",
                "say `hours: business_days` to count days, or `hours: calendar` for all time",
            )  # fmt: skip


def _on_no_calendar(definitions: Definitions) -> str:
    """The people who are, in words; '' if nobody is."""
    teams = {team.name: team.calendar for team in definitions.people.teams}
    lost = [
        f"'{user.id}'"
        for user in definitions.people.users
        if user.active and user.calendar is None and teams.get(user.team or "") is None
    ]
    return lost[0] + (f" and {len(lost) - 1} more" if len(lost) > 1 else "") if lost else ""


def _calendars_used(definitions: Definitions) -> list[str]:
    slas, people = definitions.slas, definitions.people
    if all(sla.hours == "calendar" for sla in slas.slas):
        return []
    named = [slas.calendar, *(sla.calendar for sla in slas.slas)]
    named += [team.calendar for team in people.teams] + [user.calendar for user in people.users]
    return sorted({name for name in named if name is not None})


LINTS: tuple[Lint, ...] = (
    unreadable,
    unknown_names,
    unknown_activities,
    endless,
    no_hours,
    hours_for_days,
    *ESCALATION_LINTS,
)
