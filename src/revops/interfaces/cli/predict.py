"""`predict`: the chance to be won, learned from past outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from revops.interfaces.cli.charts import show
from revops.interfaces.cli.console import stderr, stdout, working
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    OutputOption,
    WorkspaceOption,
    examples,
    read_as_of,
    read_duration,
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
from revops.interfaces.cli.predict_view import show_explained, show_predicted, show_trained
from revops.interfaces.pictures import is_picture, write_picture
from revops.leads.subject import Subject

predict_app = typer.Typer(
    help="Predict who will be won: learn from past outcomes, score who is open, say why.",
    no_args_is_help=True,
    epilog=examples("revops predict train", "revops predict score"),
)
AnywayOption = Annotated[
    bool,
    typer.Option("--anyway", help="Use the model although later training found no signal."),
]
OfOption = Annotated[Subject, typer.Option("--of", help="Whom or what to predict.")]


@predict_app.command(
    epilog=examples(
        "revops predict train",
        "revops predict train --scorecard card.yaml --output trial.png",
        "revops predict train --of opportunities --keep amount",
    )
)
def train(
    *,
    of: OfOption = Subject.CONTACTS,
    before: Annotated[
        str,
        typer.Option(
            "--before",
            metavar="TIME",
            help="How long before its first opportunity a contact is looked at.",
        ),
    ] = "1 day",
    outcome: Annotated[
        str | None,
        typer.Option(
            "--outcome",
            metavar="FIELD",
            help="The field of contacts that says what became of them, if not opportunities.",
            show_default=False,
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="FIELD",
            help="Use this field though it seems to know the outcome; may be repeated.",
            show_default=False,
        ),
    ] = None,
    scorecard: Annotated[
        Path | None,
        typer.Option(
            "--scorecard",
            metavar="FILE",
            help="Write the prediction as points to this scoring.yaml.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Chooses what is left to chance.")] = 0,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write the result to this file; .png or .svg for pictures.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Learn from 1,000 or more outcomes, and try the model on later ones it has not seen.

    The model is kept, in models/, only if it is better than chance; otherwise exits with 1.
    """
    from revops.leads.prediction import charts
    from revops.services.predict import train as train_model
    from revops.services.score import now
    from revops.services.workspace import open_workspace

    for file in (output, scorecard):
        check_output(file)
    with open_workspace(workspace_folder(workspace)) as opened, working("Learning ..."):
        trained = train_model(
            opened,
            now=read_as_of(as_of, opened.settings.time_zone) or now(),
            subject=of,
            before=read_duration(before, "--before"),
            field=outcome,
            keep=keep or (),
            seed=seed,
            scorecard=scorecard,
        )
    if output is not None and is_picture(output):
        write_picture(charts(trained.trial) if trained.trial else (), output)
        stderr.print(f"Drawn: {output}", style="quiet")
    elif chosen(format_, output) is Format.TABLE:
        show_trained(trained, scorecard)
        for chart in charts(trained.trial) if trained.model and trained.trial else ():
            stdout.print()
            show(chart, stdout)
    else:
        write_object(trained, output)
    if trained.model is None:
        raise typer.Exit(1)


@predict_app.command(
    epilog=examples("revops predict score", "revops predict score --output chances.csv")
)
def score(
    *,
    of: OfOption = Subject.CONTACTS,
    anyway: AnywayOption = False,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Give everyone who is open a chance to be won, the greatest first."""
    from revops.services.predict import Predicted, predict
    from revops.services.score import now
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened, working("Predicting ..."):
        at = read_as_of(as_of, opened.settings.time_zone) or now()
        found = predict(opened, at=at, subject=of, anyway=anyway)
    if is_shown(format_, output):
        show_predicted(found, of)
    else:
        write(as_result(found, Predicted), format_, output)


@predict_app.command(epilog=examples("revops predict explain C1042"))
def explain(
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="The contact's or deal's id.", show_default=False)
    ],
    *,
    of: OfOption = Subject.CONTACTS,
    anyway: AnywayOption = False,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Say why one has its chance: parts that add up to it."""
    from revops.leads.prediction import Reason
    from revops.services.predict import explain_prediction
    from revops.services.score import now
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened, working("Predicting ..."):
        at = read_as_of(as_of, opened.settings.time_zone) or now()
        explained = explain_prediction(opened, id_, at=at, subject=of, anyway=anyway)
    if is_shown(format_, output):
        show_explained(id_, explained)
    elif chosen(format_, output) is Format.JSON:
        write_object(explained, output)
    else:
        write(as_result(explained.reasons, Reason), format_, output)
