"""What a replay amounts to: leads qualified, what became of them, loads, promises kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from revops.leads.slas.clocks import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime, tzinfo

    from revops.definitions.lifecycle import Lifecycle
    from revops.engine.replay.deals import Sale
    from revops.engine.replay.replaying import Replayed
    from revops.engine.replay.track import Track
    from revops.leads.lifecycle import Move


@dataclass(frozen=True)
class Load:
    """What a person was given: turns, and the part of all that this is."""

    owner: str
    given: int
    share: float


@dataclass(frozen=True)
class Promise:
    """How a service level was kept, given the responses that really happened."""

    sla: str
    met: int
    breached: int
    running: int

    @property
    def kept(self) -> float | None:
        """The part kept of what is decided; None if nothing is."""
        decided = self.met + self.breached
        return self.met / decided if decided else None


@dataclass(frozen=True)
class Qualified:
    """A lead that qualified.

    Attributes:
        contact_id: Which.
        at: When for the first time.
        stage: Into which stage.
        because: Why.
        times: How often.
        owner: Who got it first; None for nobody.
        is_accepted: Whether people really took it further afterwards.
        became: won, lost or open if a deal really began afterwards, else nothing.
        amount: Of the deals that were won.
    """

    contact_id: str
    at: datetime
    stage: str
    because: str
    times: int
    owner: str | None
    is_accepted: bool
    became: str
    amount: float


@dataclass(frozen=True)
class Side:
    """The figures of one set of definitions.

    Attributes:
        qualified: Leads that qualified, each once.
        mqls: How often leads qualified.
        by_week: The same by the Monday of the week.
        accepted: Of the leads, those that people really took further afterwards.
        with_deal: Those on a deal that really began afterwards.
        won: Those on a deal that was won.
        captured: Amount of the deals won that began after a lead on them had qualified.
        missed: Amount of the other deals won.
        loads: What each owner was given, most first.
        unfair: The greatest difference between turns taken and due, in turns.
        promises: The service levels.
    """

    qualified: int
    mqls: int
    by_week: Mapping[date, int]
    accepted: int
    with_deal: int
    won: int
    captured: float
    missed: float
    loads: tuple[Load, ...]
    unfair: float
    promises: tuple[Promise, ...]


def qualified_leads(
    found: Replayed, lifecycle: Lifecycle, sales: Mapping[str, Sequence[Sale]]
) -> dict[str, Qualified]:
    """The leads that qualified in the time, by id."""
    each = ((id_, _qualified(track, lifecycle, sales.get(id_, ())))
            for id_, track in found.tracks.items())  # fmt: skip
    return {id_: lead for id_, lead in each if lead is not None}


def _entries(track: Track, lifecycle: Lifecycle) -> list[Move]:
    """The moves of a lead into the stages that qualify, from others, without those by a deal."""
    qualifying = {stage.name: stage.entry.deal for stage in lifecycle.stages if stage.qualifies}
    return [
        step
        for step in track.moves[track.silent :]
        if qualifying.get(step.to_stage, "") is None and step.from_stage not in qualifying
    ]


def _qualified(track: Track, lifecycle: Lifecycle, sales: Iterable[Sale]) -> Qualified | None:
    entries = _entries(track, lifecycle)
    if not entries:
        return None
    first = entries[0]
    rank = lifecycle.ranks.get(first.to_stage, -1)
    accepted = any(
        at > first.at and lifecycle.ranks.get(lifecycle.place(stage) or "", -1) > rank
        for at, stage in track.set_by_people
    )
    after = [sale for sale in sales if sale.opened_at > first.at]
    states = {sale.state for sale in after}
    became = next((state for state in ("won", "open", "lost") if state in states), "")
    owner = next((each.owner for each in track.decisions if each.owner), track.owner)
    return Qualified(
        track.person.contact_id, first.at, first.to_stage, first.because, len(entries), owner,
        accepted, became, sum(sale.amount for sale in after if sale.state == "won"),
    )  # fmt: skip


def side(
    found: Replayed,
    lifecycle: Lifecycle,
    leads: Mapping[str, Qualified],
    sales: Mapping[str, Sequence[Sale]],
    zone: tzinfo,
) -> Side:
    """The figures of a replay; each deal counts once, however many leads are on it."""
    moments = [step.at for track in found.tracks.values() for step in _entries(track, lifecycle)]
    deals = {sale.id: sale for some in sales.values() for sale in some if sale.state == "won"}
    caught = {
        sale.id
        for id_, lead in leads.items()
        for sale in sales.get(id_, ())
        if sale.state == "won" and sale.opened_at > lead.at
    }
    won = sum(deals[each].amount for each in sorted(caught))
    return Side(
        qualified=len(leads),
        mqls=len(moments),
        by_week=dict(sorted(Counter(week(each, zone) for each in moments).items())),
        accepted=sum(lead.is_accepted for lead in leads.values()),
        with_deal=sum(bool(lead.became) for lead in leads.values()),
        won=sum(lead.became == "won" for lead in leads.values()),
        captured=won,
        missed=sum(sale.amount for key, sale in sorted(deals.items()) if key not in caught),
        loads=_loads(found),
        unfair=max((abs(each.difference) for each in found.fairness), default=0.0),
        promises=_promises(found),
    )


def week(moment: datetime, zone: tzinfo) -> date:
    """The Monday of the week that a moment lies in."""
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _loads(found: Replayed) -> tuple[Load, ...]:
    given = Counter(
        each.owner for track in found.tracks.values() for each in track.decisions if each.owner
    )
    total = sum(given.values())
    order = sorted(given.items(), key=lambda each: (-each[1], each[0]))
    return tuple(Load(owner, count, count / total) for owner, count in order)


def _promises(found: Replayed) -> tuple[Promise, ...]:
    counts = Counter(
        (sla, str(state))
        for track in found.tracks.values()
        for sla, state in found.states_of(track)
        if state is not State.WAIVED
    )
    names = sorted({sla for sla, _ in counts})
    return tuple(
        Promise(
            sla, counts[sla, "met"], counts[sla, "breached"],
            counts[sla, "running"] + counts[sla, "paused"],
        )
        for sla in names
    )  # fmt: skip
