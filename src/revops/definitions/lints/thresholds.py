"""Thresholds and bands that nobody reaches, that everybody reaches, or that half a score meets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.definitions.lints.finding import Finding, Lint
from revops.definitions.lints.ranges import MAYBE, NEVER, ranges_without, score_ranges, truth_of
from revops.kit.condition import ConditionError, fields_of, parse_condition
from revops.kit.issue import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions
    from revops.definitions.lints.ranges import Range
    from revops.definitions.scoring import ScoringModel

NEEDS = {"scoring", "lists"}
_COMPARISONS = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.Between)


def unreachable(definitions: Definitions) -> Iterator[Finding]:
    """A threshold above the greatest score there can be never qualifies anyone."""
    for path, model, tree in _thresholds(definitions):
        ranges = score_ranges(model)
        if truth_of(tree, ranges).can_hold:
            for part in _never(tree, ranges):
                message = f"the part '{_text(part)}' never holds: {_most(part, ranges)}"
                yield _warning(path, "unreachable-threshold", message, "lower it or remove it")
        else:
            parts = _never(tree, ranges)
            reason = _most(parts[0] if parts else tree, ranges)
            message = f"the threshold is never reached: {reason}"
            mend = "lower the threshold, or give more points"
            yield Finding("scoring", path, "unreachable-threshold", Level.ERROR, message, mend)


def always_reached(definitions: Definitions) -> Iterator[Finding]:
    """A threshold that every score meets tells nobody apart."""
    for path, model, tree in _thresholds(definitions):
        if not truth_of(tree, score_ranges(model)).can_fail:
            yield _warning(
                path, "always-reached", "every contact reaches this threshold", "raise it"
            )


def met_by_one_half(definitions: Definitions) -> Iterator[Finding]:
    """An MQL by engagement alone is a student reading along; by fit alone, a name on a list."""
    for path, model, tree in _thresholds(definitions):
        if not path.endswith(".mql") or fields_of(tree) - {"fit", "engagement", "total"}:
            continue
        if not truth_of(tree, score_ranges(model)).can_hold:
            continue
        for missing, other, happened in (
            ("fit", "engagement", MAYBE),
            ("engagement", "fit", NEVER),
        ):
            if truth_of(tree, ranges_without(model, missing), happened).can_hold:
                yield _warning(
                    path, "one-sided-mql", f"{other} alone makes an MQL",
                    f"ask for {missing} as well, such as AND {missing} >= 25",
                )  # fmt: skip


def bands(definitions: Definitions) -> Iterator[Finding]:
    """A contact below the lowest band has no action; a band above every score is never used."""
    for index, model in enumerate(definitions.scoring.models):
        path = f"models[{index}].bands"
        if model.bands and (lowest := min(band.from_ for band in model.bands)) > 0:
            message = f"totals below {lowest:g} are in no band"
            yield _warning(path, "band-gap", message, "add a band with from: 0")
        greatest = math.floor(score_ranges(model)["total"][1] + 0.5)
        for i, band in enumerate(model.bands):
            if band.from_ > greatest:
                message = f"nobody reaches the band '{band.name}': total is at most {greatest}"
                yield _warning(f"{path}[{i}]", "unreachable-band", message, "lower its from")


def _thresholds(
    definitions: Definitions,
) -> Iterator[tuple[str, ScoringModel, exp.Expr]]:
    """Path, model and tree of every threshold that can be read."""
    scope = definitions.vocabulary.threshold()
    for index, model in enumerate(definitions.scoring.models):
        for name, text in model.thresholds.items():
            try:
                yield f"models[{index}].thresholds.{name}", model, parse_condition(text, scope)
            except ConditionError:
                continue


def _never(tree: exp.Expr, ranges: dict[str, Range]) -> list[exp.Expr]:
    return [part for part in tree.find_all(*_COMPARISONS) if not truth_of(part, ranges).can_hold]


def _most(part: exp.Expr, ranges: dict[str, Range]) -> str:
    named = [name for name in ranges if name in fields_of(part)]
    return ", ".join(f"{name} is at most {ranges[name][1]:g}" for name in named) or _text(part)


def _text(part: exp.Expr) -> str:
    """The part as it was written, without the types and quotes that checking gives it."""

    def plain(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return exp.column(node.name)
        if isinstance(node, exp.Literal) and not node.is_string:
            return exp.Literal.number(f"{float(node.this):g}")
        return node

    copy = part.copy()
    for cast in list(copy.find_all(exp.Cast)):
        cast.replace(cast.this)
    return copy.transform(plain).sql(dialect="duckdb")


def _warning(path: str, code: str, message: str, mend: str) -> Finding:
    return Finding("scoring", path, code, Level.WARNING, message, mend)


LINTS: tuple[Lint, ...] = (unreachable, always_reached, met_by_one_half, bands)
