from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from revops.definitions.catalog import load_catalog
from revops.kit.issue import Issue, Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Path]

MODEL = """\
models:
  - name: main
    fit:
      max: 40
      attributes:
        - name: size
          tiers:
            - {when: account.employees > 500, points: 30}
            - {when: account.employees > 100, points: 10}
        - {name: role, tiers: [{when: title ILIKE '%vp%', points: 20}]}
    engagement:
      signals:
        - {name: demo, event: demo_request, points: 30}
        - {name: pricing, event: page_view, where: path LIKE '/pricing%', points: 20, decay: {half_life: 30 days}}
    negative:
      - {name: competitor, when: "in_list(email_domain, 'competitors')", points: -100}
    thresholds:
      mql: fit >= 30 AND engagement >= 25
    bands:
      - {name: hot, from: 50}
      - {name: cold, from: 0}
"""  # noqa: E501
LISTS = "competitors: [rival.com]\n"
DESTINATIONS = """\
destinations:
  chat: {slack: {bot_token_env: TOKEN}}
  mail: {email: {from: a@example.com, host: mail.example.com}}
"""
SLAS = "slas: [{name: a, promise: b, starts: {stage: A}, within: 1 day, applies_to: X}]"


def lint(workspace: Make, old: str = "", new: str = "", **files: str) -> list[Issue]:
    assert old in MODEL
    texts = {"scoring": MODEL.replace(old, new, 1) if old else MODEL, "lists": LISTS, **files}
    return load_catalog(workspace(**texts))[1]


def the_lint(workspace: Make, old: str = "", new: str = "", **files: str) -> Issue:
    found = lint(workspace, old, new, **files)
    assert len(found) == 1, found
    return found[0]


def test_the_model_is_sound(workspace: Make) -> None:
    assert lint(workspace) == []


class TestConditions:
    @pytest.mark.parametrize(
        ("condition", "column", "says", "mend"),
        [
            ("account.employes > 500", 0, "account.employes", "'account.employees'"),
            ("title = 'a' OR emplyees > 5", 15, "no field", ""),
            ("id IN (SELECT id FROM contacts)", None, "subquery", ""),
            ("pg_sleep(10) > 1", None, "pg_sleep", ""),
            ("title = 'a' -- b", 12, "comment", ""),
            ("title = 'a' /* b */", 12, "comment", ""),
            ("title = 'a", 8, "quote", "''"),
            ("title = 'a'; DROP TABLE contacts", None, "", ""),
            ("in_list(email_domain, 'competitrs')", None, "no list", "'competitors'"),
        ],
    )
    def test_each_is_told_with_a_caret(
        self, workspace: Make, condition: str, column: int | None, says: str, mend: str
    ) -> None:
        issue = the_lint(workspace, "account.employees > 500", f'"{condition}"')
        assert (issue.code, issue.level) == ("bad-condition", Level.ERROR)
        assert (issue.file, issue.line) == ("definitions/scoring.yaml", 8)
        assert issue.path == "models[0].fit.attributes[0].tiers[0].when"
        message, line, caret = issue.message.split("\n")
        assert says in message
        assert mend in issue.mend
        assert line == f"    {condition}"
        assert caret.strip() == "^"
        if column is not None:
            assert caret.index("^") == 4 + column

    def test_the_line_inside_a_block(self, workspace: Make) -> None:
        block = "thresholds:\n      mql: |\n        fit >= 30\n        AND engagment >= 25\n"
        issue = the_lint(
            workspace, "thresholds:\n      mql: fit >= 30 AND engagement >= 25\n", block
        )
        assert issue.line == 20
        assert issue.message.split("\n")[1] == "    AND engagment >= 25"

    def test_a_happening_nobody_has_heard_of(self, workspace: Make) -> None:
        issue = the_lint(
            workspace, "mql: fit", "mql_override: happened('demo_reqest', '7 days')\n      mql: fit"
        )
        assert (issue.code, issue.level) == ("unknown-event", Level.WARNING)
        assert "'demo_request'" in issue.mend

    def test_no_consequences_of_another_file(self, workspace: Make) -> None:
        found = lint(workspace, lists="competitors: 5")
        assert [issue.file for issue in found] == ["definitions/lists.yaml"]


class TestThresholds:
    @pytest.mark.parametrize(
        "mql",
        [
            "fit >= 50",
            "fit > 40 AND engagement >= 25",
            "engagement >= 51 AND fit >= 30",
            "total > 100 AND fit >= 30",
            "total > 90 AND fit >= 30",
            "fit < 0",
            "fit BETWEEN 41 AND 60",
            "fit = 77",
            "fit + engagement >= 91",
            "2 * fit > 80.5",
            "NOT fit >= 0",
            "fit - engagement > 40.5 OR engagement >= 60",
        ],
    )
    def test_out_of_reach(self, workspace: Make, mql: str) -> None:
        issue = the_lint(workspace, "fit >= 30 AND engagement >= 25", mql)
        assert (issue.code, issue.level) == ("unreachable-threshold", Level.ERROR)
        assert (issue.path, issue.line) == ("models[0].thresholds.mql", 18)

    def test_tells_what_can_be_reached(self, workspace: Make) -> None:
        issue = the_lint(workspace, "fit >= 30", "fit >= 50")
        assert "fit is at most 40" in issue.message

    @pytest.mark.parametrize(
        "mql",
        [
            "fit >= 40 AND engagement >= 50",
            "total >= 90 AND fit >= 40",
            "fit >= 30 AND engagement >= 25 AND happened('demo', '3 days')",
            "fit >= 30 AND engagement >= 25 AND title IS NOT NULL",
            "fit BETWEEN 30 AND 50 AND engagement >= 25",
        ],
    )
    def test_within_reach(self, workspace: Make, mql: str) -> None:
        assert lint(workspace, "fit >= 30 AND engagement >= 25", mql) == []

    def test_without_a_cap_occurrences_have_no_end(self, workspace: Make) -> None:
        endless = MODEL.replace("demo_request, ", "demo_request, per: occurrence, ").replace(
            "engagement >= 25", "engagement > 99"
        )
        assert lint(workspace, scoring=endless) == []
        capped = endless.replace("per: occurrence", "per: occurrence, max: 60")
        assert the_lint(workspace, scoring=capped).code == "unreachable-threshold"

    def test_weights_count(self, workspace: Make) -> None:
        scoring = MODEL.replace("max: 40", "max: 40\n      weight: 0.5")
        total = scoring.replace("fit >= 30 AND engagement >= 25", "total >= 71 AND fit > 0")
        assert "total is at most 70" in the_lint(workspace, scoring=total).message

    def test_a_part_out_of_reach(self, workspace: Make) -> None:
        issue = the_lint(workspace, "engagement >= 25", "(engagement >= 25 OR engagement >= 250)")
        assert (issue.code, issue.level) == ("unreachable-threshold", Level.WARNING)
        assert "engagement >= 250" in issue.message

    @pytest.mark.parametrize("text", ["fit >= 0", "total <= 100", "fit >= 0 OR total > 50"])
    def test_always_reached(self, workspace: Make, text: str) -> None:
        issue = the_lint(workspace, "mql: fit", f"warm: {text}\n      mql: fit")
        assert (issue.code, issue.level) == ("always-reached", Level.WARNING)

    @pytest.mark.parametrize(
        ("mql", "alone"),
        [
            ("engagement >= 25", {"engagement"}),
            ("fit >= 25", {"fit"}),
            ("total >= 35", {"fit", "engagement"}),
            ("total >= 45", {"engagement"}),
            ("fit >= 25 OR happened('demo', '3 days')", {"fit", "engagement"}),
            ("fit >= 25 AND happened('demo', '3 days')", set()),
            ("total >= 60", set()),
        ],
    )
    def test_half_a_score(self, workspace: Make, mql: str, alone: set[str]) -> None:
        found = lint(workspace, "fit >= 30 AND engagement >= 25", mql)
        assert {issue.code for issue in found} <= {"one-sided-mql"}
        assert {issue.message.split()[0] for issue in found} == alone

    def test_bands(self, workspace: Make) -> None:
        assert the_lint(workspace, "from: 0}", "from: 10}").code == "band-gap"
        assert the_lint(workspace, "from: 50}", "from: 91}").code == "unreachable-band"
        assert lint(workspace, "from: 50}", "from: 90}") == []


class TestPoints:
    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("- {name: demo, ", ("- {name: paper, event: content_download, points: 25}\n"
             "        - {name: demo, "), "downloads-over-intent"),
            ("- {name: demo, ", ("- {name: paper, event: content_download, points: 5,"
             " per: occurrence}\n        - {name: demo, "), "downloads-over-intent"),
            ("where: path LIKE '/pricing%', ", "", "equal-pages"),
            ("- {name: demo, ", ("- {name: docs, event: page_view, where: path LIKE '/docs%',"
             " points: 20}\n        - {name: demo, "), "equal-pages"),
            ("- {name: demo, ", ("- {name: open, event: email_open, points: 11}\n"
             "        - {name: demo, "), "low-intent-over-scored"),
            ("- {name: demo, ", ("- {name: open, event: email_open, points: 1, per: occurrence}\n"
             "        - {name: demo, "), "low-intent-over-scored"),
            ("- {name: demo, ", ("- {name: blog, event: page_view, where: path LIKE '/blog%',"
             " points: 15}\n        - {name: demo, "), "low-intent-over-scored"),
            (", decay: {half_life: 30 days}", "", "no-decay"),
            ("- {name: demo, ", "- {name: x, event: chat, points: 0}\n        - {name: demo, ",
             "without-effect"),
            ("event: demo_request, ", "event: demo_request, within: 7 days, ", "without-effect"),
            ("event: demo_request, ", "event: demo_request, same: session, ", "without-effect"),
            ("- name: main", ("- name: first\n    negative: [{name: n, event: chat, points: -1}]\n"
             "  - name: main"), "never-used-model"),
        ],
    )  # fmt: skip
    def test_warned(self, workspace: Make, old: str, new: str, code: str) -> None:
        issue = the_lint(workspace, old, new)
        assert (issue.code, issue.level) == (code, Level.WARNING)
        assert issue.mend

    def test_nothing_against(self, workspace: Make) -> None:
        scoring = MODEL[: MODEL.index("    negative:")] + MODEL[MODEL.index("    thresholds:") :]
        assert the_lint(workspace, scoring=scoring, lists="").code == "no-negative-signals"

    @pytest.mark.parametrize(
        "line",
        [
            "{name: paper, event: content_download, points: 20}",
            "{name: open, event: email_open, points: 2, per: occurrence, max: 10}",
            "{name: five, event: page_view, count: 5, same: session, points: 10}",
            "{name: blog, event: page_view, where: path LIKE '/blog%', points: 5}",
        ],
    )
    def test_fine(self, workspace: Make, line: str) -> None:
        assert lint(workspace, "- {name: demo, ", f"- {line}\n        - {{name: demo, ") == []

    def test_points_of_none_that_a_condition_asks_for(self, workspace: Make) -> None:
        scoring = MODEL.replace("- {name: demo, ", "- {name: x, event: chat, points: 0}\n"
                                "        - {name: demo, ").replace(
            "mql: fit", "mql_override: happened('x', '7 days')\n      mql: fit")  # fmt: skip
        assert lint(workspace, scoring=scoring) == []

    def test_types_of_ones_own(self, workspace: Make) -> None:
        issue = the_lint(workspace, "demo_request", "demo_reqest")
        assert (issue.code, issue.level) == ("unknown-event", Level.NOTE)
        assert "'demo_request'" in issue.mend
        assert the_lint(workspace, "demo_request", "[demo_request, hackathon]").mend == ""


class TestLists:
    def test_used_and_empty(self, workspace: Make) -> None:
        issue = the_lint(workspace, lists="competitors: []")
        assert (issue.code, issue.file) == ("empty-list", "definitions/lists.yaml")

    def test_capitals_never_match(self, workspace: Make) -> None:
        issue = the_lint(workspace, lists="competitors:\n  - a.com\n  - Rival.com\n")
        assert (issue.code, issue.line, issue.mend) == ("upper-case", 3, "write 'rival.com'")

    def test_capitals_may_stand_in_other_lists(self, workspace: Make) -> None:
        routing = "rules: [{name: us, when: \"in_list(country, 'countries')\", to: {pool: a}}]"
        found = lint(workspace, lists=f"{LISTS}countries: [United States]", routing=routing)
        assert {issue.file for issue in found} == {"definitions/routing.yaml"}

    def test_asked_for_by_nobody(self, workspace: Make) -> None:
        issue = the_lint(workspace, lists=f"{LISTS}personal_domains: [gmx.net]\nrivals: [b.com]")
        assert (issue.code, issue.level, issue.line) == ("unused-list", Level.NOTE, 3)
        assert "'rivals'" in issue.mend

    @pytest.mark.parametrize(
        ("stem", "text"),
        [
            ("lifecycle", "suppress: [{name: a, when: X}]"),
            ("lifecycle", "stages: [{name: A, entry: {when: X}}]"),
            ("routing", "rules: [{name: a, when: X, to: {owner: ann}}]"),
            ("slas", SLAS),
            ("automations", "recipes: [{name: a, trigger: created, when: X, steps: [do: route]}]"),
        ],
    )  # fmt: skip
    def test_asked_for_anywhere(self, workspace: Make, stem: str, text: str) -> None:
        lists = f"{LISTS}rivals: []"
        rest = {stem: text.replace("X", "\"in_list(email_domain, 'rivals')\"")}
        codes = {issue.code for issue in lint(workspace, lists=lists, **rest)}
        assert "empty-list" in codes
        assert "unused-list" not in codes
        rest = {stem: text.replace("X", "\"in_list(email_domain, 'rivalz')\"")}
        (wrong,) = [
            issue for issue in lint(workspace, lists=lists, **rest) if issue.code == "bad-condition"
        ]
        assert "'rivals'" in wrong.mend

    def test_twice(self, workspace: Make) -> None:
        issue = the_lint(workspace, lists="competitors: [a.com, b.com, a.com]")
        assert (issue.code, issue.level, issue.path) == ("twice", Level.NOTE, "competitors[2]")


class TestLifecycle:
    @pytest.mark.parametrize(
        ("text", "code", "level", "mend"),
        [
            ("stages: [{name: A, exit: {when: fitt > 5}}]", "bad-condition", Level.ERROR, "'fit'"),
            (("stages: [{name: A, rejection_reasons: [FIT-1]}]\n"
             "rejection_reasons: [{code: FIT-01, reason: Small}]"), "unknown-code", Level.ERROR,
             "'FIT-01'"),
            ("stages: [{name: A, required_fields: [emial]}]", "unknown-field", Level.ERROR,
             "'email'"),
        ],
    )  # fmt: skip
    def test_told(self, workspace: Make, text: str, code: str, level: Level, mend: str) -> None:
        issue = the_lint(workspace, lifecycle=text)
        assert (issue.code, issue.level, issue.line) == (code, level, 1)
        assert mend in issue.mend

    @pytest.mark.parametrize(
        ("key", "code", "path", "says"),
        [
            ("required_fields: [employees]", "unknown-field", "required_fields[0]",
             "'account.employees'"),
            ("required_fields: [opportunity.amont]", "unknown-field", "required_fields[0]",
             "'opportunity.amount'"),
            ("acceptance: {stage: C, required_fields: [phon]}", "unknown-field",
             "acceptance.required_fields[0]", "'phone'"),
            ("exit: {when: fit < 5, to: Recicled}", "unknown-stage", "exit.to", "'Recycled'"),
            ("acceptance: {stage: Recycled}", "unknown-stage", "acceptance.stage", "Recycled"),
            ("only_from: [X]", "unknown-stage", "only_from[0]", "'X'"),
            ("entry: {reaches: [mql, sql]}", "unknown-threshold", "entry.reaches", "'mql'"),
            ("exit: {when: fit < 5, to: C}", "wrong-way", "exit.to", "not before it"),
            ("acceptance: {stage: A}", "wrong-way", "acceptance.stage", "not after it"),
            ("by: rule", "never-entered", "by", "nothing says when"),
            ("entry: {when: fit > 5}, exit: {when: '5 < fit OR fit>5'}", None, "", ""),
            ("entry: {when: fit > 5}, exit: {when: fit  >  5}", "never-entered", "exit.when",
             "leave it at once"),
            ("only_from: [C]", "never-entered", "only_from", "not before it"),
            ("only_from: [A, C]", None, "", ""),
            ("on_enter: [{stage: C}]", "moves-on", "on_enter[0].stage", "once more"),
            ("on_enter: [{tag: t}, {assign: 'user:bo'}]", "unknown-user", "on_enter[1].assign",
             "'bo'"),
            ("on_exit: [{email: {to: 'team:sals', subject: s, body: b}}]", "unknown-team",
             "on_exit[0].email.to", "'sales'"),
            ("on_exit: [{task: {subject: s, owner: ownr}}]", "unknown-recipient",
             "on_exit[0].task.owner", "'owner'"),
            ("on_enter: [{slack: {to: '#x', text: '{{ contact.first_nam }}'}}]", "bad-text",
             "on_enter[0].slack.text", "first_nam"),
            ("on_enter: [{set: {titel: VP}}]", "unknown-field", "on_enter[0].set.titel", "'title'"),
        ],
    )  # fmt: skip
    def test_stages(
        self, workspace: Make, key: str, code: str | None, path: str, says: str
    ) -> None:
        text = f"stages: [{{name: A}}, {{name: B, {key}}}, {{name: C}}]\nrecycling: {{}}\n"
        people = "teams: [{name: sales}]"
        found = lint(workspace, lifecycle=text, people=people, automations=DESTINATIONS)
        assert [(each.code, each.path) for each in found] == (
            [(code, f"stages[1].{path}")] if code else []
        )
        assert not found or says in str(found[0])

    @pytest.mark.parametrize(
        ("text", "code", "path"),
        [
            ("suppress: [{name: x, when: fitt > 5}]", "bad-condition", "suppress[0].when"),
            ("requalify: {unless: fitt > 5}", "bad-condition", "requalify.unless"),
            ("archive: {until: fitt > 5}", "bad-condition", "archive.until"),
            ("rejection_reasons: [{code: X, reason: x, until: fitt > 5}]", "bad-condition",
             "rejection_reasons[0].until"),
            ("rejection_reasons: [{code: X, reason: x, stage: Y}]", "unknown-stage",
             "rejection_reasons[0].stage"),
            ("recycling: {back_to: Y}", "unknown-stage", "recycling.back_to"),
            ("archive: {on_enter: [{assign: bob}]}", "unknown-recipient",
             "archive.on_enter[0].assign"),
        ],
    )  # fmt: skip
    def test_elsewhere(self, workspace: Make, text: str, code: str, path: str) -> None:
        issue = the_lint(workspace, lifecycle=text)
        assert (issue.code, issue.path, issue.level) == (code, path, Level.ERROR)


CALENDARS = "office: {hours: {mon: 09:00-17:00}}"


class TestPeople:
    @pytest.mark.parametrize(
        ("text", "code", "says"),
        [
            ("teams: [{name: a, parent: b}]", "unknown-team", "'b'"),
            ("teams: [{name: a, calendar: ofice}]", "unknown-calendar", "'office'"),
            ("teams: [{name: a, manager: bo}]", "unknown-user", "'bo'"),
            ("users: [{id: x, calendar: office, team: a}]", "unknown-team", "'a'"),
            ("users: [{id: x, calendar: office, manager: y}]", "unknown-user", "'y'"),
            ("users: [{id: x}]", "no-calendar", "'x'"),
            ("teams: [{name: a, parent: a}]", "circular-reference", "a -> a"),
            ("teams: [{name: a, parent: b}, {name: b, parent: c}, {name: c, parent: b}]",
             "circular-reference", "b -> c -> b"),
            (("users: [{id: x, calendar: office, manager: y}, "
             "{id: y, calendar: office, manager: x}]"), "circular-reference", "x -> y -> x"),
        ],
    )  # fmt: skip
    def test_told(self, workspace: Make, text: str, code: str, says: str) -> None:
        issue = the_lint(workspace, people=text, calendars=CALENDARS)
        assert issue.code == code
        assert says in str(issue)

    def test_a_tree_is_fine(self, workspace: Make) -> None:
        people = """\
teams:
  - {name: all, calendar: office, manager: x}
  - {name: west, parent: all, calendar: office}
  - {name: east, parent: all}
users:
  - {id: x, team: all}
  - {id: y, team: west, manager: x}
  - {id: z, team: east, manager: x, calendar: office, time_zone: Europe/Berlin}
  - {id: gone, active: false}
"""
        assert lint(workspace, people=people, calendars=CALENDARS) == []
