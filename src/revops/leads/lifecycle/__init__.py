"""Where a lead stands: which stage it is in, what moves it on, and what sends it back.

Pure decisions: the definition, a lead and its standing go in, moves with their reasons come out.
"""

from revops.leads.lifecycle.case import Case
from revops.leads.lifecycle.handing import accept, make_override, reject
from revops.leads.lifecycle.handoffs import handoffs_query
from revops.leads.lifecycle.looking import next_look
from revops.leads.lifecycle.moving import follow, move, prospects
from revops.leads.lifecycle.standing import Deal, Move, Override, Spell, Standing
from revops.leads.lifecycle.verdict import Verdict

__all__ = [
    "Case",
    "Deal",
    "Move",
    "Override",
    "Spell",
    "Standing",
    "Verdict",
    "accept",
    "follow",
    "handoffs_query",
    "make_override",
    "move",
    "next_look",
    "prospects",
    "reject",
]
