"""Lead scoring: definitions compiled to SQL, scores with every point explained."""

from revops.leads.scoring.answers import answer_columns
from revops.leads.scoring.any_instant import AnyInstant
from revops.leads.scoring.asked import Asked
from revops.leads.scoring.compile import ENGAGED_CONTACTS, compile_scoring
from revops.leads.scoring.instants import (
    ASKED_AT,
    LINES_AT,
    SCORES_AT,
    copy_at,
    remove_copies,
    restated_past,
    score_at,
)
from revops.leads.scoring.model import LINE_COLUMNS, SCORE_COLUMNS
from revops.leads.scoring.people import Past
from revops.leads.scoring.steps import WANTED, Prepared, Role, Step, creations, statement
from revops.leads.scoring.wanted import want

__all__ = [
    "ASKED_AT",
    "ENGAGED_CONTACTS",
    "LINES_AT",
    "LINE_COLUMNS",
    "SCORES_AT",
    "SCORE_COLUMNS",
    "WANTED",
    "AnyInstant",
    "Asked",
    "Past",
    "Prepared",
    "Role",
    "Step",
    "answer_columns",
    "compile_scoring",
    "copy_at",
    "creations",
    "remove_copies",
    "restated_past",
    "score_at",
    "statement",
    "want",
]
