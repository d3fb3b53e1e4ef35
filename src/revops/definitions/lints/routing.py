"""Rules that lead nowhere or are never come to, and pools in which nobody can take a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from revops.definitions.lints.conditions import condition_finding, is_never, tree_of
from revops.definitions.lints.finding import Finding, Lint, unknown
from revops.definitions.scope import Placed
from revops.kit.condition import ConditionError, parse_condition
from revops.kit.issue import Level, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from revops.definitions.kinds import Definitions
    from revops.definitions.routing import Routing, Row, Rule, Target
    from revops.kit.condition import Scope

NEEDS = {"revops", "routing", "people", "calendars", "lists", "slas"}
_STEM = "routing"
_Conjuncts = frozenset[str]


def unreadable(definitions: Definitions) -> Iterator[Finding]:
    """A rule whose condition cannot be decided takes nobody."""
    scope = definitions.vocabulary.threshold()
    for path, text in definitions.routing.conditions():
        placed = Placed(path, text, scope)
        try:
            placed.parse()
        except ConditionError as error:
            yield condition_finding(_STEM, placed, error)


def unknown_names(definitions: Definitions) -> Iterator[Finding]:
    """A lead cannot go to somebody or something that does not exist."""
    routing, people = definitions.routing, definitions.people
    known: dict[str, Collection[str]] = {
        "user": [user.id for user in people.users],
        "team": [team.name for team in people.teams],
        "pool": routing.pools,
        "territory": routing.territories,
        "queue": routing.queues,
        "service level": [sla.name for sla in definitions.slas.slas],
    }
    for path, kind, name in _names(routing):
        yield from unknown(_STEM, path, kind, name, known[kind])


def unknown_fields(definitions: Definitions) -> Iterator[Finding]:
    """A need that no lead has a field for is never a need."""
    fields = definitions.vocabulary.threshold().fields
    for name, pool in definitions.routing.pools.items():
        for key, field in pool.needs.model_dump(exclude_none=True).items():
            if field not in fields:
                message = f"contacts and accounts have no field '{field}'"
                mend = did_you_mean(field, fields) or "declare it in revops.yaml"
                path = f"pools.{name}.needs.{key}"
                yield Finding(_STEM, path, "unknown-field", Level.ERROR, message, mend)


def never_matches(definitions: Definitions) -> Iterator[Finding]:
    """After a rule that takes all of its leads, a rule for some of them is never come to."""
    routing, scope = definitions.routing, definitions.vocabulary.threshold()
    tables: list[tuple[str, Sequence[Rule | Row]]] = [("rules", routing.rules)]
    tables += [(f"territories.{name}", rows) for name, rows in routing.territories.items()]
    for path, items in tables:
        parts = [_conjuncts(item.when, scope) for item in items]
        for later, asked in enumerate(parts):
            for earlier, asked_before in enumerate(parts[:later]):
                if asked is None or asked_before is None or not asked_before <= asked:
                    continue
                if _takes_all(items[earlier].to, routing):
                    names = _titles(path, items, earlier, later)
                    yield _shadowed(f"{path}[{later}]", *names, is_same=asked == asked_before)
                    break


def contradicts(definitions: Definitions) -> Iterator[Finding]:
    """A condition that no lead can meet is never met."""
    scope = definitions.vocabulary.threshold()
    for path, text in definitions.routing.conditions():
        if is_never(tree_of(text, scope)):
            message = "this can never hold, so that no lead is taken"
            mend = "change the condition"
            yield Finding(_STEM, path, "never-matches", Level.WARNING, message, mend)


def circles(definitions: Definitions) -> Iterator[Finding]:
    """Pools or territories that lead to each other in a circle lead nowhere."""
    routing = definitions.routing
    steps = {
        "territories": {
            name: [row.to.territory for row in rows if row.to.territory]
            for name, rows in routing.territories.items()
        },
        "pools": {
            name: [pool.fallback.pool] if pool.fallback and pool.fallback.pool else []
            for name, pool in routing.pools.items()
        },
    }
    for key, edges in steps.items():
        for name in edges:
            way = _way_back(name, edges)
            if way and name == min(way):
                message = f"{key} lead to each other in a circle: {' -> '.join([*way, name])}"
                mend = "let one of them lead to a queue"
                path = f"{key}.{name}"
                yield Finding(_STEM, path, "circular-reference", Level.ERROR, message, mend)


def no_fallback(definitions: Definitions) -> Iterator[Finding]:
    """A lead without an owner goes cold, and nobody knows that it does."""
    routing = definitions.routing
    if not routing.rules or routing.fallback is not None:
        return
    if not any(rule.when is None and _takes_all(rule.to, routing) for rule in routing.rules):
        message = "a lead that no rule matches has no owner and no queue"
        yield Finding(
            _STEM, "rules", "no-fallback", Level.WARNING, message, "add a `fallback:` with a queue"
        )


def _names(routing: Routing) -> Iterator[tuple[str, str, str]]:
    """Path, kind and name of everything that is referred to."""
    for path, item in routing.places():
        for key in ("owner", "pool", "territory", "queue"):
            yield from _named(f"{path}.to.{key}", key, getattr(item.to, key))
    yield from _promised(routing)
    for name, pool in routing.pools.items():
        yield from _named(f"pools.{name}.team", "team", pool.team)
        for index, member in enumerate(pool.members):
            yield f"pools.{name}.members[{index}]", "user", member.user
        if pool.fallback is not None:
            for key in ("pool", "queue"):
                yield from _named(f"pools.{name}.fallback.{key}", key, getattr(pool.fallback, key))
    for name, queue in routing.queues.items():
        yield from _named(f"queues.{name}.team", "team", queue.team)
    if routing.fallback is not None:
        for key in ("owner", "queue"):
            yield from _named(f"fallback.{key}", key, getattr(routing.fallback, key))


def _promised(routing: Routing) -> Iterator[tuple[str, str, str]]:
    """The same of the service levels whose clocks start."""
    for index, rule in enumerate(routing.rules):
        yield from _named(f"rules[{index}].sla", "sla", rule.sla)
    for name, queue in routing.queues.items():
        yield from _named(f"queues.{name}.sla", "sla", queue.sla)
    if routing.fallback is not None:
        yield from _named("fallback.sla", "sla", routing.fallback.sla)


def _named(path: str, key: str, name: str | None) -> Iterator[tuple[str, str, str]]:
    if name is not None:
        yield path, {"owner": "user", "sla": "service level"}.get(key, key), name


def _conjuncts(text: str | None, scope: Scope) -> _Conjuncts | None:
    """The conditions that must all hold; none where there is no condition, None if unreadable."""
    if text is None:
        return frozenset()
    try:
        queue = [parse_condition(text, scope)]
    except ConditionError:
        return None
    parts = set()
    while queue:
        tree = queue.pop().unnest()
        if isinstance(tree, exp.And):
            queue += [tree.this, tree.expression]
        else:
            parts.add(tree.sql())
    return frozenset(parts)


def _takes_all(target: Target, routing: Routing, way: tuple[str, ...] = ()) -> bool:
    """Whether every lead that comes to a target stays there."""
    if target.territory is None:
        return target.account_owner is None
    if target.territory in way:
        return False
    rows = routing.territories.get(target.territory, ())
    further = (*way, target.territory)
    return any(row.when is None and _takes_all(row.to, routing, further) for row in rows)


def _titles(path: str, items: Sequence[Rule | Row], *places: int) -> list[str]:
    kind = "the rule" if path == "rules" else "the row"
    return [f"{kind} '{items[place].name or place + 1}'" for place in places]


def _shadowed(path: str, earlier: str, later: str, *, is_same: bool) -> Finding:
    if is_same:
        message = f"{earlier} has the same condition as {later}; the first of them decides"
        mend = "make one of them more specific, or remove it"
        return Finding(_STEM, path, "equally-specific", Level.WARNING, message, mend)
    message = f"{later} never matches, because {earlier} before it takes all of its leads"
    mend = "put the more specific one first"
    return Finding(_STEM, path, "never-matches", Level.WARNING, message, mend)


def _way_back(start: str, edges: dict[str, list[str]]) -> list[str]:
    """A way from a name that comes back to it, without the end; empty where there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for name in edges.get(way[-1], ()):
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


LINTS: tuple[Lint, ...] = (
    unreadable,
    unknown_names,
    unknown_fields,
    never_matches,
    contradicts,
    circles,
    no_fallback,
)
