"""Scores of accounts, and the buying committees among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from revops.leads.scoring.expressions import case, column, micros, micros_at, number, whole

if TYPE_CHECKING:
    from datetime import datetime

    from revops.definitions.scoring import AccountScoring

ACCOUNT_COLUMNS = (
    "account_id",
    "score",
    "engagement",
    "fit",
    "contacts",
    "engaged_contacts",
    "buying_committee",
)


def account_scores(settings: AccountScoring, as_of: datetime) -> exp.Select:
    """One row an account with a scored contact (scoring reference, Evaluation, 8).

    Columns: account_id; score, the sum of its contacts' engagement plus its greatest fit;
    engagement, that sum; fit, that greatest fit; contacts, how many are scored;
    engaged_contacts, those with engagement above zero that were active within
    `committee_within`; buying_committee, whether these are `committee_contacts` or more.
    """
    since = whole(micros_at(as_of) - micros(settings.committee_within))
    active = exp.UnixMicros(this=column("last_activity_at")) > since
    is_engaged = exp.and_(column("engagement") > number(0), active)
    engaged = exp.Count(this=case([(is_engaged, whole(1))], None))
    engagement, fit = exp.Sum(this=column("engagement")), exp.Max(this=column("fit"))
    values = {
        "account_id": column("account_id"),
        "score": exp.Add(this=engagement, expression=fit),
        "engagement": engagement.copy(),
        "fit": fit.copy(),
        "contacts": exp.Count(this=exp.Star()),
        "engaged_contacts": engaged,
        "buying_committee": engaged.copy() >= whole(settings.committee_contacts),
    }
    has_account = exp.Not(this=exp.Is(this=column("account_id"), expression=exp.null()))
    return (
        exp.select(*(exp.alias_(values[name], name) for name in ACCOUNT_COLUMNS))
        .from_(exp.to_table("scores"))
        .where(has_account)
        .group_by(column("account_id"))
    )
