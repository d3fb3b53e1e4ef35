"""A routing decision as a person reads it: every rule that was tried, and everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.kit.clock import parse_zone, to_reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from revops.leads.lead import Lead
    from revops.leads.routing import Considered, Decision, PassedOver
    from revops.services.route import Assigned, Preview

_TELLING = ("title", "email", "account.name", "account.employees", "account.industry", "country")


@dataclass(frozen=True)
class Told:
    """A preview for machines."""

    contact_id: str
    at: datetime
    rule: str
    owner: str | None
    queue: str | None
    pool: str | None
    sla: str | None
    reason: str
    considered: list[dict[str, Any]]
    passed_over: list[dict[str, Any]]
    not_tried: list[str]
    lead: dict[str, Any]
    account: str


@dataclass(frozen=True)
class Tried:
    """A rule of a preview, in a row."""

    rule: str
    matched: bool
    why: str


def told(found: Preview) -> Told:
    """A preview for machines."""
    decision, lead = found.decision, found.lead
    scores = {name: getattr(lead, name) for name in ("fit", "engagement", "total", "band")}
    return Told(
        decision.contact_id,
        decision.at,
        decision.rule,
        decision.owner,
        decision.queue,
        decision.pool,
        decision.sla,
        decision.reason,
        [each._asdict() for each in decision.considered],
        [each._asdict() for each in decision.passed_over],
        list(found.not_tried),
        {**scores, "qualified": lead.qualified, **lead.fields},
        found.account,
    )


def tried(found: Preview) -> list[Tried]:
    """The rules that were tried, in order."""
    return [Tried(each.rule, each.matched, each.why) for each in found.decision.considered]


def show_preview(found: Preview, zone: str) -> None:
    """Print who would get a lead, and why."""
    decision = found.decision
    at = to_reader(decision.at, parse_zone(zone))
    stdout.print(_whom(found.lead))
    stdout.print(Text(f"Account: {found.account}", "quiet"))
    stdout.print(_verdict("would go to", decision))
    stdout.print(Text(f"{decision.reason}; as of {at}, nothing is saved", "quiet"))
    _show_why(decision.considered, decision.passed_over)
    if found.not_tried:
        names = ", ".join(found.not_tried)
        stdout.print(Text(f"\nNot tried, because '{decision.rule}' comes first: {names}", "quiet"))


def show_log(found: Sequence[Assigned], zone: str) -> None:
    """Print the decisions about one contact, each with its reasons."""
    for place, each in enumerate(found):
        at = to_reader(each.at, parse_zone(zone))
        stdout.print(Text(f"{'' if place == 0 else chr(10)}{at}", "key"))
        stdout.print(_verdict(f"{each.contact_id} went to", each))
        stdout.print(Text(f"{each.reason}; definitions {each.definitions_version}", "quiet"))
        _show_why(each.considered, each.passed_over)


def _whom(lead: Lead) -> Text:
    known = [str(lead.fields[name]) for name in _TELLING if lead.fields.get(name) is not None]
    score = "not scored" if lead.total is None else f"total {lead.total:g}, {lead.band}"
    return Text.assemble((lead.contact_id, "key"), f"  {', '.join((*known, score))}")


def _verdict(verb: str, decision: Decision | Assigned) -> Text:
    where = f"queue {decision.queue}" if decision.queue else "nobody"
    said = Text.assemble(
        f"{verb} ", (decision.owner or where, "good" if decision.owner else "warn")
    )
    sla = getattr(decision, "sla", None)
    return said.append(f", service level {sla}" if sla else "")


def _show_why(considered: Iterable[Considered], others: Iterable[PassedOver]) -> None:
    rules = [("yes" if each.matched else "no", each.rule, each.why) for each in considered]
    _show_lines("Rules, in the order in which they were tried", rules)
    _show_lines("Why not the others", [(each.member, each.pool, each.why) for each in others])


def _show_lines(title: str, lines: list[tuple[str, str, str]]) -> None:
    if not lines:
        return
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(ratio=2)
    table.add_column(ratio=5)
    for first, second, why in lines:
        style = "good" if first == "yes" else "quiet" if first == "no" else ""
        table.add_row(Text(first, style), Text(second), Text(why, "quiet"))
    stdout.print(Text(f"\n{title}", "key"))
    stdout.print(table)
