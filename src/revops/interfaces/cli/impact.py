"""What changed in the definitions, and what that would have changed in the company's past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.console import stdout, working
from revops.interfaces.cli.output import Format, as_result, chosen, is_shown, write, write_object

if TYPE_CHECKING:
    from pathlib import Path

    from revops.definitions.diff import Change
    from revops.services.simulate import Figure

HALF_A_YEAR = timedelta(days=182)
_SIGNS = {
    "added": ("+", "good"),
    "removed": ("-", "bad"),
    "changed": ("~", "warn"),
    "moved": ("~", "warn"),
}


@dataclass(frozen=True)
class Impact:
    """A change and its impact as JSON has them."""

    changes: list[Change]
    figures: list[Figure]


def show_changes(changes: list[Change]) -> None:
    """The changes below their file and subject."""
    for (file, subject), group in groupby(changes, key=lambda each: (each.file, each.subject)):
        stdout.print(Text(file, "place") + Text(f"  {subject}" if subject else "", "key"))
        for change in group:
            sign, style = _SIGNS[change.kind]
            stdout.print(Text(f"  {sign} ", style) + Text(change.text), soft_wrap=True)
    if not changes:
        stdout.print("Nothing that decides anything has changed.")


def show_impact(
    folder: Path,
    compared: tuple[str | None, str | None],
    time: tuple[str | None, str | None],
    format_: Format | None,
    output: Path | None,
) -> None:
    """Print a change in words, and what it would have made of the past.

    Args:
        folder: The workspace whose past it is.
        compared: The definitions before and after, as `diff` takes them.
        time: The beginning and the end, as they were given.
        format_: How to write it.
        output: Where to.
    """
    from revops.definitions.diff import diff_definitions
    from revops.interfaces.cli.simulate import read_time
    from revops.interfaces.cli.simulate_view import show_simulation
    from revops.services.diff import impact, sides
    from revops.services.score import now
    from revops.services.simulate import Figure
    from revops.services.workspace import met_custom_fields, open_workspace

    with open_workspace(folder) as opened, working("Replaying the past ..."):
        catalogs = sides(folder, *compared, met=met_custom_fields(opened.store))
        changes = diff_definitions(*catalogs)
        zone = opened.settings.time_zone
        end = read_time(time[1], "--to", zone) if time[1] else now()
        start = read_time(time[0], "--from", zone) if time[0] else end - HALF_A_YEAR
        found = impact(opened, catalogs, start, end)
    if is_shown(format_, output):
        show_changes(changes)
        stdout.print()
        show_simulation(found)
    elif chosen(format_, output) is Format.JSON:
        write_object(Impact(changes, found.figures()), output)
    else:
        write(as_result(found.figures(), Figure), format_, output, title="Impact")
