"""Models that are fitted to examples, and probabilities that mean what they say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from revops.leads.bounded_fit import one_thread
from revops.leads.prediction.encoding import Encoding, learn_encoding

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Truths = NDArray[np.bool_]
    Groups = NDArray[np.int64]

FOLDS = 5


class Method(StrEnum):
    """How a model is fitted."""

    LOGISTIC = "logistic"
    BOOSTING = "gradient boosting"


@dataclass(frozen=True)
class Scale:
    """The line that makes a model's log-odds those that were observed (Platt 1999)."""

    slope: float = 1.0
    shift: float = 0.0

    def chances(self, odds: Numbers) -> Numbers:
        """The probabilities that log-odds stand for."""
        import numpy as np
        from scipy.special import expit

        return np.asarray(expit(self.slope * odds + self.shift), dtype=np.float64)


@dataclass(frozen=True)
class Model:
    """A fitted model.

    Attributes:
        method: How it was fitted.
        encoding: How it sees rows.
        estimator: What scikit-learn fitted.
        scale: What its log-odds are drawn to.
    """

    method: Method
    encoding: Encoding
    estimator: Any
    scale: Scale = Scale()

    def probabilities(self, rows: pa.Table) -> Numbers:
        """The chance of each row to be won."""
        odds = log_odds(self.method, self.encoding, self.estimator, rows)
        return self.scale.chances(odds)


def fit(method: Method, rows: pa.Table, won: Truths, groups: Groups, seed: int) -> Model:
    """Fit a model and draw its log-odds to what was observed.

    Args:
        method: How.
        rows: The features.
        won: What became of each.
        groups: Those of the same number share their fate, such as people of one company.
        seed: Chooses the folds; the same input gives the same model.
    """
    scale = learn_scale(out_of_fold(method, rows, won, groups, seed), won)
    return fit_again(method, rows, won, seed, scale)


def fit_again(method: Method, rows: pa.Table, won: Truths, seed: int, scale: Scale) -> Model:
    """Fit a model whose scale is known."""
    with one_thread():
        encoding = learn_encoding(rows)
        return Model(method, encoding, _estimate(method, encoding, rows, won, seed), scale)


def out_of_fold(method: Method, rows: pa.Table, won: Truths, groups: Groups, seed: int) -> Numbers:
    """The log-odds of each row, by a model that was fitted to four fifths of the other groups."""
    import numpy as np

    found = np.empty(len(won))
    with one_thread():
        for train, test in _folds(won, groups, seed):
            part = rows.take(train)
            encoding = learn_encoding(part)
            estimator = _estimate(method, encoding, part, won[train], seed)
            found[test] = log_odds(method, encoding, estimator, rows.take(test))
    return found


def _folds(won: Truths, groups: Groups, seed: int) -> Any:
    """Five folds; people of one company share their fate, so they are in the same."""
    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if len(np.unique(groups)) == len(groups):
        return StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(won, won)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return folds.split(won, won, groups)


def learn_scale(odds: Numbers, won: Truths) -> Scale:
    """The line that fits log-odds, of rows that the model has not seen, to what became of them."""
    from sklearn.linear_model import LogisticRegression

    line = LogisticRegression(C=1e6).fit(odds.reshape(-1, 1), won)
    return Scale(float(line.coef_[0, 0]), float(line.intercept_[0]))


def log_odds(method: Method, encoding: Encoding, estimator: Any, rows: pa.Table) -> Numbers:
    """What the fitted estimator says, before it is drawn to scale."""
    import numpy as np

    sees = encoding.for_line if method is Method.LOGISTIC else encoding.for_trees
    return np.asarray(estimator.decision_function(sees(rows)), dtype=np.float64)


def _estimate(method: Method, encoding: Encoding, rows: pa.Table, won: Truths, seed: int) -> Any:
    if method is Method.LOGISTIC:
        from sklearn.linear_model import LogisticRegression

        line = LogisticRegression(C=0.1, max_iter=2000)
        return line.fit(encoding.for_line(rows), won)
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=120,
        max_leaf_nodes=12,
        min_samples_leaf=25,
        l2_regularization=2.0,
        categorical_features=encoding.categorical,
        early_stopping=False,
        random_state=seed,
    )
    return trees.fit(encoding.for_trees(rows), won)
