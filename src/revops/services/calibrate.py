"""Calibrate a scoring model: points, decays and thresholds that past outcomes call for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from revops.definitions.diff import Change, diff_definitions
from revops.leads.calibration import (
    JUDGED,
    Fading,
    Suggestion,
    Threshold,
    Totals,
    check_threshold,
    fading_of,
    scores_named,
    signs_of,
    suggest,
    suggest_threshold,
    totals_of,
    values_of,
    without_ageing,
)
from revops.leads.outcomes import DISQUALIFIED, OUTCOMES, THE_DAY_BEFORE
from revops.leads.prediction import EXAMPLES, Subject, learn_from, split
from revops.leads.scoring import LINES_AT, SCORES_AT, remove_copies, score_at
from revops.leads.validation.statistics import Estimate, auc
from revops.services.judge import judge, past_then
from revops.services.proposed import proposed_catalog
from revops.services.proposing import (
    check_output,
    load_proposal,
    proposal,
    rewrite,
    write_proposal,
)
from revops.services.score import vocabulary

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path

    import duckdb
    import numpy as np
    from numpy.typing import NDArray

    from revops.definitions.catalog import Catalog
    from revops.definitions.scoring import Scoring, ScoringModel
    from revops.leads.prediction.trial import Split
    from revops.services.judge import Judged
    from revops.services.workspace import Workspace

    Numbers = NDArray[np.float64]

ENOUGH = 200
"""Leads with a known outcome without which a model is not calibrated."""
ENOUGH_WON = 30
"""Won ones, and others, without which it is not, in each part."""
MQL = "mql"
SCORES = ("fit", "engagement", "total")


@dataclass(frozen=True)
class ModelCalibrated:
    """What is suggested for one model.

    Attributes:
        model: Its name.
        leads: How many leads with a known outcome it scores.
        won: How many of them were won.
        missing: How many leads are missing to begin; 0 if there are enough.
        learned: How many it was learned from.
        left_out: How many disqualified ones among the earlier leads it was not learned from.
        tried: How many it was tried on.
        points: The suggestion for each item, as it is or changed.
        fadings: How long each signal with a decay tells.
        threshold: The threshold of mql.
        auc_now: How well the present totals tell the won apart, on those tried.
        auc_then: The same of the suggested ones.
        totals_now: How the present totals of those tried lie.
        totals_then: The same of the suggested ones.
    """

    model: str
    leads: int
    won: int
    missing: int = 0
    learned: int = 0
    tried: int = 0
    points: tuple[Suggestion, ...] = ()
    fadings: tuple[Fading, ...] = ()
    threshold: Threshold | None = None
    auc_now: Estimate | None = None
    auc_then: Estimate | None = None
    totals_now: Totals | None = None
    totals_then: Totals | None = None
    left_out: int = 0


@dataclass(frozen=True)
class Calibrated:
    """A calibration.

    Attributes:
        is_dated: Whether the outcomes have dates; without, a random part is held back.
        field: The field of contacts that said what became of them, if no deals did.
        models: What is suggested for each model.
        changes: The whole suggestion in words.
        output: Where it was written, or None.
    """

    is_dated: bool
    field: str | None
    models: tuple[ModelCalibrated, ...]
    changes: tuple[Change, ...]
    output: Path | None


def calibrate(
    workspace: Workspace,
    *,
    now: datetime,
    proposed: Path | None = None,
    before: timedelta = THE_DAY_BEFORE,
    field: str | None = None,
    seed: int = 0,
    output: Path | None = None,
) -> Calibrated:
    """Learn points, decays and the threshold from the earlier outcomes, try them on the later.

    Nothing of the workspace is changed.

    Args:
        workspace: Whose records are used, and whose definitions unless others are proposed.
        now: What was decided later is not known.
        proposed: A folder with the definitions to start from instead.
        before: How long before its first deal began, or it was sent back, a lead is looked at.
        field: A field of contacts that says what became of them, if not the deals.
        seed: Chooses whom to hold back where outcomes have no dates.
        output: A new folder for the suggested definitions, or a file for their scoring.yaml.

    Raises:
        RevopsError: There is no scoring model, or the output cannot be written.
    """
    start = proposed or workspace.folder
    catalog = proposed_catalog(workspace, proposed) if proposed else workspace.catalog
    check_output(start, output)
    with (
        judge(workspace, now=now, catalog=catalog, before=before, field=field) as judged,
        proposal(start) as folder,
    ):
        learn_from(judged.con, Subject.CONTACTS, now)
        is_dated = _is_dated(judged.con)
        present = {
            model.name: _look(judged.con, model, is_dated=is_dated, seed=seed)
            for model in catalog.scoring.models
        }
        _score(workspace, judged, catalog, without_ageing(catalog.scoring))
        learned = {
            name: _learn(judged.con, looked) if looked.is_enough else ((), ())
            for name, looked in present.items()
        }
        rewrite(folder, {
            name: values_of(looked.model, *learned[name]) for name, looked in present.items()
        })  # fmt: skip
        suggested = load_proposal(workspace, folder)
        _score(workspace, judged, suggested, suggested.scoring)
        models = [
            _calibrated(judged.con, looked, *learned[name]) for name, looked in present.items()
        ]
        rewrite(folder, {each.model: _mql(each) for each in models})
        changes = diff_definitions(catalog, load_proposal(workspace, folder))
        write_proposal(folder, output)
    return Calibrated(is_dated, judged.field, tuple(models), tuple(changes), output)


# What the leads say


@dataclass(frozen=True)
class _Looked:
    """The leads of a model, with the scores that it gives them now."""

    model: ScoringModel
    won: NDArray[np.bool_]
    parts: Split
    learn: NDArray[np.int64]
    scores: dict[str, Numbers]
    suggestions: tuple[Suggestion, ...]

    @property
    def is_enough(self) -> bool:
        return not self.missing

    @property
    def missing(self) -> int:
        parts = (self.won[self.parts.train], self.won[self.parts.test])
        least = min(min(int(part.sum()), int((~part).sum())) for part in parts)
        return max(0, ENOUGH - len(self.won), ENOUGH_WON - least)


def _is_dated(con: duckdb.DuckDBPyConnection) -> bool:
    query = f"SELECT count(*) > 0 AND bool_and(is_dated) FROM {EXAMPLES}"
    return bool((con.execute(query).fetchone() or (False,))[0])


def _look(
    con: duckdb.DuckDBPyConnection, model: ScoringModel, *, is_dated: bool, seed: int
) -> _Looked:
    import numpy as np

    _gather(con, model)
    query = f"SELECT is_won, is_refused, as_of, decided_at FROM {JUDGED} ORDER BY nr"
    told = con.execute(query).fetchnumpy()
    won = np.asarray(told["is_won"], dtype=bool)
    as_of = np.asarray(told["as_of"], dtype="datetime64[us]")
    never = np.full(len(won), np.datetime64("NaT", "us"))
    decided = np.where(np.ma.getmaskarray(told["decided_at"]), never, told["decided_at"])
    if not is_dated:  # a random order stands for time
        as_of = np.random.default_rng(seed).permutation(len(won)).astype("datetime64[us]")
        decided = never
    parts = split(as_of, decided, is_dated=len(won) > 0)
    learn = _telling(parts.train, won, np.asarray(told["is_refused"], dtype=bool))
    looked = _Looked(model, won, parts, learn, _scores(con), ())
    if not looked.is_enough:
        return looked
    signs = [each.part(learn) for each in signs_of(con, model)]
    return replace(looked, suggestions=tuple(suggest(signs, won[learn])))


def _telling(
    train: NDArray[np.int64], won: NDArray[np.bool_], refused: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The leads to learn from: those with a deal, won or lost, if there are enough.

    A lead is disqualified only after it looked good enough to be worked, whereas a deal brings
    all of its people along: held against the disqualified, whatever makes a lead look good would
    seem to tell nothing, or the reverse.
    """
    dealt: NDArray[np.int64] = train[~refused[train]]
    lost = int((~won[dealt]).sum())
    return dealt if len(dealt) >= ENOUGH and lost >= ENOUGH_WON else train


def _gather(con: duckdb.DuckDBPyConnection, model: ScoringModel) -> None:
    """The table of the leads that a model scores."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {JUDGED} AS"
        " SELECT row_number() OVER (ORDER BY e.nr) - 1 AS nr, s.contact_id, s.as_of, e.is_won,"
        " e.decided_at, s.fit, s.engagement, s.total, o.outcome = $refused AS is_refused"
        f" FROM {EXAMPLES} AS e JOIN {SCORES_AT} AS s ON s.contact_id = e.id AND s.as_of = e.as_of"
        f" JOIN {OUTCOMES} AS o ON o.contact_id = e.id WHERE s.model = $model",
        {"model": model.name, "refused": DISQUALIFIED},
    )


def _scores(con: duckdb.DuckDBPyConnection) -> dict[str, Numbers]:
    import numpy as np

    found = con.execute(f"SELECT {', '.join(SCORES)} FROM {JUDGED} ORDER BY nr").fetchnumpy()
    return {name: np.asarray(found[name], dtype=np.float64) for name in SCORES}


def _learn(
    con: duckdb.DuckDBPyConnection, looked: _Looked
) -> tuple[tuple[Suggestion, ...], tuple[Fading, ...]]:
    """What is suggested for points and decays; `lines_at` tells of occurrences of any age."""
    import numpy as np

    _gather(con, looked.model)
    fadings = []
    for signal in looked.model.engagement.signals:
        ages = np.full(len(looked.won), np.nan)
        rows = con.execute(_AGES, {"signal": signal.name}).fetchnumpy()
        ages[np.asarray(rows["nr"], dtype=np.int64)] = rows["days"]
        fading = fading_of(signal, ages[looked.learn], looked.won[looked.learn])
        if fading is not None:
            fadings.append(fading)
    return looked.suggestions, tuple(fadings)


_AGES = f"""
SELECT j.nr, (epoch(l.as_of) - epoch(l.last_at)) / 86400 AS days
FROM {LINES_AT} AS l JOIN {JUDGED} AS j USING (contact_id, as_of)
WHERE l.signal = $signal AND l.dimension = 'engagement' AND l.last_at IS NOT NULL
"""


def _score(workspace: Workspace, judged: Judged, catalog: Catalog, scoring: Scoring) -> None:
    past = past_then(workspace, catalog, judged.facts, judged.field)
    score_at(judged.con, scoring, vocabulary(catalog, judged.facts), past)
    remove_copies(judged.con)


def _calibrated(
    con: duckdb.DuckDBPyConnection,
    looked: _Looked,
    suggestions: tuple[Suggestion, ...],
    fadings: tuple[Fading, ...],
) -> ModelCalibrated:
    """What the suggested scores, which `scores_at` has now, do on the leads held back."""
    start = ModelCalibrated(
        looked.model.name, len(looked.won), int(looked.won.sum()), looked.missing
    )
    if not looked.is_enough:
        return start
    _gather(con, looked.model)
    train, test = looked.parts.train, looked.parts.test
    after, won = _scores(con), looked.won
    now = looked.model.thresholds.get(MQL, "")
    learned = {name: values[train] for name, values in after.items()}
    condition = suggest_threshold(scores_named(now) if now else {}, learned, won[train])
    return ModelCalibrated(
        start.model,
        start.leads,
        start.won,
        0,
        len(looked.learn),
        len(test),
        suggestions,
        fadings,
        check_threshold(
            now,
            condition,
            {name: values[test] for name, values in looked.scores.items()},
            {name: values[test] for name, values in after.items()},
            won[test],
        ),
        auc(looked.scores["total"][test], won[test]),
        auc(after["total"][test], won[test]),
        totals_of(looked.scores["total"][test], won[test]),
        totals_of(after["total"][test], won[test]),
        len(train) - len(looked.learn),
    )


def _mql(found: ModelCalibrated) -> dict[tuple[str | int, ...], float | str]:
    """The threshold to write; none where it would select nobody."""
    if found.threshold is None or not found.threshold.now or not found.threshold.is_selective:
        return {}
    return {("thresholds", MQL): found.threshold.suggested}
