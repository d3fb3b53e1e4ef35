"""The catalog: all that a workspace's definitions say, checked and frozen, with its version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import RootModel

from revops.definitions.files import read_kind, unknown_files
from revops.definitions.kinds import KINDS, Definitions
from revops.definitions.lints import lint
from revops.definitions.source import Source
from revops.definitions.validation import mark_of, validate
from revops.definitions.workspace import DEFINITIONS_FOLDER, SETTINGS_STEM, read_settings
from revops.kit.issue import Issue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from revops.definitions.lints import Finding
    from revops.definitions.scope import CustomFields


@dataclass(frozen=True, kw_only=True)
class Catalog(Definitions):
    """The definitions of one workspace, with the `version` that decisions are recorded under.

    Attributes:
        folder: The workspace.
        sources: What each file says and where, by the file's stem.
        unusable: The stems of the files that cannot be used, and are empty here.
    """

    folder: Path
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)
    unusable: frozenset[str] = frozenset()

    def issue(self, finding: Finding) -> Issue:
        """A finding with the file and line of what it is about."""
        file = f"{DEFINITIONS_FOLDER}/{finding.stem}.yaml"
        mark = mark_of(self.sources[finding.stem], finding.path, file)
        line = mark.line if finding.text_line is None else mark.text_line + finding.text_line
        return Issue(
            mark.file, line, finding.path, finding.code, finding.level, finding.message,
            finding.mend,
        )  # fmt: skip


def load_catalog(
    folder: Path, custom_fields: CustomFields | None = None
) -> tuple[Catalog, list[Issue]]:
    """Read, check and freeze the definitions of a workspace.

    Args:
        folder: The workspace; a file that is missing is empty.
        custom_fields: Further fields that conditions may name, such as those the store has
            met, by kind of record (plural) and name; `revops.yaml` may declare more.

    Returns:
        The catalog, in which a definition that cannot be used is empty, and all that is wrong
        or doubtful, sorted by file and line.
    """
    settings, issues = read_settings(folder)
    unusable = set() if settings.company else {SETTINGS_STEM}
    issues += unknown_files(folder)
    sources: dict[str, Source] = {}
    models: dict[str, Any] = {}
    for kind in KINDS:
        source, found = read_kind(folder, kind.stem)
        sources[kind.stem] = source or Source({}, {})
        file = f"{DEFINITIONS_FOLDER}/{kind.stem}.yaml"
        model, wrong = validate(kind.model, sources[kind.stem], file)
        unread = {(each.file, each.path) for each in found}
        issues += [*found, *(each for each in wrong if (each.file, each.path) not in unread)]
        if source is None or model is None:
            unusable.add(kind.stem)
        else:
            models[kind.stem] = model.root if isinstance(model, RootModel) else model
    catalog = Catalog(
        folder=folder,
        settings=settings,
        custom_fields=_merged(custom_fields or {}, settings.custom_fields),
        sources=sources,
        unusable=frozenset(unusable),
        **models,
    )
    issues += [
        catalog.issue(finding)
        for finding in lint(catalog, usable={*models, SETTINGS_STEM} - unusable)
    ]
    return catalog, sorted(issues)


def _merged(first: CustomFields, second: CustomFields) -> CustomFields:
    return {
        plural: {**first.get(plural, {}), **second.get(plural, {})}
        for plural in sorted({*first, *second})
    }
