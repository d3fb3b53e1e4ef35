"""Whether a lead comes into the recipes that something sets off, and if not, why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from revops.definitions.recipe_steps import Again
from revops.kit.duration import format_duration
from revops.leads.recipes.happening import Enrolment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from revops.leads.lead import Lead
    from revops.leads.recipes.happening import Happening
    from revops.leads.recipes.program import Program, Programs

MOST_CHAINED = 8
"""Recipes that set each other off, one after the other."""
DAY = timedelta(days=1)
"""The time in which `max_per_day` counts."""

Code = Literal[
    "condition", "too-old", "loop", "too-long-a-chain", "suppressed", "same", "already-in",
    "once-only", "not-yet", "max-per-day",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a lead does not come into a recipe that something sets off."""

    recipe: str
    contact_id: str
    code: Code
    why: str


@dataclass(frozen=True)
class Entries:
    """What follows from some happenings: who comes in where, and who does not."""

    enrolments: tuple[Enrolment, ...]
    refusals: tuple[Refusal, ...]


def enrol(
    programs: Programs,
    happenings: Iterable[Happening],
    lead: Lead,
    enrolments: Iterable[Enrolment],
    now: datetime,
    *,
    entered: Mapping[str, int] | None = None,
) -> Entries:
    """Which recipes a lead comes into.

    Args:
        programs: The recipes.
        happenings: What has happened to this lead.
        lead: The lead as it is now.
        enrolments: All that this lead ever had, and of recipes `per: account` those of all leads
            of its account; at least the last of each recipe and record and those not over.
        now: The instant.
        entered: How many leads came into each recipe with a `max_per_day` in the last 24 hours.

    Returns:
        The new enrolments, and a refusal for each other recipe that was set off.
    """
    had = list(enrolments)
    counts = Counter(entered or {})
    refusals: list[Refusal] = []
    new: list[Enrolment] = []
    for happening in sorted(happenings, key=lambda each: each.at):
        for program in programs.set_off_by(happening):
            enrolment = _enrolment(program, happening, lead, now)
            said = _refused(program, happening, lead, now) or _again(
                program, enrolment, had, counts[program.name]
            )
            if said is not None:
                refusals.append(Refusal(program.name, lead.contact_id, *said))
                continue
            new.append(enrolment)
            had.append(enrolment)
            counts[program.name] += 1
    return Entries(tuple(new), tuple(refusals))


def _enrolment(program: Program, happening: Happening, lead: Lead, now: datetime) -> Enrolment:
    """The same for the same happening, so that it cannot be saved twice."""
    parts = (program.name, happening.contact_id, happening.record, happening.at.isoformat())
    account = lead.fields.get("account_id") if program.recipe.per == "account" else None
    return Enrolment(
        id="|".join(part for part in parts if part),
        account_id=account,
        recipe=program.name,
        contact_id=happening.contact_id,
        cause=happening,
        shape=program.shape,
        entered_at=happening.at,
        came_in_at=now,
    )


_Said = tuple[Code, str]


def _refused(program: Program, happening: Happening, lead: Lead, now: datetime) -> _Said | None:
    """What speaks against it whatever was before."""
    recipe, chain = program.recipe, happening.chain
    if recipe.when is not None and f"{program.place}.when" not in lead.holds:
        return "condition", "its condition does not hold"
    if recipe.suppress_when is not None and f"{program.place}.suppress_when" in lead.holds:
        return "suppressed", "it is suppressed"
    if now - happening.at > recipe.max_age:
        return "too-old", f"that was more than {format_duration(recipe.max_age)} ago"
    way = " -> ".join([*chain, recipe.name])
    if recipe.name in chain:
        return "loop", f"recipes set each other off: {way}"
    if len(chain) >= MOST_CHAINED:
        return "too-long-a-chain", f"more than {MOST_CHAINED} recipes set each other off: {way}"
    return None


def _again(
    program: Program, enrolment: Enrolment, had: Sequence[Enrolment], count: int
) -> _Said | None:
    """What speaks against it for what was before."""
    recipe = program.recipe
    mine = [each for each in had if each.recipe == recipe.name and each.of == enrolment.of]
    if any(each.id == enrolment.id for each in mine):
        return "same", "it came in by this already"
    if mine and recipe.reenroll != "always":
        last = max(mine, key=lambda each: each.entered_at)
        if any(not each.is_over for each in mine):
            return "already-in", f"it is in since {last.entered_at:%Y-%m-%d %H:%M} UTC"
        if not isinstance(recipe.reenroll, Again):
            return "once-only", f"it was in on {last.entered_at:%Y-%m-%d}, and comes in only once"
        until = last.entered_at + recipe.reenroll.after
        if enrolment.entered_at < until:
            return "not-yet", f"it may come in again from {until:%Y-%m-%d %H:%M} UTC"
    if recipe.max_per_day is not None and count >= recipe.max_per_day:
        return "max-per-day", f"{recipe.max_per_day} leads came in within 24 hours already"
    return None
