"""Score contacts: now, as of a past day, all of them or a few, from the store or from files."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.definitions.scope import Vocabulary
from revops.kit.errors import RevopsError
from revops.leads.scoring import Past, compile_scoring, prepare, statement
from revops.services.score_run import ScoreRun, new_folder, record, settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from revops.definitions.catalog import Catalog
    from revops.leads.scoring import Step
    from revops.services.workspace import Workspace
    from revops.store.facts import Facts, Statistics

# What one pass over 50 million activities needs, and half of a small laptop.
MEMORY_LIMIT = "1400MiB"


@contextmanager
def score(
    workspace: Workspace,
    *,
    as_of: datetime | None = None,
    contact_ids: Sequence[str] = (),
    facts: Facts | None = None,
) -> Iterator[ScoreRun]:
    """Score contacts and, when all of the workspace's are scored, keep the results.

    Args:
        workspace: Whose definitions are used, and whose records unless `facts` are given.
        as_of: The instant; by default now.
        contact_ids: Score these only, and keep nothing.
        facts: Score these instead of the workspace's own, and keep nothing.

    Raises:
        RevopsError: The definitions have errors or no scoring model; a contact is not known.
    """
    catalog = workspace.catalog
    at = as_of or now()
    source = facts or workspace.facts()
    is_kept = facts is None and not contact_ids
    with source.connect(memory_limit=MEMORY_LIMIT) as con:
        prepare(con, plan(catalog, source, con, at, contact_ids))
        run = ScoreRun(at, catalog.version, con)
        run = settle(run, contact_ids, new_folder(workspace.folder, at) if is_kept else None)
        if is_kept:
            record(workspace.store, run)
        yield run


def score_statement(
    workspace: Workspace, *, as_of: datetime | None = None, facts: Facts | None = None
) -> str:
    """The one SQL statement that the scores come from, in DuckDB's dialect."""
    source = facts or workspace.facts()
    with source.connect() as con:
        steps = plan(workspace.catalog, source, con, as_of or now(), ())
    return statement(steps, "scores")


def now() -> datetime:
    """This second."""
    return datetime.now(UTC).replace(microsecond=0)


def plan(
    catalog: Catalog,
    facts: Facts,
    con: duckdb.DuckDBPyConnection,
    as_of: datetime,
    contact_ids: Sequence[str],
) -> list[Step]:
    """The steps that score these contacts, or all if none are named.

    Raises:
        RevopsError: There is no scoring model; a contact is not known.
    """
    if not catalog.scoring.models:
        raise RevopsError(
            "no-models",
            "there is no scoring model in this workspace",
            "write one in definitions/scoring.yaml, or start from `revops init DIR --motion plg`",
        )
    return compile_scoring(
        catalog.scoring,
        vocabulary(catalog, facts),
        as_of,
        past=_past(facts.statistics()),
        contact_ids=_with_colleagues(con, contact_ids, catalog) if contact_ids else None,
    )


def vocabulary(catalog: Catalog, facts: Facts) -> Vocabulary:
    """What conditions may name, the facts' own custom fields included."""
    custom = {
        plural: {**facts.custom_fields.get(plural, {}), **catalog.custom_fields.get(plural, {})}
        for plural in {*facts.custom_fields, *catalog.custom_fields}
    }
    return Vocabulary(catalog.lists, custom, catalog.vocabulary.zone)


def _past(statistics: Statistics) -> Past:
    history: dict[str, set[str]] = {}
    for plural, field in statistics.histories:
        history.setdefault(plural, set()).add(field)
    has_recycles = statistics.has_recycled or "recycled_at" in history.get("contacts", ())
    return Past(history, has_recycles)


def _with_colleagues(
    con: duckdb.DuckDBPyConnection, contact_ids: Sequence[str], catalog: Catalog
) -> list[str]:
    """The contacts asked for; where their colleagues' activity counts, those too.

    Raises:
        RevopsError: A contact is not known.
    """
    wanted = {*contact_ids}
    ids = [exp.Literal.string(each) for each in sorted(wanted)]
    known = exp.select("id", "account_id").from_("contacts").where(exp.column("id").isin(*ids))
    found = con.execute(known.sql(dialect="duckdb")).fetchall()
    if missing := sorted(wanted - {contact for contact, _account in found}):
        raise RevopsError(
            "unknown-contact",
            f"there is no contact '{missing[0]}'",
            "revops export contacts lists them",
        )
    accounts = sorted({account for _contact, account in found if account is not None})
    if not accounts or "account.engaged_contacts" not in catalog.scoring.model_dump_json():
        return sorted(wanted)
    names = [exp.Literal.string(each) for each in accounts]
    colleagues = exp.select("id").from_("contacts").where(exp.column("account_id").isin(*names))
    rows = con.execute(colleagues.sql(dialect="duckdb")).fetchall()
    return sorted(wanted | {contact for (contact,) in rows})
