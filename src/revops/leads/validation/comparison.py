"""Two scoring models judged by the same leads: the proposed one beside the present one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.outcomes import WON
from revops.leads.validation.gathering import JUDGED
from revops.leads.validation.statistics import auc, auc_difference

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from revops.leads.validation.report import Validation
    from revops.leads.validation.statistics import Estimate

PRESENT = "judged_now"
"""A table, one row a lead: its score by the present model."""
BETTER, WORSE, EVEN, UNKNOWN = "better", "worse", "not told apart", "cannot tell"


@dataclass(frozen=True)
class Comparison:
    """What the proposed model would change.

    Attributes:
        present_version: The definitions that the proposed ones are held against.
        present: What the leads say of the present model.
        leads: How many leads both models judged; the AUCs here are of these.
        auc_present: The AUC of the present model.
        auc_proposed: The AUC of the proposed one.
        difference: By how much the proposed is above the present, with the interval of pairs.
        verdict: Better or worse where the interval is clear of 0.
    """

    present_version: str
    present: Validation
    leads: int
    auc_present: Estimate | None
    auc_proposed: Estimate | None
    difference: Estimate | None
    verdict: str


def scores_of_judged(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """What `compare` and `leads_beside` need of the present model's connection."""
    columns = "contact_id, total, band, qualified, kind"
    return con.sql(f"SELECT {columns} FROM {JUDGED}").to_arrow_table()


def compare(
    con: duckdb.DuckDBPyConnection, present: Validation, version: str, scores: pa.Table
) -> Comparison:
    """Hold judged leads against what another model gave them.

    Args:
        con: A connection with the table `judged` of the proposed model; `judged_now` is made.
        present: What was found of the present model.
        version: Its definitions.
        scores: What `scores_of_judged` gave of it.
    """
    con.register("present_scores", scores)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {PRESENT} AS FROM present_scores")
    con.unregister("present_scores")
    both = con.execute(
        f"SELECT n.total AS before, j.total AS after, j.outcome = '{WON}' AS won"
        f" FROM {JUDGED} AS j JOIN {PRESENT} AS n USING (contact_id) ORDER BY contact_id"
    ).fetchnumpy()
    before, after = both["before"].astype(float), both["after"].astype(float)
    won = both["won"].astype(bool)
    difference = auc_difference(before, after, won)
    return Comparison(
        version,
        present,
        len(won),
        auc(before, won),
        auc(after, won),
        difference,
        _verdict(difference),
    )


def _verdict(difference: Estimate | None) -> str:
    if difference is None:
        return UNKNOWN
    if difference.low > 0:
        return BETTER
    return WORSE if difference.high < 0 else EVEN
