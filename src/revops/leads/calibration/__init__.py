"""Calibration: what points, decays and thresholds past outcomes call for."""

from revops.leads.calibration.ageing import Fading, fading_of, without_ageing
from revops.leads.calibration.charts import Totals, points_chart, totals_chart, totals_of
from revops.leads.calibration.points import FEW, Suggestion, suggest
from revops.leads.calibration.rewriting import values_of
from revops.leads.calibration.signs import JUDGED, Item, Part, Sign, signs_of
from revops.leads.calibration.thresholds import (
    Threshold,
    check_threshold,
    scores_named,
    suggest_threshold,
)

__all__ = [
    "FEW",
    "JUDGED",
    "Fading",
    "Item",
    "Part",
    "Sign",
    "Suggestion",
    "Threshold",
    "Totals",
    "check_threshold",
    "fading_of",
    "points_chart",
    "scores_named",
    "signs_of",
    "suggest",
    "suggest_threshold",
    "totals_chart",
    "totals_of",
    "values_of",
    "without_ageing",
]
