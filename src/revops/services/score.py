"""Score contacts: now, as of a past day, all of them or a few, from the store or from files."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from revops.definitions.scope import Vocabulary
from revops.kit.errors import RevopsError
from revops.leads.scoring import (
    ENGAGED_CONTACTS,
    WANTED,
    Past,
    Prepared,
    compile_scoring,
    statement,
)
from revops.leads.scoring import want as leads_want
from revops.services.score_run import ScoreRun, new_folder, record, settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from revops.definitions.catalog import Catalog
    from revops.leads.scoring import Step
    from revops.services.workspace import Workspace
    from revops.store.facts import Facts

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
        if contact_ids:
            want(con, contact_ids, catalog, source)
            _require_all(con, contact_ids)
        Prepared(con, plan(catalog, source, at, only_some=bool(contact_ids)))
        run = ScoreRun(at, catalog.version, con)
        run = settle(run, contact_ids, new_folder(workspace.folder, at) if is_kept else None)
        if is_kept:
            record(workspace.store, run)
        yield run


def score_statement(
    workspace: Workspace,
    *,
    as_of: datetime | None = None,
    facts: Facts | None = None,
    dialect: str = "duckdb",
) -> str:
    """The one SQL statement that the scores come from."""
    source = facts or workspace.facts()
    return statement(plan(workspace.catalog, source, as_of or now()), "scores", dialect)


def now() -> datetime:
    """This second."""
    return datetime.now(UTC).replace(microsecond=0)


def plan(catalog: Catalog, facts: Facts, as_of: datetime, *, only_some: bool = False) -> list[Step]:
    """The steps that score all contacts, or only those in the table `wanted`.

    Raises:
        RevopsError: There is no scoring model.
    """
    require_models(catalog)
    return compile_scoring(
        catalog.scoring,
        vocabulary(catalog, facts),
        as_of,
        past=past_of(catalog, facts),
        only_some=only_some,
    )


def require_models(catalog: Catalog) -> None:
    """Refuse definitions without a scoring model."""
    if not catalog.scoring.models:
        raise RevopsError(
            "no-models",
            "there is no scoring model in this workspace",
            "write one in definitions/scoring.yaml, or start from `revops init DIR --motion plg`",
        )


def vocabulary(catalog: Catalog, facts: Facts) -> Vocabulary:
    """What conditions may name, the facts' own custom fields included."""
    custom = {
        plural: {**facts.custom_fields.get(plural, {}), **catalog.custom_fields.get(plural, {})}
        for plural in {*facts.custom_fields, *catalog.custom_fields}
    }
    return Vocabulary(catalog.lists, custom, catalog.vocabulary.zone)


def past_of(catalog: Catalog, facts: Facts) -> Past:
    """What history the facts hold, and which declared fields no record has yet."""
    statistics = facts.statistics()
    history: dict[str, set[str]] = {}
    for plural, field in statistics.histories:
        history.setdefault(plural, set()).add(field)
    absent = {
        plural: {*declared} - {*facts.custom_fields.get(plural, ())}
        for plural, declared in catalog.custom_fields.items()
    }
    has_recycles = statistics.has_recycled or "recycled_at" in history.get("contacts", ())
    return Past(history, has_recycles, absent)


def want(
    con: duckdb.DuckDBPyConnection, contact_ids: Sequence[str], catalog: Catalog, facts: Facts
) -> None:
    """Fill the table `wanted` with contacts and, where colleagues' activity counts, with those."""
    leads_want(
        con,
        contact_ids,
        with_colleagues=ENGAGED_CONTACTS in catalog.scoring.model_dump_json(),
        ever=("contacts", "account_id") in facts.statistics().histories,
    )


def _require_all(con: duckdb.DuckDBPyConnection, contact_ids: Sequence[str]) -> None:
    missing = con.execute(
        f"SELECT id FROM (SELECT unnest(?) AS id) WHERE id NOT IN (FROM {WANTED}) ORDER BY id",
        [list(contact_ids)],
    ).fetchone()
    if missing:
        raise RevopsError(
            "unknown-contact",
            f"there is no contact '{missing[0]}'",
            "revops export contacts lists them",
        )
