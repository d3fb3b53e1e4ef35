"""Historical validation: a scoring model judged by leads whose outcome is known."""

from revops.leads.validation.charts import charts
from revops.leads.validation.comparison import Comparison, compare, scores_of_judged
from revops.leads.validation.gathering import JUDGED, gather
from revops.leads.validation.report import Validation, measure

__all__ = [
    "JUDGED",
    "Comparison",
    "Validation",
    "charts",
    "compare",
    "gather",
    "measure",
    "scores_of_judged",
]
