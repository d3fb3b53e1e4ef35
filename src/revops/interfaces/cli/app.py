"""The commands, in the order in which a newcomer needs them."""

from __future__ import annotations

from typing import Annotated

import typer

from revops import __version__
from revops.interfaces.cli import (
    calibrate,
    data,
    demo,
    importing,
    monitor,
    run,
    scoring,
    simulate,
    sla,
    validate,
    workspace,
)
from revops.interfaces.cli.align import align_app
from revops.interfaces.cli.lifecycle import lifecycle_app
from revops.interfaces.cli.options import examples
from revops.interfaces.cli.outbox import outbox_app
from revops.interfaces.cli.pilot import pilot_app
from revops.interfaces.cli.predict import predict_app
from revops.interfaces.cli.pto import pto_app
from revops.interfaces.cli.rollout import rollout_app
from revops.interfaces.cli.route import route_app
from revops.interfaces.cli.task import task_app

app = typer.Typer(
    name="revops",
    help="Revenue operations as code: definitions in YAML, facts from your CRM, "
    "decisions you can explain.",
    epilog="Start with `revops demo`, or with `revops init DIR` for a workspace of your own.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"revops {__version__}")
        raise typer.Exit


@app.callback()
def revops(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Say the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Revenue operations as code."""


app.command(
    epilog=examples("revops demo", "revops demo --contacts 1000000 --activities 50000000 --out big")
)(demo.demo)
app.command(epilog=examples("revops init acme --motion plg --company 'Acme Inc'"))(workspace.init)
app.command(epilog=examples("revops check", "revops check --format json"))(workspace.check)
app.command(epilog=examples("revops diff", "revops diff main", "revops diff ../old ."))(
    workspace.diff
)
app.command(
    "import",
    epilog=examples(
        "revops import contacts.csv activities.parquet",
        "revops import hubspot-export/",
        "revops import Leads.csv --mapping mapping.yaml --source webinar",
    ),
)(importing.import_)
app.command(
    epilog=examples(
        "revops score",
        "revops score --as-of 2026-03-01 --format csv --output scores.csv",
        "revops score C1042 --explain",
        "revops score --account",
    )
)(scoring.score)
app.command(
    epilog=examples("revops explain C1042", "revops explain ada@example.com --as-of 2026-03-01")
)(scoring.explain)
app.command(
    epilog=examples("revops export contacts --output contacts.xlsx", "revops export scores")
)(data.export)
app.command(epilog=examples("revops run --dry-run", "revops run"))(run.run)
app.command(epilog=examples("revops serve --worker"))(run.serve)
app.add_typer(lifecycle_app, name="lifecycle")
app.add_typer(route_app, name="route")
app.command(
    epilog=examples("revops sla", "revops sla --owner ada", "revops sla --breached --format csv")
)(sla.sla)
app.add_typer(task_app, name="task")
app.add_typer(pto_app, name="pto")
app.add_typer(outbox_app, name="outbox")
app.command(epilog=examples("revops monitor", "revops monitor --fail-on red --format json"))(
    monitor.monitor
)
app.command(
    epilog=examples(
        "revops validate",
        "revops validate --before '7 days' --output validation.png",
        "revops validate --with ../proposed --gate",
    )
)(validate.validate)
app.command(
    epilog=examples(
        "revops simulate --with ../proposed --from 2026-01-01 --to 2026-06-30",
        "revops simulate --with ../proposed --from 2026-01-01 --to 2026-06-30 --leads",
        "revops simulate --with ../proposed --from 2026-01-01 --to 2026-06-30 --output change.svg",
    )
)(simulate.simulate)
app.command(
    epilog=examples(
        "revops calibrate",
        "revops calibrate --output ../proposed",
        "revops calibrate --with ../proposed --output calibration.png",
    )
)(calibrate.calibrate)
app.add_typer(predict_app, name="predict")
app.add_typer(align_app, name="align")
app.add_typer(rollout_app, name="rollout")
app.add_typer(pilot_app, name="pilot")
app.add_typer(data.facts_app, name="facts")
