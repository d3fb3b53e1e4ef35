"""Historical validation: a scoring model judged by leads whose outcome is known."""

from revops.leads.validation.charts import charts
from revops.leads.validation.gathering import JUDGED, gather
from revops.leads.validation.report import Validation, measure

__all__ = ["JUDGED", "Validation", "charts", "gather", "measure"]
