"""Explain one contact's score, to the last point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from revops.kit.errors import RevopsError
from revops.leads.scoring import Prepared
from revops.leads.scoring.explain import Explanation, explain_score, rows_of
from revops.services.score import now, plan, vocabulary, want

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from revops.services.workspace import Workspace
    from revops.store.facts import Facts


@dataclass(frozen=True)
class ContactExplanation:
    """Whom a score is of, and its explanation."""

    name: str
    email: str
    title: str
    account: str
    score: Explanation


def explain(
    workspace: Workspace,
    contact: str,
    *,
    as_of: datetime | None = None,
    facts: Facts | None = None,
) -> ContactExplanation:
    """Explain the score of a contact as of an instant; see `Explainer`."""
    with Explainer(workspace, as_of=as_of, facts=facts) as explainer:
        return explainer.explain(contact)


class Explainer:
    """Explains one contact after another from the same facts, as of the same instant.

    Args:
        workspace: Whose definitions are used, and whose records unless `facts` are given.
        as_of: The instant; by default now.
        facts: Explain from these instead of the workspace's own.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        as_of: datetime | None = None,
        facts: Facts | None = None,
    ) -> None:
        self._catalog = workspace.catalog
        source = facts or workspace.facts()
        self._as_of = as_of or now()
        self._vocabulary = vocabulary(self._catalog, source)
        self._facts = source
        self._steps = plan(self._catalog, source, self._as_of, only_some=True)
        self._con = source.connect()
        _plan_quickly(self._con)
        self._prepared: Prepared | None = None

    def explain(self, contact: str) -> ContactExplanation:
        """Explain the score of a contact.

        Args:
            contact: The contact's id, or the whole e-mail address.

        Raises:
            RevopsError: The contact is not known, several have the address, or no model applies.
        """
        person = _person(self._con, contact)
        want(self._con, [person["id"]], self._catalog, self._facts)
        if self._prepared is None:
            self._prepared = Prepared(self._con, self._steps)
        else:
            self._prepared.renew()
        score = explain_score(
            self._con,
            self._catalog.scoring,
            self._vocabulary,
            person["id"],
            self._as_of,
            self._catalog.version,
        )
        if score is None:
            rules = "; ".join(f"{m.name}: {m.applies_to}" for m in self._catalog.scoring.models)
            message = f"no scoring model applies to contact '{person['id']}'"
            raise RevopsError("not-scored", message, rules)
        names = (person["first_name"], person["last_name"])
        return ContactExplanation(
            " ".join(name for name in names if name),
            person["email"] or "",
            person["title"] or "",
            person["account"] or "",
            score,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()


# They take most of the time of planning, and find nothing worth it in one contact's rows.
_OPTIMIZERS = (
    "aggregate_reuse",
    "build_side_probe_side",
    "common_aggregate",
    "common_subexpressions",
    "common_subplan",
    "duplicate_groups",
    "in_clause",
    "join_elimination",
    "partial_aggregate_pushdown",
    "projection_placement",
    "projection_pullup",
    "statistics_propagation",
)


def _plan_quickly(con: duckdb.DuckDBPyConnection) -> None:
    known = {row[0] for row in con.execute("SELECT name FROM duckdb_optimizers()").fetchall()}
    names = ",".join(name for name in _OPTIMIZERS if name in known)
    con.execute("SET disabled_optimizers = $names", {"names": names})


def _person(con: duckdb.DuckDBPyConnection, contact: str) -> dict[str, Any]:
    query = "SELECT id, first_name, last_name, email, title, account_id FROM contacts WHERE "
    found = rows_of(con, f"{query} id = ?", contact)
    if not found and "@" in contact:
        found = rows_of(con, f"{query} lower(email) = lower(?) ORDER BY id", contact)
    if not found:
        raise RevopsError(
            "unknown-contact",
            f"there is no contact '{contact}'",
            "give its id or its e-mail address; revops export contacts lists them",
        )
    if len(found) > 1:
        ids = ", ".join(row["id"] for row in found[:10])
        raise RevopsError(
            "several-contacts",
            f"{len(found)} contacts have the address '{contact}'",
            f"name one: {ids}",
        )
    accounts = rows_of(con, "SELECT name FROM accounts WHERE id = ?", found[0]["account_id"])
    return {**found[0], "account": accounts[0]["name"] if accounts else None}
