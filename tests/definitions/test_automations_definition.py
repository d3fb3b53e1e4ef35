"""`automations.yaml` as people write it: what is understood, and what is told."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from revops.definitions.automations import Automations
from revops.definitions.catalog import load_catalog
from revops.definitions.json_schema import json_schemas
from revops.definitions.recipe_steps import Again, BusinessWait, Moment, WorkingHours

if TYPE_CHECKING:
    from collections.abc import Callable

    from revops.kit.issue import Issue

    Make = Callable[..., Path]

ROOT = Path(__file__).parents[2]
ROUTE = {"do": [{"route": {}}]}


def read(**recipe: Any) -> Automations:
    given = {"name": "r", "trigger": "created", "steps": [ROUTE], **recipe}
    text = {"recipes": [given]}
    schema = json_schemas()["automations"]
    jsonschema.Draft202012Validator(schema).validate(text)  # an editor agrees
    return Automations.model_validate_json(json.dumps(text), strict=True)


def wrong(workspace: Make, text: str) -> list[Issue]:
    issues = load_catalog(workspace(automations=text))[1]
    return [issue for issue in issues if issue.file == "definitions/automations.yaml"]


def recipe(lines: str) -> str:
    body = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    return f"recipes:\n  - name: r\n{body}\n"


class TestUnderstood:
    @pytest.mark.parametrize("word", ["created", "qualified"])
    def test_a_trigger_may_be_a_word(self, word: Any) -> None:
        (found,) = read(trigger=word).recipes
        assert found.trigger.kind == word
        assert found.trigger.record is None

    @pytest.mark.parametrize(
        ("trigger", "record"),
        [
            ({"activity": "call"}, "activity"),
            ({"activity": ["call", "chat"]}, "activity"),
            ({"changed": "title"}, None),
            ({"changed": ["account.owner", "account.employees"]}, None),
            ({"changed": "opportunity.stage", "to": "Won"}, "opportunity"),
            ({"created": "ticket", "where": "x"}, "ticket"),
            ({"schedule": {"every": "day"}, "each": "renewal", "where": "x"}, "renewal"),
            ({"schedule": {"every": "day"}}, None),
        ],
    )
    def test_of_which_record_a_trigger_is(self, trigger: Any, record: str | None) -> None:
        assert read(trigger=trigger).recipes[0].trigger.record == record

    @pytest.mark.parametrize(
        ("wait", "meant"),
        [
            ("90 minutes", timedelta(minutes=90)),
            ({"business": "1 hour"}, BusinessWait(business=timedelta(hours=1))),
            ({"business_days": 2}, BusinessWait(business_days=2)),
            ({"until": "working_hours"}, WorkingHours(until="working_hours")),
            ({"until": "activity.properties.starts_at", "before": "1 day"},
             Moment(until="activity.properties.starts_at", before=timedelta(days=1))),
        ],
    )  # fmt: skip
    def test_waits(self, wait: Any, meant: Any) -> None:
        automations = read(steps=[{"wait": wait}, ROUTE])
        assert automations.recipes[0].steps[0].wait == meant
        dumped = automations.model_dump(mode="json", exclude_defaults=True)
        assert Automations.model_validate(dumped) == automations

    def test_again(self) -> None:
        again = read(reenroll={"after": "2 days"}).recipes[0].reenroll
        assert again == Again(after=timedelta(days=2))

    def test_every_condition_has_its_place(self) -> None:
        inner = {"branch": [{"where": "c3", "steps": []}, {"tagged": "t", "steps": []}]}
        branch = {"branch": [{"when": "c2", "steps": [inner]}], "otherwise": [
            {"branch": [{"when": "c4", "steps": []}]}]}  # fmt: skip
        automations = read(
            trigger={"activity": "call", "where": "c0"}, when="c1", suppress_when="c5",
            stop_when="c6", steps=[ROUTE, branch],
        )  # fmt: skip
        assert dict(automations.conditions()) == {
            "recipes[0].when": "c1",
            "recipes[0].suppress_when": "c5",
            "recipes[0].stop_when": "c6",
            "recipes[0].steps[1].branch[0].when": "c2",
            "recipes[0].steps[1].otherwise[0].branch[0].when": "c4",
        }
        assert dict(automations.activity_conditions()) == {
            "recipes[0].trigger.where": "c0",
            "recipes[0].steps[1].branch[0].steps[0].branch[0].where": "c3",
        }
        assert [each[0] for each in automations.record_conditions()] == ["activity"] * 2

    def test_the_example_of_the_documentation(self, workspace: Make) -> None:
        page = (ROOT / "docs/automations.md").read_text()
        (example,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        catalog, issues = load_catalog(workspace(automations=example))
        assert issues == []
        assert [recipe.name for recipe in catalog.automations.recipes] == ["No-show"]


class TestTold:
    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            ("trigger: {}\nsteps: [{do: [route]}]", "exactly one of activity, changed"),
            ("trigger: {entered: A, left: B}\nsteps: [{do: [route]}]", "not entered and left"),
            ("trigger: {entered: A, where: x}\nsteps: [{do: [route]}]", "`where` belongs to"),
            ("trigger: {activity: call, to: x}\nsteps: [{do: [route]}]", "`to` belongs to changed"),
            ("trigger: {changed: title, where: x}\nsteps: [{do: [route]}]", "ask of the lead in"),
            ("trigger: {changed: [title, deal.x]}\nsteps: [{do: [route]}]", "one kind of record"),
            ("trigger: {changed: deal.stage}\nsteps: [{do: [route]}]", "'deal' has no fields"),
            ("trigger: {activity: call, within: 1 day}\nsteps: [{do: [route]}]", "`count`"),
            ("trigger: {created: opportunty}\nsteps: [{do: [route]}]", "'opportunity'"),
            ("trigger: created\nsteps: []", "at least 1"),
            ("trigger: created\nsteps: [{}]", "exactly one of do, wait and branch"),
            ("trigger: created\nsteps: [{do: [route], wait: 1 day}]", "exactly one of do, wait"),
            ("trigger: created\nsteps: [{wait: 1 day, due: {until: a.b}}]", "belongs to `do`"),
            ("trigger: created\nsteps: [{wait: 1 day, otherwise: [{wait: 1 day}]}]", "`branch`"),
            ("trigger: created\nsteps: [{branch: [{steps: []}]}]", "when, where and tagged"),
            ("trigger: created\nsteps: [{do: [{route: {}, tag: x}]}]", "exactly one key"),
            ("trigger: created\nsteps: [{wait: {business: 1 day, business_days: 1}}]", "either"),
            ("trigger: created\nsteps: [{do: [route]}]\nexamples: [{then: [emial]}]", "'email'"),
            ("trigger: {schedule: {every: day, at: 8am}}\nsteps: [{do: [route]}]", "'08:00'"),
            ("trigger: {schedule: {every: day, on: 3}}\nsteps: [{do: [route]}]", "not a day of"),
            ("trigger: {schedule: {every: month, on: mon}}\nsteps: [{do: [route]}]", "1 to 31"),
            ("trigger: {schedule: {every: month, on: 32}}\nsteps: [{do: [route]}]", "at most 31"),
            ("trigger: {schedule: {every: hour, at: '08:00'}}\nsteps: [{do: [route]}]", "full "),
            ("trigger: {schedule: {every: day, time_zone: Berlin}}\nsteps: [{do: [route]}]",
             "not a time zone"),
        ],
    )  # fmt: skip
    def test_recipes(self, workspace: Make, lines: str, says: str) -> None:
        found = wrong(workspace, recipe(lines))
        assert any(says in f"{issue.message} {issue.mend}" for issue in found), found

    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            (
                "s: {slack: {webhook_env: https://hooks.slack.com/x}}",
                "secrets never stand in a file",
            ),
            ("s: {slack: {}}", "webhook_env or bot_token_env"),
            ("s: {}", "exactly one of slack, email and webhook"),
            ("m: {email: {from: a@b.c}}", "'host' is missing"),
            ("m: {email: {from: a@b.c, host: h, tls: ssl}}", "implicit"),
            ("w: {webhook: {url: ftp://x.y, secret_env: S}}", "not a web address"),
            ("w: {webhook: {url: 'https://u:p@x.y', secret_env: S}}", "holds a password"),
            ("w: {webhook: {secret_env: S}}", "either url or url_env"),
            ("w: {webhook: {url: https://x.y}}", "'secret_env' is missing"),
            ("w: {webhook: {url: https://x.y, secret_env: S, per_second: 0}}", "more than 0"),
        ],
    )
    def test_destinations(self, workspace: Make, lines: str, says: str) -> None:
        found = wrong(workspace, f"destinations:\n  {lines}\n")
        assert any(says in f"{issue.message} {issue.mend}" for issue in found), found

    def test_names_are_given_once(self, workspace: Make) -> None:
        one = "  - {name: r, trigger: created, steps: [{do: [route]}]}\n"
        (issue,) = wrong(workspace, f"recipes:\n{one}{one}")
        assert issue.message == "the recipe 'r' is given twice"

    @pytest.mark.parametrize(("depth", "is_wrong"), [(4, False), (5, True)])
    def test_branches_are_bounded(self, workspace: Make, depth: int, is_wrong: bool) -> None:
        steps = "[{do: [route]}]"
        for _ in range(depth):
            steps = f"[{{branch: [{{when: title = 'x', steps: {steps}}}]}}]"
        found = wrong(workspace, recipe(f"trigger: created\nsteps: {steps}"))
        assert [issue.message for issue in found if "inside each other" in issue.message] == (
            ["more than 4 branches are inside each other"] if is_wrong else []
        )

    def test_steps_are_bounded(self, workspace: Make) -> None:
        steps = ", ".join(["{do: [route]}"] * 201)
        found = wrong(workspace, recipe(f"trigger: created\nsteps: [{steps}]"))
        assert ["more than 200 steps" in issue.message for issue in found] == [True]
