"""What people decide: to accept a lead, to reject it, to override the rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level, did_you_mean
from revops.leads.lifecycle.case import Case
from revops.leads.lifecycle.judging import entry_holds, missing_fields
from revops.leads.lifecycle.standing import Override
from revops.leads.lifecycle.steps import move_to
from revops.leads.lifecycle.verdict import of_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from revops.definitions.lifecycle import Lifecycle, RejectionReason, Stage
    from revops.leads.lead import Lead
    from revops.leads.lifecycle.standing import Move, Standing


def accept(lifecycle: Lifecycle, lead: Lead, standing: Standing, now: datetime, by: str) -> Move:
    """Sales takes the lead over: it enters the stage that acceptance here leads to.

    The standing should be up to date: ask `move` first.

    Raises:
        RevopsError: `overridden`; `not-acceptable`, nobody accepts in its stage; or all of
            `suppressed`, `missing-field` and `entry-not-met` that stand against it.
    """
    case = Case(lifecycle, lead, standing, now)
    stage = _stage(case)
    to_stage = stage.acceptance.stage if stage.acceptance else ""
    if lifecycle.ranks.get(to_stage, -1) <= lifecycle.ranks[stage.name]:
        raise RevopsError(
            "not-acceptable",
            f"nobody accepts a lead in {stage.name}",
            _possible("accepted", [each.name for each in lifecycle.stages if each.acceptance]),
        )
    against = list(_against(case, to_stage))
    if against:
        raise RevopsError.of(against)
    return move_to(case, to_stage, f"accepted by {by}", "accepted")


def reject(
    lifecycle: Lifecycle,
    lead: Lead,
    standing: Standing,
    code: str,
    now: datetime,
    by: str,
    *,
    returns_at: datetime | None = None,
) -> Move:
    """Sales sends the lead back, and what the code says happens to it.

    The standing should be up to date: ask `move` first.

    Args:
        lifecycle: What the business decided.
        lead: The contact with its scores.
        standing: Where it stands.
        code: One of the codes of its stage.
        now: The moment of the rejection.
        by: Who rejects.
        returns_at: When it is to come back, instead of the time that the code sets.

    Raises:
        RevopsError: `overridden`; `not-rejectable`, its stage has no codes; `unknown-code`;
            `bad-return`, a return that is past or of an archived lead.
    """
    case = Case(lifecycle, lead, standing, now)
    reason = _reason(lifecycle, _stage(case), code)
    is_archive = reason.action == "archive"
    if returns_at is not None and (is_archive or returns_at <= now):
        why = f"{code} archives the lead" if is_archive else f"{of_time(returns_at)} is past"
        raise RevopsError("bad-return", f"{why}, so it cannot come back then", "leave the day out")
    place = lifecycle.archive.stage if is_archive else lifecycle.nurture.stage
    because = f"rejected by {by}: {code}, {reason.reason}"
    made = move_to(case, reason.stage or place, because, "rejected", recycles=not is_archive)
    return replace(
        made,
        actions=(*made.actions, *reason.on_reject),
        rejection_code=code,
        returns_at=returns_at,
    )


def make_override(
    lifecycle: Lifecycle,
    stage: str,
    reason: str,
    by: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> Override:
    """A person's decision against the rules, checked.

    Raises:
        RevopsError: `unknown-stage`, `no-reason`, or `bad-expiry` where it is past.
    """
    places = lifecycle.places
    if stage not in places:
        mend = did_you_mean(stage, places) or f"one of {', '.join(places)}"
        raise RevopsError("unknown-stage", f"there is no stage '{stage}'", mend)
    if not reason.strip():
        raise RevopsError("no-reason", "an override needs a reason", "say why the rules are wrong")
    if expires_at is not None and expires_at <= now:
        message = f"the override would end at {of_time(expires_at)}, which is past"
        raise RevopsError("bad-expiry", message, "name a later time, or none")
    return Override(stage, reason.strip(), by, now, expires_at)


def _stage(case: Case) -> Stage:
    """The stage in which somebody decides."""
    if case.override is not None:
        raise RevopsError(
            "overridden",
            f"the contact is held in {case.override.stage} by {case.override.made_by}: "
            f"{case.override.reason}",
            "lift the override first",
        )
    if case.stage is None:
        where = case.where or "no stage"
        raise RevopsError(
            "not-with-sales",
            f"the contact is in {where}, where sales has nothing to decide",
            "override its stage if the rules are wrong",
        )
    return case.stage


def _against(case: Case, to_stage: str) -> Iterator[Issue]:
    """All that stands against accepting into a stage."""
    rank = case.lifecycle.ranks[to_stage]
    target = case.lifecycle.stages[rank]
    if target.qualifies:
        for words in case.suppressions():
            yield _issue("suppressed", words, "it is not to be sold to as a new lead")
    for words in (*_unfilled(case), *missing_fields(case, rank)):
        yield _issue("missing-field", words, "fill it in, then accept")
    entry = entry_holds(case, rank)
    if target.entry.is_decidable and not entry.holds:
        criteria = "; ".join(target.entry.criteria)
        yield _issue("entry-not-met", f"{to_stage}: {entry.why}", criteria)


def _unfilled(case: Case) -> Iterator[str]:
    """What acceptance asks for and is not known, in words."""
    if case.stage is None or case.stage.acceptance is None:
        return
    path = f"stages[{case.lifecycle.ranks[case.stage.name]}].acceptance.required_fields"
    for i, name in enumerate(case.stage.acceptance.required_fields):
        if not case.holds(f"{path}[{i}]"):
            yield f"{name} is not known"


def _reason(lifecycle: Lifecycle, stage: Stage, code: str) -> RejectionReason:
    """The reason with a code that may be given in a stage."""
    codes = stage.rejection_reasons
    if not codes:
        able = [each.name for each in lifecycle.stages if each.rejection_reasons]
        message = f"nobody rejects a lead in {stage.name}"
        raise RevopsError("not-rejectable", message, _possible("rejected", able))
    if code not in codes or code not in lifecycle.reasons:
        mend = did_you_mean(code, codes) or f"one of {', '.join(codes)}"
        raise RevopsError("unknown-code", f"'{code}' is no rejection code of {stage.name}", mend)
    return lifecycle.reasons[code][1]


def _possible(what: str, stages: list[str]) -> str:
    if not stages:
        return "say in lifecycle.yaml where leads are handed over"
    return f"leads are {what} in {', '.join(stages)}"


def _issue(code: str, message: str, mend: str) -> Issue:
    return Issue("", 0, "", code, Level.ERROR, message, mend)
