"""How far the company agrees, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import plain_table
from revops.kit.clock import parse_zone, to_reader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from revops.leads.golive.alignment import Agreement, Approval, Criterion

_STYLES = {"approved": "good", "outdated": "warn", "missing": "bad"}
_SHOWN = 8


def show_agreement(found: Agreement, stakeholders: Mapping[str, str], zone_name: str) -> None:
    """Print the terms with who approved them, the criteria, and whether scoring may go live."""
    if not found.approvals:
        stdout.print("There are no terms yet; definitions/alignment.yaml is where they go.")
    else:
        _show_terms(found.approvals, stakeholders, parse_zone(zone_name))
    _show_criteria(found.criteria, found.assumed)
    _show_gate(found, parse_zone(zone_name))


def _show_terms(
    approvals: Sequence[Approval], stakeholders: Mapping[str, str], zone: tzinfo
) -> None:
    table = plain_table("What the words mean")
    for name in ("term", "definition", *stakeholders):
        table.add_column(name)
    terms = dict.fromkeys(each.term for each in approvals)
    by_place = {(each.term, each.stakeholder): each for each in approvals}
    for term in terms:
        definition = next(each.definition for each in approvals if each.term == term)
        cells = [_state(by_place.get((term, name)), zone) for name in stakeholders]
        table.add_row(Text(term, "key"), Text(definition), *cells)
    stdout.print(table)
    offices = "; ".join(f"{name}: {office}" for name, office in stakeholders.items())
    stdout.print(Text(f"{offices}\n", "quiet"))


def _state(approval: Approval | None, zone: tzinfo) -> Text:
    if approval is None:
        return Text("not asked", "quiet")
    words = {"missing": "no", "outdated": "of an older wording"}.get(approval.state)
    if words is None and approval.at is not None:
        words = f"{approval.by}, {to_reader(approval.at, zone)}"
    return Text(words or "yes", _STYLES[approval.state])


def _show_criteria(criteria: Sequence[Criterion], assumed: Sequence[Criterion]) -> None:
    confirmed = len(criteria) - len(assumed)
    style = "bad" if assumed else "good"
    stdout.print(Text(f"Criteria: {confirmed} of {len(criteria)} CONFIRMED", style))
    if assumed:
        names = ", ".join(dict.fromkeys(each.name for each in assumed[:_SHOWN]))
        more = f" and {len(assumed) - _SHOWN} more" if len(assumed) > _SHOWN else ""
        stdout.print(Text(f"  ASSUMED: {names}{more}", "quiet"))
        stdout.print(Text("  `status: CONFIRMED` in scoring.yaml says that sales agreed", "quiet"))


def _show_gate(found: Agreement, zone: tzinfo) -> None:
    if found.override is not None:
        until = found.override.until
        ends = f" until {to_reader(until, zone)}" if until else ""
        words = f"Overridden by {found.override.made_by}{ends}: {found.override.note}"
        stdout.print(Text(words, "warn"))
    elif found.is_signed_off:
        stdout.print(Text("Signed off: scoring may go live.", "good"))
    elif found.is_required:
        stdout.print(Text("Not signed off: revops run waits (go_live: signed_off).", "bad"))
    else:
        stdout.print(Text("Not signed off; revops run does not wait (go_live: open).", "warn"))
