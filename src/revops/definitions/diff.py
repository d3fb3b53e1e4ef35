"""What changed between two sets of definitions, in the business's words.

Things in a list are matched by their name, so that moving or inserting one is not told as a
change of all that follow.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from revops.definitions.workspace import DEFINITIONS_FOLDER, SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from revops.definitions.kinds import Definitions


class ChangeKind(StrEnum):
    """What happened to the subject of a change."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, order=True)
class Change:
    """One change.

    Attributes:
        file: The file it is in: `definitions/scoring.yaml`.
        subject: What it belongs to, such as the scoring model `enterprise`; '' for the file.
        text: The change itself: `pricing_page: 20 -> 15 points`.
        kind: Whether something was added, removed, changed or put in another place.
    """

    file: str
    subject: str
    text: str
    kind: ChangeKind

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}" if self.subject else self.text


def diff_definitions(old: Definitions, new: Definitions) -> list[Change]:
    """Every change that decides something; none exactly if both have the same `version`."""
    before, after = old.plain(), new.plain()
    return [
        Change(_file(stem), subject, text, kind)
        for stem in before
        for kind, subject, text in _compare(_root(stem), before[stem], after[stem])
    ]


def _file(stem: str) -> str:
    return SETTINGS_FILE if stem == "revops" else f"{DEFINITIONS_FOLDER}/{stem}.yaml"


def _root(stem: str) -> _Place:
    return _Place(keys=(stem,)) if stem in _NAMED else _Place()


_Told = tuple[ChangeKind, str, str]
_NOUNS = {
    "models": "model",
    "attributes": "attribute",
    "tiers": "tier",
    "signals": "signal",
    "negative": "negative",
    "suppress": "suppression",
    "bands": "band",
    "thresholds": "threshold",
    "stages": "stage",
    "rejection_reasons": "rejection reason",
    "on_enter": "action on entering",
    "on_exit": "action on leaving",
    "on_reject": "action on rejecting",
    "teams": "team",
    "users": "user",
    "lists": "list",
    "calendars": "calendar",
    "rules": "rule",
    "pools": "pool",
    "territories": "territory",
    "queues": "queue",
    "slas": "service level",
    "stops": "stop",
    "pauses": "pause",
    "escalations": "escalation step",
    "actions": "action",
    "before_rejecting": "effort",
    "counts": "attempt",
    "agreements": "agreement",
    "commitments": "commitment",
    "members": "member",
    "recipes": "recipe",
    "steps": "step",
    "otherwise": "other step",
    "do": "action",
    "branch": "case",
    "examples": "example",
    "activities": "activity",
    "digests": "digest",
    "destinations": "destination",
}
"""What each item is called, by the key that holds them."""
_NAMED = {
    "thresholds",
    "lists",
    "calendars",
    "pools",
    "territories",
    "queues",
    "destinations",
}
"""Keys whose mapping has names for keys."""
_IDENTITIES = ("id", "code", "name", "user", "when")
"""What tells the items of a list apart: the first of these that an item has."""
_VALUES_SHOWN = 5
_TEXT_SHOWN = 200
_ITEM_SHOWN = 80


@dataclass(frozen=True)
class _Place:
    """Where a comparison has come to.

    Attributes:
        subject: The scoring model it is inside, or ''.
        names: The named things it is inside, outermost first.
        keys: The keys below the last of them.
    """

    subject: str = ""
    names: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def noun(self) -> str:
        return _NOUNS.get(self.keys[-1], "") if self.keys else ""

    def key(self, key: str) -> _Place:
        return replace(self, keys=(*self.keys, key))

    def item(self, name: str) -> _Place:
        if self.noun == "model":
            return _Place(subject=name)
        label = f"{self.noun} {name}" if self.noun in {"list", "calendar", "tier"} else name
        return _Place(self.subject, (*self.names, label))

    def tells(self, kind: ChangeKind, what: str) -> _Told:
        """The change, after the names and keys it is about; points speak for themselves."""
        key = ".".join(self.keys)
        about = [*self.names, *([key] if key and key != "points" else [])]
        return kind, self.subject, ": ".join([*about, what])


def _compare(place: _Place, old: Any, new: Any) -> Iterator[_Told]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        if place.keys and place.keys[-1] in _NAMED:
            yield from _compare_items(place, old, new)
        else:
            for key in {**old, **new}:
                yield from _compare(place.key(key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        items = (*old, *new)
        if all(isinstance(each, dict) and _name(each) for each in items):
            before, after = _by_name(old), _by_name(new)
            yield from _compare_items(place, before, after)
            yield from _compare_order(place, list(before), list(after))
        elif all(isinstance(each, dict) for each in items):
            yield from _compare_steps(place, old, new)
        else:
            yield from _compare_values(place, old, new)
    else:
        unit = " points" if place.keys[-1:] == ("points",) else ""
        yield place.tells(ChangeKind.CHANGED, f"{_shown(old)} -> {_shown(new)}{unit}")


def _by_name(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Items by what tells them apart; a second one of the same name is told as such."""
    result: dict[str, Any] = {}
    for item in items:
        name = key = _name(item)
        count = 1
        while key in result:
            count += 1
            key = f"{name} #{count}"
        result[key] = item
    return result


def _name(item: dict[str, Any]) -> str:
    """What tells an item apart; '' for one without a name, such as a step."""
    return next((str(item[each]) for each in _IDENTITIES if item.get(each)), "")


def _compare_steps(
    place: _Place, old: list[dict[str, Any]], new: list[dict[str, Any]]
) -> Iterator[_Told]:
    """Items without names are known by their place in the list, which those around them tell."""
    before, after = ([json.dumps(each, sort_keys=True) for each in items] for items in (old, new))
    parent, noun = replace(place, keys=()), place.noun or "item"
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        both = min(b - a, d - c)
        for n in range(both):
            inside = replace(place, names=(*place.names, f"{noun} {c + n + 1}"), keys=())
            yield from _compare_step(inside, old[a + n], new[c + n])
        for each in old[a + both : b]:
            yield parent.tells(ChangeKind.REMOVED, f"removed {noun} {_said(each)}")
        for each in new[c + both : d]:
            yield parent.tells(ChangeKind.ADDED, f"added {noun} {_said(each)}")


def _compare_step(place: _Place, old: dict[str, Any], new: dict[str, Any]) -> Iterator[_Told]:
    """What differs between two that stand in the same place, or one for the other."""
    if any(old[key] and new.get(key) for key in old):
        yield from _compare(place, old, new)
    else:
        yield place.tells(ChangeKind.CHANGED, f"{_said(old)} -> {_said(new)}")


def _said(item: dict[str, Any]) -> str:
    """An item in one line."""
    text = next((f"{key} {_shown(value)}" for key, value in item.items() if value), "")
    return text if len(text) <= _ITEM_SHOWN else f"{text[:_ITEM_SHOWN]}..."


def _compare_items(place: _Place, old: dict[str, Any], new: dict[str, Any]) -> Iterator[_Told]:
    parent = replace(place, keys=())
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield parent.tells(ChangeKind.REMOVED, f"removed {place.noun} {name}")
        elif name not in old:
            summary = _summary(new[name])
            text = f"added {place.noun} {name}" + (f": {summary}" if summary else "")
            yield parent.tells(ChangeKind.ADDED, text)
        else:
            yield from _compare(place.item(name), old[name], new[name])


def _compare_order(place: _Place, old: list[str], new: list[str]) -> Iterator[_Told]:
    before = [name for name in old if name in new]
    after = [name for name in new if name in old]
    if before != after and len(after) > _VALUES_SHOWN:
        for name, follower in _moved(before, after):
            where = f"is now before {follower}" if follower else "is now last"
            text = f"{place.noun} order: {name} {where}"
            yield replace(place, keys=()).tells(ChangeKind.MOVED, text)
    elif before != after:
        text = f"{place.noun} order: {_joined(before)} -> {_joined(after)}"
        yield replace(place, keys=()).tells(ChangeKind.MOVED, text)


def _moved(old: list[str], new: list[str]) -> Iterator[tuple[str, str | None]]:
    """The few that were put elsewhere, each with the one it is now before."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    stayed = {name for block in blocks for name in new[block.b : block.b + block.size]}
    for name, follower in zip_longest(new, new[1:]):
        if name not in stayed:
            yield name, follower


def _compare_values(place: _Place, old: list[Any], new: list[Any]) -> Iterator[_Told]:
    added, removed = Counter(new) - Counter(old), Counter(old) - Counter(new)
    parts = [f"{sign} {_joined(map(_shown, values.elements()))}"
             for sign, values in (("+", added), ("-", removed)) if values]  # fmt: skip
    if parts:
        yield place.tells(ChangeKind.CHANGED, ", ".join(parts))
    else:
        yield place.tells(ChangeKind.MOVED, f"order: {_joined(map(_shown, new))}")


def _summary(item: Any) -> str:
    """The least that says what was added."""
    if isinstance(item, dict):
        return f"{_shown(item['points'])} points" if "points" in item else ""
    return _joined(map(_shown, item)) if isinstance(item, list) else _shown(item)


def _joined(values: Iterable[str]) -> str:
    every = list(values)
    more = len(every) - _VALUES_SHOWN
    return ", ".join(every[:_VALUES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(each)}" for key, each in value.items() if each)
    if isinstance(value, list):
        return _joined(map(_shown, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = "none" if value is None or value == "" else " ".join(str(value).split())
    return text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]}..."
