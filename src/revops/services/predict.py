"""Predict who will be won: learn from past outcomes, score who is open, say why."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from revops.kit.errors import RevopsError
from revops.kit.number import how_many
from revops.leads.outcomes import THE_DAY_BEFORE, find_outcomes
from revops.leads.prediction import (
    EXAMPLES,
    Kept,
    Past,
    Subject,
    card_yaml,
    doubt_model,
    explain_chance,
    fates,
    find_leaks,
    fit,
    inherited,
    keep_model,
    known_then,
    learn_from,
    load_model,
    make_card,
    predict_for,
    split,
    try_out,
)
from revops.services.judge import judge
from revops.services.score import MEMORY_LIMIT, vocabulary
from revops.store.known import known_at_export

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    import duckdb
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from revops.leads.prediction import Explained, Leak, Trial
    from revops.services.workspace import Workspace
    from revops.store.facts import Facts

ENOUGH = 1000
"""Outcomes without which nothing is predicted."""
_RULES = "SELECT total FROM examples LEFT JOIN scores_at ON contact_id = id ORDER BY nr"


@dataclass(frozen=True)
class Trained:
    """What came of training.

    Attributes:
        subject: What is predicted for.
        outcomes: How many outcomes are known.
        won: How many of them were won.
        missing: How many outcomes are missing to begin.
        is_dated: Whether their instants are known; without, the trial goes by folds.
        leaks: The fields that know the outcome.
        trial: How well the model did on examples it had not seen; None where it was not tried.
        scorecard: How well the scorecard did on them, as AUC; None without one.
        model: Where the model is kept; None if it is not.
        field: The field of contacts that said what became of them, if no deals did.
        in_doubt: Whether an older model is kept that these outcomes do not bear out.
    """

    subject: Subject
    outcomes: int
    won: int
    missing: int
    is_dated: bool
    leaks: tuple[Leak, ...] = ()
    trial: Trial | None = None
    scorecard: float | None = None
    model: Path | None = None
    field: str | None = None
    in_doubt: bool = False


def train(
    workspace: Workspace,
    *,
    now: datetime,
    subject: Subject = Subject.CONTACTS,
    before: timedelta = THE_DAY_BEFORE,
    field: str | None = None,
    keep: Collection[str] = (),
    seed: int = 0,
    scorecard: Path | None = None,
) -> Trained:
    """Learn from the outcomes there are, try the model, and keep it if it is better than chance.

    Args:
        workspace: Whose records are used; the model is kept in its folder.
        now: What was decided later is not known.
        subject: Contacts, or opportunities.
        before: How long before its first deal a contact is looked at.
        field: A field of contacts that says what became of them, if not the deals.
        keep: Fields to use though they leak.
        seed: Chooses folds; the same input gives the same model.
        scorecard: Where to write the scorecard, a scoring.yaml.

    Raises:
        RevopsError: Something named is not there; opportunities have no scorecard.
    """
    if scorecard and subject is not Subject.CONTACTS:
        raise RevopsError("bad-options", "a scorecard scores contacts, not opportunities")
    with _learning(workspace, subject, now, before, field) as learning:
        start = Trained(
            subject,
            len(learning.won),
            int(learning.won.sum()),
            max(0, ENOUGH - len(learning.won)),
            learning.is_dated,
            field=learning.field,
        )
        if start.missing:
            return start
        leaks = _leaks(workspace, learning, keep)
        left_out = {leak.field for leak in leaks if not leak.is_kept}
        rows = learning.rows.select(
            [each for each in learning.rows.column_names if each not in left_out]
        )
        parts = split(learning.as_of, learning.decided, is_dated=learning.is_dated)
        trial = try_out(rows, learning.won, learning.groups, parts, seed, learning.points)
        result = replace(start, leaks=tuple(leaks), trial=trial)
        if trial is None:
            return result
        if not trial.has_signal:
            why = f"on {now:%Y-%m-%d} the outcomes gave a model {trial.in_words}"
            return replace(result, in_doubt=doubt_model(workspace.folder, subject, why, now))
        model = fit(trial.method, rows, learning.won, learning.groups, seed)
        kept = Kept(
            format=1,
            subject=subject,
            method=trial.method,
            seed=seed,
            slope=model.scale.slope,
            shift=model.scale.shift,
            before_hours=before.total_seconds() / 3600,
            field=learning.field,
            trained_at=now.isoformat(),
            rows="",
        )
        path = keep_model(workspace.folder, subject, rows, learning.won, kept)
        if scorecard is not None:
            types = _types(workspace, learning.facts)
            tried = make_card(rows.take(parts.train), learning.won[parts.train], types)
            result = replace(
                result,
                scorecard=_auc(tried.points(rows.take(parts.test)), learning.won[parts.test]),
            )
            described = f"Points from {how_many(len(rows), 'outcome')} known on {now:%Y-%m-%d}"
            card = make_card(rows, learning.won, types)
            taken = inherited(workspace.catalog.plain()["scoring"]["models"][0])
            text = card_yaml(card, "predicted", described, taken)
            scorecard.write_text(text, encoding="utf-8")
        return replace(result, model=path)


@dataclass(frozen=True)
class _Learning:
    """Examples with known outcomes, as arrays in the order of their numbers."""

    con: duckdb.DuckDBPyConnection
    facts: Facts
    subject: Subject
    rows: pa.Table
    won: NDArray[np.bool_]
    groups: NDArray[np.int64]
    as_of: NDArray[np.datetime64]
    decided: NDArray[np.datetime64]
    is_dated: bool
    points: NDArray[np.float64] | None
    field: str | None


@contextmanager
def _learning(
    workspace: Workspace,
    subject: Subject,
    now: datetime,
    before: timedelta,
    field: str | None,
) -> Iterator[_Learning]:
    if subject is Subject.CONTACTS:
        with judge(workspace, now=now, before=before, field=field) as judged:
            yield _learned(judged.con, judged.facts, subject, now, judged.field)
    else:
        facts = workspace.facts()
        with facts.connect(memory_limit=MEMORY_LIMIT) as con:
            yield _learned(con, facts, subject, now, None)


def _learned(
    con: duckdb.DuckDBPyConnection,
    facts: Facts,
    subject: Subject,
    now: datetime,
    field: str | None,
) -> _Learning:
    import numpy as np

    learn_from(con, subject, now)
    rows = known_then(con, subject, _past(facts, field))
    query = f"SELECT is_won, as_of, decided_at, is_dated FROM {EXAMPLES} ORDER BY nr"
    told = con.execute(query).fetchnumpy()
    points = None
    if subject is Subject.CONTACTS:
        scores = con.execute(_RULES).fetchnumpy()["total"]
        points = np.ma.filled(np.ma.asarray(scores, dtype=np.float64), np.nan)
    return _Learning(
        con,
        facts,
        subject,
        rows,
        np.asarray(told["is_won"], dtype=bool),
        fates(con, subject),
        np.asarray(told["as_of"], dtype="datetime64[us]"),
        np.ma.filled(
            np.ma.asarray(told["decided_at"], dtype="datetime64[us]"), np.datetime64("NaT")
        ),
        bool(np.all(told["is_dated"])) and len(told["is_won"]) > 0,
        points,
        field,
    )


def _past(facts: Facts, field: str | None) -> Past:
    history: dict[str, set[str]] = {}
    for plural, name in facts.statistics().histories:
        history.setdefault(plural, set()).add(name)
    return Past(history, {field} if field else ())


def _leaks(workspace: Workspace, learning: _Learning, keep: Collection[str]) -> list[Leak]:
    unknown = sorted(set(keep) - set(learning.rows.column_names))
    if unknown:
        raise RevopsError(
            "unknown-field",
            f"there is no field '{unknown[0]}' to keep",
            "name one as the training calls it, such as account.health_score",
        )
    with workspace.store.read() as connection:
        declared = known_at_export(connection)
    found = find_leaks(learning.con, learning.subject, learning.rows, learning.won, declared)
    return [replace(leak, is_kept=leak.field in keep) for leak in found]


def _types(workspace: Workspace, facts: Facts) -> Mapping[str, str]:
    return vocabulary(workspace.catalog, facts).contact().fields


def _auc(points: NDArray[np.float64], won: NDArray[np.bool_]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(won, points))


# Predicting


@dataclass(frozen=True)
class Predicted:
    """The chance of one lead or deal.

    Attributes:
        id: Whose.
        chance: To be won, from 0 to 1.
        rank: From 1, the greatest chance first.
        name: Of the person or the deal; '' if there is none.
        account: The name of the company; '' if there is none.
    """

    id: str
    chance: float
    rank: int
    name: str
    account: str


_NAME = {
    Subject.CONTACTS: "trim(concat_ws(' ', r.first_name, r.last_name))",
    Subject.OPPORTUNITIES: "coalesce(r.name, '')",
}


def predict(
    workspace: Workspace,
    *,
    at: datetime,
    subject: Subject = Subject.CONTACTS,
    anyway: bool = False,
) -> list[Predicted]:
    """The chance of everyone that is open, the greatest first.

    Raises:
        RevopsError: No model was trained, or later outcomes do not bear it out (unless `anyway`).
    """
    model, kept = load_model(workspace.folder, subject, anyway=anyway)
    with _open(workspace, kept, at) as (con, facts):
        ids, rows = _asked(con, facts, kept)
        names = _names(con, subject)
    if not ids:
        return []
    chances = model.probabilities(model.encoding.complete(rows)).tolist()
    order = sorted(zip(ids, chances, strict=True), key=lambda each: (-each[1], each[0]))
    return [
        Predicted(id_, chance, rank, *names[id_]) for rank, (id_, chance) in enumerate(order, 1)
    ]


def explain_prediction(
    workspace: Workspace,
    asked: str,
    *,
    at: datetime,
    subject: Subject = Subject.CONTACTS,
    anyway: bool = False,
) -> Explained:
    """Why one that is open has its chance.

    Raises:
        RevopsError: As above, or nobody of that id is open.
    """
    model, kept = load_model(workspace.folder, subject, anyway=anyway)
    with _open(workspace, kept, at) as (con, facts):
        con.execute(f"DELETE FROM {EXAMPLES} WHERE id <> $id", {"id": asked})
        con.execute(f"UPDATE {EXAMPLES} SET nr = 0")
        ids, rows = _asked(con, facts, kept)
    if not ids:
        raise RevopsError(
            "not-open",
            f"none of the open {subject} has the id '{asked}'",
            "revops predict score lists them; of the others the outcome is known",
        )
    return explain_chance(model, model.encoding.complete(rows))


@contextmanager
def _open(
    workspace: Workspace, kept: Kept, at: datetime
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Facts]]:
    facts = workspace.facts()
    with facts.connect(memory_limit=MEMORY_LIMIT) as con:
        if kept.subject is Subject.CONTACTS:
            find_outcomes(con, workspace.catalog.lifecycle, known_by=at, field=kept.field)
        predict_for(con, kept.subject, at)
        yield con, facts


def _asked(con: duckdb.DuckDBPyConnection, facts: Facts, kept: Kept) -> tuple[list[str], pa.Table]:
    """Whom, and their features as the model wants them."""
    ids = [row[0] for row in con.execute(f"SELECT id FROM {EXAMPLES} ORDER BY nr").fetchall()]
    return ids, known_then(con, kept.subject, _past(facts, kept.field))


def _names(con: duckdb.DuckDBPyConnection, subject: Subject) -> dict[str, tuple[str, str]]:
    """The name and the company of each who is asked about, by id."""
    rows = con.execute(
        f"SELECT r.id, {_NAME[subject]}, coalesce(a.name, '') FROM {subject} AS r"
        " LEFT JOIN accounts AS a ON a.id = r.account_id"
        f" WHERE r.id IN (SELECT id FROM {EXAMPLES})"
    ).fetchall()
    return {id_: (name, account) for id_, name, account in rows}
