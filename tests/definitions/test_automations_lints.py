"""Recipes that are well formed and still wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from revops.definitions.catalog import load_catalog
from revops.kit.issue import Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from revops.kit.issue import Issue

    Make = Callable[..., Path]

FILES = {
    "lifecycle": "stages: [{name: Lead}, {name: MQL}]\nrecycling: {stage: Recycled}\n"
    "suppress: [{name: rivals, when: \"in_list(email_domain, 'rivals')\"}]",
    "people": "teams: [{name: sales, calendar: office, manager: ann}]\n"
    "users: [{id: ann, team: sales}]",
    "calendars": "office: {hours: {mon: 09:00-17:00}}",
    "slas": "slas: [{name: first_call, promise: p, starts: {stage: MQL}, within: 1 hour, "
    "stops: [{accepted: true}], escalations: [{after: 5 minutes, actions: [route]}]}]",
    "routing": "pools: {east: {members: [ann]}}",
    "lists": "rivals: [rival.com]",
}
DESTINATIONS = """\
destinations:
  chat: {slack: {bot_token_env: TOKEN}}
  mail: {email: {from: a@example.com, host: mail.example.com}}
  hook: {webhook: {url: https://hooks.example.com/x, secret_env: SECRET}}
"""
PLAIN = "trigger: {entered: MQL}\nsteps:\n  - do: [route]"


def lint(workspace: Make, *recipes: str, destinations: str = DESTINATIONS) -> list[Issue]:
    listed = "".join(
        f"  - name: {name}\n" + "".join(f"    {line}\n" for line in lines.splitlines())
        for name, lines in zip("abcdefgh", recipes, strict=False)
    )
    folder = workspace(**FILES, automations=f"{destinations}recipes:\n{listed}")
    issues = load_catalog(folder)[1]
    return [issue for issue in issues if issue.file == "definitions/automations.yaml"]


def does(action: str, trigger: str = "{entered: MQL}") -> str:
    return f"trigger: {trigger}\nsteps:\n  - do: [{action}]"


FINE = (
    does("{task: 'Call {{ contact.first_name }}'}"),
    does("{slack: {to: '#x', text: '{{ account.name }} {{ score.total }} {{ link }}'}}"),
    does("{email: {to: manager, subject: s, body: '{{ activity.properties.at }}'}}",
         "{activity: call}"),
    does("{email: {to: 'team:sales', subject: '{{ change.to }}', body: b}}", "{changed: title}"),
    does("{email: {to: x@y.example, subject: '{{ clock.sla }}', body: b}}",
         "{clock: first_call, step: 1}"),
    does("{webhook: {destination: hook, event: e, payload: {a: '{{ ticket.subject }}'}}}",
         "{created: ticket}"),
    does("{assign: 'user:ann'}", "{changed: [account.employees, account.owner]}"),
    does("{stage: Recycled}", "{left: MQL}"),
    does("{route: {rotate: east}}", "{activity: something_of_our_own}"),
    does("{set: {title: '{{ today }}'}}", "{schedule: {every: day, time_zone: owner}}"),
    does("{tag: x}", "{schedule: {every: day}, each: renewal, where: days_left <= 90}"),
)  # fmt: skip


@pytest.mark.parametrize("recipe", FINE)
def test_fine(workspace: Make, recipe: str) -> None:
    assert lint(workspace, recipe) == []


@pytest.mark.parametrize(
    ("recipe", "code", "mend"),
    [
        (f"{PLAIN}\nwhen: titel = 'x'", "bad-condition", "'title'"),
        (f"{PLAIN}\nstop_when: fit > 'x", "bad-condition", ""),
        (does("route", "{activity: call, where: pth = '/'}"), "bad-condition", "'path'"),
        (does("route", "{created: ticket, where: title = 'x'}"), "bad-condition", ""),
        (does("route", "{schedule: {every: day}, each: renewal, where: days_lft < 9}"),
         "bad-condition", "'days_left'"),
        (does("{task: '{{ contact.frist_name }}'}"), "bad-text", "'contact.first_name'"),
        (does("{task: '{{ activity.path }}'}"), "bad-text", ""),
        (does("{task: '{{ change.to }}'}", "{activity: call}"), "bad-text", ""),
        (does("{task: '{{ x'}"), "bad-text", "{{ contact.first_name }}"),
        (does("{set: {title: '{{ todya }}'}}"), "bad-text", "'today'"),
        (does("{webhook: {destination: hook, event: e, payload: {a: '{{ b }}'}}}"), "bad-text", ""),
        (does("route", "{changed: titel}"), "unknown-field", "'title'"),
        (does("route", "{changed: opportunity.stge}"), "unknown-field", "'opportunity.stage'"),
        (does("{set: {titel: x}}"), "unknown-field", "'title'"),
        (f"{PLAIN}\nexamples: [{{given: {{fields: {{titel: x}}}}, then: [route]}}]",
         "unknown-field", "'title'"),
        (does("route", "{entered: MQLs}"), "unknown-stage", "'MQL'"),
        (does("route", "{left: X}"), "unknown-stage", "lifecycle.yaml"),
        (does("route", "{changed: lifecycle_stage, to: Led}"), "unknown-stage", "'Lead'"),
        (does("{stage: Leed}"), "unknown-stage", "'Lead'"),
        (does("route", "{clock: first_cal}"), "unknown-clock", "'first_call'"),
        (does("route", "{clock: first_call, step: 2}"), "unknown-step", ""),
        (f"{PLAIN}\ncalendar: ofice", "unknown-calendar", "'office'"),
        (does("{route: {rotate: easst}}"), "unknown-pool", "'east'"),
        (does("{assign: 'user:anne'}"), "unknown-user", "'ann'"),
        (does("{email: {to: 'team:slaes', subject: s, body: b}}"), "unknown-team", "'sales'"),
        (does("{email: {to: 'manager:x', subject: s, body: b}}"), "unknown-team", "people.yaml"),
        (does("{email: {to: ownr, subject: s, body: b}}"), "unknown-recipient", "'owner'"),
        (does("{slack: {to: sales, text: t}}"), "unknown-recipient", "team:NAME"),
        (does("{webhook: {destination: hok, event: e}}"), "unknown-destination", "'hook'"),
        (does("{webhook: {destination: mail, event: e}}"), "unknown-destination", ""),
        (does("route", "{activity: demo_reqest}"), "unknown-event", "'demo_request'"),
        ("trigger: created\nsteps: [{branch: [{where: title = 'x', steps: [{do: [route]}]}]}]",
         "without-record", "`when`"),
        ("trigger: created\nsteps: [{wait: 1 day}]", "without-effect", ""),
    ],
)  # fmt: skip
def test_told(workspace: Make, recipe: str, code: str, mend: str) -> None:
    (issue,) = lint(workspace, recipe)
    assert issue.code == code
    assert issue.line > 4
    assert mend in issue.mend


def test_a_bad_text_of_many_lines_is_told_with_its_line(workspace: Make) -> None:
    body = (
        "trigger: created\nsteps:\n  - do:\n      - email:\n          subject: s\n          body: |"
    )
    (issue,) = lint(workspace, f"{body}\n            one\n            {{{{ nobody }}}}")
    assert issue.line == 14


@pytest.mark.parametrize(
    ("action", "channel"),
    [("{email: {subject: s, body: b}}", "email"), ("{slack: {to: '#x', text: t}}", "slack")],
)
def test_a_message_needs_a_destination(workspace: Make, action: str, channel: str) -> None:
    (issue,) = lint(workspace, does(action), destinations="")
    assert (issue.code, f"no {channel} destination" in issue.message) == ("no-destination", True)


LIFECYCLE = """\
stages:
  - {name: Lead, on_exit: [WHAT]}
  - {name: MQL, on_enter: [WHAT]}
rejection_reasons: [{code: FIT-01, reason: r, on_reject: [WHAT]}]
recycling: {stage: Recycled, on_enter: [WHAT]}
archive: {stage: Gone, on_enter: [WHAT]}
suppress: [{name: rivals, when: "in_list(email_domain, 'rivals')"}]
"""
SLAS = FILES["slas"].replace("actions: [route]", "actions: [WHAT]")


@pytest.mark.parametrize(
    ("action", "code", "key"),
    [
        ("{email: {subject: s, body: b}}", "no-destination", "email"),
        ("{slack: {to: '#x', text: t}}", "no-destination", "slack"),
        (
            "{webhook: {destination: nowhere, event: e}}",
            "unknown-destination",
            "webhook.destination",
        ),
    ],
)
def test_wherever_a_message_stands_it_needs_a_destination(
    workspace: Make, action: str, code: str, key: str
) -> None:
    told = {"lifecycle": LIFECYCLE.replace("WHAT", action), "slas": SLAS.replace("WHAT", action)}
    folder = workspace(**{**FILES, **told, "automations": "recipes: []"})
    issues = load_catalog(folder)[1]
    assert {each.path for each in issues if each.code == code} == {
        f"{path}[0].{key}"
        for path in (
            "stages[0].on_exit",
            "stages[1].on_enter",
            "rejection_reasons[0].on_reject",
            "recycling.on_enter",
            "archive.on_enter",
            "slas[0].escalations[0].actions",
        )
    }
    folder = workspace(**{**FILES, **told, "automations": DESTINATIONS.replace("hook", "nowhere")})
    assert not [each for each in load_catalog(folder)[1] if each.code == code]


def test_what_is_told_of_a_destination_waits_until_the_file_can_be_read(workspace: Make) -> None:
    action = "{email: {subject: s, body: b}}"
    told = {**FILES, "lifecycle": LIFECYCLE.replace("WHAT", action), "automations": "recipes: 7"}
    assert {each.code for each in load_catalog(workspace(**told))[1]}.isdisjoint({"no-destination"})


class TestDigests:
    FINE = (
        "{name: d, schedule: {every: day}, to: owner, what: mqls, subject: '{{ count }}', body: b}"
    )

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("b}", "'{% for row in rows %}{{ row.name }}{% endfor %}'}", None),
            ("owner", "['#sales', 'manager:sales']", None),
            ("b}", "'{{ leads }}'}", "bad-text"),
            ("owner", "team:x", "unknown-team"),
            ("what:", "when: titel = 'x', what:", "bad-condition"),
        ],
    )
    def test_told(self, workspace: Make, old: str, new: str, code: str | None) -> None:
        text = f"{DESTINATIONS}digests:\n  - {self.FINE.replace(old, new)}\n"
        issues = load_catalog(workspace(**FILES, automations=text))[1]
        assert [issue.code for issue in issues] == ([code] if code else [])

    def test_a_time_of_owners_without_owners_never_comes(self, workspace: Make) -> None:
        text = (
            f"{DESTINATIONS}digests:\n  - {self.FINE.replace('day}', 'day, time_zone: owner}')}\n"
        )
        files = {**FILES, "people": "", "routing": ""}
        issues = load_catalog(workspace(**files, automations=text))[1]
        assert [issue.code for issue in issues] == ["never-falls"]


@pytest.mark.parametrize(
    ("who", "code", "level"),
    [
        ("user:ann", None, None),
        ("user:an", "unknown-user", Level.ERROR),
        ("team:sale", "unknown-team", Level.ERROR),
        ("onwer", "unknown-recipient", Level.ERROR),
        ("user:old", "reaches-nobody", Level.WARNING),
        ("team:empty", "reaches-nobody", Level.WARNING),
        ("manager:empty", "reaches-nobody", Level.WARNING),
    ],
)
@pytest.mark.parametrize("stem", ["lifecycle", "slas", "automations"])
def test_whom_an_action_reaches_is_judged_alike_everywhere(
    workspace: Make, stem: str, who: str, code: str | None, level: Level | None
) -> None:
    action = f"{{task: {{subject: Call, owner: '{who}'}}}}"
    files = {
        **FILES,
        "people": "teams: [{name: sales, calendar: office}, {name: empty}]\n"
        "users: [{id: ann, team: sales}, {id: old, team: empty, active: false}]",
        "automations": "recipes: [{name: a, trigger: created, steps: [{do: route}]}]",
    }
    files[stem] = {
        "lifecycle": files["lifecycle"].replace("{name: MQL", f"{{name: MQL, on_enter: [{action}]"),
        "slas": files["slas"].replace("actions: [route]", f"actions: [{action}]"),
        "automations": files["automations"].replace("do: route", f"do: {action}"),
    }[stem]
    found = load_catalog(workspace(**files))[1]
    if code == "reaches-nobody" and stem == "slas":
        code, level = "escalates-to-nobody", Level.ERROR
    told = [(issue.file, issue.code, issue.level) for issue in found]
    assert told == ([(f"definitions/{stem}.yaml", code, level)] if code else [])
    assert all(issue.line and issue.mend for issue in found)


class TestCircles:
    @pytest.mark.parametrize(
        ("recipes", "way"),
        [
            ([does("{stage: Lead}"), does("{stage: MQL}", "{entered: Lead}")], "a -> b -> a"),
            ([does("{set: {title: x}}", "{changed: phone}"),
              does("{set: {phone: '{{ today }}'}}", "{changed: title}")], "a -> b -> a"),
            ([does("{stage: Lead}", "{left: Lead}"), does("{stage: MQL}", "{left: MQL}")],
             "a -> b -> a"),
            ([does("{stage: MQL}", "{changed: lifecycle_stage}")], "a -> a"),
            ([does("route", "{changed: owner}")], "a -> a"),
            ([does("{tag: x}"), does("{set: {phone: x}}", "{changed: title}"),
              does("{enrich: {fields: [title]}}", "{changed: country}"),
              does("{set: {country: x}}", "{changed: phone, to: x}")], "b -> d -> c -> b"),
        ],
    )  # fmt: skip
    def test_told_once_with_the_way(self, workspace: Make, recipes: list[str], way: str) -> None:
        (issue,) = lint(workspace, *recipes)
        assert (issue.code, issue.level) == ("circular-recipes", Level.WARNING)
        assert issue.message.endswith(way)

    @pytest.mark.parametrize(
        "recipes",
        [
            [does("{stage: MQL}")],  # it is there already
            [does("{set: {title: x}}", "{changed: title, to: x}")],
            [does("{stage: Lead}"), does("{tag: x}", "{entered: Lead}")],
            [does("{set: {title: x}}", "{changed: phone, to: y}"),
             does("{set: {phone: z}}", "{changed: title}")],
            [does("{stage: Lead}"), does("{stage: MQL}", "{entered: Lead}") + "\nactive: false"],
        ],
    )  # fmt: skip
    def test_fine(self, workspace: Make, recipes: list[str]) -> None:
        assert lint(workspace, *recipes) == []


def branch(*cases: str, otherwise: str = "", when: str = "") -> str:
    listed = "".join(f"      - {{{case}, steps: [{{do: [route]}}]}}\n" for case in cases)
    end = f"    otherwise: [{otherwise}]\n" if otherwise else ""
    head = f"when: {when}\n" if when else ""
    return f"trigger: created\n{head}steps:\n  - branch:\n{listed}{end}"


class TestNeverReached:
    @pytest.mark.parametrize(
        ("recipe", "path"),
        [
            (branch("when: title = 'x'", "when: title = 'x'"), "steps[0].branch[1]"),
            (branch("tagged: t", "tagged: t"), "steps[0].branch[1]"),
            (branch("when: 'TRUE'", "when: title = 'x'"), "steps[0].branch[1]"),
            (branch("when: 1 > 2"), "steps[0].branch[0]"),
            (branch("when: fit > 50", "when: fit <= 50", "when: fit = 3"), "steps[0].branch[2]"),
            (branch("when: fit > 20", "when: fit > 50"), "steps[0].branch[1]"),
            (branch("when: title = 'x' AND title <> 'x'"), "steps[0].branch[0]"),
            (branch("when: fit > 50", when="fit < 10"), "steps[0].branch[0]"),
            (branch("when: 'TRUE'", otherwise="{do: [route]}"), "steps[0].otherwise"),
            (branch("when: title = 'x'", when="1 = 2"), "when"),
        ],
    )
    def test_told(self, workspace: Make, recipe: str, path: str) -> None:
        (issue,) = lint(workspace, recipe)
        assert (issue.code, issue.path) == ("never-reached", f"recipes[0].{path}")

    @pytest.mark.parametrize(
        "recipe",
        [
            branch("when: title = 'x'", "when: title = 'y'", otherwise="{do: [route]}"),
            branch("when: fit > 50", "when: fit > 20", when="fit > 10"),
            branch("when: fit > 50", "when: fit <= 50", "when: title = 'x'"),  # fit is unknown
            branch("when: fit > 50", "when: fit <= 50", otherwise="{do: [route]}"),
            branch("tagged: t", "tagged: u", "when: title = 't'"),
        ],
    )
    def test_fine(self, workspace: Make, recipe: str) -> None:
        assert lint(workspace, recipe) == []

    def test_what_held_before_a_wait_may_not_hold_after_it(self, workspace: Make) -> None:
        waits = "trigger: created\nwhen: fit < 10\nsteps:\n  - wait: 1 day\n  - branch:\n"
        case = "      - {when: fit > 50, steps: [{do: [route]}]}\n"
        assert lint(workspace, waits + case) == []
