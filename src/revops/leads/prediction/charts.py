"""A trial as charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.kit.chart import Axis, Bars, Curve, Lines, Series

if TYPE_CHECKING:
    from revops.kit.chart import Chart
    from revops.leads.prediction.trial import Trial


def charts(trial: Trial) -> tuple[Chart, ...]:
    """Reliability, and how well each contender tells the won apart."""
    return (_reliability(trial), _contenders(trial))


def _reliability(trial: Trial) -> Lines:
    points = tuple((each.predicted, each.observed.value) for each in trial.reliability)
    spans = tuple((each.observed.low, each.observed.high) for each in trial.reliability)
    most = max([*(x for x, _ in points), *(high for _, high in spans)], default=1.0)
    return Lines(
        "Reliability: what was predicted, and what came",
        Axis("Predicted chance, by tenth of those tried", is_share=True, low=0, high=most),
        Axis("Share that was won", is_share=True, low=0, high=most),
        (Curve(str(trial.method), points, spans),),
        Curve("as predicted", ((0.0, 0.0), (most, most))),
    )


def _contenders(trial: Trial) -> Bars:
    return Bars(
        "AUC: how likely a won one ranks before another; 0.5 is chance",
        tuple(each.name for each in trial.contenders),
        (
            Series(
                "AUC",
                tuple(each.auc.value for each in trial.contenders),
                tuple((each.auc.low, each.auc.high) for each in trial.contenders),
            ),
        ),
        Axis("AUC", low=0, high=1),
    )
