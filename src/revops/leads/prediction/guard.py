"""The leak guard: fields that know the outcome, found by what they hold, not by their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from revops.leads.prediction.examples import EXAMPLES
from revops.leads.prediction.features import ACCOUNT, fields_of, is_activity
from revops.records import RECORDS
from revops.store.forms import name as quoted
from revops.store.forms import text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import duckdb
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from revops.leads.subject import Subject

ALONE = 0.85
"""The AUC from which on one field alone separates won from lost as no honest field does."""
PURE, PURE_SHARE = 0.95, 0.25
"""Values nearly all of whose leads were won (or lost), and the share of these they may hold."""
BLANKS = 0.70
"""The AUC from which on being filled in at all tells the outcome."""
BLANK_RATIO, FILLED = 2.0, 0.70
"""Filled in, a lead converts that many times as often as blank, and the values separate too."""
LATE = 0.5
"""The share of values that may have been set after the moment of decision."""
_FEWEST = 20
_MANY = 100
_FOLDS = 5
_GROUPS = 10
_SMOOTHING = 10.0


@dataclass(frozen=True, order=True)
class Leak:
    """A field that should not be used.

    Attributes:
        field: Its name: `tags`, `account.health_score`.
        evidence: What gives it away.
        is_kept: Whether it is used all the same, because somebody insists.
    """

    field: str
    evidence: str
    is_kept: bool = False


def find_leaks(
    con: duckdb.DuckDBPyConnection,
    subject: Subject,
    known: pa.Table,
    is_won: npt.NDArray[np.bool_],
    declared: Mapping[str, Collection[str]],
) -> list[Leak]:
    """Every field that leaks, each with its first evidence, by name.

    Args:
        con: A connection with `examples` and `employers`.
        subject: What the examples are.
        known: Their features, in the order of their numbers.
        is_won: Which of them were won, in that order.
        declared: For each kind of record, fields that were known only at export.
    """
    found: dict[str, str] = {}
    for plural, prefix in ((subject.value, ""), ("accounts", ACCOUNT)):
        for field in declared.get(plural, ()):
            found[prefix + field] = "declared in the mapping as known only at export"
        examples = EXAMPLES if plural == subject.value else _EMPLOYERS
        for field, evidence in _set_late(con, plural, examples):
            found.setdefault(prefix + field, evidence)
    for column in known.column_names:
        if not is_activity(column):
            evidence = _telling(known.column(column).to_numpy(), is_won)
            if evidence:
                found[column] = "; ".join(each for each in (found.get(column), evidence) if each)
    return [Leak(field, evidence) for field, evidence in sorted(found.items())]


_EMPLOYERS = f"(SELECT p.*, e.is_dated FROM employers AS p JOIN {EXAMPLES} AS e USING (nr))"


def _set_late(
    con: duckdb.DuckDBPyConnection, plural: str, examples: str
) -> Iterator[tuple[str, str]]:
    """Fields that were blank when the examples were decided on, or say what came after."""
    types = fields_of(con, plural)
    for field, kind in sorted(types.items()):
        value = f"SELECT is_dated, as_of, r.{quoted(field)} AS value, e.id"
        source = f"{value} FROM {examples} AS e JOIN {plural} AS r ON r.id = e.id"
        if kind in {"TIMESTAMP", "DATE"}:
            query = f"SELECT count(*), count(*) FILTER (value > as_of), NULL FROM ({source})"
            words = "lie after the moment of decision"
        else:
            history = RECORDS[plural].history_name
            query = _FIRST_SET.format(source=source, history=history, field=text(field))
            words = "were set after the moment of decision"
        row = con.execute(f"{query} WHERE is_dated AND value IS NOT NULL").fetchone()
        count, late, days = row or (0, 0, None)
        if count >= _FEWEST and late / count > LATE:
            after = f", half of them {days:.0f} days or more after it" if days is not None else ""
            yield field, f"{late:,} of {count:,} values {words}{after}"


_FIRST_SET = """
SELECT count(*), count(*) FILTER (set_at > as_of),
    median(date_diff('hour', as_of, set_at) / 24) FILTER (set_at > as_of)
FROM (
    SELECT s.*, f.set_at FROM ({source}) AS s LEFT JOIN (
        SELECT record_id, min(changed_at) FILTER (nth = 1 AND old_value IS NULL) AS set_at
        FROM (
            SELECT record_id, changed_at, old_value,
                row_number() OVER (PARTITION BY record_id ORDER BY changed_at, seq) AS nth
            FROM {history} WHERE field = {field}
        ) GROUP BY record_id
    ) AS f ON f.record_id = s.id
)
"""


def _telling(values: npt.NDArray[Any], is_won: npt.NDArray[np.bool_]) -> str:
    """How the values of a field give the outcome away; '' if they do not."""
    import numpy as np

    if values.dtype.kind == "f" and len(np.unique(values)) == len(values) >= _MANY:
        return "no two records have the same value: it identifies them"
    levels = _levels(values)
    if len(np.unique(levels)) < 2 or is_won.all() or not is_won.any():  # noqa: PLR2004 - to differ
        return ""
    alone = _auc(is_won, _expected(levels, is_won))
    if alone >= ALONE:
        return f"it alone separates won from lost: AUC {alone:.2f}"
    return _pure(levels, is_won) or _blanks(levels, is_won)


def _pure(levels: npt.NDArray[np.int64], is_won: npt.NDArray[np.bool_]) -> str:
    import numpy as np

    counts = np.bincount(levels + 1)
    won = np.bincount(levels + 1, weights=is_won)
    shares = won / np.maximum(counts, 1)
    for word, rate, hits, every in (
        ("won", shares, won, is_won.sum()),
        ("lost", 1 - shares, counts - won, (~is_won).sum()),
    ):
        base = every / len(is_won)
        is_pure = (counts >= _FEWEST) & (rate >= PURE)
        share = hits[is_pure].sum() / every
        if base < 1 - (1 - PURE) * 3 and share >= PURE_SHARE:
            return (
                f"{share:.0%} of those {word} have a value of which {PURE:.0%} or more were {word}"
            )
    return ""


def _blanks(levels: npt.NDArray[np.int64], is_won: npt.NDArray[np.bool_]) -> str:
    is_blank = levels < 0
    if min(is_blank.sum(), (~is_blank).sum()) < _FEWEST:
        return ""
    blank, filled = is_won[is_blank].mean(), is_won[~is_blank].mean()
    told = (
        f"blanks depend on the outcome: {blank:.1%} of the blank were won, {filled:.1%} of others"
    )
    by_blank = _auc(is_won, ~is_blank)
    if max(by_blank, 1 - by_blank) >= BLANKS:
        return told
    if max(filled, blank) < BLANK_RATIO * min(filled, blank) or filled < blank:
        return ""
    rest = is_won[~is_blank]
    if rest.all():
        return told
    within = _auc(rest, _expected(levels[~is_blank], rest))
    return f"{told}; its values separate these too: AUC {within:.2f}" if within >= FILLED else ""


def _levels(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The number of each value's kind: its text, or its tenth of the numbers; -1 is blank."""
    import numpy as np

    if values.dtype.kind == "f":
        is_blank = np.isnan(values)
        if is_blank.all():
            return np.full(len(values), -1)
        edges = np.unique(np.quantile(values[~is_blank], np.linspace(0, 1, _GROUPS + 1)[1:-1]))
        return np.where(is_blank, -1, np.searchsorted(edges, values, side="left"))
    numbers = {None: -1}
    for value in values:
        numbers.setdefault(value, len(numbers) - 1)
    return np.array([numbers[value] for value in values], dtype=np.int64)


def _expected(
    levels: npt.NDArray[np.int64], is_won: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """For each the conversion of its level among the others' folds, drawn towards the mean."""
    import numpy as np

    expected = np.empty(len(levels))
    fold = np.arange(len(levels)) % _FOLDS
    for number in range(_FOLDS):
        train, test = fold != number, fold == number
        size = levels.max() + 2
        counts = np.bincount(levels[train] + 1, minlength=size)
        won = np.bincount(levels[train] + 1, weights=is_won[train], minlength=size)
        rate = (won + _SMOOTHING * is_won[train].mean()) / (counts + _SMOOTHING)
        expected[test] = rate[levels[test] + 1]
    return expected


def _auc(is_won: npt.NDArray[np.bool_], score: npt.NDArray[Any]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(is_won, score))
