from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.definitions.catalog import load_catalog
from revops.definitions.workspace import find_workspace, read_settings
from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level, errors
from revops.records import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Path]

SCORING = """\
models:
  - name: main
    fit:
      attributes:
        - name: size
          tiers:
            - {when: account.employees > 100, points: 60}
    engagement:
      signals:
        - {name: demo, event: demo_request, points: 30, decay: {half_life: 30 days}}
    negative:
      - {name: gone, event: unsubscribe, points: -20, from: engagement}
    thresholds:
      mql: fit >= 50 AND engagement >= 25
    bands:
      - {name: hot, from: 76, action: call, sla: 1 hour}
      - {name: cold, from: 0}
"""


def problems(folder: Path) -> list[Issue]:
    return errors(load_catalog(folder)[1])


def the_problem(folder: Path) -> Issue:
    found = problems(folder)
    assert len(found) == 1, found
    return found[0]


class TestLoading:
    def test_what_cannot_be_read_is_not_said_to_be_missing_too(self, workspace: Make) -> None:
        text = SCORING.replace("points: 60", "points: 1e400")
        found = the_problem(workspace(scoring=text))
        assert (found.code, found.path) == (
            "yaml-number",
            "models[0].fit.attributes[0].tiers[0].points",
        )

    def test_a_company_alone_is_a_workspace(self, workspace: Make) -> None:
        catalog, issues = load_catalog(workspace())
        assert issues == []
        assert catalog.settings.company == "Acme"
        assert catalog.settings.store == "sqlite:///revops.db"
        assert catalog.scoring.models == ()
        assert catalog.lists == {}
        assert catalog.people.users == ()

    def test_no_definitions_folder_is_fine(self, tmp_path: Path) -> None:
        (tmp_path / "revops.yaml").write_text("company: Acme")
        assert load_catalog(tmp_path)[1] == []

    def test_a_sound_workspace_is_silent(self, workspace: Make) -> None:
        catalog, issues = load_catalog(workspace(scoring=SCORING))
        assert issues == []
        assert catalog.scoring.models[0].bands[0].sla == timedelta(hours=1)

    def test_a_key_with_nothing_after_it_is_absent(self, workspace: Make) -> None:
        folder = workspace(scoring=f"{SCORING}    suppress:\naccounts:\n", lists="a:\nb: [x]\n")
        catalog, issues = load_catalog(folder)
        assert [issue.code for issue in issues] == ["unused-list"]
        assert catalog.lists == {"a": (), "b": ("x",)}

    def test_a_folder_of_files_is_one_definition(self, workspace: Make) -> None:
        folder = workspace()
        (folder / "definitions/scoring").mkdir()
        (folder / "definitions/scoring/2.yaml").write_text(
            "models: [{name: b, thresholds: {mql: fit >= oops}}]\naccounts: {}"
        )
        (folder / "definitions/scoring/1.yml").write_text("models:\n  - {name: a}\n  - {name: c}")
        catalog, issues = load_catalog(folder)
        assert [model.name for model in catalog.scoring.models] == ["a", "c", "b"]
        (wrong,) = errors(issues)
        assert (wrong.file, wrong.line) == ("definitions/scoring/2.yaml", 1)
        assert wrong.path == "models[2].thresholds.mql"

    def test_a_key_in_two_files(self, workspace: Make) -> None:
        folder = workspace(lists="a: [x]\n")
        (folder / "definitions/lists").mkdir()
        (folder / "definitions/lists/more.yaml").write_text("b: [y]\n\nc: &z {}\n")
        (folder / "definitions/lists/still.yaml").write_text("\nc: [y]\n")
        codes = {(each.code, each.file, each.line) for each in problems(folder)}
        assert ("duplicate-key", "definitions/lists/still.yaml", 2) in codes

    def test_custom_fields_of_the_store_and_of_the_settings(self, workspace: Make) -> None:
        scoring = SCORING.replace("account.employees > 100", "grade = 'A' AND nps > 5")
        folder = workspace(
            scoring=scoring, settings="company: A\ncustom_fields: {contacts: {nps: decimal}}"
        )
        assert len(problems(folder)) == 1
        met = {"contacts": {"grade": FieldType.TEXT}}
        assert errors(load_catalog(folder, met)[1]) == []


class TestFiles:
    def test_later_kinds_are_noted(self, workspace: Make) -> None:
        _catalog, issues = load_catalog(workspace(pipeline="anything: [goes]"))
        assert [(each.level, each.code) for each in issues] == [(Level.NOTE, "not-used-yet")]
        assert "not used yet by this version" in issues[0].message

    def test_unknown_files_propose_the_nearest(self, workspace: Make) -> None:
        issue = the_problem(workspace(scorring="models: []"))
        assert issue.code == "unknown-definition"
        assert "'scoring'" in issue.mend

    def test_other_files_are_left_alone(self, workspace: Make) -> None:
        folder = workspace()
        (folder / "definitions/README.md").write_text("hello")
        (folder / "definitions/.keep").write_text("")
        assert load_catalog(folder)[1] == []


class TestMessages:
    @pytest.mark.parametrize(
        ("old", "new", "line", "path", "says", "mend"),
        [
            ("name: demo", "nam: demo", 10, "models[0].engagement.signals[0].nam",
             "unknown key 'nam'", "'name'"),
            ("points: 30", "points: '30'", 10, "models[0].engagement.signals[0].points",
             "'30' is text, and a number is expected", ""),
            ("points: 30", "points: true", 10, "models[0].engagement.signals[0].points",
             "true or false, and a number is expected", ""),
            ("event: demo_request", "event: 5", 10, "models[0].engagement.signals[0].event",
             "text or a list is expected", "quotes"),
            ("half_life: 30 days", "half_life: 30", 10,
             "models[0].engagement.signals[0].decay.half_life", "a duration such as '7 days'", ""),
            ("half_life: 30 days", "half_life: 30 dayz", 10,
             "models[0].engagement.signals[0].decay.half_life", "'30 dayz' is not a duration", ""),
            ("from: engagement", "from: engagment", 12, "models[0].negative[0].from",
             "'fit', 'engagement' or 'total' is expected", "'engagement'"),
            ("points: -20", "points: 20", 12, "models[0].negative[0].points",
             "'20' must be less than 0", ""),
            ("{name: hot, from: 76", "{name: hot, frm: 76", 16, "models[0].bands[0].frm",
             "unknown key 'frm'", "'from'"),
            ("half_life: 30 days", "half_life: 30 days, percent: 3", 10,
             "models[0].engagement.signals[0].decay", "exactly one of points", ""),
        ],
    )  # fmt: skip
    def test_says_where_and_what(
        self, workspace: Make, old: str, new: str, line: int, path: str, says: str, mend: str
    ) -> None:
        assert old in SCORING
        issue = the_problem(workspace(scoring=SCORING.replace(old, new)))
        assert (issue.file, issue.line) == ("definitions/scoring.yaml", line)
        assert issue.path == path
        assert says in issue.message
        assert mend in issue.mend

    def test_a_missing_key(self, workspace: Make) -> None:
        scoring = SCORING.replace("{name: cold, from: 0}", "{name: cold}")
        issue = the_problem(workspace(scoring=scoring))
        assert (issue.code, issue.line, issue.path) == ("missing-key", 17, "models[0].bands[1]")
        assert issue.mend == "add `from:`"

    def test_a_list_of_wrong_items_is_not_told_as_empty(self, workspace: Make) -> None:
        scoring = SCORING.replace("points: 60", "points: sixty")
        issue = the_problem(workspace(scoring=scoring))
        assert issue.path == "models[0].fit.attributes[0].tiers[0].points"

    def test_an_unknown_key_hides_nothing(self, workspace: Make) -> None:
        scoring = SCORING.replace("fit >= 50", "fitt >= 50").replace("action: call", "acton: call")
        found = problems(workspace(scoring=scoring))
        assert [(each.code, each.line) for each in found] == [
            ("bad-condition", 14),
            ("unknown-key", 16),
        ]

    def test_all_at_once_in_order(self, workspace: Make) -> None:
        folder = workspace(
            scoring="models: 5\nmodles: []", lists="a: [1]\n", people="users: [{}]", settings="x: 1"
        )
        found = problems(folder)
        assert [each.file for each in found] == [
            "definitions/lists.yaml", "definitions/people.yaml", "definitions/scoring.yaml",
            "definitions/scoring.yaml", "revops.yaml", "revops.yaml",
        ]  # fmt: skip
        assert found == sorted(found)
        assert not any("Input should" in each.message for each in found)

    def test_a_number_in_a_list_of_text(self, workspace: Make) -> None:
        issue = the_problem(workspace(lists="zips:\n  - 02134\n"))
        assert (issue.line, issue.path) == (2, "zips[0]")
        assert "quotes" in issue.mend


KEYS = st.sampled_from(
    [
        "models",
        "name",
        "fit",
        "engagement",
        "signals",
        "attributes",
        "tiers",
        "when",
        "points",
        "thresholds",
        "mql",
        "bands",
        "from",
        "negative",
        "suppress",
        "decay",
        "every",
        "percent",
        "half_life",
        "stages",
        "entry",
        "criteria",
        "after",
        "teams",
        "users",
        "id",
        "manager",
        "parent",
        "hours",
        "mon",
        "holidays",
        "country",
        "dates",
        "company",
        "store",
        "custom_fields",
        "contacts",
        "x",
    ]
)
LEAVES = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1.5,
        10**30,
        "",
        "a",
        "fit >= 50",
        "7 days",
        "in_list(x, 'a')",
        "total",
        "'",
    ]
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)
ROOTS = st.dictionaries(KEYS, ANYTHING, max_size=3)


@given(
    st.fixed_dictionaries(
        {"revops": ROOTS},
        optional=dict.fromkeys(("scoring", "lists", "lifecycle", "people", "calendars"), ROOTS),
    )
)
@settings(max_examples=80, deadline=None)
def test_nothing_that_is_written_raises(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "definitions").mkdir()
    for stem, value in files.items():
        path = folder / (f"{stem}.yaml" if stem == "revops" else f"definitions/{stem}.yaml")
        path.write_text(json.dumps(value))
    catalog, issues = load_catalog(folder)
    assert issues == sorted(issues)
    assert len(catalog.version) == 12
    assert all(issue.message and "Input should" not in issue.message for issue in issues)


class TestSettings:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{}", "'company' is missing"),
            ("company: A\ncompny: B", "unknown key"),
            ("company: A\ntime_zone: Europe/Berln", "Europe/Berlin"),
            ("company: A\nfiscal_year_start: 13", "at most 12"),
            ("company: A\nbase_currency: dollars", "form"),
            ("company: A\nstore: mysql://x/y", "not a kind of store"),
            ("company: A\nstore: postgresql://me:secret@host/db", "password"),
            ("company: A\ncustom_fields: {contcts: {a: text}}", "'contacts'"),
            ("company: A\ncustom_fields: {contacts: {a: txt}}", "'text'"),
            ("company: A\ncustom_fields: {contacts: {A B: text}}", "name of a field"),
            ("company: A\ncustom_fields: {contacts: {email: text}}", "already"),
        ],
    )
    def test_says_what_is_wrong(self, workspace: Make, text: str, says: str) -> None:
        _settings, issues = read_settings(workspace(settings=text))
        assert says in " ".join(f"{each.message} {each.mend}" for each in issues)
        assert "secret" not in str(issues)

    def test_the_nearest_parent(self, workspace: Make, tmp_path: Path) -> None:
        folder = workspace()
        (folder / "a/b").mkdir(parents=True)
        assert find_workspace(folder / "a/b") == folder.resolve()
        with pytest.raises(RevopsError) as raised:
            find_workspace(Path(tmp_path.anchor))
        assert raised.value.code == "no-workspace"


class TestOtherKinds:
    def test_calendars(self, workspace: Make) -> None:
        text = """\
office:
  time_zone: America/New_York
  hours: {mon: "09:00-12:30, 13:30-17:00", tue: 09:00-17:30}
  holidays: {country: US, subdivision: CA, dates: [2026-12-24]}
"""
        catalog, issues = load_catalog(workspace(calendars=text))
        assert issues == []
        business = catalog.calendars["office"].business()
        assert [len(spans) for spans in business.hours] == [2, 1, 0, 0, 0, 0, 0]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("a: {hours: {monday: 09:00-17:00}}", "unknown key 'monday'"),
            ("a: {hours: {mon: 9 to 5}}", "not a span"),
            ("a: {hours: {mon: 17:00-09:00}}", "in order"),
            ("a: {time_zone: Europe/Berln, hours: {mon: 09:00-17:00}}", "'Europe/Berlin'"),
            ("a: {hours: {mon: 09:00-17:00}, holidays: {country: UX}}", "country"),
            ("a: {hours: {mon: 09:00-17:00}, holidays: {country: US, subdivision: XX}}", "'XX'"),
            ("a: {hours: {mon: 09:00-17:00}, holidays: {dates: [2026-13-01]}}", "a date such as"),
            ("a: {hours: {}}", "at least 1"),
        ],
    )
    def test_calendars_that_are_none(self, workspace: Make, text: str, says: str) -> None:
        assert says in str(the_problem(workspace(calendars=text)))

    def test_lifecycle_takes_both_ways_to_write_criteria(self, workspace: Make) -> None:
        text = """\
stages:
  - name: Lead
    entry: [Has a name]
  - name: PQL
    entry:
      criteria: [Completed onboarding]
      helpful: [Hit a usage warning]
      when: happened('onboarding_completed', '30 days') AND fit > 10
rejection_reasons:
  - {code: ENG-01, reason: No response, action: recycle, after: 90 days}
"""
        catalog, issues = load_catalog(workspace(lifecycle=text))
        assert issues == []
        lead, pql = catalog.lifecycle.stages
        assert lead.entry.criteria == ("Has a name",)
        assert pql.entry.helpful == ("Hit a usage warning",)
        assert catalog.lifecycle.rejection_reasons[0].after == timedelta(days=90)

    def test_lifecycle_is_decided_by_what_stands_beside_the_words(self, workspace: Make) -> None:
        text = """\
stages:
  - {name: Lead, entry: [Is known], required_fields: [email, account.name, opportunity.amount]}
  - name: MQL
    label: Marketing Qualified Lead
    entry: {reaches: [qualified, hot], when: fit > 5}
    exit: {when: fit < 2, to: Lead}
    on_enter: [{enrich: {fields: [title]}}, {task: Call, }]
    acceptance: {stage: SQL, required_fields: [phone]}
  - {name: SQL, by: person, entry: {when: opted_in}}
suppress: [{name: rivals, when: country = 'XX'}]
rejection_reasons: [{code: X, reason: x, until: fit > 9}]
recycling: {stage: Nurture}
requalify: {cool_down: 30 days, unless: total > 90}
archive: {until: total > 80}
"""
        scoring = "models: [{name: m, thresholds: {hot: fit > 1}}]"
        catalog, _issues = load_catalog(workspace(lifecycle=text, scoring=scoring))
        lifecycle = catalog.lifecycle
        assert list(lifecycle.conditions()) == [
            ("stages[0].required_fields[0]", "email IS NOT NULL"),
            ("stages[0].required_fields[1]", "account.name IS NOT NULL"),
            ("stages[1].entry.when", "fit > 5"),
            ("stages[1].exit.when", "fit < 2"),
            ("stages[1].acceptance.required_fields[0]", "phone IS NOT NULL"),
            ("stages[2].entry.when", "opted_in"),
            ("suppress[0].when", "country = 'XX'"),
            ("rejection_reasons[0].until", "fit > 9"),
            ("requalify.unless", "total > 90"),
            ("archive.until", "total > 80"),
        ]
        assert [stage.is_by_rule for stage in lifecycle.stages] == [False, True, False]
        assert lifecycle.places == ("Lead", "MQL", "SQL", "Nurture", "Archived")
        assert lifecycle.place("marketing qualified LEAD") == "MQL"
        assert lifecycle.place("Lead ") == "Lead"
        assert lifecycle.place("other") is None

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("stages: [{name: A}, {name: A}]", "'A' is given twice"),
            ("stages: [{name: A, entry: [5]}]", "text is expected"),
            ("rejection_reasons: [{code: X, reason: r, action: archive, after: 3 days}]", "after"),
            (
                "suppress: [{name: a, when: fit > 1}, {name: a, when: fit > 2}]",
                "'a' is given twice",
            ),
            ("stages: [{name: A, entry: {deal_stages: [Proposal]}}]", "`deal_stages` needs `deal`"),
            ("stages: [{name: A, entry: {deal: lots}}]", "'open', 'won' or 'lost'"),
            ("stages: [{name: A, on_enter: [{tag: a, untag: b}]}]", "exactly one key"),
            ("requalify: {cool_down: soon}", "not a duration"),
        ],
    )
    def test_lifecycles_that_are_none(self, workspace: Make, text: str, says: str) -> None:
        assert says in str(the_problem(workspace(lifecycle=text)))


class TestVersion:
    def test_comments_layout_key_order_and_defaults_change_nothing(self, workspace: Make) -> None:
        version = load_catalog(workspace(scoring=SCORING, lists="a: [x]\nb: [y]"))[0].version
        same = SCORING.replace("- name: main", "- weight_note:\n    name: main").replace(
            "weight_note:\n    ", ""
        )
        same = "# a comment\n" + same.replace("    fit:\n", "    fit:\n      weight: 1\n")
        same = same.replace("{name: hot, from: 76, action: call, sla: 1 hour}",
                            "{from: 76.0, sla: 60 minutes, name: hot, action: 'call'}")  # fmt: skip
        assert same != SCORING
        again = load_catalog(workspace(scoring=same, lists="b:\n  - y\na: ['x']\n"))[0].version
        assert again == version
        assert len(version) == 12

    def test_where_things_are_kept_decides_nothing(self, workspace: Make) -> None:
        version = load_catalog(workspace())[0].version
        settings = "company: Other\nstore: sqlite:///elsewhere.db"
        assert load_catalog(workspace(settings=settings))[0].version == version

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("points: 30", "points: 31"),
            ("name: demo", "name: demos"),
            ("half_life: 30 days", "half_life: 2592001 seconds"),
            ("fit >= 50", "fit >= 51"),
        ],
    )
    def test_what_decides_changes_it(self, workspace: Make, old: str, new: str) -> None:
        version = load_catalog(workspace(scoring=SCORING))[0].version
        changed = workspace(scoring=SCORING.replace(old, new))
        assert load_catalog(changed)[0].version != version
