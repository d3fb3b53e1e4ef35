"""A model tried on examples it was not trained on, beside the rules and a base rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.prediction.fitting import Method, fit_again, learn_scale, out_of_fold
from revops.leads.validation.statistics import Estimate, auc, average_precision, share

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from revops.leads.prediction.fitting import Scale

    Numbers = NDArray[np.float64]
    Truths = NDArray[np.bool_]
    Groups = NDArray[np.int64]

EARLIER = 0.7
"""The share of the examples, the earlier ones, that a trial is trained on."""
CHANCE = 0.5
_BINS = 10
_FEWEST = 30


@dataclass(frozen=True)
class Split:
    """Which examples a trial is trained on and which it is tried on.

    Attributes:
        train: The places of the earlier examples; all of them in k-fold.
        test: The places of the later ones; all of them in k-fold.
        until: The instant that parts them, or None: k-fold, because there are no dates.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    until: np.datetime64 | None


@dataclass(frozen=True)
class Contender:
    """How well something told the won apart, on examples it had not seen.

    Attributes:
        name: What it is.
        auc: How likely a won one ranks before another; 0.5 is chance.
        average_precision: The mean share of wins above each winner.
        brier: The mean square of what was predicted less what became; None for points.
        log_loss: The mean logarithmic loss; None for points.
    """

    name: str
    auc: Estimate
    average_precision: Estimate | None
    brier: float | None
    log_loss: float | None


@dataclass(frozen=True)
class Reliable:
    """A tenth of the tried examples, by predicted chance.

    Attributes:
        predicted: The mean of the predicted chances.
        observed: The share that was won.
        count: How many there are.
    """

    predicted: float
    observed: Estimate
    count: int


@dataclass(frozen=True)
class Trial:
    """What came of it.

    Attributes:
        method: The method that did best among the examples trained on, which is kept.
        trained: How many were trained on; in k-fold all, four fifths at a time.
        tried: How many it was tried on.
        won: How many of these were won.
        contenders: The kept method first, then the other, the rules, the base rate.
        reliability: Predicted and observed chances of the kept method.
    """

    method: Method
    trained: int
    tried: int
    won: int
    contenders: tuple[Contender, ...]
    reliability: tuple[Reliable, ...]

    @property
    def auc(self) -> Estimate:
        """How well the kept method tells the won apart."""
        return self.contenders[0].auc

    @property
    def has_signal(self) -> bool:
        """Whether it is better than chance, with 95 % confidence."""
        return self.auc.low > CHANCE

    @property
    def in_words(self) -> str:
        """What is to be said of a model without signal."""
        auc = self.auc
        return f"no better than chance: AUC {auc.value:.2f}, interval {auc.low:.2f}-{auc.high:.2f}"


def split(
    as_of: NDArray[np.datetime64], decided: NDArray[np.datetime64], *, is_dated: bool
) -> Split:
    """Part examples by time: trained on are those decided before the others' instants begin.

    Args:
        as_of: The instant of each, in this order.
        decided: When each was decided; NaT where it is not known.
        is_dated: Whether the instants are known; without, all are trained and tried on by folds.
    """
    import numpy as np

    every = np.arange(len(as_of))
    if not is_dated:
        return Split(every, every, None)
    until = np.sort(as_of)[int(len(as_of) * EARLIER)]
    is_test = as_of >= until
    is_known = np.isnat(decided) | (decided <= until)
    return Split(every[~is_test & is_known], every[is_test], until)


def try_out(
    rows: pa.Table,
    won: Truths,
    groups: Groups,
    parts: Split,
    seed: int,
    points: Numbers | None,
) -> Trial | None:
    """Train on one part and try on the other.

    Args:
        rows: The features of all examples.
        won: What became of each.
        groups: Those of the same number share their fate, such as people of one company.
        parts: The parts.
        seed: Chooses folds.
        points: Each example's score by the rules, NaN where no model scored it; or None.

    Returns:
        None where a part has too few won or lost to learn or tell anything.
    """
    truth = won[parts.test]
    if min(_least(won[parts.train]), _least(truth)) < _FEWEST:
        return None
    inner = {method: _inner(method, rows, won, groups, parts, seed) for method in Method}
    losses = {
        method: _log_loss(won[parts.train], chances) for method, (_, chances) in inner.items()
    }
    methods = sorted(Method, key=lambda method: (losses[method], method))
    outer = {method: _outer(method, rows, won, parts, seed, inner[method]) for method in methods}
    contenders = [_contender(method, outer[method], truth) for method in methods]
    if points is not None:
        contenders += _by_points("rules", points[parts.test], truth)
    base = _base(float(won[parts.train].mean()), truth)
    return Trial(
        methods[0],
        len(parts.train),
        len(parts.test),
        int(truth.sum()),
        (*contenders, base),
        _reliability(outer[methods[0]], truth),
    )


def _least(won: Truths) -> int:
    return int(min(won.sum(), (~won).sum()))


def _inner(
    method: Method, rows: pa.Table, won: Truths, groups: Groups, parts: Split, seed: int
) -> tuple[Scale, Numbers]:
    """By folds of the examples trained on: the scale of log-odds, and chances."""
    truth = won[parts.train]
    odds = out_of_fold(method, rows.take(parts.train), truth, groups[parts.train], seed)
    scale = learn_scale(odds, truth)
    return scale, scale.chances(odds)


def _outer(
    method: Method,
    rows: pa.Table,
    won: Truths,
    parts: Split,
    seed: int,
    inner: tuple[Scale, Numbers],
) -> Numbers:
    scale, by_folds = inner
    if parts.until is None:
        return by_folds
    model = fit_again(method, rows.take(parts.train), won[parts.train], seed, scale)
    return model.probabilities(rows.take(parts.test))


def _contender(name: str, chances: Numbers, won: Truths) -> Contender:
    ranked = auc(chances, won)
    assert ranked is not None  # noqa: S101 - there are enough of both
    brier = float(((chances - won) ** 2).mean())
    return Contender(
        str(name), ranked, average_precision(chances, won), brier, _log_loss(won, chances)
    )


def _by_points(name: str, points: Numbers, won: Truths) -> list[Contender]:
    """Points where there are any; who has no score counts as having none."""
    import numpy as np

    if np.isnan(points).all():
        return []
    filled = np.where(np.isnan(points), 0.0, points)
    ranked = auc(filled, won)
    assert ranked is not None  # noqa: S101 - there are enough of both
    return [Contender(name, ranked, average_precision(filled, won), None, None)]


def _base(chance: float, won: Truths) -> Contender:
    import numpy as np

    return _contender("base rate", np.full(len(won), chance), won)


def _log_loss(won: Truths, chances: Numbers) -> float:
    import numpy as np

    inside = np.clip(chances, 1e-9, 1 - 1e-9)
    return float(-np.where(won, np.log(inside), np.log(1 - inside)).mean())


def _reliability(chances: Numbers, won: Truths) -> tuple[Reliable, ...]:
    import numpy as np

    order = np.argsort(chances, kind="stable")
    found = []
    for part in np.array_split(order, _BINS):
        observed = share(int(won[part].sum()), len(part))
        if observed is not None:
            found.append(Reliable(float(chances[part].mean()), observed, len(part)))
    return tuple(found)
