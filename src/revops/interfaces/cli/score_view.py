"""Scores as a person reads them: the bands, and the hottest leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.findings_view import show_bands, show_leads
from revops.interfaces.cli.tables import as_table
from revops.kit.clock import parse_zone, to_reader

if TYPE_CHECKING:
    from revops.definitions.catalog import Catalog
    from revops.services.score_run import ScoreRun

FEW = 20


def show_scores(run: ScoreRun, catalog: Catalog) -> None:
    """Print how many contacts are in each band and the hottest leads; of a few contacts, all."""
    contacts, qualified = run.counts()
    at = to_reader(run.as_of, parse_zone(catalog.settings.time_zone))
    stdout.print(
        f"[key]{contacts:,} contact{'' if contacts == 1 else 's'}[/key] scored as of {at}, "
        f"[key]{qualified:,} qualified[/key] (definitions {run.definitions_version})\n"
    )
    if not contacts:
        stdout.print("No model applies to any contact. Bring some in: revops import FILE...")
    elif contacts <= FEW:
        stdout.print(as_table(run.scores().drop_columns(["scored_at"])))
    else:
        _show_many(run, catalog)


def _show_many(run: ScoreRun, catalog: Catalog) -> None:
    from revops.services.demo_findings import bands, hottest

    show_bands(bands(run.con, catalog.scoring))
    leads = hottest(run.con, run.as_of)
    if leads:
        stdout.print("The hottest of the qualified:\n")
        show_leads(leads)
        said = f"revops explain {leads[0].contact_id} says why"
    else:
        said = "Nobody qualifies; revops explain CONTACT says what it would take"
    stdout.print(f"\n{said}; revops score --format csv gives all.", style="quiet", markup=False)
