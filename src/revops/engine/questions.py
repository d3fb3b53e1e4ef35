"""What the definitions ask of contacts and activities, answered in sets, as leads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from revops.engine.activities import Columns
from revops.engine.activity_marks import activity_marks
from revops.engine.agenda import ACTIVITY, CHANGE
from revops.engine.matching import match
from revops.leads.lead import Lead
from revops.leads.scoring import (
    ENGAGED_CONTACTS,
    WANTED,
    AnyInstant,
    Asked,
    Role,
    answer_columns,
    compile_scoring,
    creations,
    want,
)
from revops.leads.scoring.expressions import column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import duckdb

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary
    from revops.engine.agenda import Wake
    from revops.engine.matching import Match
    from revops.leads.scoring import Past
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
_TOLD = frozenset(
    ("contact_id", "model", "fit", "engagement", "total", "band", "qualified", "reached", "next_at")
)
ANSWERS = "answers"
_VIEWS = ("contacts", "accounts", "activities", "contact_history", "account_history", "changes")


@dataclass(frozen=True)
class Known:
    """A contact that is asked about.

    Attributes:
        lead: As which it is decided on, at the account that was found for it.
        next_at: When it must be looked at again for its scores' sake.
        match: What its address says of its account, if none is written.
    """

    lead: Lead
    next_at: datetime | None
    match: Match | None = None

    @property
    def as_written(self) -> Lead:
        """The lead with the account that is written, if any."""
        if self.match is None:
            return self.lead
        return replace(self.lead, fields={**self.lead.fields, "account_id": None})


@dataclass(frozen=True)
class Answers:
    """What the facts say of some contacts.

    Attributes:
        leads: Each that is known, by id.
        activities: What each did and what was done towards it.
        last_change: The `seq` of the last change that the facts know of.
    """

    leads: Mapping[str, Known]
    activities: Columns
    last_change: int

    def covers(self, wake: Wake) -> bool:
        """Whether the facts know of everything that woke a contact: else it is not its turn."""
        woken = wake.rows(ACTIVITY)
        known = {*self.activities.of(wake.contact_id).ids} if woken else woken
        changes = [int(seq) for seq in wake.rows(CHANGE)]
        return (
            wake.contact_id in self.leads
            and woken <= known
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
        definitions = self.definitions
        wanted = {*ALWAYS, *definitions.routing.fields(), *definitions.fields_told}
        return Asked(conditions, tuple(sorted(wanted & known)))

    @cached_property
    def needs_colleagues(self) -> bool:
        """Whether it is asked how many of an account are active, so that all of them count."""
        texts = (*self.asked.conditions.values(), *self.asked.fields)
        scoring = self.definitions.scoring.model_dump_json()
        return any(ENGAGED_CONTACTS in text for text in (scoring, *texts))

    @cached_property
    def of_activities(self) -> dict[str, exp.Expr]:
        """What is asked of each activity, by place."""
        return activity_marks(self.definitions, self.vocabulary)

    def at(self, now: datetime, facts: Facts, past: Callable[[Facts], Past]) -> Moment:
        """The questions asked at an instant, of these facts."""
        return Moment(self, facts, self._statements(now, _with_accounts(past(facts))))

    def _statements(self, now: datetime, past: Past) -> list[str]:
        """What makes `answers`; compiled anew only if the past is another."""
        if self._compiled and self._compiled[0].past == past:
            return self._compiled[0].at(now)
        self._compiled[:] = [_Compiled(past, partial(self._compile, past), now)]
        return self._compiled[0].first

    @cached_property
    def _compiled(self) -> list[_Compiled]:
        return []

    def _compile(self, past: Past, now: datetime) -> list[str]:
        steps = compile_scoring(
            self.definitions.scoring,
            self.vocabulary,
            now,
            past=past,
            only_some=True,
            asked=self.asked,
        )
        needed = [each for each in steps if each.role is not Role.ANSWER or each.name == ANSWERS]
        return [text for _, text in creations(needed)]

    @cached_property
    def activity_query(self) -> str:
        """The activities of the contacts in `wanted`, each with the conditions it meets."""
        held = [exp.alias_(mark, f"q{i}") for i, mark in enumerate(self.of_activities.values())]
        wanted = exp.select("contact_id").from_(exp.to_table(WANTED)).subquery()
        query = exp.select("*", *held).from_(exp.to_table("activities"))
        query = query.where(exp.In(this=column("contact_id"), query=wanted))
        query = query.order_by(column("contact_id"))
        return query.sql(dialect="duckdb")


class _Compiled:
    """The statements of one past, ready for any instant once a second one is asked for."""

    def __init__(self, past: Past, make: Callable[[datetime], list[str]], now: datetime) -> None:
        self.past = past
        self.first = make(now)
        self._make = make
        self._now = now

    def at(self, now: datetime) -> list[str]:
        """The statements as of another instant."""
        try:
            return self._any.at(now) if self._any else self._make(now)
        except ValueError:
            return self._make(now)

    @cached_property
    def _any(self) -> AnyInstant | None:
        try:
            return AnyInstant(self.first, self._now, self._make)
        except ValueError:
            return None


@dataclass(frozen=True)
class Moment:
    """The questions at an instant, ready to be asked of any contacts.

    Attributes:
        questions: What is asked.
        facts: Of what.
        statements: What makes the table `answers` of the contacts in `wanted`.
    """

    questions: Questions
    facts: Facts
    statements: Sequence[str]

    def read(self, contact_ids: Sequence[str]) -> Answers:
        """Contacts as leads, and their activities as rows with the conditions each meets."""
        definitions = self.questions.definitions
        with self.facts.glance(_VIEWS) as con:
            matches = match(con, definitions.lists, contact_ids)
            want(
                con,
                contact_ids,
                with_colleagues=self.questions.needs_colleagues,
                ever=("contacts", "account_id") in self.facts.statistics().histories,
            )
            for statement in self.statements:
                con.execute(statement)
            want(con, contact_ids)
            leads = _leads(con, answer_columns(self.questions.asked), matches)
            found = con.sql(self.questions.activity_query).to_arrow_table()
            last = con.execute("SELECT max(seq) FROM changes").fetchone()
            columns = Columns(found, list(self.questions.of_activities))
            return Answers(leads, columns, (last and last[0]) or 0)


def _with_accounts(past: Past) -> Past:
    """The same, but that contacts may have accounts though none is written: they are found."""
    absent = {*past.absent.get("contacts", ())} - {"account_id"}
    return replace(past, absent={**past.absent, "contacts": absent})


def _leads(
    con: duckdb.DuckDBPyConnection, places: Mapping[str, str], matches: Mapping[str, Match]
) -> dict[str, Known]:
    """Those of the contacts in `wanted` that there are, from `answers`."""
    result = con.execute(f"FROM answers SEMI JOIN {WANTED} USING (contact_id)")
    kinds = {each[0]: str(each[1]) for each in result.description or ()}
    times = [name for name, kind in kinds.items() if kind == "TIMESTAMP"]
    fields = [name for name in kinds if name not in {*_TOLD, *places.values()}]
    found = {}
    for values in result.fetchall():
        row = dict(zip(kinds, values, strict=True))
        for name in times:
            row[name] = row[name] and row[name].replace(tzinfo=UTC)
        lead = _lead(row, fields, places)
        found[lead.contact_id] = Known(lead, row["next_at"], matches.get(lead.contact_id))
    return found


def _lead(row: Mapping[str, Any], fields: Sequence[str], places: Mapping[str, str]) -> Lead:
    return Lead(
        row["contact_id"],
        {name: row[name] for name in fields},
        row["fit"],
        row["engagement"],
        row["total"],
        row["band"],
        bool(row["qualified"]),
        frozenset(name for name in (row["reached"] or "").split(", ") if name),
        frozenset([place for place, name in places.items() if row[name]]),
    )
