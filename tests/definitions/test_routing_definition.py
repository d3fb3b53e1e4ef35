"""Routing definitions: what they may say, what is told of mistakes, and the shipped trees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from sqlglot import exp

from revops.definitions.catalog import Catalog, load_catalog
from revops.definitions.templates import MOTIONS
from revops.kit.condition import bind, parse_condition
from revops.kit.issue import Issue, Level
from revops.services.init import init_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Path]

PEOPLE = """\
teams:
  - {name: sales, manager: max, calendar: office}
  - {name: nobody}
users:
  - {id: max, team: sales}
  - {id: ann, team: sales}
  - {id: bob, team: sales}
  - {id: old, team: sales, active: false}
  - {id: far, team: nobody, active: false}
  - {id: free, calendar: office}
"""
CALENDARS = 'office: {hours: {mon: "09:00-17:00"}}\n'
SLAS = "slas:\n" + "".join(
    f"  - {{name: {name}, promise: p, starts: {{promised: true}}, stops: [{{accepted: true}}], "
    "within: 1 hour, escalations: [{at: breach, actions: [route]}]}\n"
    for name in ("tier_1", "queue", "cold", "speed_to_lead", "one_hour")
)
SOUND = """\
rules:
  - {name: named, when: account.named, to: {account_owner: true}, sla: tier_1}
  - {name: place, to: {territory: place}}
  - {name: all, to: {pool: sales}}
territories:
  place:
    - {name: west, when: account.state = 'CA', to: {owner: ann}}
    - {when: account.state = 'NY', to: {pool: sales}}
pools:
  sales:
    members: [ann, {user: bob, weight: 2, languages: [de, fr]}]
    needs: {language: language, skill: account.industry}
    working_hours: true
    fallback: {queue: waiting}
queues:
  waiting: {team: sales, sla: queue}
fallback: {queue: waiting, sla: cold}
"""


def issues(workspace: Make, text: str) -> list[Issue]:
    return load_catalog(workspace(routing=text, people=PEOPLE, calendars=CALENDARS, slas=SLAS))[1]


def the_issue(workspace: Make, old: str, new: str) -> Issue:
    assert old in SOUND
    found = issues(workspace, SOUND.replace(old, new, 1))
    assert len(found) == 1, found
    return found[0]


def test_what_is_sound_is_not_spoken_of(workspace: Make) -> None:
    assert issues(workspace, SOUND) == []


def test_the_example_of_the_documentation_is_sound(workspace: Make) -> None:
    page = (Path(__file__).parents[2] / "docs/routing.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    assert issues(workspace, example) == []


def test_every_condition_is_named_by_its_place(workspace: Make) -> None:
    catalog, _ = load_catalog(workspace(routing=SOUND, people=PEOPLE, calendars=CALENDARS))
    assert dict(catalog.routing.conditions()) == {
        "rules[0].when": "account.named",
        "territories.place[0].when": "account.state = 'CA'",
        "territories.place[1].when": "account.state = 'NY'",
    }
    assert catalog.routing.fields() == {"language", "account.industry"}


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("{owner: ann}", "{owner: anne}", 7, "unknown-user"),
        ("members: [ann,", "members: [anne,", 11, "unknown-user"),
        ("{pool: sales}}\nterr", "{pool: sale}}\nterr", 4, "unknown-pool"),
        ("fallback: {queue: waiting}\n", "fallback: {queue: wait}\n", 14, "unknown-queue"),
        ("{territory: place}", "{territory: places}", 3, "unknown-territory"),
        ("{team: sales, sla", "{team: sale, sla", 16, "unknown-team"),
        ("skill: account.industry", "skill: account.industri", 12, "unknown-field"),
        ("when: account.named", "when: account.nam", 2, "bad-condition"),
        ("weight: 2", "weight: 0", 11, "bad-weight"),
        ("weight: 2", "attainment: -1.0", 11, "bad-weight"),
        ("{owner: ann}", "{owner: old}", 7, "inactive-owner"),
        ("sla: tier_1", "sla: tier_one", 2, "unknown-clock"),
        ("sla: queue", "sla: quene", 16, "unknown-clock"),
        ("sla: cold", "sla: colder", 17, "unknown-clock"),
    ],
)
def test_an_error_says_where_and_how_to_mend_it(
    workspace: Make, old: str, new: str, line: int, code: str
) -> None:
    found = the_issue(workspace, old, new)
    assert (found.line, found.code, found.level) == (line, code, Level.ERROR)
    assert found.mend


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("[ann, {", "[old, {", "inactive-member", "'old' does not work here any more"),
        (
            "when: account.named",
            "when: account.employees > 1000 AND account.employees < 100",
            "never-matches",
            "this can never hold",
        ),
        (
            "territories:\n",
            "  - {name: late, when: opted_in, to: {owner: ann}}\nterritories:\n",
            "never-matches",
            "the rule 'late' never matches, because the rule 'all' before it",
        ),
        (
            "territories:\n",
            "  - {name: too, to: {owner: ann}}\nterritories:\n",
            "equally-specific",
            "the rule 'all' has the same condition as the rule 'too'; the first of them decides",
        ),
        (
            "pools:\n",
            "    - {when: account.state='CA' AND account.named, to: {queue: waiting}}\npools:\n",
            "never-matches",
            "the row '3' never matches, because the row 'west'",
        ),
        (
            "pools:\n",
            "    - {when: account.state  =  'CA', to: {queue: waiting}}\npools:\n",
            "equally-specific",
            "the first of them decides",
        ),
    ],
)
def test_a_warning_leaves_the_result_defined(
    workspace: Make, old: str, new: str, code: str, says: str
) -> None:
    found = the_issue(workspace, old, new)
    assert (found.code, found.level) == (code, Level.WARNING)
    assert says in found.message


def test_a_member_in_no_calendar_matters_where_hours_do(workspace: Make) -> None:
    rest = {"calendars": CALENDARS, "slas": f"calendar: office\n{SLAS}"}
    people = PEOPLE.replace("{id: ann, team: sales}", "{id: ann}")
    text = SOUND.replace("    working_hours: true\n", "")
    found = load_catalog(workspace(routing=SOUND, people=people, **rest))[1]
    without = load_catalog(workspace(routing=text, people=people, **rest))[1]
    assert [each.file for each in found] == ["definitions/people.yaml", "definitions/routing.yaml"]
    assert [each.file for each in without] == ["definitions/people.yaml"]
    assert "'ann' is on no calendar" in found[1].message


@pytest.mark.parametrize("pool", ["{fallback: {queue: waiting}}", "{team: nobody}"])
def test_a_pool_of_nobody_is_an_error(workspace: Make, pool: str) -> None:
    found = issues(workspace, SOUND.replace("pools:\n", f"pools:\n  none: {pool}\n"))
    assert [(each.code, each.level) for each in found] == [("empty-pool", Level.ERROR)]


def test_circles_are_told_once(workspace: Make) -> None:
    text = SOUND.replace("to: {owner: ann}", "to: {territory: other}").replace(
        "pools:\n",
        "  other: [{when: opted_in, to: {territory: place}}]\n"
        "pools:\n"
        "  a: {members: [ann], fallback: {pool: b}}\n"
        "  b: {members: [bob], fallback: {pool: a}}\n",
    )
    assert sorted(each.message for each in issues(workspace, text)) == [
        "pools lead to each other in a circle: a -> b -> a",
        "territories lead to each other in a circle: other -> place -> other",
    ]


def test_who_may_go_without_an_owner_is_told(workspace: Make) -> None:
    text = SOUND.replace("fallback: {queue: waiting, sla: cold}\n", "")
    assert issues(workspace, text) == []  # the last rule takes everyone
    found = issues(workspace, text.replace("name: all,", "name: all, when: opted_in,"))
    assert [each.code for each in found] == ["no-fallback"]


def test_a_rule_after_one_that_may_find_nobody_is_no_mistake(workspace: Make) -> None:
    text = SOUND.replace(
        "  - {name: place",
        "  - {name: again, when: account.named, to: {pool: sales}}\n  - {name: place",
    )
    assert issues(workspace, text) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{account_owner: true}", "{account_owner: true, owner: ann}", "exactly one of"),
        ("{account_owner: true}", "{}", "exactly one of"),
        ("{account_owner: true}", "{account_owner: false}", "account_owner"),
        ("    members: [ann", "    team: sales\n    members: [ann", "not both"),
        (
            "members: [ann, {user: bob",
            "members: [ann, {user: ann",
            "the member 'ann' is given twice",
        ),
        ("name: place", "name: named", "the rule 'named' is given twice"),
        ("weight: 2", "capacity_per_day: 0", "capacity_per_day"),
        ("weight: 2", "weight: .nan", "number"),
        ("name: place", "nam: place", "nam"),
    ],
)
def test_a_definition_that_is_none_is_refused(
    workspace: Make, old: str, new: str, says: str
) -> None:
    assert old in SOUND
    found = issues(workspace, SOUND.replace(old, new, 1))
    assert found[0].level is Level.ERROR
    assert says in str(found[0])


# ---- The shipped trees --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Catalog]:
    found = {}
    for motion in MOTIONS:
        folder = tmp_path_factory.mktemp("routing") / motion
        init_workspace(folder, motion)
        found[motion] = load_catalog(folder)[0]
    return found


def row_of(catalog: Catalog, table: str, **fields: Any) -> str | None:
    """The first row of a table that holds for an account with these fields."""
    scope = catalog.vocabulary.threshold()
    types = {"integer": "bigint", "decimal": "double", "boolean": "boolean"}

    def value(name: str) -> exp.Expression:
        known = fields.get(name.removeprefix("account."))
        return exp.cast(exp.convert(known), types.get(scope.type_of(name) or "", "varchar"))

    items = catalog.routing.rules if table == "rules" else catalog.routing.territories[table]
    for item in items:
        if item.when is None:
            if item.to.account_owner is None:
                return item.name
            continue
        tree = parse_condition(item.when, scope)
        bound = bind(tree, value, lambda *_: exp.convert(False))  # noqa: FBT003
        ((holds,),) = duckdb.execute(f"SELECT {bound.sql(dialect='duckdb')}").fetchall()
        if holds:
            return item.name
    return None


@pytest.mark.parametrize(
    ("territory", "states"),
    [
        ("West", "CA WA OR NV AZ UT CO HI"),
        ("Central", "TX IL MN MO OH MI WI IN"),
        ("East", "NY MA PA NJ CT VA FL GA"),
    ],
)
@pytest.mark.parametrize("motion", ["mid-market", "playbook", "enterprise"])
def test_states_lie_in_their_territory(
    catalogs: dict[str, Catalog], motion: str, territory: str, states: str
) -> None:
    for state in states.split():
        assert row_of(catalogs[motion], "geography", state=state, country="US") == territory
        assert row_of(catalogs[motion], "geography", state=state, country="AU") == "International"


@pytest.mark.parametrize(
    ("segment", "least", "most"),
    [
        ("SMB", 1, 50),
        ("Mid-market", 51, 500),
        ("Enterprise", 501, 5000),
        ("Strategic", 5001, 100_000),
    ],
)
def test_segments_have_their_sizes(
    catalogs: dict[str, Catalog], segment: str, least: int, most: int
) -> None:
    catalog = catalogs["mid-market"]
    assert {row_of(catalog, "segments", employees=size) for size in (least, most)} == {segment}


@pytest.mark.parametrize(
    ("vertical", "industries"),
    [
        ("Tech", "SaaS;IT services;hardware"),
        ("Financial", "banking;insurance;fintech"),
        ("Healthcare", "hospitals;pharma;healthtech"),
        ("General", "mining;;farming"),
    ],
)
def test_verticals_have_their_industries(
    catalogs: dict[str, Catalog], vertical: str, industries: str
) -> None:
    for industry in industries.split(";"):
        assert row_of(catalogs["mid-market"], "verticals", industry=industry or None) == vertical


@pytest.mark.parametrize(
    ("employees", "industry", "row"),
    [
        (1001, "healthcare", "Enterprise"),
        (1000, "healthcare", "Verticals"),
        (1000, "banking", "Verticals"),
        (1000, "mining", "General"),
        (None, None, "General"),
    ],
)
def test_the_hybrid_asks_for_size_then_industry(
    catalogs: dict[str, Catalog], employees: int | None, industry: str | None, row: str
) -> None:
    found = row_of(catalogs["enterprise"], "hybrid", employees=employees, industry=industry)
    assert found == row


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"named": True, "employees": 10}, "Named account"),
        ({"employees": 500, "icp_tier": "A", "total": 10}, "Enterprise"),
        ({"employees": 500, "icp_tier": "B"}, "Enterprise"),
        ({"employees": 500, "icp_tier": "C", "total": 49}, "Low score"),
        ({"employees": 500, "icp_tier": "C", "total": 50}, None),
        ({"employees": 50, "total": 0}, "Mid-market"),
        ({"employees": 499}, "Mid-market"),
        ({"employees": 49, "total": 50}, "SMB"),
        ({"employees": 49, "total": 49}, "Low score"),
    ],
)
def test_the_universal_tree(
    catalogs: dict[str, Catalog], fields: dict[str, Any], rule: str | None
) -> None:
    assert row_of(catalogs["universal"], "rules", **fields) == rule


@pytest.mark.parametrize("motion", MOTIONS)
def test_tiers_and_fallbacks_promise_something(catalogs: dict[str, Catalog], motion: str) -> None:
    routing = catalogs[motion].routing
    assert routing.fallback is not None
    slas = {rule.name: rule.sla for rule in routing.rules}
    for tier, sla in (("Tier 1 account", "tier_1"), ("Tier 2 account", "tier_2")):
        assert slas.get(tier, sla) == sla
    assert all(pool.fallback is not None for pool in routing.pools.values())
