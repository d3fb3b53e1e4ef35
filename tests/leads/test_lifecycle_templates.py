"""The shipped lifecycles at work: from the first visit to the signature, and back."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from ruamel.yaml import YAML
from sqlglot import exp

from lifecycle_cases import DAY, NOON
from revops.definitions.catalog import load_catalog
from revops.definitions.lifecycle import Lifecycle
from revops.definitions.lists import Lists
from revops.definitions.scope import Vocabulary
from revops.definitions.templates import template_files
from revops.kit.condition import bind, parse_condition
from revops.kit.errors import RevopsError
from revops.leads.lead import Lead
from revops.leads.lifecycle import Deal, Spell, Standing, accept, move, next_look, reject
from revops.services.init import init_workspace

if TYPE_CHECKING:
    from collections.abc import Collection

A, PRODUCT_LED, FUNNEL = "enterprise", "plg", "universal"
TYPES = {"integer": "bigint", "decimal": "double", "boolean": "boolean", "time": "timestamp"}
ANNA = {
    "email": "anna@acme.example",
    "email_domain": "acme.example",
    "first_name": "Anna",
    "last_name": "Berg",
    "account_id": "a1",
}


@cache
def workspace(motion: str) -> tuple[Lifecycle, Vocabulary]:
    def read(path: str) -> Any:
        return YAML(typ="safe").load(template_files(motion)[path])

    lists = Lists.model_validate(read("definitions/lists.yaml")).root
    custom = read("revops.yaml")["custom_fields"]
    lifecycle = Lifecycle.model_validate(read("definitions/lifecycle.yaml"))
    return lifecycle, Vocabulary(lists, custom)


def lead(
    motion: str,
    *,
    happened: Collection[str] = (),
    qualified: bool = False,
    reached: Collection[str] = (),
    **fields: Any,
) -> Lead:
    """A lead with its conditions decided by DuckDB, as the engine decides them."""
    lifecycle, vocabulary = workspace(motion)
    scope = vocabulary.threshold()
    named = {name.replace("__", "."): value for name, value in fields.items()}

    def value(name: str) -> exp.Expression:
        kind = TYPES.get(scope.type_of(name) or "", "varchar")
        return exp.cast(exp.convert(named.get(name)), kind)

    holds = set()
    for path, text in lifecycle.conditions():
        tree = parse_condition(text, scope)
        bound = bind(tree, value, lambda name, _length: exp.convert(name in happened))
        if duckdb.execute(f"SELECT {bound.sql(dialect='duckdb')}").fetchall() == [(True,)]:
            holds.add(f"lifecycle.{path}")
    return Lead("c1", named, qualified=qualified, reached=frozenset(reached),
                holds=frozenset(holds))  # fmt: skip


def after(motion: str, who: Lead, at: Standing, now: Any = NOON) -> Standing:
    """Where rules lead from here."""
    for each in move(workspace(motion)[0], who, at, now):
        at = at.after(each)
    return at


def stage_of(motion: str, *, since: str | None = None, **parts: Any) -> str | None:
    """The stage that rules lead to, from a stage entered ten days ago."""
    at = Standing((Spell(since, NOON - 10 * DAY),) if since else (), since,
                  deals=parts.pop("deals", ()))  # fmt: skip
    return after(motion, lead(motion, **parts), at).stage


def deal(is_won: bool | None = None, **parts: Any) -> Deal:
    filled = frozenset({"amount", "close_date", "stage", "next_step", "loss_reason"})
    values = {"stage": "Discovery", "filled": filled, **parts}
    closed_at = None if is_won is None else NOON - DAY
    return Deal("d1", values["stage"], NOON - 2 * DAY, closed_at, is_won, values["filled"])


@pytest.mark.parametrize(
    ("motion", "since", "parts", "stage"),
    [
        (A, None, {"opted_in": True}, "Subscriber"),
        (A, "Subscriber", {"email": "x@y.z", "account_id": "a1"}, "Subscriber"),
        (A, "Subscriber", ANNA, "Lead"),
        (A, "Lead", {**ANNA, "qualified": True}, "MQL"),
        (A, "Lead", {**ANNA, "email_domain": "competitor-one.example", "qualified": True}, "Lead"),
        (A, "Lead", {**ANNA, "email_domain": "customer-one.example", "qualified": True}, "Lead"),
        (A, "MQL", {**ANNA, "bant_budget": True, "bant_need": True}, "MQL"),
        (A, "SQL", {**ANNA, "deals": (deal(),)}, "Opportunity"),
        (A, "SQL", {**ANNA, "deals": (deal(filled=frozenset({"amount"})),)}, "SQL"),
        (A, "Opportunity", {**ANNA, "deals": (deal(is_won=True),)}, "Customer"),
        (A, "Opportunity", {**ANNA, "deals": (deal(is_won=False),)}, "Recycled"),
        (PRODUCT_LED, "Lead", {**ANNA, "reached": ["pql"]}, "PQL"),
        (PRODUCT_LED, "PQL", {**ANNA, "reached": ["pql"], "qualified": True}, "MQL"),
        (FUNNEL, None, {}, "Visitor"),
        (FUNNEL, "Visitor", ANNA, "Known"),
        (FUNNEL, "Known", {**ANNA, "qualified": True}, "MQL"),
        (FUNNEL, "SQL", {**ANNA, "deals": (deal(),)}, "Opportunity"),
        (FUNNEL, "Opportunity", {**ANNA, "deals": (deal(stage="Negotiation"),)}, "Proposal"),
        (FUNNEL, "Proposal", {**ANNA, "deals": (deal(is_won=True),)}, "Closed Won"),
        (FUNNEL, "Proposal", {**ANNA, "deals": (deal(is_won=False),)}, "Closed Lost"),
        (FUNNEL, "Proposal", {**ANNA, "deals": (deal(is_won=False, filled=frozenset()),)},
         "Proposal"),
        (FUNNEL, "Closed Won", {**ANNA, "deals": (deal(is_won=False),)}, "Closed Won"),
    ],
)  # fmt: skip
def test_rules(motion: str, since: str | None, parts: dict[str, Any], stage: str) -> None:
    assert stage_of(motion, since=since, **parts) == stage


BANT = ("bant_budget", "bant_authority", "bant_need", "bant_timeline")


@pytest.mark.parametrize(("motion", "since", "needed"), [(A, "MQL", 2), (FUNNEL, "SAL", 3)])
def test_bant(motion: str, since: str, needed: int) -> None:
    """Every choice of the four: SQL exactly from so many on."""
    lifecycle, _vocabulary = workspace(motion)
    at = Standing((Spell(since, NOON),), since)
    for number in range(16):
        chosen = {name: True for i, name in enumerate(BANT) if number >> i & 1}
        who = lead(motion, happened=["meeting_held"], **ANNA, **chosen)
        if len(chosen) >= needed:
            assert accept(lifecycle, who, at, NOON, "dina").to_stage == "SQL"
        else:
            with pytest.raises(RevopsError):
                accept(lifecycle, who, at, NOON, "dina")


def test_the_funnel_wants_a_discovery_call_too() -> None:
    at = Standing((Spell("SAL", NOON),), "SAL")
    who = lead(FUNNEL, **ANNA, **dict.fromkeys(BANT, True))
    with pytest.raises(RevopsError) as caught:
        accept(workspace(FUNNEL)[0], who, at, NOON, "dina")
    assert caught.value.code == "entry-not-met"
    assert "discovery call" in caught.value.issues[0].mend


def test_the_funnel_accepts_whom_it_can_reach() -> None:
    at = Standing((Spell("MQL", NOON),), "MQL")
    lifecycle = workspace(FUNNEL)[0]
    assert accept(lifecycle, lead(FUNNEL, **ANNA), at, NOON, "dina").to_stage == "SAL"
    with pytest.raises(RevopsError):
        accept(lifecycle, lead(FUNNEL, **ANNA, phone_status="invalid"), at, NOON, "dina")


REJECTIONS = [  # motion, code, where to, what must be so, after how many days it may qualify
    (A, "FIT-01", "Recycled", {"account__employees": 60}, 30),
    (A, "FIT-01", "Recycled", {"account__employees": 40}, None),
    (A, "FIT-02", "Archived", {}, None),
    (A, "FIT-03", "Recycled", {"seniority": "vp"}, 30),
    (A, "FIT-03", "Recycled", {"seniority": "individual"}, None),
    (A, "ENG-01", "Recycled", {}, 90),
    (A, "ENG-02", "Recycled", {}, 60),
    (A, "QUAL-01", "Recycled", {}, 90),
    (A, "QUAL-02", "Recycled", {}, 30),
    (A, "QUAL-03", "Archived", {}, None),
    (FUNNEL, "BAD-CONTACT", "Known", {}, 30),
    (FUNNEL, "NOT-DECISION-MAKER", "Known", {"buying_role": "decision_maker"}, 30),
    (FUNNEL, "NOT-DECISION-MAKER", "Known", {}, None),
    (FUNNEL, "WRONG-ICP", "Archived", {}, None),
    (FUNNEL, "DUPLICATE", "Archived", {}, None),
    (FUNNEL, "COMPETITOR", "Archived", {}, None),
]


@pytest.mark.parametrize(("motion", "code", "place", "fields", "days"), REJECTIONS)
def test_rejections(
    motion: str, code: str, place: str, fields: dict[str, Any], days: int | None
) -> None:
    lifecycle, _vocabulary = workspace(motion)
    who = lead(motion, qualified=True, **ANNA, **fields)
    at = Standing((Spell("MQL", NOON - DAY),), "MQL")
    back = at.after(reject(lifecycle, who, at, code, NOON, "dina"))
    assert back.stage == place
    assert (back.recycled_at is None) == (place == "Archived")
    if days is None:
        assert after(motion, who, back, NOON + 170 * DAY).stage != "MQL"
    else:
        assert after(motion, who, back, NOON + (days - 1) * DAY).stage == place
        again = after(motion, who, back, NOON + days * DAY)
        assert again.stage == "MQL"
        assert again.spells[-1].is_recycled


def test_asking_for_a_demo_ends_the_wait() -> None:
    at = Standing((Spell("MQL", NOON - DAY),), "MQL")
    back = at.after(reject(workspace(A)[0], lead(A), at, "ENG-02", NOON, "dina"))
    who = lead(A, qualified=True, happened=["demo_request"], **ANNA)
    assert after(A, who, back, NOON + DAY).stage == "MQL"


def test_six_months_of_silence_lead_to_the_archive_and_a_demo_back() -> None:
    at = Standing((Spell("MQL", NOON - DAY),), "MQL")
    back = at.after(reject(workspace(A)[0], lead(A), at, "QUAL-02", NOON, "dina"))
    assert after(A, lead(A), back, NOON + 179 * DAY).stage == "Recycled"
    archived = after(A, lead(A), back, NOON + 180 * DAY)
    assert archived.stage == "Archived"
    assert after(A, lead(A, qualified=True), archived, NOON + 200 * DAY).stage == "Archived"
    asks = lead(A, qualified=True, happened=["demo_request"], **ANNA)
    assert after(A, asks, archived, NOON + 200 * DAY).stage == "MQL"


ACTIONS = {  # what entering does, for each stage whose table names something to do
    (A, "Subscriber"): {"enroll"},
    (A, "Lead"): {"enrich", "enroll"},
    (A, "MQL"): {"route", "email", "task", "suppress"},
    (A, "SQL"): {"email", "enroll"},
    (A, "Opportunity"): {"task"},
    (A, "Customer"): {"enroll", "assign", "task", "suppress"},
    (A, "Evangelist"): {"enroll", "task", "audience"},
    (PRODUCT_LED, "PQL"): {"route", "task"},
    (FUNNEL, "MQL"): {"route", "email", "task"},
    (FUNNEL, "SQL"): {"email", "task"},
    (FUNNEL, "Closed Won"): {"task"},
}


@pytest.mark.parametrize(("motion", "name"), ACTIONS)
def test_entry_actions(motion: str, name: str) -> None:
    lifecycle, _vocabulary = workspace(motion)
    stage = lifecycle.stages[lifecycle.ranks[name]]
    assert {each.kind for each in stage.on_enter} == ACTIONS[motion, name]


@pytest.mark.parametrize(
    ("motion", "name", "hours"), [(A, "MQL", 4), (FUNNEL, "MQL", 4), (FUNNEL, "SQL", 48)]
)
def test_follow_ups_are_due_as_promised(motion: str, name: str, hours: float) -> None:
    lifecycle, _vocabulary = workspace(motion)
    tasks = [each.task for each in lifecycle.stages[lifecycle.ranks[name]].on_enter if each.task]
    assert [task.due and task.due.total_seconds() / 3600 for task in tasks] == [hours]


def test_the_example_of_the_documentation_is_sound(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/lifecycle.md").read_text(encoding="utf-8")
    init_workspace(tmp_path, A)
    text = page.partition("```yaml\n")[2].partition("```")[0]
    for other in ("slas", "automations", "routing"):  # they speak of the template's stages
        (tmp_path / f"definitions/{other}.yaml").unlink(missing_ok=True)
    (tmp_path / "definitions/lifecycle.yaml").write_text(text, encoding="utf-8")
    catalog, issues = load_catalog(tmp_path)
    unused = {issue.code for issue in issues}  # lists that the files left out would use
    assert unused <= {"unused-list"}, [str(issue) for issue in issues]
    at = Standing((Spell("MQL", NOON),), "MQL")
    back = at.after(reject(catalog.lifecycle, lead(A), at, "ENG-02", NOON, "dina"))
    assert next_look(catalog.lifecycle, back, NOON + DAY) == NOON + 30 * DAY
    assert next_look(catalog.lifecycle, back, NOON + 31 * DAY) == NOON + 60 * DAY
