"""What holds of every lifecycle and every history, found out by trying many of both."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle_cases import DAY, NOON, lead
from revops.definitions.lifecycle import Lifecycle
from revops.kit.errors import RevopsError
from revops.leads.lifecycle import (
    Case,
    Deal,
    Move,
    Override,
    Standing,
    accept,
    move,
    next_look,
    reject,
)

if TYPE_CHECKING:
    from datetime import datetime

    from revops.leads.lead import Lead

NAMES = ("A", "B", "C", "D", "E")
PLACES = (*NAMES, "Recycled", "Archived")
CONDITIONS = tuple(f"fit > {number}" for number in range(6))
DAYS = ("1 day", "3 days", "7 days")
TEXTS = st.sampled_from(CONDITIONS)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def stage(name: str) -> st.SearchStrategy[dict[str, Any]]:
    entry = st.fixed_dictionaries(
        {},
        optional={
            "when": TEXTS,
            "reaches": st.just("qualified"),
            "deal": st.sampled_from(["open", "won", "lost"]),
        },
    )
    leaving = st.fixed_dictionaries(
        {}, optional={"when": TEXTS, "deal": st.just("lost"), "to": st.sampled_from(PLACES)}
    )
    return st.fixed_dictionaries(
        {"name": st.just(name), "entry": entry},
        optional={
            "by": st.sampled_from(["rule", "person"]),
            "exit": leaving,
            "qualifies": st.booleans(),
            "recycles": st.booleans(),
            "only_from": st.lists(st.sampled_from(PLACES), max_size=2),
            "acceptance": st.sampled_from(NAMES).map(lambda to: {"stage": to}),
            "rejection_reasons": st.just(["N", "R", "X"]),
        },
    )


def reason(code: str, action: str) -> st.SearchStrategy[dict[str, Any]]:
    after = {} if action == "archive" else {"after": st.sampled_from(DAYS)}
    return st.fixed_dictionaries(
        {"code": st.just(code), "reason": st.just("r"), "action": st.just(action)},
        optional={"until": TEXTS, "stage": st.sampled_from(PLACES), **after},
    )


LIFECYCLES = st.builds(
    lambda **parts: Lifecycle.model_validate(parts),
    stages=st.tuples(*map(stage, NAMES)),
    suppress=st.lists(TEXTS, max_size=2, unique=True).map(
        lambda texts: [{"name": text, "when": text} for text in texts]
    ),
    rejection_reasons=st.tuples(
        reason("N", "nurture"), reason("R", "recycle"), reason("X", "archive")
    ),
    recycling=st.fixed_dictionaries(
        {},
        optional={
            "stage": st.sampled_from(["Recycled", "A"]),
            "back_to": st.sampled_from(NAMES),
            "archive_after": st.sampled_from(DAYS),
        },
    ),
    requalify=st.fixed_dictionaries(
        {}, optional={"cool_down": st.sampled_from(DAYS), "unless": TEXTS}
    ),
    archive=st.fixed_dictionaries({}, optional={"until": TEXTS}),
)
PAST_DAYS = st.integers(0, 12)
EVENTS = st.one_of(
    st.just(("nothing",)),
    st.tuples(st.just("accept")),
    st.tuples(st.just("reject"), st.sampled_from("NRX"), maybe(st.integers(1, 9))),
    st.tuples(st.just("record"), st.sampled_from((*PLACES, "Kunde"))),
    st.tuples(st.just("override"), st.sampled_from(PLACES), maybe(st.integers(1, 9))),
    st.tuples(st.just("deal"), st.sampled_from([None, True, False])),
    st.tuples(st.just("active")),
)
STEPS = st.lists(
    st.tuples(st.integers(0, 9), EVENTS, st.frozensets(TEXTS), st.booleans()),
    min_size=2,
    max_size=8,
)
FIRST = st.none() | st.sampled_from(PLACES)


@dataclass
class Seen:
    """One moment of a history: what was asked, and what was answered."""

    lead: Lead
    before: Standing
    now: datetime
    moves: tuple[Move, ...]
    after: Standing


def decided(of: Lifecycle, who: Lead, at: Standing, event: tuple[Any, ...], now: datetime) -> Any:
    """The standing once somebody has done something."""
    match event:
        case ("record", name):
            return at._replace(recorded=name, recorded_at=now)
        case ("override", name, days):
            ends = None if days is None else now + days * DAY
            return at._replace(override=Override(name, "r", "sam", now, ends))
        case ("deal", is_won):
            closed_at = None if is_won is None else now
            more = Deal(f"d{len(at.deals)}", None, now, closed_at, is_won)
            return at._replace(deals=(*at.deals, more))
        case ("active",):
            return at._replace(last_active_at=now)
    return handed(of, who, at, event, now)


def handed(of: Lifecycle, who: Lead, at: Standing, event: tuple[Any, ...], now: datetime) -> Any:
    """The standing once sales has accepted or rejected; where it cannot, as it was."""
    try:
        match event:
            case ("accept",):
                return at.after(accept(of, who, at, now, "dina"))
            case ("reject", code, days):
                day = None if days is None else now + days * DAY
                return at.after(reject(of, who, at, code, now, "dina", returns_at=day))
    except RevopsError:
        pass
    return at


def history(of: Lifecycle, first: str | None, steps: Any) -> list[Seen]:
    """What a contact goes through: each time something happens, and then rules decide."""
    now, at, seen = NOON, Standing((), first), []
    for days, event, texts, qualified in steps:
        now += days * DAY
        who = lead(*texts, of=of, qualified=qualified)
        before = decided(of, who, at, event, now)
        moves = move(of, who, before, now)
        at = before
        for each in moves:
            at = at.after(each)
        seen.append(Seen(who, before, now, moves, at))
    return seen


HISTORIES = settings(max_examples=120, deadline=None)


@given(LIFECYCLES, FIRST, STEPS)
@HISTORIES
def test_spells_follow_each_other_without_gap_or_overlap(
    of: Lifecycle, first: str | None, steps: Any
) -> None:
    for seen in history(of, first, steps):
        spells = seen.after.spells
        for one, other in pairwise(spells):
            assert one.left_at == other.entered_at
            assert one.stage != other.stage or one.outcome == "rejected"
            assert one.outcome is not None
        assert all(spell.left_at >= spell.entered_at for spell in spells[:-1] if spell.left_at)
        assert not spells or spells[-1].left_at is None
        assert seen.after.recorded == (spells[-1].stage if seen.moves else seen.before.recorded)


@given(LIFECYCLES, FIRST, STEPS)
@HISTORIES
def test_asked_again_without_news_nothing_moves(
    of: Lifecycle, first: str | None, steps: Any
) -> None:
    for seen in history(of, first, steps):
        assert move(of, seen.lead, seen.after, seen.now) == ()
        assert len(seen.moves) <= 2 * len(of.places)


@given(LIFECYCLES, FIRST, STEPS)
@HISTORIES
def test_nobody_qualifies_by_rule_who_is_suppressed_or_has_to_wait(
    of: Lifecycle, first: str | None, steps: Any
) -> None:
    for seen in history(of, first, steps):
        at = seen.before
        for each in seen.moves:
            rank = of.ranks.get(each.to_stage, -1)
            is_by_rule = each.outcome in {"advanced", None} and not each.because.startswith(
                ("as the record says", "override", "its time came")
            )
            if is_by_rule and rank >= 0 and of.stages[rank].qualifies:
                case = Case(of, seen.lead, at, seen.now)
                assert list(case.hindrances()) == []
            at = at.after(each)


@given(LIFECYCLES, FIRST, STEPS)
@HISTORIES
def test_rules_lead_on_and_only_exits_lead_back(
    of: Lifecycle, first: str | None, steps: Any
) -> None:
    for seen in history(of, first, steps):
        for each in seen.moves:
            there, here = of.ranks.get(each.to_stage), of.ranks.get(each.from_stage or "")
            if each.outcome == "advanced" and there is not None and here is not None:
                was_put_aside = of.stages[here].recycles or each.because.startswith("its time")
                assert there > here or was_put_aside


@given(LIFECYCLES, FIRST, STEPS)
@settings(max_examples=60, deadline=None)
def test_the_next_look_is_never_too_late(of: Lifecycle, first: str | None, steps: Any) -> None:
    last = history(of, first, steps)[-1]
    look = next_look(of, last.after, last.now)
    for days in range(25):
        moment = last.now + days * DAY + DAY / 86400
        if move(of, last.lead, last.after, moment):
            assert look is not None
            assert last.now < look <= moment
            return


@given(LIFECYCLES, FIRST, STEPS)
@HISTORIES
def test_suppressions_and_reasons_may_stand_in_any_order(
    of: Lifecycle, first: str | None, steps: Any
) -> None:
    other = of.model_copy(
        update={
            "suppress": of.suppress[::-1],
            "rejection_reasons": of.rejection_reasons[::-1],
        }
    )
    other = Lifecycle.model_validate(other.model_dump())
    one = [each.after for each in history(of, first, steps)]
    assert one == [each.after for each in history(other, first, steps)]


@given(LIFECYCLES, FIRST, STEPS)
@HISTORIES
def test_an_override_binds_until_it_expires(of: Lifecycle, first: str | None, steps: Any) -> None:
    for seen in history(of, first, steps):
        override = seen.before.override
        if override and override.binds(seen.now) and override.stage in of.places:
            assert seen.after.stage == override.stage


@given(LIFECYCLES, FIRST, STEPS)
@HISTORIES
def test_engagement_starts_anew_exactly_when_sales_or_an_exit_sent_it_back(
    of: Lifecycle, first: str | None, steps: Any
) -> None:
    for seen in history(of, first, steps):
        for each in seen.moves:
            assert each.recycles == ("recycled_at" in each.fields)
            if each.outcome == "recycled":
                assert each.recycles
            if each.to_stage == "Archived":
                assert not each.recycles


@given(LIFECYCLES, FIRST, STEPS)
@settings(max_examples=60, deadline=None)
def test_without_news_every_lead_comes_to_rest(
    of: Lifecycle, first: str | None, steps: Any
) -> None:
    last = history(of, first, steps)[-1]
    at, late = last.after, []
    for days in range(1, 61):
        moves = move(of, last.lead, at, last.now + days * DAY)
        for each in moves:
            at = at.after(each)
        late += moves if days > 40 else []
    assert late == []
