"""The commands, in the order in which a newcomer needs them."""

from __future__ import annotations

from typing import Annotated

import typer

from revops import __version__
from revops.interfaces.cli import workspace
from revops.interfaces.cli.options import examples

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


app.command(epilog=examples("revops init acme --motion plg --company 'Acme Inc'"))(workspace.init)
app.command(epilog=examples("revops check", "revops check --format json"))(workspace.check)
app.command(epilog=examples("revops diff", "revops diff main", "revops diff ../old ."))(
    workspace.diff
)
