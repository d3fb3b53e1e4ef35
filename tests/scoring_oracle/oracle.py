"""The scoring contract read naively: one contact at a time, over lists and dicts.

Written from the contract alone, to be compared with the engine; slow and plain on purpose.
A definition is parsed YAML whose conditions are the trees of `conditions`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scoring_oracle.conditions import Row, holds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scoring_oracle.conditions import Node

Fields = dict[str, Any]
DAY = timedelta(days=1)
UNITS = {"minute": DAY / 1440, "hour": DAY / 24, "day": DAY, "week": 7 * DAY, "month": 30 * DAY}
TIMES = {"created_at", "recycled_at"}
NUMBERS = {"employees", "annual_revenue", "health_score", "nps", "fleet"}
BOOLEANS = {"opted_in", "budget_authority", "named"}


@dataclass(frozen=True)
class Line:
    """What one attribute, signal or negative gave.

    `points` are after decay and the signal's own cap, `raw_points` before both; `count` is how
    many activities match a signal, `last_at` when it was last completed. Whether activities that
    linear decay has left nothing of are told is open: then `raw_points` and `count` are None; so
    is `count` where a recycle cut some off.
    """

    dimension: str
    name: str
    points: float
    raw_points: float | None
    count: int | None = None
    last_at: datetime | None = None


@dataclass(frozen=True)
class Result:
    model: str
    fit: float
    engagement: float
    total: float
    band: str | None
    qualified: bool
    reached: frozenset[str]
    """The thresholds that hold."""
    lines: tuple[Line, ...]
    matched_at: datetime | None
    """The last activity that any signal of the model matches."""


@dataclass(frozen=True)
class AccountResult:
    score: float
    engaged_contacts: int
    is_committee: bool


def duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d+) ([a-z]+?)s?", text)
    assert match is not None, text
    return int(match[1]) * UNITS[match[2]]


def in_force(record: Fields, history: Sequence[Fields], as_of: datetime) -> Fields:
    """The record's fields as they were: the last change by then, else what was there before."""
    fields = dict(record)
    for name in {change["field"] for change in history}:
        changes = sorted(
            (change for change in history if change["field"] == name),
            key=lambda change: (change["changed_at"], change["seq"]),
        )
        past = [change for change in changes if change["changed_at"] <= as_of]
        fields[name] = _typed(name, past[-1]["new_value"] if past else changes[0]["old_value"])
    return fields


def _typed(name: str, text: str | None) -> Any:
    if text is None:
        return None
    if name in TIMES:
        return datetime.fromisoformat(text)
    if name in NUMBERS:
        return float(text)
    return text == "true" if name in BOOLEANS else text


def contact_row(
    contact: Fields, account: Fields | None, lists: Mapping[str, tuple[str, ...]]
) -> Row:
    """What conditions on a contact see: its fields, its account's, and the e-mail domain."""
    email = contact.get("email")
    domain = email.rpartition("@")[2].lower() if email is not None and "@" in email else None
    of_account = {f"account.{name}": value for name, value in (account or {}).items()}
    return Row({**contact, **of_account, "email_domain": domain}, lists)


def activity_row(activity: Fields, lists: Mapping[str, tuple[str, ...]]) -> Row:
    """What `where` sees: the activity's fields, its day and its properties, which are text."""
    properties = json.loads(activity.get("properties") or "{}")
    texts = {
        f"properties.{name}": value if isinstance(value, str | None) else json.dumps(value)
        for name, value in properties.items()
    }
    return Row({**activity, "occurred_on": activity["occurred_at"].date(), **texts}, lists)


def is_inbound(activity: Fields) -> bool:
    return activity["direction"] in {None, "inbound"}


def matching(
    rule: Fields, activities: Sequence[Fields], lists: Mapping[str, tuple[str, ...]]
) -> list[Fields]:
    """The activities that count for a signal or negative, oldest first."""
    events = [rule["event"]] if isinstance(rule["event"], str) else rule["event"]
    where = rule.get("where")
    return [
        each
        for each in activities
        if each["type"] in events and (where is None or holds(where, activity_row(each, lists)))
    ]


def completions(rule: Fields, matched: Sequence[Fields]) -> list[Fields]:
    """The occurrences that complete the rule."""
    return [each for i, each in enumerate(matched) if _completes(rule, matched[: i + 1], each)]


def _completes(rule: Fields, until: Sequence[Fields], last: Fields) -> bool:
    window = [each for each in until if each is last or _shares(rule, each, last)]
    if rule.get("within") is not None:
        since = last["occurred_at"] - duration(rule["within"])
        window = [each for each in window if each["occurred_at"] > since]
    if rule.get("distinct") is not None:
        values = {activity_row(each, {}).fields.get(rule["distinct"]) for each in window}
        return len(values - {None}) >= rule.get("count", 1)
    return len(window) >= rule.get("count", 1)


def _shares(rule: Fields, one: Fields, other: Fields) -> bool:
    if rule.get("same") is None:
        return True
    return one["session_id"] is not None and one["session_id"] == other["session_id"]


def decayed(points: float, decay: Fields | None, age: timedelta) -> float:
    if decay is None:
        return points
    if "half_life" in decay:
        return points * 0.5 ** ((age // DAY) * DAY / duration(decay["half_life"]))
    every = duration(decay["every"])
    if "percent" in decay:
        return points * (1 - decay["percent"] / 100) ** (age // every)
    after = duration(decay["after"]) if "after" in decay else timedelta(0)
    return max(0.0, points - decay["points"] * (max(timedelta(0), age - after) // every))


@dataclass
class _Scorer:
    """One contact under one model at one instant."""

    model: Fields
    contact: Fields
    row: Row
    activities: Sequence[Fields]
    """All up to the instant, oldest first."""
    counted: Sequence[Fields]
    """Those since the last recycle."""
    lists: Mapping[str, tuple[str, ...]]
    as_of: datetime

    def asks(self, condition: Node, scores: Mapping[str, float] | None = None) -> bool:
        """Whether a condition on the contact (and, in thresholds, its scores) holds."""
        fields = {**self.row.fields, **(scores or {})}
        return holds(condition, Row(fields, self.lists, self.happened))

    def attributes(self) -> list[Line]:
        lines = []
        for attribute in self.model.get("fit", {}).get("attributes", []):
            tiers = [tier for tier in attribute["tiers"] if self.asks(tier["when"])]
            points = tiers[0]["points"] if tiers else 0.0
            lines.append(Line("fit", attribute["name"], points, points))
        return lines

    def signals(self) -> list[Line]:
        return [self._signal(each) for each in self._all_signals()]

    def _all_signals(self) -> list[Fields]:
        signals: list[Fields] = self.model.get("engagement", {}).get("signals", [])
        return signals

    def _signal(self, signal: Fields) -> Line:
        name, points = signal["name"], signal["points"]
        if "when" in signal:
            points = points if self.asks(signal["when"]) else 0.0
            return Line("engagement", name, points, points)
        matched = matching(signal, self.counted, self.lists)
        times = [each["occurred_at"] for each in completions(signal, matched)]
        if not times:
            return Line("engagement", name, 0.0, 0.0, len(matched))
        counting = times if signal.get("per") == "occurrence" else times[-1:]
        total = sum(decayed(points, signal.get("decay"), self.as_of - t) for t in counting)
        if signal.get("max") is not None:
            total = min(total, signal["max"])
        if "points" in signal.get("decay", {}):
            return Line("engagement", name, total, None, None, times[-1])
        raw = points * len(counting)
        count = len(matched) if self.counted == self.activities else None
        return Line("engagement", name, total, raw, count, times[-1])

    def _completed_at(self, rule: Fields, activities: Sequence[Fields]) -> list[datetime]:
        matched = matching(rule, activities, self.lists)
        return [each["occurred_at"] for each in completions(rule, matched)]

    def matched_at(self) -> datetime | None:
        """The last activity that any signal matches."""
        times = [
            each["occurred_at"]
            for signal in self._all_signals()
            if "event" in signal
            for each in matching(signal, self.counted, self.lists)
        ]
        return max(times, default=None)

    def inactivity_factor(self) -> float:
        rule, last = self.model.get("engagement", {}).get("inactivity"), self.matched_at()
        if rule is None or last is None:
            return 1.0
        steps = (self.as_of - last) // duration(rule["every"])
        factor: float = (1 - rule["percent"] / 100) ** steps
        return factor

    def negatives(self, subtotal: str) -> list[Line]:
        return [
            Line(subtotal, each["name"], each["points"], each["points"])
            for each in self.model.get("negative", [])
            if each.get("from", "total") == subtotal and self._negative_holds(each)
        ]

    def _negative_holds(self, rule: Fields) -> bool:
        activities = self.counted if rule.get("from") == "engagement" else self.activities
        if "when" in rule:
            return self.asks(rule["when"])
        if "event" in rule:
            return bool(self._completed_at(rule, activities))
        missed = [each["occurred_at"] for each in activities if self._is_missed(rule, each)]
        since = max(missed, default=self.contact.get("created_at"))
        return since is not None and self.as_of - since > duration(rule["inactive_for"])

    @staticmethod
    def _is_missed(rule: Fields, activity: Fields) -> bool:
        if "of" in rule:
            return bool(activity["type"] == rule["of"])
        return is_inbound(activity)

    def happened(self, name: str, within: str) -> bool:
        times = [each["occurred_at"] for each in self.counted if each["type"] == name]
        for signal in self._all_signals():
            if signal["name"] == name and "event" in signal:
                times += self._completed_at(signal, self.counted)
        return any(self.as_of - duration(within) < t <= self.as_of for t in times)

    def clamped(self, part: str, value: float) -> float:
        most = self.model.get(part, {}).get("max")
        return max(0.0, value if most is None else min(value, most))

    def reached(self, scores: dict[str, float]) -> frozenset[str]:
        thresholds: dict[str, Node] = self.model.get("thresholds", {})
        return frozenset(name for name, each in thresholds.items() if self.asks(each, scores))

    def is_suppressed(self) -> bool:
        return any(self.asks(each["when"]) for each in self.model.get("suppress", []))

    def band(self, total: float) -> str | None:
        rounded = math.floor(total + 0.5)
        bands = [each for each in self.model.get("bands", []) if each["from"] <= rounded]
        return max(bands, key=lambda each: each["from"])["name"] if bands else None

    def result(self) -> Result:
        lines = self.attributes() + self.negatives("fit")
        fit = self.clamped("fit", sum(line.points for line in lines))
        signals, against = self.signals(), self.negatives("engagement")
        engagement = sum(line.points for line in signals) * self.inactivity_factor()
        engagement += sum(line.points for line in against)
        engagement = self.clamped("engagement", engagement)
        from_total = self.negatives("total")
        total = self.model.get("fit", {}).get("weight", 1.0) * fit
        total += self.model.get("engagement", {}).get("weight", 1.0) * engagement
        total += sum(line.points for line in from_total)
        total = min(100.0, max(0.0, total))
        reached = self.reached({"fit": fit, "engagement": engagement, "total": total})
        return Result(
            model=self.model["name"],
            fit=fit,
            engagement=engagement,
            total=total,
            band=self.band(total),
            qualified=bool(reached & {"mql", "mql_override"}) and not self.is_suppressed(),
            reached=reached,
            lines=tuple(each for each in (*lines, *signals, *against, *from_total) if each.points),
            matched_at=self.matched_at(),
        )


def score_contact(
    definition: Fields,
    contact: Fields,
    account: Fields | None,
    activities: Sequence[Fields],
    *,
    contact_history: Sequence[Fields] = (),
    account_history: Sequence[Fields] = (),
    lists: Mapping[str, tuple[str, ...]] | None = None,
    as_of: datetime,
) -> Result | None:
    """Score one contact; None if no model accepts it.

    `activities` and the histories are this contact's (and its account's) alone, in any order.
    """
    lists = lists or {}
    contact = in_force(contact, contact_history, as_of)
    account = None if account is None else in_force(account, account_history, as_of)
    row = contact_row(contact, account, lists)
    past = sorted(
        (each for each in activities if each["occurred_at"] <= as_of),
        key=lambda each: (each["occurred_at"], each["id"]),
    )
    recycled = contact.get("recycled_at")
    is_recycled = recycled is not None and recycled <= as_of
    counted = [each for each in past if not is_recycled or each["occurred_at"] > recycled]
    for model in definition["models"]:
        if "applies_to" not in model or holds(model["applies_to"], row):
            return _Scorer(model, contact, row, past, counted, lists, as_of).result()
    return None


def score_account(
    settings: Fields, results: Sequence[Result | None], as_of: datetime
) -> AccountResult:
    """Score an account from its contacts' results.

    Raises:
        ValueError: None of its contacts is scored.
    """
    scored = [each for each in results if each is not None]
    since = as_of - duration(settings.get("committee_within", "30 days"))
    engaged = [
        each
        for each in scored
        if each.engagement > 0 and each.matched_at is not None and each.matched_at > since
    ]
    return AccountResult(
        score=sum(each.engagement for each in scored) + max(each.fit for each in scored),
        engaged_contacts=len(engaged),
        is_committee=len(engaged) >= settings.get("committee_contacts", 3),
    )
