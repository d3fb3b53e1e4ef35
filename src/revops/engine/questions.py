"""What the definitions ask of contacts and activities, answered in sets, as leads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from revops.kit.condition import bind, parse_condition
from revops.leads.lead import Lead
from revops.leads.scoring import (
    WANTED,
    Asked,
    Past,
    Prepared,
    answer_columns,
    compile_scoring,
)
from revops.leads.scoring.expressions import column, holds
from revops.leads.scoring.marking import activity_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary

ALWAYS = (
    "account.name",
    "account.owner",
    "account_id",
    "created_at",
    "email",
    "email_domain",
    "first_name",
    "language",
    "last_name",
    "lifecycle_stage",
    "owner",
    "recycled_at",
    "title",
)
_ASKING = ("lifecycle", "routing", "slas", "automations")
_LISTENING = ("slas", "automations")


@dataclass(frozen=True)
class Known:
    """A lead, and when it must be looked at again for its scores' sake."""

    lead: Lead
    next_at: datetime | None


@dataclass(frozen=True)
class Questions:
    """All that the definitions ask."""

    definitions: Definitions
    vocabulary: Vocabulary

    @cached_property
    def asked(self) -> Asked:
        """The conditions about leads, by the place where they stand, and the fields needed."""
        conditions = {
            f"{stem}.{path}": text
            for stem in _ASKING
            for path, text in getattr(self.definitions, stem).conditions()
        }
        known = {*self.vocabulary.threshold().fields}
        wanted = {*ALWAYS, *self.definitions.routing.fields()}
        return Asked(conditions, tuple(sorted(wanted & known)))

    @cached_property
    def of_activities(self) -> dict[str, str]:
        """The conditions about one activity, by place."""
        return {
            f"{stem}.{path}": text
            for stem in _LISTENING
            for path, text in getattr(self.definitions, stem).activity_conditions()
        }

    def leads(
        self, con: duckdb.DuckDBPyConnection, past: Past, now: datetime, *, only_some: bool = True
    ) -> dict[str, Known]:
        """The contacts of the table `wanted` as leads, by id."""
        steps = compile_scoring(
            self.definitions.scoring,
            self.vocabulary,
            now,
            past=past,
            only_some=only_some,
            asked=self.asked,
        )
        Prepared(con, [step for step in steps if step.name != "lines"])
        result = con.execute("FROM answers")
        names = [each[0] for each in result.description or ()]
        places = answer_columns(self.asked)
        return {
            row[0]: _lead(dict(zip(names, row, strict=True)), places) for row in result.fetchall()
        }

    def activities(self, con: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
        """The activities of the contacts in `wanted`, each with the conditions it meets."""
        scope = self.vocabulary.activity()
        conditions = list(self.of_activities.items())
        held = [
            exp.alias_(holds(bind(parse_condition(text, scope), activity_field)), f"q{i}")
            for i, (_, text) in enumerate(conditions)
        ]
        wanted = exp.select("contact_id").from_(exp.to_table(WANTED)).subquery()
        query = (
            exp.select("*", *held)
            .from_(exp.to_table("activities"))
            .where(exp.In(this=column("contact_id"), query=wanted))
        )
        result = con.execute(query.sql(dialect="duckdb"))
        names = [each[0] for each in result.description or ()]
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in result.fetchall():
            values = dict(zip(names, row, strict=True))
            values["occurred_at"] = values["occurred_at"].replace(tzinfo=UTC)
            values["holds"] = frozenset(
                place for i, (place, _) in enumerate(conditions) if values.pop(f"q{i}")
            )
            found[values["contact_id"]].append(values)
        return found


def _lead(row: dict[str, Any], places: Mapping[str, str]) -> Known:
    told = {"contact_id", "model", "fit", "engagement", "total", "band", "qualified", "reached"}
    fields = {
        name: _aware(value)
        for name, value in row.items()
        if name not in told and name != "next_at" and name not in places.values()
    }
    lead = Lead(
        row["contact_id"],
        fields,
        row["fit"],
        row["engagement"],
        row["total"],
        row["band"],
        bool(row["qualified"]),
        frozenset(name for name in (row["reached"] or "").split(", ") if name),
        frozenset(place for place, name in places.items() if row[name]),
    )
    return Known(lead, _aware(row["next_at"]))


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
