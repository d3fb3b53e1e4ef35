"""A lifecycle to try things on, and leads and standings in a few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ruamel.yaml import YAML

from revops.definitions.lifecycle import Lifecycle
from revops.leads.lead import Lead
from revops.leads.lifecycle import Move, Spell, Standing, move

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)

TEXT = """\
stages:
  - {name: Subscriber, entry: {when: opted_in IS TRUE}, on_exit: [{untag: reader}]}
  - {name: Lead, entry: {when: account_id IS NOT NULL}, required_fields: [email]}
  - name: MQL
    label: Marketing Qualified Lead
    qualifies: true
    entry: {reaches: qualified}
    exit: {when: engagement < 10, to: Lead}
    on_enter: [{tag: hot}]
    acceptance: {stage: SQL, required_fields: [phone]}
    rejection_reasons: [SMALL, LATER, LOCKED, NEVER, GROWS]
  - {name: SQL, qualifies: true, by: person, entry: {when: bant_budget}}
  - name: Opportunity
    entry: {deal: open}
    exit: {deal: lost, to: Recycled}
    required_fields: [opportunity.amount]
  - {name: Customer, entry: {deal: won}}
suppress: [{name: competitors, when: "in_list(email_domain, 'competitors')"}]
rejection_reasons:
  - {code: SMALL, reason: Too small, action: nurture, until: account.employees >= 50}
  - {code: LATER, reason: Bad timing, action: recycle, after: 60 days, on_reject: [{tag: later}]}
  - {code: LOCKED, reason: Has a contract, action: recycle}
  - {code: NEVER, reason: Wrong industry, action: archive}
  - {code: GROWS, reason: Not yet, action: archive, until: account.employees >= 500}
recycling:
  back_to: Lead
  archive_after: 180 days
  on_enter: [{enroll: nurture}]
requalify: {cool_down: 30 days, unless: "happened('demo_request', '7 days')"}
archive: {until: "happened('contact_sales', '7 days')", on_enter: [{untag: hot}]}
"""


def lifecycle(**changes: Any) -> Lifecycle:
    """The lifecycle, with other values for some of its keys."""
    return Lifecycle.model_validate({**YAML(typ="safe").load(TEXT), **changes})


def lead(*texts: str, of: Lifecycle | None = None, qualified: bool = False, **parts: Any) -> Lead:
    """A lead for whom the conditions with these texts hold, and no other."""
    paths = {path for path, text in (of or lifecycle()).conditions() if text in texts}
    holds = frozenset(f"lifecycle.{path}" for path in paths)
    return Lead("c1", holds=holds, qualified=qualified, **parts)


def standing(stage: str | None = None, since: datetime = NOON - 10 * DAY, **parts: Any) -> Standing:
    """In a stage for ten days."""
    spells = (Spell(stage, since),) if stage else ()
    return Standing(spells, recorded=stage, recorded_at=since if stage else None, **parts)


def after(before: Standing, *moves: Move) -> Standing:
    """The standing once the moves are made."""
    for each in moves:
        before = before.after(each)
    return before


def way(
    lead: Lead, before: Standing, now: datetime = NOON, of: Lifecycle | None = None
) -> list[str]:
    """The stages that the moves due lead to."""
    return [each.to_stage for each in move(of or lifecycle(), lead, before, now)]
