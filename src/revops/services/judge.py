"""Leads whose outcome is known, with the scores they had before it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from revops.kit.clock import plain_utc
from revops.kit.errors import RevopsError
from revops.leads.outcomes import OUTCOMES, THE_DAY_BEFORE, find_outcomes, outcome_field
from revops.leads.scoring import ASKED_AT, remove_copies, score_at
from revops.services.score import MEMORY_LIMIT, past_of, require_models, vocabulary
from revops.store.known import known_at_export

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    import duckdb

    from revops.definitions.catalog import Catalog
    from revops.leads.scoring import Past
    from revops.services.workspace import Workspace
    from revops.store.facts import Facts


COMPETITORS = "competitors"
"""The list with the domains of competitors."""
_FORGET = f"DELETE FROM {OUTCOMES} WHERE decided_at < $since"
_ASK = f"""
CREATE TEMP TABLE {ASKED_AT} AS
SELECT contact_id, coalesce(judged_at, $now) AS as_of FROM {OUTCOMES} WHERE existed
"""
_ASK_BESIDES = f"""
INSERT INTO {ASKED_AT}
SELECT id, $now FROM contacts WHERE list_contains($domains, lower(split_part(email, '@', -1)))
"""


@dataclass(frozen=True)
class Judged:
    """Leads with their outcomes and scores, as long as the connection is open.

    Attributes:
        con: A DuckDB connection to the facts, with the tables `outcomes` (see `find_outcomes`),
            `asked_at` (contact_id, as_of: those of them that were there then), `scores_at` and
            `lines_at` (see `score_at`).
        facts: What it reads.
        field: The field of contacts that says what became of them, if no deals do.
    """

    con: duckdb.DuckDBPyConnection
    facts: Facts
    field: str | None


@contextmanager
def judge(
    workspace: Workspace,
    *,
    now: datetime,
    catalog: Catalog | None = None,
    before: timedelta = THE_DAY_BEFORE,
    within: timedelta | None = None,
    field: str | None = None,
    with_competitors: bool = False,
) -> Iterator[Judged]:
    """Score the leads of which it is known what became, as of before it was decided.

    A lead without dates is scored as it is now.

    Args:
        workspace: Whose records are used.
        now: What was decided later is not known.
        catalog: The definitions to score with; the workspace's own by default.
        before: How long before the first deal began.
        within: Only leads decided in so long a time up to now, and those without dates.
        field: A field of contacts that says what became of them; found if there are no deals.
        with_competitors: Whether to score the contacts of competitors too, as of now.

    Raises:
        RevopsError: There is no scoring model, or no such field.
    """
    definitions = catalog or workspace.catalog
    require_models(definitions)
    facts = workspace.facts()
    with facts.connect(memory_limit=MEMORY_LIMIT) as con:
        said_by = _field(con, facts, field)
        find_outcomes(con, workspace.catalog.lifecycle, known_by=now, before=before, field=said_by)
        at = plain_utc(now)
        if within is not None:
            con.execute(_FORGET, {"since": at - within})
        con.execute(_ASK, {"now": at})
        if with_competitors:
            domains = list(definitions.lists.get(COMPETITORS, ()))
            con.execute(_ASK_BESIDES, {"now": at, "domains": domains})
        past = past_then(workspace, definitions, facts, said_by)
        score_at(con, definitions.scoring, vocabulary(definitions, facts), past)
        remove_copies(con)
        yield Judged(con, facts, said_by)


def past_then(
    workspace: Workspace, catalog: Catalog, facts: Facts, outcome: str | None = None
) -> Past:
    """What history there is; what tells the outcome, or came with the export, was never known."""
    past = past_of(catalog, facts)
    with workspace.store.read() as connection:
        late = known_at_export(connection)
    if outcome is not None:
        late["contacts"] = (*late.get("contacts", ()), outcome)
    plurals = {*past.absent, *late}
    return replace(
        past,
        absent={each: {*past.absent.get(each, ()), *late.get(each, ())} for each in plurals},
    )


def _field(con: duckdb.DuckDBPyConnection, facts: Facts, asked: str | None) -> str | None:
    columns = [row[0] for row in con.execute("DESCRIBE contacts").fetchall()]
    if asked is not None:
        if asked not in columns:
            raise RevopsError(
                "unknown-field",
                f"contacts have no field '{asked}'",
                "name the field that says what became of them, such as converted",
            )
        return asked
    has_deals = con.execute("SELECT count(*) FROM opportunities").fetchone() != (0,)
    return None if has_deals else outcome_field(facts.custom_fields.get("contacts", ()))
