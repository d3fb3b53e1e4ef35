"""A penalised logistic model whose weights keep to bounds, such as none below nothing.

It minimises the mean of the logarithmic losses plus `penalty / 2 / rows` times the sum of the
squared distances of the weights from a centre (the intercept is free). With the centre 0 this is
scikit-learn's logistic regression with C = 1 / penalty. It goes by L-BFGS-B (Byrd, Lu, Nocedal,
Zhu 1995), which knows bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Truths = NDArray[np.bool_]

PENALTY = 1.0


@dataclass(frozen=True)
class Weights:
    """What was fitted: log-odds are `intercept + columns @ weights`."""

    intercept: float
    weights: Matrix

    def log_odds(self, columns: Matrix) -> Matrix:
        """The log-odds of each row."""
        return self.intercept + columns @ self.weights


def fit_bounded(
    columns: Matrix,
    won: Truths,
    lower: Matrix,
    upper: Matrix,
    penalty: float = PENALTY,
    centre: Matrix | None = None,
) -> Weights:
    """Fit weights for columns of the order of 1; the same input gives the same weights.

    Args:
        columns: A row for each lead.
        won: What became of each.
        lower: The least each weight may be.
        upper: The most.
        penalty: How dear it is to leave the centre.
        centre: What the weights are without evidence; by default 0.
    """
    import numpy as np
    from scipy.optimize import Bounds, minimize
    from scipy.special import expit

    truth = won.astype(np.float64)
    rows = len(truth)
    middle = np.zeros(columns.shape[1]) if centre is None else np.clip(centre, lower, upper)

    def loss(point: Matrix) -> tuple[float, Matrix]:
        odds = point[0] + columns @ point[1:]
        away = point[1:] - middle
        value = np.logaddexp(0, odds).sum() - truth @ odds + penalty / 2 * away @ away
        error = expit(odds) - truth
        slope = np.concatenate([[error.sum()], columns.T @ error + penalty * away])
        return float(value / rows), slope / rows

    start = np.concatenate([[_log_odds(truth.mean())], middle])
    bounds = Bounds(np.concatenate([[-np.inf], lower]), np.concatenate([[np.inf], upper]))
    options: Any = {"maxiter": 2000, "ftol": 1e-12, "gtol": 1e-8}
    with one_thread():
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return Weights(float(found.x[0]), np.asarray(found.x[1:], dtype=np.float64))


def one_thread() -> Any:
    """A context in which sums are done in one order, so that they are the same everywhere."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def _log_odds(share: float) -> float:
    import math

    inside = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(inside / (1 - inside))
