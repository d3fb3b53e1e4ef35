"""Lead routing: rules in order, territories, and turns taken in pools by a fair law."""

from revops.leads.routing.availability import Absence, day_starts, persons
from revops.leads.routing.certificate import Fairness, certificate
from revops.leads.routing.decision import TURN, Considered, Decision, PassedOver
from revops.leads.routing.rules import Router
from revops.leads.routing.turns import Credit, Turns, period

__all__ = [
    "TURN",
    "Absence",
    "Considered",
    "Credit",
    "Decision",
    "Fairness",
    "PassedOver",
    "Router",
    "Turns",
    "certificate",
    "day_starts",
    "period",
    "persons",
]
