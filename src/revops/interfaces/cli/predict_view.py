"""Predictions as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import plain_table
from revops.kit.number import how_many
from revops.leads.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from revops.leads.prediction import Explained, Leak, Trial
    from revops.services.predict import Predicted, Trained

FEW = 20
REASONS = 12
_LEAST_CHANGE = 0.0005


def show_trained(trained: Trained, scorecard: Path | None) -> None:
    """Print what was learned from, what was left out, how it did, and the verdict."""
    outcomes = how_many(trained.outcomes, "outcome")
    stdout.print(f"{outcomes} of {trained.subject} known, {trained.won:,} won", style="key")
    if trained.missing:
        wanted = trained.outcomes + trained.missing
        stdout.print(
            f"Too few to learn from: {trained.missing:,} more are missing to {wanted:,}. "
            "Import older deals, or validate the rules: revops validate."
        )
        if trained.subject == "contacts":
            stdout.print("Where deals name nobody, --of opportunities learns from the deals.")
        return
    if not trained.is_dated:
        stdout.print(
            "They carry no dates, so everything is as it is now, and the model is tried by five "
            "folds, not on later outcomes.",
            style="warn",
        )
    _show_leaks(trained.leaks)
    trial = trained.trial
    if trial is None:
        stdout.print("\nToo few were won or lost to try a model; nothing is kept.", style="warn")
        return
    _show_trial(trial)
    if not trial.has_signal:
        stdout.print(f"\nNo signal: {trial.in_words}. No model is kept.", style="bad")
        if trained.in_doubt:
            stdout.print(
                "The older model is marked as in doubt: predict score and predict explain refuse "
                "it, but for --anyway.",
                style="warn",
            )
        return
    if trained.scorecard is not None:
        stdout.print(f"\nAs a scorecard: AUC {trained.scorecard:.2f}, written to {scorecard}")
    stdout.print(f"\nKept: {trained.model}", style="good", markup=False, soft_wrap=True)
    stdout.print("Next: revops predict score", style="quiet")


def _show_leaks(leaks: Sequence[Leak]) -> None:
    if not leaks:
        return
    table = plain_table("Fields that seem to know the outcome")
    table.add_column("field")
    table.add_column("")
    table.add_column("evidence")
    for leak in leaks:
        word = Text("kept", "warn") if leak.is_kept else Text("left out")
        table.add_row(Text(leak.field, "place"), word, Text(leak.evidence))
    stdout.print()
    stdout.print(table)


def _show_trial(trial: Trial) -> None:
    tried = f"tried on {trial.tried:,}, {trial.won:,} of them won"
    table = plain_table(f"Trained on {trial.trained:,}, {tried}")
    for name in ("", "AUC", "interval", "average precision", "Brier", "log loss"):
        table.add_column(name, justify="right" if name else "left")
    for each in trial.contenders:
        table.add_row(
            Text(each.name, "key" if each.name == trial.method else ""),
            f"{each.auc.value:.3f}",
            f"{each.auc.low:.2f}-{each.auc.high:.2f}",
            f"{each.average_precision.value:.3f}" if each.average_precision else "",
            f"{each.brier:.4f}" if each.brier is not None else "",
            f"{each.log_loss:.4f}" if each.log_loss is not None else "",
        )
    stdout.print()
    stdout.print(table)


def show_predicted(found: Sequence[Predicted], subject: Subject) -> None:
    """Print the greatest chances."""
    if not found:
        stdout.print(f"None of the {subject} is open. Bring some in: revops import FILE...")
        return
    stdout.print(f"{len(found):,} open {subject}, the greatest chances first\n")
    table = plain_table()
    table.add_column("rank", justify="right")
    for name in ("name", "account", "id"):
        table.add_column(name)
    table.add_column("chance", justify="right")
    for each in found[:FEW]:
        words = (Text(each.name, "key"), Text(each.account), Text(each.id, "quiet"))
        table.add_row(f"{each.rank:,}", *words, f"{each.chance:.1%}")
    stdout.print(table)
    of = "" if subject is Subject.CONTACTS else f" --of {subject}"
    said = f"revops predict explain {found[0].id}{of} says why; --format csv gives all."
    stdout.print(f"\n{said}", style="quiet", markup=False)


def show_explained(id_: str, explained: Explained) -> None:
    """Print the parts that add up to a chance."""
    table = plain_table(f"{id_}: {explained.chance:.1%}")
    for name in ("", "has", "typical"):
        table.add_column(name)
    table.add_column("change", justify="right")
    table.add_row(Text("a typical one", "quiet"), "", "", f"{explained.typical:+.1%}")
    telling = [each for each in explained.reasons if abs(each.change) >= _LEAST_CHANGE][:REASONS]
    for each in telling:
        words = (Text(each.about), Text(each.value), Text(each.typical, "quiet"))
        table.add_row(*words, f"{each.change:+.1%}")
    rest = explained.chance - explained.typical - sum(each.change for each in telling)
    table.add_row(Text("all the rest", "quiet"), "", "", f"{rest:+.1%}")
    table.add_row(Text("chance", "key"), "", "", Text(f"{explained.chance:.1%}", "key"))
    stdout.print(table)
