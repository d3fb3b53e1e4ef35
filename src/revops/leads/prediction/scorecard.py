"""A prediction as points on a scorecard: a scoring model that anyone can read and the rules run.

Each item is a yes-or-no question. Its weight comes from a penalised logistic model in which no
item of an attribute is below nothing, so that points add up from nothing; then weights become
whole points.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from revops.leads.bounded_fit import fit_bounded
from revops.leads.prediction.encoding import FEWEST, learn_encoding, numbers_of
from revops.leads.prediction.features import ANY, about, is_activity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Truths = NDArray[np.bool_]

PENALTY = 20.0
FULL, FULL_AT = 95.0, 0.99
"""The points that the 99th of 100 leads gets."""
REACHED_BY = 0.8
"""The share of those won that the threshold lets through."""
_RECENT = "30 days"
_HAPPENED = re.compile(r"happened\(\s*'([^']+)'", re.IGNORECASE)
_GIVING = {"points", "per", "max", "decay"}
_NOT_A_NAME = re.compile(r"[^a-z0-9_]+")


@dataclass(frozen=True)
class Item:
    """A question of the card.

    Attributes:
        group: The attribute it is a tier of, or the type of activity.
        when: The condition; '' for an activity.
        is_recent: Of an activity: whether it must be of late.
        points: What it is worth.
    """

    group: str
    when: str = ""
    is_recent: bool = False
    points: int = 0


@dataclass(frozen=True)
class Card:
    """A scorecard.

    Attributes:
        items: Those that are worth anything, in order.
        threshold: The points that four in five of those won reach.
    """

    items: tuple[Item, ...]
    threshold: int

    def points(self, rows: pa.Table) -> Numbers:
        """What each row gets."""
        import numpy as np

        found = np.zeros(len(rows))
        for item, answers in _asked(rows, self.items):
            found += item.points * answers
        return found


def make_card(rows: pa.Table, won: Truths, types: Mapping[str, str]) -> Card:
    """The card that examples call for.

    Args:
        rows: The features.
        won: What became of each.
        types: The type of each field that a condition may name.
    """
    import numpy as np

    items = list(_items(rows, won, types))
    columns = np.column_stack([answers for _, answers in _asked(rows, items)])
    lower = np.array([-np.inf if not each.when and not each.is_recent else 0.0 for each in items])
    weights = fit_bounded(columns, won, lower, np.full(len(items), np.inf), PENALTY).weights
    raw = columns @ weights
    full = float(np.quantile(raw, FULL_AT)) or 1.0
    given = [round(weight * FULL / full) for weight in weights.tolist()]
    kept = tuple(
        Item(item.group, item.when, item.is_recent, points)
        for item, points in zip(items, given, strict=True)
        if points
    )
    totals = np.clip(Card(kept, 0).points(rows), 0, 100)
    return Card(kept, int(np.floor(np.quantile(totals[won], 1 - REACHED_BY))))


@dataclass(frozen=True)
class Inherited:
    """What a scorecard takes over from the model that is in use, as plain values.

    Attributes:
        thresholds: All but mql; other definitions may name them.
        suppress: Whom no points qualify.
        signals: Those that these name; they give no points here.
    """

    thresholds: Mapping[str, str]
    suppress: Sequence[Mapping[str, Any]]
    signals: Sequence[Mapping[str, Any]]


def inherited(model: Mapping[str, Any]) -> Inherited:
    """What a scorecard takes over from a model, given as plain values."""
    thresholds = {name: text for name, text in model["thresholds"].items() if name != "mql"}
    texts = [*thresholds.values(), *(each["when"] for each in model["suppress"])]
    named = {name for text in texts for name in _HAPPENED.findall(text)}
    signals = [
        {key: value for key, value in each.items() if value is not None and key not in _GIVING}
        for each in model["engagement"]["signals"]
        if each["name"] in named
    ]
    return Inherited(thresholds, model["suppress"], signals)


def card_yaml(card: Card, name: str, described: str, taken: Inherited | None = None) -> str:
    """The card as a `scoring.yaml`."""
    taken = taken or Inherited({}, (), ())
    attributes: dict[str, list[Item]] = {}
    for item in card.items:
        if item.when:
            attributes.setdefault(item.group, []).append(item)
    lines = [
        "# Made by `revops predict train --scorecard` from past outcomes; check before use.",
        "models:",
        f"  - name: {name}",
        f"    description: {json.dumps(described)}",
        "    fit:",
        "      attributes:" if attributes else "      attributes: []",
    ]
    for group, items in attributes.items():
        lines += [f"        - name: {_name(group)}", "          tiers:"]
        lines += [
            f"            - {{when: {json.dumps(item.when, ensure_ascii=False)},"
            f" points: {item.points}}}"
            for item in items
        ]
    signals = [item for item in card.items if not item.when and item.points > 0]
    named = {_named(item) for item in signals} | {_name(item.group) for item in card.items}
    besides = [each for each in taken.signals if each["name"] not in named]
    lines += ["    engagement:", "      signals:" if signals or besides else "      signals: []"]
    lines += [line for item in signals for line in _signal(item)]
    lines += [f"        - {_plain({**each, 'points': 0})}" for each in besides]
    against = [item for item in card.items if not item.when and item.points < 0]
    lines += ["    negative:" if against else "    negative: []"]
    lines += [
        f"      - {{name: {_name(item.group)}, event: {json.dumps(item.group)},"
        f" points: {item.points}}}"
        for item in against
    ]
    lines += ["    suppress:"] if taken.suppress else []
    lines += [f"      - {_plain(each)}" for each in taken.suppress]
    return "\n".join([*lines, *_ending(card.threshold, taken.thresholds), ""])


def _ending(threshold: int, others: Mapping[str, str]) -> Iterator[str]:
    yield "    thresholds:"
    yield f"      mql: total >= {threshold}    # four in five of those won reach it"
    for name, text in others.items():
        yield f"      {_plain(name)}: {_plain(text)}"
    yield "    bands:"
    for band, start in (("hot", 76), ("warm", 51), ("developing", 26), ("cold", 0)):
        yield f"      - {{name: {band}, from: {start}}}"


def _plain(value: Any) -> str:
    """A value in the part of YAML that is JSON."""
    return json.dumps(value, ensure_ascii=False)


def _named(item: Item) -> str:
    return _name(item.group) + ("_of_late" if item.is_recent else "")


def _signal(item: Item) -> Iterator[str]:
    yield f"        - name: {_named(item)}"
    yield f"          event: {json.dumps(item.group)}"
    yield f"          points: {item.points}"
    if item.is_recent:
        yield f"          decay: {{points: {item.points}, every: {_RECENT}}}"


def _name(group: str) -> str:
    return _NOT_A_NAME.sub("_", group.lower()).strip("_")


# Questions


def _items(rows: pa.Table, won: Truths, types: Mapping[str, str]) -> Iterator[Item]:
    encoding = learn_encoding(rows)
    for category in encoding.categories:
        if category.name in types:
            yield from _but_worst(rows, won, _tiers_of_text(category.name, category.values, types))
    for number in encoding.numbers:
        if types.get(number.name) in {"integer", "decimal"}:
            yield from _but_worst(rows, won, _tiers_of_number(rows, number.name))
    for number in encoding.numbers:
        if is_activity(number.name) and about(number.name) != ANY:
            what = number.name.partition(": ")[2]
            if what in {"ever", "in 30 days"}:
                item = Item(about(number.name), is_recent=what != "ever")
                if min(_counted(rows, item)) >= FEWEST:
                    yield item


def _counted(rows: pa.Table, item: Item) -> tuple[int, int]:
    yes = int(_answers(rows, item).sum())
    return yes, len(rows) - yes


def _tiers_of_text(name: str, values: Sequence[str], types: Mapping[str, str]) -> list[Item]:
    form = str if types[name] == "boolean" else _quoted
    return [
        *(Item(name, f"{name} = {form(value)}") for value in values),
        Item(name, f"{name} IS NULL"),
        Item(name, f"{name} IS NOT NULL"),
    ]


def _tiers_of_number(rows: pa.Table, name: str) -> list[Item]:
    import numpy as np

    values = numbers_of(rows, name)
    quarters = np.quantile(values[~np.isnan(values)], [0.25, 0.5, 0.75])
    cuts = sorted({_round(float(each)) for each in quarters}, reverse=True)
    return [
        *(Item(name, f"{name} >= {cut:g}") for cut in cuts),
        Item(name, f"{name} IS NULL"),
        Item(name, f"{name} IS NOT NULL"),
    ]


def _round(value: float) -> float:
    return float(f"{value:.2g}")


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _but_worst(rows: pa.Table, won: Truths, tiers: list[Item]) -> list[Item]:
    """The tiers that enough rows have, without the one that converts least: it gets nothing."""
    counted = [(item, answers) for item, answers in _asked(rows, tiers) if answers.sum() >= FEWEST]
    if len(counted) < 2:  # noqa: PLR2004 - one tier tells nothing apart
        return []
    worst = min(counted, key=lambda each: float(won[each[1] > 0].mean()))[0]
    return [item for item, _ in counted if item is not worst]


def _asked(rows: pa.Table, items: Sequence[Item]) -> Iterator[tuple[Item, Numbers]]:
    """Each item with its answers, 0 or 1; of a group's tiers only the first that holds."""
    import numpy as np

    taken: dict[str, Truths] = {}
    for item in items:
        answers = _answers(rows, item)
        if item.when:
            before = taken.get(item.group, np.zeros(len(rows), dtype=bool))
            answers, taken[item.group] = answers & ~before, before | answers
        yield item, answers.astype(np.float64)


def _answers(rows: pa.Table, item: Item) -> Truths:
    import numpy as np
    import pyarrow.compute as pc

    if not item.when:
        what = "in 30 days" if item.is_recent else "ever"
        found: Truths = numbers_of(rows, f"{item.group}: {what}") > 0
        return found
    column = rows.column(item.group)
    test = item.when.removeprefix(f"{item.group} ")
    if test.endswith("NULL"):
        is_null = np.asarray(pc.is_null(column, nan_is_null=True))
        return is_null if test == "IS NULL" else ~is_null
    sign, _, value = test.partition(" ")
    if sign == ">=":
        return numbers_of(rows, item.group) >= float(value)
    text = value[1:-1].replace("''", "'") if value.startswith("'") else value
    return np.asarray(pc.fill_null(pc.equal(column, text), fill_value=False))
