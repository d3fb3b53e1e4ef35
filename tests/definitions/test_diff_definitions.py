from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.definitions.catalog import load_catalog
from revops.definitions.diff import Change, ChangeKind, diff_definitions
from revops.definitions.kinds import Definitions
from revops.definitions.lifecycle import Lifecycle
from revops.definitions.scoring import Scoring
from revops.definitions.workspace import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Path]

SCORING = """\
models:
  - name: main
    fit:
      attributes:
        - name: size
          tiers:
            - {when: account.employees > 500, points: 30}
            - {when: account.employees > 100, points: 10}
    engagement:
      signals:
        - {name: pricing_page, event: page_view, points: 20, decay: {percent: 25, every: 1 month}}
        - {name: demo, event: demo_request, points: 30}
    negative:
      - {name: competitor, when: "in_list(email_domain, 'competitors')", points: -100}
    thresholds:
      mql: fit >= 50
    bands:
      - {name: hot, from: 76, action: call, sla: 1 hour}
      - {name: cold, from: 0}
  - name: other
"""
FILES = {
    "scoring": SCORING,
    "lists": "competitors: [a.com, b.com]\n",
    "lifecycle": "stages: [{name: Lead, entry: [Known]}, {name: MQL, owner: Marketing}]\n",
    "people": "teams: [{name: west}]\nusers: [{id: ana, team: west}]\n",
    "calendars": "office: {hours: {mon: 09:00-17:00}}\n",
    "routing": """\
rules:
  - {name: a, when: fit > 1, to: {owner: ana}}
  - {name: b, when: fit > 2, to: {owner: ana}}
  - {name: c, when: fit > 3, to: {owner: ana}}
  - {name: d, when: fit > 4, to: {owner: ana}}
  - {name: e, when: fit > 5, to: {owner: ana}}
  - {name: f, when: fit > 6, to: {owner: ana}}
pools: {west: {members: [ana]}}
""",
    "slas": """\
slas:
  - name: first_call
    promise: A call
    starts: {stage: MQL}
    stops: [{activity: call}, {accepted: true}]
    within: 4 hours
    escalations:
      - {at: breach, actions: [{task: Call}]}
      - {after: 8 hours, actions: [route]}
""",
    "automations": """\
recipes:
  - name: welcome
    trigger: created
    steps:
      - do: [{task: {subject: Call, due: 4 hours}}, {tag: new}]
      - wait: 12 hours
      - branch:
          - {when: fit > 50, steps: [{do: {tag: hot}}]}
        otherwise: [{do: {tag: cold}}]
""",
}


def changes(workspace: Make, stem: str, old: str, new: str) -> list[Change]:
    before = load_catalog(workspace(**FILES))[0]
    if stem == "revops":
        after = load_catalog(workspace(**FILES, settings=f"company: Acme\n{new}"))[0]
    else:
        assert old in FILES[stem]
        after = load_catalog(workspace(**{**FILES, stem: FILES[stem].replace(old, new, 1)}))[0]
    assert not after.unusable
    assert (before.version == after.version) is not bool(diff_definitions(before, after))
    return diff_definitions(before, after)


@pytest.mark.parametrize(
    ("stem", "old", "new", "text"),
    [
        ("scoring", "points: 20", "points: 15", "main: pricing_page: 20 -> 15 points"),
        ("scoring", "points: -100", "points: -50", "main: competitor: -100 -> -50 points"),
        ("scoring", "points: 30}", "points: 25}",
         "main: size: tier account.employees > 500: 30 -> 25 points"),
        ("scoring", "mql: fit >= 50", "mql: fit >= 40", "main: mql: fit >= 50 -> fit >= 40"),
        ("scoring", "mql: fit >= 50", "mql: fit >= 50\n      sql: total >= 75",
         "main: added threshold sql: total >= 75"),
        ("scoring", "percent: 25", "percent: 30", "main: pricing_page: decay.percent: 25 -> 30"),
        ("scoring", "every: 1 month", "every: 2 weeks",
         "main: pricing_page: decay.every: 30 days -> 2 weeks"),
        ("scoring", ", decay: {percent: 25, every: 1 month}", "",
         "main: pricing_page: decay: percent 25, every 30 days -> none"),
        ("scoring", "    fit:\n", "    fit:\n      weight: 0.5\n", "main: fit.weight: 1 -> 0.5"),
        ("scoring", "        - {name: demo,", ("        - {name: chat, event: chat, points: 5}\n"
         "        - {name: demo,"), "main: added signal chat: 5 points"),
        ("scoring", "        - {name: demo, event: demo_request, points: 30}\n", "",
         "main: removed signal demo"),
        ("scoring", "from: 76", "from: 80", "main: hot: from: 76 -> 80"),
        ("scoring", "sla: 1 hour", "sla: 30 minutes", "main: hot: sla: 1 hour -> 30 minutes"),
        ("scoring", "  - name: other\n", "", "removed model other"),
        ("scoring", "  - name: other\n", "  - name: other\n  - name: third\n", "added model third"),
        ("scoring", "  - name: other\n", "  - name: other\naccounts: {committee_contacts: 4}\n",
         "accounts.committee_contacts: 3 -> 4"),
        ("lists", "b.com", "b.com, rival.com", "list competitors: + rival.com"),
        ("lists", "a.com", "c.com", "list competitors: + c.com, - a.com"),
        ("lists", "a.com, b.com", "b.com, a.com", "list competitors: order: b.com, a.com"),
        ("lists", "competitors", "rivals",
         "removed list competitors / added list rivals: a.com, b.com"),
        ("lifecycle", "Marketing", "Sales", "MQL: owner: Marketing -> Sales"),
        ("lifecycle", "[Known]", "[Known, Opted in]", "Lead: entry.criteria: + Opted in"),
        ("lifecycle", "name: MQL", "name: MQL, on_enter: [{tag: hot}]",
         "MQL: added action on entering tag hot"),
        ("lifecycle", "entry: [Known]", "entry: {criteria: [Known], when: fit > 1}",
         "Lead: entry.when: none -> fit > 1"),
        ("routing", "pools:", "  - {name: g, to: {owner: ana}}\npools:", "added rule g"),
        ("routing", "when: fit > 3", "when: fit > 9", "c: when: fit > 3 -> fit > 9"),
        ("routing", "[ana]", "[{user: ana, weight: 2}]", "west: ana: weight: 1 -> 2"),
        ("slas", "within: 4 hours", "within: 2 hours", "first_call: within: 4 hours -> 2 hours"),
        ("slas", "after: 8 hours", "after: 1 day",
         "first_call: escalation step 2: after: 8 hours -> 1 day"),
        ("slas", "{accepted: true}", "{stage: SQL}",
         "first_call: stop 2: accepted yes -> stage SQL"),
        ("slas", "[{activity: call}, ", "[{activity: email_reply}, {activity: call}, ",
         "first_call: added stop activity email_reply"),
        ("automations", "wait: 12 hours", "wait: 10 hours",
         "welcome: step 2: wait: 12 hours -> 10 hours"),
        ("automations", "due: 4 hours", "due: 2 hours",
         "welcome: step 1: action 1: task.due: 4 hours -> 2 hours"),
        ("automations", ", {tag: new}", "", "welcome: step 1: removed action tag new"),
        ("automations", "      - wait: 12 hours\n", "", "welcome: removed step wait 12 hours"),
        ("automations", "      - wait: 12 hours\n", "      - do: {tag: x}\n",
         "welcome: step 2: wait 12 hours -> do tag x"),
        ("automations", "{tag: cold}", "{tag: cool}",
         "welcome: step 3: other step 1: action 1: tag: cold -> cool"),
        ("people", "team: west", "team: west, active: false", "ana: active: yes -> no"),
        ("calendars", "17:00", "18:00", "calendar office: hours.mon: 09:00-17:00 -> 09:00-18:00"),
        ("calendars", "mon: 09:00-17:00", "mon: 09:00-17:00, tue: 09:00-17:00",
         "calendar office: hours.tue: none -> 09:00-17:00"),
        ("revops", "", "time_zone: Europe/Berlin", "time_zone: UTC -> Europe/Berlin"),
        ("revops", "", "custom_fields: {contacts: {grade: text}}",
         "custom_fields.contacts: none -> grade text"),
    ],
)  # fmt: skip
def test_in_words(workspace: Make, stem: str, old: str, new: str, text: str) -> None:
    found = changes(workspace, stem, old, new)
    assert " / ".join(str(each) for each in found) == text
    file = "revops.yaml" if stem == "revops" else f"definitions/{stem}.yaml"
    assert {each.file for each in found} == {file}


def test_a_moved_model_is_told_as_moved(workspace: Make) -> None:
    moved = SCORING.replace("  - name: other\n", "").replace(
        "models:\n", "models:\n  - name: other\n"
    )
    before = load_catalog(workspace(**FILES))[0]
    after = load_catalog(workspace(**{**FILES, "scoring": moved}))[0]
    (change,) = diff_definitions(before, after)
    assert change.kind is ChangeKind.MOVED
    assert change.text == "model order: main, other -> other, main"


@pytest.mark.parametrize(
    ("order", "text"),
    [("bacdef", "b is now before a"), ("bcdefa", "a is now last"), ("adbcef", "d is now before b")],
)
def test_of_many_rules_the_one_that_moved_is_told(workspace: Make, order: str, text: str) -> None:
    lines = {line[11]: line for line in FILES["routing"].splitlines() if "name: " in line}
    old, new = ("\n".join(lines[name] for name in names) for names in ("abcdef", order))
    (change,) = changes(workspace, "routing", old, new)
    assert (change.kind, change.text) == (ChangeKind.MOVED, f"rule order: {text}")


def test_many_values_are_counted(workspace: Make) -> None:
    many = ", ".join(f"r{number}.com" for number in range(100))
    (change,) = changes(workspace, "lists", "b.com", f"b.com, {many}")
    assert change.text.endswith("and 95 more")


POINTS = st.integers(-5, 5) | st.floats(-5, 5).map(lambda number: number + 0)
NAMES = st.sampled_from(["a", "b", "c"])
SIGNALS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES, "event": st.sampled_from(["chat", "call"]), "points": POINTS},
        optional={
            "count": st.integers(1, 2),
            "within": st.sampled_from(["7 days", "1 week", "1000001 seconds", "1000002 seconds"]),
            "decay": st.sampled_from([{"half_life": "1 day"}, {"percent": 5, "every": "1 day"}]),
        },
    ),
    max_size=3,
    unique_by=lambda signal: str(signal["name"]),
)
TIERS = st.lists(
    st.fixed_dictionaries({"when": st.sampled_from(["x", "x #2", "y"]), "points": POINTS}),
    min_size=1,
    max_size=3,
)
MODELS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES},
        optional={
            "engagement": st.fixed_dictionaries({"signals": SIGNALS}),
            "fit": TIERS.map(lambda tiers: {"attributes": [{"name": "f", "tiers": tiers}]}),
            "thresholds": st.dictionaries(NAMES, st.sampled_from(["fit > 1", "fit > 2"])),
            "description": st.sampled_from(["", "none", "x" * 201, "x" * 202]),
        },
    ),
    max_size=3,
    unique_by=lambda model: str(model["name"]),
)
STAGES = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES},
        optional={
            "actions": st.lists(NAMES),
            "on_enter": st.lists(NAMES.map(lambda name: {"tag": name}), max_size=3),
            "owner": NAMES,
            "sla": st.just(""),
        },
    ),
    max_size=3,
    unique_by=lambda stage: str(stage["name"]),
)


@st.composite
def definitions(draw: st.DrawFn) -> Definitions:
    lists: dict[str, Any] = draw(st.dictionaries(NAMES, st.lists(NAMES, max_size=3).map(tuple)))
    return Definitions(
        settings=Settings(company=draw(NAMES)),
        scoring=Scoring.model_validate({"models": draw(MODELS)}),
        lifecycle=Lifecycle.model_validate({"stages": draw(STAGES)}),
        lists=lists,
    )


class TestLaws:
    @given(definitions())
    @settings(max_examples=50, deadline=None)
    def test_nothing_differs_from_itself(self, one: Definitions) -> None:
        assert diff_definitions(one, one) == []

    @given(definitions(), definitions())
    @settings(max_examples=150, deadline=None)
    def test_no_change_exactly_if_the_version_is_the_same(
        self, one: Definitions, other: Definitions
    ) -> None:
        assert (diff_definitions(one, other) == []) == (one.version == other.version)

    @given(definitions(), definitions())
    @settings(max_examples=50, deadline=None)
    def test_both_ways_tell_as_many_additions_as_removals(
        self, one: Definitions, other: Definitions
    ) -> None:
        there = [each.kind for each in diff_definitions(one, other)]
        back = [each.kind for each in diff_definitions(other, one)]
        assert there.count(ChangeKind.ADDED) == back.count(ChangeKind.REMOVED)
        assert there.count(ChangeKind.REMOVED) == back.count(ChangeKind.ADDED)
