"""Judge a scoring model by leads whose outcome is known, as they were before it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from revops.definitions.scope import conditions
from revops.kit.condition import fields_of
from revops.kit.duration import format_duration
from revops.kit.errors import RevopsError
from revops.kit.number import how_many
from revops.leads.outcomes import THE_DAY_BEFORE
from revops.leads.validation import JUDGED, Validation, gather, measure
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
    """

    as_of: datetime
    before: timedelta
    definitions_version: str
    field: str | None
    known_late: tuple[str, ...]
    found: Validation
    _judged: Judged

    def notes(self) -> tuple[str, ...]:
        """What is to be known before the figures are believed."""
        return tuple(_notes(self))

    def leads(self) -> pa.Table:
        """Every judged lead with its outcome and score, highest totals first."""
        query = f"SELECT {_COLUMNS} FROM {JUDGED} ORDER BY total DESC, contact_id"
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
    "contact_id, name, account, outcome, total, fit, engagement, band, qualified, kind, model, "
    "judged_at, decided_at, opportunity_id, amount, explain"
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
        proposed: A folder with the definitions to judge instead.
        before: How long before its first deal began, or it was sent back, a lead is judged.
        within: Judge only leads decided in so long a time up to now.
        field: The field of contacts that says what became of them, if not the deals.

    Raises:
        RevopsError: There is no scoring model, or something named is not there.
    """
    catalog = proposed_catalog(workspace, proposed) if proposed else workspace.catalog
    with judge(
        workspace,
        now=now,
        catalog=catalog,
        before=before,
        within=within,
        field=field,
        with_competitors=True,
    ) as judged:
        gather(judged.con, catalog.scoring, now.astimezone(UTC).replace(tzinfo=None))
        found = measure(judged.con, catalog.scoring)
        late = _known_late(workspace, catalog, judged)
        yield Validated(now, before, catalog.version, judged.field, late, found, judged)


def _known_late(workspace: Workspace, catalog: Catalog, judged: Judged) -> tuple[str, ...]:
    with workspace.store.read() as connection:
        known = known_at_export(connection)
    late = {*known.get("contacts", ()), judged.field}
    late |= {f"account.{name}" for name in known.get("accounts", ())}
    words = vocabulary(catalog, judged.facts)
    placed = conditions(catalog.scoring, words)
    asked = {name for each in placed for name in fields_of(each.parse())}
    return tuple(sorted(asked & (late - {None})))
