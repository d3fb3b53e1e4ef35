"""Prediction: the chance to be won, learned from past outcomes and what was known before them."""

from revops.leads.prediction.charts import charts
from revops.leads.prediction.examples import EXAMPLES, learn_from, predict_for
from revops.leads.prediction.features import Past, fates, known_then
from revops.leads.prediction.fitting import Method, Model, fit
from revops.leads.prediction.guard import Leak, find_leaks
from revops.leads.prediction.keeping import Kept, doubt_model, keep_model, load_model, load_rows
from revops.leads.prediction.reasons import Explained, Reason, explain_chance
from revops.leads.prediction.scorecard import Card, card_yaml, inherited, make_card
from revops.leads.prediction.trial import Contender, Trial, split, try_out
from revops.leads.subject import Subject

__all__ = [
    "EXAMPLES",
    "Card",
    "Contender",
    "Explained",
    "Kept",
    "Leak",
    "Method",
    "Model",
    "Past",
    "Reason",
    "Subject",
    "Trial",
    "card_yaml",
    "charts",
    "doubt_model",
    "explain_chance",
    "fates",
    "find_leaks",
    "fit",
    "inherited",
    "keep_model",
    "known_then",
    "learn_from",
    "load_model",
    "load_rows",
    "make_card",
    "predict_for",
    "split",
    "try_out",
]
