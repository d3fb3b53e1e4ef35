"""Explain one contact's score: every point with its reason, and what it would take to qualify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from revops.leads.scoring import wording
from revops.leads.scoring.people import field_column
from revops.leads.scoring.questions import requirements

if TYPE_CHECKING:
    import duckdb

    from revops.definitions.scope import Vocabulary
    from revops.definitions.scoring import Band, Scoring, ScoringModel

SUGGESTIONS = 3
LONGEST_CONDITION = 60


@dataclass(frozen=True)
class Reason:
    """One line of a score: what gave or took how many points, and why.

    Attributes:
        dimension: The subtotal it belongs to: fit, engagement or total.
        name: Of the attribute, signal, negative or limit.
        points: What it gives now.
        raw_points: What it gave before decay and cap.
        count: How many activities matched; None where none are asked for.
        last_at: When it was last completed.
        why: The reason in words.
    """

    dimension: str
    name: str
    points: float
    raw_points: float
    count: int | None
    last_at: datetime | None
    why: str


@dataclass(frozen=True)
class Explanation:
    """A contact's score and all that made it; the points of the reasons add up to the total.

    Attributes:
        needs: For each way to qualify, what is missing; empty if the contact is qualified.
        blocked_by: The suppressions that hold, which no score overcomes.
        suggestions: What would bring points that the contact does not have.
    """

    contact_id: str
    model: str
    as_of: datetime
    definitions_version: str
    fit: float
    engagement: float
    total: float
    band: Band | None
    qualified: bool
    reached: tuple[str, ...]
    reasons: tuple[Reason, ...]
    needs: tuple[tuple[str, ...], ...]
    blocked_by: tuple[str, ...]
    suggestions: tuple[str, ...]


def explain_score(
    con: duckdb.DuckDBPyConnection,
    scoring: Scoring,
    vocabulary: Vocabulary,
    contact_id: str,
    as_of: datetime,
    definitions_version: str,
) -> Explanation | None:
    """Explain the score of a contact that `con` has been prepared to score.

    Args:
        con: A connection with the steps of `compile_scoring`.
        scoring: The definition they were compiled from.
        vocabulary: Of the same workspace.
        contact_id: Whom.
        as_of: The instant they were compiled for.
        definitions_version: To be told with it.

    Returns:
        The explanation; None if no model accepts the contact.
    """
    asked = (
        (model, _row(con, f"SELECT * FROM model{i}_asked WHERE contact_id = ?", contact_id))
        for i, model in enumerate(scoring.models)
    )
    model, score = next((found for found in asked if found[1]), (None, None))
    if model is None or score is None:
        return None
    lines = rows_of(con, "SELECT * FROM lines WHERE contact_id = ?", contact_id)
    words = _Words(model, vocabulary, as_of, score)
    reasons = [words.reason(line) for line in lines]
    given = {reason.name for reason in reasons}
    return Explanation(
        contact_id=contact_id,
        model=model.name,
        as_of=as_of,
        definitions_version=definitions_version,
        fit=score["fit"],
        engagement=score["engagement"],
        total=score["total"],
        band=next((band for band in model.bands if band.name == score["band"]), None),
        qualified=score["qualified"],
        reached=tuple(name for name in score["reached"].split(", ") if name),
        reasons=tuple(sorted(reasons, key=_order)),
        needs=() if score["qualified"] else words.needs(),
        blocked_by=tuple(s.name for i, s in enumerate(model.suppress) if score[f"x{i}"]),
        suggestions=() if score["qualified"] else words.suggestions(given),
    )


def _order(reason: Reason) -> tuple[int, float, str]:
    """By dimension, most points first; by name where they are equal, so that it is always so."""
    return ("fit", "engagement", "total").index(reason.dimension), -reason.points, reason.name


class _Words:
    """Puts one contact's lines into words."""

    def __init__(
        self,
        model: ScoringModel,
        vocabulary: Vocabulary,
        as_of: datetime,
        known: dict[str, Any],
    ) -> None:
        self.model = model
        self.vocabulary = vocabulary
        self.as_of = as_of
        self.known = known

    def reason(self, line: dict[str, Any]) -> Reason:
        last_at = line["last_at"].replace(tzinfo=UTC) if line["last_at"] else None
        return Reason(
            line["dimension"],
            line["signal"],
            line["points"],
            line["raw_points"],
            line["count"],
            last_at,
            self._why(line, wording.ago(last_at, self.as_of) if last_at else ""),
        )

    def _why(self, line: dict[str, Any], last: str) -> str:
        name = line["signal"]
        for i, attribute in enumerate(self.model.fit.attributes):
            if attribute.name == name:
                return self._held(attribute.tiers[self.known[f"t{i}"]].when)
        for signal in self.model.engagement.signals:
            if signal.name == name:
                points, raw = line["points"], line["raw_points"]
                if signal.when is not None:
                    return self._held(signal.when)
                return wording.of_signal(signal, points, raw, line["count"], last)
        for negative in self.model.negative:
            if negative.name == name:
                held = negative.when and self._held(negative.when)
                return held or wording.of_negative(negative, last)
        return self._of_adjustment(name, last)

    def _of_adjustment(self, name: str, last: str) -> str:
        if name == "inactivity" and self.model.engagement.inactivity:
            rule = self.model.engagement.inactivity
            every = wording.period(rule.every)
            return f"{rule.percent:g}% lost for every {every} without activity; last {last}"
        if name.startswith("weight of "):
            weighted = self.model.fit if name.endswith("fit") else self.model.engagement
            return f"counts {weighted.weight:.0%} in the total"
        top = {"fit limit": self.model.fit.max, "engagement limit": self.model.engagement.max}
        most = top.get(name, 100.0)
        return "not below 0" + (f" and not above {most:g}" if most is not None else "")

    def _held(self, text: str) -> str:
        """A condition that holds: `account.employees is 2719 (account.employees >= 500)`."""
        fields = sorted(self.vocabulary.fields_of_contact(text))
        values = " and ".join(f"{name} is {self._value(name)}" for name in fields)
        short = text if len(text) <= LONGEST_CONDITION else ""
        return f"{values} ({short})" if values and short else values or text

    def _value(self, name: str) -> str:
        return wording.value(self.known.get(field_column(name)))

    def needs(self) -> tuple[tuple[str, ...], ...]:
        """For each way to qualify, what is missing."""
        ways: dict[int, list[str]] = {}
        scores = {name: self.known[name] for name in ("fit", "engagement", "total")}
        for i, need in enumerate(requirements(self.model, self.vocabulary)):
            missing = ways.setdefault(need.way, [])
            if not self.known[f"r{i}"]:
                missing.append(wording.of_need(need.tree, scores))
        return tuple(tuple(missing) for missing in ways.values())

    def suggestions(self, given: set[str]) -> tuple[str, ...]:
        """The signals not yet seen and the facts not yet known that would bring most points."""
        found: list[tuple[float, str]] = [
            (signal.points, f"{signal.name} would bring up to {wording.number(signal.points)}")
            for signal in self.model.engagement.signals
            if signal.name not in given and signal.points > 0
        ]
        for attribute in self.model.fit.attributes:
            most = max(tier.points for tier in attribute.tiers)
            unknown = self._unknown([tier.when for tier in attribute.tiers])
            if attribute.name not in given and unknown and most > 0:
                points = wording.number(most)
                found.append((most, f"{' and '.join(unknown)} not known: up to {points}"))
        best = sorted(found, key=lambda each: -each[0])[:SUGGESTIONS]
        return tuple(text for _points, text in best)

    def _unknown(self, conditions: list[str]) -> list[str]:
        asked = {name for text in conditions for name in self.vocabulary.fields_of_contact(text)}
        return sorted(name for name in asked if self.known.get(field_column(name)) is None)


def _row(con: duckdb.DuckDBPyConnection, query: str, contact_id: str) -> dict[str, Any] | None:
    rows = rows_of(con, query, contact_id)
    return rows[0] if rows else None


def rows_of(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[dict[str, Any]]:
    """The few rows of a query, by column name."""
    result = con.execute(query, values)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
