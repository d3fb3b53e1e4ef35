"""Lead scoring: definitions compiled to SQL, scores with every point explained."""

from revops.leads.scoring.answers import answer_columns
from revops.leads.scoring.asked import Asked
from revops.leads.scoring.compile import ENGAGED_CONTACTS, compile_scoring
from revops.leads.scoring.model import LINE_COLUMNS, SCORE_COLUMNS
from revops.leads.scoring.people import Past
from revops.leads.scoring.steps import WANTED, Prepared, Step, statement
from revops.leads.scoring.wanted import want

__all__ = [
    "ENGAGED_CONTACTS",
    "LINE_COLUMNS",
    "SCORE_COLUMNS",
    "WANTED",
    "Asked",
    "Past",
    "Prepared",
    "Step",
    "answer_columns",
    "compile_scoring",
    "statement",
    "want",
]
