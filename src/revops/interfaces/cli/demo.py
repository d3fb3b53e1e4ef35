"""`demo`: a simulated company, imported, scored and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from revops.interfaces.cli.console import progress, stdout, steps
from revops.interfaces.cli.demo_view import show_demo
from revops.interfaces.cli.options import FormatOption, OutputOption
from revops.interfaces.cli.output import (
    Format,
    as_result,
    check_output,
    chosen,
    is_shown,
    write,
    write_object,
)

_STEPS = {
    "workspace": "Starting a workspace",
    "simulate": "Simulating a year of a company",
    "import": "Importing its records",
    "facts": "Laying the facts out as columns",
    "work": "Working the last day's leads",
    "score": "Scoring",
}


def demo(
    *,
    workspace: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the demonstration's workspace goes.")
    ] = Path("demo"),
    serve: Annotated[  # noqa: ARG001 - scripts may say --no-serve; nothing is served yet
        bool,
        typer.Option("--serve/--no-serve", help="Whether to go on in the web app.", hidden=True),
    ] = False,
    contacts: Annotated[int, typer.Option(min=10, help="How many contacts.")] = 20_000,
    activities: Annotated[int, typer.Option(min=0, help="How many activities.")] = 600_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = 7,
    motion: Annotated[str, typer.Option(help="Whose definitions score it, as of init.")] = "full",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Only write the company's files, as Parquet, into this folder.",
            show_default=False,
        ),
    ] = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Simulate a company, import it, score it, and show what was found."""
    from revops.services.demo import run_demo, write_company
    from revops.services.demo_findings import HotLead

    check_output(output)

    if out is not None:
        with progress("Simulating") as advance:
            company = write_company(
                out, contacts=contacts, activities=activities, seed=seed, on_progress=advance
            )
        for name, rows in company.rows.items():
            stdout.print(f"{rows:>12,}  {name}", markup=False)
        stdout.print(f"written to {out}", markup=False)
        return
    with steps(_STEPS) as tell:
        report = run_demo(
            workspace,
            contacts=contacts,
            activities=activities,
            motion=motion,
            seed=seed,
            on_progress=tell,
        )
    if is_shown(format_, output):
        show_demo(report)
    elif chosen(format_, output) is Format.JSON:
        write_object(report, output)
    else:
        write(as_result(report.hottest, HotLead), format_, output)
