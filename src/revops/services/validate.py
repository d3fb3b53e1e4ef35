"""Judge a scoring model by leads whose outcome is known, as they were before it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.definitions.scope import conditions
from revops.kit.clock import plain_utc
from revops.kit.condition import fields_of
from revops.kit.duration import format_duration
from revops.kit.errors import RevopsError
from revops.kit.number import how_many
from revops.leads.outcomes import THE_DAY_BEFORE
from revops.leads.validation import (
    JUDGED,
    Comparison,
    Validation,
    compare,
    gather,
    measure,
    scores_of_judged,
)
from revops.leads.validation.comparison import PRESENT
from revops.leads.validation.gate import PASS
from revops.services.align import row
from revops.services.judge import judge
from revops.services.proposed import proposed_catalog
from revops.services.score import vocabulary
from revops.store.known import known_at_export
from revops.store.sign_offs import add_sign_offs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta
    from pathlib import Path

    import pyarrow as pa

    from revops.definitions.catalog import Catalog
    from revops.services.judge import Judged
    from revops.services.workspace import Workspace


@dataclass(frozen=True)
class Validated:
    """A validation, as long as its connection is open.

    Attributes:
        as_of: What was decided later was not known.
        before: How long before its first deal a lead was judged.
        definitions_version: The definitions that were judged.
        field: The field that said what became of leads, if no deals did.
        known_late: Fields that the model asks for although they tell, or were filled in, after
            the outcome.
        found: What was found.
        beside: What is to be said of the present definitions beside proposed ones.
    """

    as_of: datetime
    before: timedelta
    definitions_version: str
    field: str | None
    known_late: tuple[str, ...]
    found: Validation
    beside: Comparison | None
    _judged: Judged

    def notes(self) -> tuple[str, ...]:
        """What is to be known before the figures are believed."""
        return tuple(_notes(self))

    def leads(self) -> pa.Table:
        """Every judged lead with its outcome and score, highest totals first.

        Of proposed definitions also what the present ones say: `present_total` and so on.
        """
        columns, joined = _COLUMNS, ""
        if self.beside:
            columns = f"{_COLUMNS}, {_PRESENT_COLUMNS}"
            joined = f" LEFT JOIN {PRESENT} AS n USING (contact_id)"
        query = f"SELECT {columns} FROM {JUDGED} AS j{joined} ORDER BY j.total DESC, contact_id"
        self._judged.con.execute("SET preserve_insertion_order = true")  # as it sorts them
        return self._judged.con.sql(query).to_arrow_table()


def sign(workspace: Workspace, judged: Validated, *, by: str, now: datetime) -> None:
    """Put a validation of the present definitions on record, for the roll-out and monitoring.

    Raises:
        RevopsError: It did not pass, or other definitions were judged (`not-passed`).
    """
    version = workspace.catalog.version
    if judged.found.verdict != PASS or judged.definitions_version != version:
        is_own = judged.definitions_version == version
        raise RevopsError(
            "not-passed",
            f"the verdict is: {judged.found.verdict}"
            if is_own
            else "other definitions were judged",
            "only a validation of the workspace's own definitions that passes goes on record",
        )
    content = f"{how_many(judged.found.leads, 'lead')} judged: pass"
    made = row("validation", "scoring", content, by, now, role=version)
    with workspace.store.write() as connection:
        add_sign_offs(connection, [made])


_COLUMNS = (
    "contact_id, j.name, j.account, j.outcome, j.total, j.fit, j.engagement, j.band, j.qualified, "
    "j.kind, j.model, j.judged_at, j.decided_at, j.opportunity_id, j.amount, j.explain"
)
_PRESENT_COLUMNS = (
    "n.total AS present_total, n.band AS present_band, n.qualified AS present_qualified, "
    "n.kind AS present_kind"
)


def _notes(judged: Validated) -> Iterator[str]:
    found, left_out = judged.found, judged.found.left_out
    if judged.field is not None:
        yield f"What became of a lead is said by its field {judged.field}, not by opportunities."
    if judged.known_late:
        yield (
            f"The model asks for {', '.join(judged.known_late)}, known only after the outcome: "
            "taken as unknown here, though not by revops score and revops explain."
        )
    if left_out.undated:
        yield (
            f"{how_many(left_out.undated, 'lead')} without dates: scored by what is known of them "
            "now, which may include what was learnt after the outcome."
        )
    if left_out.not_there:
        yield (
            f"{how_many(left_out.not_there, 'lead')} left out: they were not there yet "
            f"{format_duration(judged.before)} before."
        )
    if left_out.not_scored:
        yield f"{how_many(left_out.not_scored, 'lead')} left out: no scoring model accepts them."
    if not found.leads:
        yield (
            "No lead has a known outcome. Import opportunities with is_won, closed_at and "
            "contact_ids, or name the field of contacts that says it: --outcome FIELD."
        )


@contextmanager
def validate(
    workspace: Workspace,
    *,
    now: datetime,
    proposed: Path | None = None,
    before: timedelta = THE_DAY_BEFORE,
    within: timedelta | None = None,
    field: str | None = None,
) -> Iterator[Validated]:
    """Score every lead with a known outcome as of before it, and measure.

    Args:
        workspace: Whose records are used, and whose definitions unless others are proposed.
        now: What was decided later is not known.
        proposed: A folder with definitions to judge, beside the workspace's own.
        before: How long before its first deal began, or it was sent back, a lead is judged.
        within: Judge only leads decided in so long a time up to now.
        field: The field of contacts that says what became of them, if not the deals.

    Raises:
        RevopsError: There is no scoring model, or something named is not there.
    """
    catalog = proposed_catalog(workspace, proposed) if proposed else workspace.catalog
    asked = _Asked(now, before, within, field)
    present = _present(workspace, asked) if proposed else None
    with _judging(workspace, catalog, asked) as (judged, found):
        late = _known_late(workspace, catalog, judged)
        beside = present and compare(judged.con, present[0], workspace.catalog.version, present[1])
        yield Validated(now, before, catalog.version, judged.field, late, found, beside, judged)


@dataclass(frozen=True)
class _Asked:
    """Which leads are judged, and when."""

    now: datetime
    before: timedelta
    within: timedelta | None
    field: str | None


def _present(workspace: Workspace, asked: _Asked) -> tuple[Validation, pa.Table]:
    """What is found of the workspace's own definitions, and the score of each lead."""
    with _judging(workspace, workspace.catalog, asked) as (judged, found):
        return found, scores_of_judged(judged.con)


@contextmanager
def _judging(
    workspace: Workspace, catalog: Catalog, asked: _Asked
) -> Iterator[tuple[Judged, Validation]]:
    with judge(
        workspace,
        now=asked.now,
        catalog=catalog,
        before=asked.before,
        within=asked.within,
        field=asked.field,
        with_competitors=True,
    ) as judged:
        gather(judged.con, catalog.scoring, plain_utc(asked.now))
        yield judged, measure(judged.con, catalog.scoring)


def _known_late(workspace: Workspace, catalog: Catalog, judged: Judged) -> tuple[str, ...]:
    with workspace.store.read() as connection:
        known = known_at_export(connection)
    late = {*known.get("contacts", ()), judged.field}
    late |= {f"account.{name}" for name in known.get("accounts", ())}
    words = vocabulary(catalog, judged.facts)
    placed = conditions(catalog.scoring, words)
    asked = {name for each in placed for name in fields_of(each.parse())}
    return tuple(sorted(asked & (late - {None})))
