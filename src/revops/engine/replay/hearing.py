"""Which activities service levels listen to, as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.condition import bind, parse_condition
from revops.leads.scoring.expressions import holds
from revops.leads.scoring.marking import activity_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from revops.definitions.scope import Vocabulary
    from revops.leads.slas.rules import Matcher, Rules


@dataclass(frozen=True)
class Hearing:
    """What is listened to.

    Attributes:
        rules: The service levels.
        vocabulary: What conditions may name.
    """

    rules: Rules
    vocabulary: Vocabulary

    @cached_property
    def conditions(self) -> dict[str, str]:
        """The conditions on activities as SQL, by their places."""
        scope = self.vocabulary.activity()
        return {
            f"slas.{path}": holds(bind(parse_condition(text, scope), activity_field)).sql("duckdb")
            for path, text in self.rules.levels.activity_conditions()
        }

    @property
    def starts(self) -> str:
        """Those at which a clock may start; empty if at none."""
        return self._any(each.starts for each in self.rules.promises)

    @property
    def all(self) -> str:
        """All that any clock listens to; empty if none does."""
        return self._any(each for promise in self.rules.promises for each in promise.listens_to)

    @property
    def has_pauses(self) -> bool:
        """Whether a clock may stand still because of what happened before it started."""
        return any(each.pauses for each in self.rules.promises)

    def _any(self, matchers: Iterable[Matcher]) -> str:
        found = dict.fromkeys(text for each in matchers for text in self._meant(each))
        return " OR ".join(f"({text})" for text in found)

    def _meant(self, matcher: Matcher) -> Iterator[str]:
        types = [exp.Literal.string(name) for kind, name in matcher.keys if kind == "activity"]
        if not types:
            return
        meant: exp.Expr = exp.column("type").isin(*types)
        if matcher.direction:
            given = exp.func("NULLIF", exp.column("direction"), exp.Literal.string(""))
            told = exp.Coalesce(this=given, expressions=[exp.Literal.string("inbound")])
            meant = exp.and_(meant, told.eq(exp.Literal.string(matcher.direction)))
        where = f" AND ({self.conditions[matcher.where]})" if matcher.where else ""
        yield f"{meant.sql('duckdb')}{where}"
