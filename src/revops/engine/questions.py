"""What the definitions ask of contacts and activities, answered in sets, as leads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from revops.engine.agenda import ACTIVITY, CHANGE
from revops.kit.condition import bind, parse_condition
from revops.leads.lead import Lead
from revops.leads.scoring import (
    ENGAGED_CONTACTS,
    WANTED,
    Asked,
    Prepared,
    answer_columns,
    compile_scoring,
    want,
)
from revops.leads.scoring.expressions import column, holds
from revops.leads.scoring.marking import activity_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import duckdb

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary
    from revops.engine.agenda import Wake
    from revops.leads.scoring import Past, Step
    from revops.store.facts import Facts

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
_OPTIMIZERS = "SET disabled_optimizers = 'common_subexpressions'"  # takes longer than it saves


@dataclass(frozen=True)
class Known:
    """A lead, and when it must be looked at again for its scores' sake."""

    lead: Lead
    next_at: datetime | None


@dataclass(frozen=True)
class Answers:
    """What the facts say of some contacts.

    Attributes:
        leads: Each that is known, by id.
        activities: The activities of each, as rows with the conditions they meet.
        last_change: The `seq` of the last change that the facts know of.
    """

    leads: Mapping[str, Known]
    activities: Mapping[str, Sequence[Mapping[str, Any]]]
    last_change: int

    def covers(self, wake: Wake) -> bool:
        """Whether the facts know of everything that woke a contact: else it is not its turn."""
        known = {row["id"] for row in self.activities.get(wake.contact_id, ())}
        changes = [int(seq) for seq in wake.rows(CHANGE)]
        return (
            wake.contact_id in self.leads
            and wake.rows(ACTIVITY) <= known
            and max(changes, default=0) <= self.last_change
        )


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

    def at(self, now: datetime, facts: Facts, past: Callable[[Facts], Past]) -> Moment:
        """The questions asked at an instant, of these facts."""
        steps = compile_scoring(
            self.definitions.scoring,
            self.vocabulary,
            now,
            past=past(facts),
            only_some=True,
            asked=self.asked,
        )
        return Moment(self, facts, [step for step in steps if step.name != "lines"])

    @cached_property
    def activity_query(self) -> str:
        """The activities of the contacts in `wanted`, each with the conditions it meets."""
        scope = self.vocabulary.activity()
        held = [
            exp.alias_(holds(bind(parse_condition(text, scope), activity_field)), f"q{i}")
            for i, text in enumerate(self.of_activities.values())
        ]
        wanted = exp.select("contact_id").from_(exp.to_table(WANTED)).subquery()
        query = exp.select("*", *held).from_(exp.to_table("activities"))
        query = query.where(exp.In(this=column("contact_id"), query=wanted))
        return query.sql(dialect="duckdb")


@dataclass(frozen=True)
class Moment:
    """The questions at an instant, ready to be asked of any contacts.

    Attributes:
        questions: What is asked.
        facts: Of what.
        steps: The scoring statement that answers.
    """

    questions: Questions
    facts: Facts
    steps: Sequence[Step]

    def read(self, contact_ids: Sequence[str]) -> Answers:
        """Contacts as leads, and their activities as rows with the conditions each meets."""
        definitions = self.questions.definitions
        with self.facts.connect() as con:
            con.execute(_OPTIMIZERS)
            want(
                con,
                contact_ids,
                with_colleagues=ENGAGED_CONTACTS in definitions.scoring.model_dump_json(),
                ever=("contacts", "account_id") in self.facts.statistics().histories,
            )
            Prepared(con, self.steps)
            places = answer_columns(self.questions.asked)
            leads = {
                row["contact_id"]: _lead(row, places) for row in _dicts(con.execute("FROM answers"))
            }
            want(con, contact_ids)
            found: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for row in _dicts(con.execute(self.questions.activity_query)):
                found[row["contact_id"]].append(self._activity(row))
            last = con.execute("SELECT max(seq) FROM changes").fetchone()
            return Answers(leads, found, (last and last[0]) or 0)

    def _activity(self, row: dict[str, Any]) -> dict[str, Any]:
        conditions = self.questions.of_activities
        met = frozenset(place for i, place in enumerate(conditions) if row.pop(f"q{i}"))
        return {**row, "occurred_at": _aware(row["occurred_at"]), "holds": met}


def _dicts(result: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    names = [each[0] for each in result.description or ()]
    return (dict(zip(names, row, strict=True)) for row in result.fetchall())


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
