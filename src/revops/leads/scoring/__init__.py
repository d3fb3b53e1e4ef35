"""Lead scoring: definitions compiled to SQL, scores with every point explained."""

from revops.leads.scoring.compile import Past, compile_scoring
from revops.leads.scoring.model import LINE_COLUMNS, SCORE_COLUMNS
from revops.leads.scoring.steps import Step, prepare, statement

__all__ = [
    "LINE_COLUMNS",
    "SCORE_COLUMNS",
    "Past",
    "Step",
    "compile_scoring",
    "prepare",
    "statement",
]
