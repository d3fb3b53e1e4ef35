"""`score`, `explain`: who is worth a call, and why."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from revops.interfaces.cli.console import stdout, working
from revops.interfaces.cli.explanation_view import show_explanation
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    OutputOption,
    WorkspaceOption,
    read_as_of,
    workspace_folder,
)
from revops.interfaces.cli.output import (
    Format,
    as_result,
    check_output,
    chosen,
    is_shown,
    write,
    write_object,
)
from revops.interfaces.cli.score_view import show_scores
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    import pyarrow as pa

    from revops.services.score_run import ScoreRun
    from revops.store.facts import Facts

InputOption = Annotated[
    Path | None,
    typer.Option(
        "--input",
        metavar="DIR",
        help="Use the canonical files in this folder instead of the workspace's records.",
        show_default=False,
    ),
]


def score(
    contacts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CONTACT]...", help="Score these contacts only.", show_default=False
        ),
    ] = None,
    *,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Give the lines that add up to each score.")
    ] = False,
    account: Annotated[
        bool, typer.Option("--account", help="Score accounts, and find buying committees.")
    ] = False,
    input_: InputOption = None,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL statement instead of running it.")
    ] = False,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Score contacts: fit, engagement, total, band, and whether they qualify.

    Scores of all the workspace's contacts are kept, with the lines that add up to them.
    """
    from revops.services.score import score as run_score
    from revops.services.score import score_statement
    from revops.services.workspace import open_workspace

    check_output(output)
    if explain and account:
        raise RevopsError("bad-options", "--explain and --account are two questions", "ask one")
    with ExitStack() as stack:
        opened = stack.enter_context(open_workspace(workspace_folder(workspace)))
        at = read_as_of(as_of, opened.settings.time_zone)
        facts = _facts(input_)
        if sql:
            stdout.print(
                score_statement(opened, as_of=at, facts=facts), markup=False, soft_wrap=True
            )
            return
        with working("Scoring"):
            run = stack.enter_context(
                run_score(opened, as_of=at, contact_ids=contacts or (), facts=facts)
            )
        if is_shown(format_, output) and not explain and not account:
            show_scores(run, opened.catalog)
        else:
            write(_asked(run, explain=explain, account=account), format_, output)


def explain(
    contact: Annotated[
        str, typer.Argument(help="The contact's id or e-mail address.", show_default=False)
    ],
    *,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    input_: InputOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Say why a contact has its score, and what it would take to qualify."""
    from revops.leads.scoring.explain import Reason
    from revops.services.explain import explain as explain_contact
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        at = read_as_of(as_of, opened.settings.time_zone)
        explained = explain_contact(opened, contact, as_of=at, facts=_facts(input_))
    kind = chosen(format_, output)
    if is_shown(format_, output):
        show_explanation(explained, opened.settings)
    elif kind is Format.JSON:
        write_object(explained, output)
    else:
        write(as_result(explained.score.reasons, Reason), format_, output)


def _facts(folder: Path | None) -> Facts | None:
    from revops.store.facts import facts_from_folder

    return facts_from_folder(folder) if folder else None


def _asked(run: ScoreRun, *, explain: bool, account: bool) -> pa.Table:
    if explain:
        return run.lines()
    return run.accounts() if account else run.scores()
