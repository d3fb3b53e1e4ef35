"""Explain one contact's score, to the last point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from revops.kit.errors import RevopsError
from revops.leads.scoring import prepare
from revops.leads.scoring.explain import Explanation, explain_score
from revops.services.score import now, plan, vocabulary

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
    """Explain the score of a contact as of an instant.

    Args:
        workspace: Whose definitions are used, and whose records unless `facts` are given.
        contact: The contact's id, or the whole e-mail address.
        as_of: The instant; by default now.
        facts: Explain from these instead of the workspace's own.

    Raises:
        RevopsError: The contact is not known, several have the address, or no model scores it.
    """
    catalog = workspace.catalog
    source = facts or workspace.facts()
    at = as_of or now()
    with source.connect() as con:
        person = _person(con, contact)
        prepare(con, plan(catalog, source, con, at, [person["id"]]))
        score = explain_score(
            con, catalog.scoring, vocabulary(catalog, source), person["id"], at, catalog.version
        )
    if score is None:
        rules = "; ".join(f"{m.name}: {m.applies_to}" for m in catalog.scoring.models)
        raise RevopsError(
            "not-scored", f"no scoring model applies to contact '{person['id']}'", rules
        )
    name = " ".join(part for part in (person["first_name"], person["last_name"]) if part)
    return ContactExplanation(
        name, person["email"] or "", person["title"] or "", person["account"] or "", score
    )


def _person(con: duckdb.DuckDBPyConnection, contact: str) -> dict[str, Any]:
    columns = "c.id, c.first_name, c.last_name, c.email, c.title, a.name AS account"
    query = f"SELECT {columns} FROM contacts c LEFT JOIN accounts a ON a.id = c.account_id WHERE "
    found = con.execute(f"{query} c.id = ?", [contact]).to_arrow_table().to_pylist()
    if not found and "@" in contact:
        by_mail = con.execute(f"{query} lower(c.email) = lower(?) ORDER BY c.id", [contact])
        found = by_mail.to_arrow_table().to_pylist()
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
    return dict(found[0])
