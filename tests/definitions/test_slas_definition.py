"""Service levels: what they may say, what is told of mistakes, and the shipped promises."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from revops.definitions.catalog import Catalog, load_catalog
from revops.definitions.slas import Agreement
from revops.kit.issue import Issue, Level
from revops.leads.lead import Lead
from revops.leads.lifecycle.standing import Spell
from revops.leads.slas.clocks import State, clocks
from revops.leads.slas.rules import Rules
from revops.leads.slas.timeline import Activity, Assignment, Timeline
from revops.services.init import init_workspace
from sla_company import at, call, mql

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Path]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FILES = {
    "calendars": 'office: {hours: {mon: "09:00-17:00"}}\nempty: {hours: {mon: ""}}\n',
    "people": """\
teams:
  - {name: sales, manager: max, calendar: office}
  - {name: headless, calendar: office}
users:
  - {id: max, team: sales}
  - {id: ann, team: sales}
  - {id: old, team: headless, active: false}
""",
    "lifecycle": """\
stages: [{name: Lead}, {name: MQL}, {name: SQL}]
rejection_reasons: [{code: FIT-01, reason: Too small}]
""",
    "routing": "pools: {sales: {members: [ann]}}\n",
    "automations": """\
destinations:
  chat: {slack: {bot_token_env: TOKEN}}
  mail: {email: {from: a@example.com, host: mail.example.com}}
""",
}
SOUND = """\
slas:
  - name: contact
    promise: Contact within 4 hours
    starts: {stage: MQL}
    stops:
      - {activity: [call, email_sent], direction: outbound, where: campaign IS NULL}
      - {accepted: true}
    applies_to: total >= 50 AND account.employees > 10
    within: 4 hours
    pauses:
      - {stage: SQL}
      - {from: {activity: away}, to: {activity: back}}
    escalations:
      - {at: start, actions: [{task: "Call {{ contact.first_name }}"}]}
      - {after: 1 hour, who: All, actions: [{slack: {to: "team:sales", text: hi}}]}
      - {at: breach, actions: [{email: {to: manager, subject: "{{ clock.due_at }}", body: x}}]}
      - {after: 8 hours, actions: [{route: {rotate: sales}}, {assign: "user:ann"}]}
before_rejecting:
  - {codes: [FIT-01], touches: 6, over: 14 days, counts: [{activity: call}]}
agreements:
  - {name: doc, from: sales, to: cs, commitments: [{promise: Contact, sla: contact}]}
"""
STEPS = [f".escalations[{place}].actions" for place in range(4)]


def issues(workspace: Make, old: str = "", new: str = "", **files: str) -> list[Issue]:
    assert old in SOUND
    return load_catalog(workspace(**{**FILES, "slas": SOUND.replace(old, new, 1), **files}))[1]


def the_issue(workspace: Make, old: str = "", new: str = "", **files: str) -> Issue:
    found = issues(workspace, old, new, **files)
    assert len(found) == 1, found
    return found[0]


def test_the_definition_is_sound(workspace: Make) -> None:
    assert issues(workspace) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("within: 4 hours", "within: 0 hours", "not longer than zero"),
        ("within: 4 hours", "within: -1 hour", "not a duration"),
        ("within: 4 hours", "target: 90", "either `within` or `by`"),
        ("within: 4 hours", "by: close_of_business\n    hours: calendar", "hours: business"),
        ("{stage: MQL}", "{stage: MQL, accepted: true}", "exactly one of stage"),
        ("{accepted: true}", "{accepted: true, where: a = 1}", "belong to activity"),
        ("{accepted: true}", "{accepted: false}", "accepted"),
        ("{stage: SQL}", "{stage: SQL, from: {accepted: true}}", "either a stage"),
        ("{stage: SQL}", "{from: {accepted: true}}", "either a stage"),
        ("{at: start,", "{at: start, after: 1 hour,", "either `after` or `at`"),
        ("touches: 6", "touches: 0", "touches"),
    ],
)
def test_what_makes_no_sense_is_refused(workspace: Make, old: str, new: str, says: str) -> None:
    found = issues(workspace, old, new)
    assert {issue.level for issue in found} == {Level.ERROR}
    assert says in " ".join(f"{issue.path} {issue.message}" for issue in found)


def test_a_name_is_given_once(workspace: Make) -> None:
    twice = SOUND.replace("before_rejecting:", "  - *again\nbefore_rejecting:").replace(
        "  - name: contact", "  - &again\n    name: contact"
    )
    (issue,) = issues(workspace, slas=twice)
    assert "the service level 'contact' is given twice" in issue.message


@pytest.mark.parametrize(
    ("old", "new", "code", "path", "mend"),
    [
        ("{stage: MQL}", "{stage: MQ}", "unknown-stage", ".starts.stage", "'MQL'"),
        ("{stage: SQL}", "{stage: SQ}", "unknown-stage", ".pauses[0].stage", "'SQL'"),
        ("within:", "calendar: of\n    within:", "unknown-calendar", ".calendar", "calendars.yaml"),
        ("slas:", "calendar: ofice\nslas:", "unknown-calendar", "calendar", "office"),
        ("FIT-01", "FIT-02", "unknown-code", "before_rejecting[0].codes[0]", "FIT-01"),
        ("sla: con", "sla: kon", "unknown-clock", "agreements[0].commitments[0].sla", "contact"),
        ("account.employees", "account.employes", "bad-condition", ".applies_to", ""),
        ("campaign IS", "campain IS", "bad-condition", ".stops[0].where", "campaign"),
        ("[call, email_sent]", "[cal, call]", "unknown-event", ".stops[0].activity", "call"),
        ("team:sales", "team:sale", "unknown-team", STEPS[1] + "[0].slack.to", "sales"),
        ("user:ann", "user:anne", "unknown-user", STEPS[3] + "[1].assign", "ann"),
        ("to: manager", "to: man", "unknown-recipient", STEPS[2] + "[0].email.to", "team:NAME"),
        ("rotate: sales", "rotate: sale", "unknown-pool", STEPS[3] + "[0].route.rotate", "sales"),
        ("clock.due_at", "clock.due", "bad-text", STEPS[2] + "[0].email.subject", "clock.due_at"),
        ('{task: "Call', '{stage: MQ}, {task: "', "unknown-stage", STEPS[0] + "[0].stage", "MQL"),
        ("after: 1 hour", "after: 6 hours", "out-of-order", ".escalations[2]", "order"),
    ],
)
def test_what_does_not_exist_is_told(
    workspace: Make, old: str, new: str, code: str, path: str, mend: str
) -> None:
    issue = the_issue(workspace, old, new)
    whole = f"slas[0]{path}" if path.startswith(".") else path
    assert (issue.code, issue.path) == (code, whole)
    assert mend in issue.mend
    assert issue.line > 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("team:sales", "team:headless", "nobody works on team 'headless'"),
        ("team:sales", "manager:headless", "team 'headless' has no manager"),
        ("user:ann", "user:old", "'old' does not work here any more"),
        ('{after: 1 hour, who: All, actions: [{slack: {to: "team:sales", text: hi}}]}',
         "{after: 1 hour, who: All}", "this step does nothing"),
    ],
)  # fmt: skip
def test_an_escalation_to_nobody_is_told(workspace: Make, old: str, new: str, says: str) -> None:
    issue = the_issue(workspace, old, new)
    assert (issue.code, issue.level) == ("escalates-to-nobody", Level.ERROR)
    assert says in issue.message


def test_so_is_a_manager_whom_nobody_has(workspace: Make) -> None:
    people = FILES["people"].replace(", manager: max", "")
    assert "no owner has a manager" in the_issue(workspace, people=people).message


def test_a_promise_that_nothing_keeps(workspace: Make) -> None:
    stops = SOUND[SOUND.index("    stops:") : SOUND.index("    applies_to")]
    issue = the_issue(workspace, stops, "")
    assert (issue.code, issue.level) == ("never-stops", Level.ERROR)


def test_a_promise_that_keeps_itself(workspace: Make) -> None:
    issue = the_issue(workspace, "- {accepted: true}", "- {stage: MQL}")
    assert (issue.code, issue.path) == ("stops-at-once", "slas[0].stops[1]")


def test_nobody_is_told(workspace: Make) -> None:
    steps = SOUND[SOUND.index("    escalations:") : SOUND.index("before_rejecting")]
    issue = the_issue(workspace, steps, "")
    assert (issue.code, issue.level) == ("no-escalation", Level.WARNING)


def test_an_owner_on_no_calendar(workspace: Make) -> None:
    people = FILES["people"] + "  - {id: free}\n"
    found = issues(workspace, people=people)
    assert [(issue.code, issue.path) for issue in found] == [
        ("no-calendar", "users[3]"),
        ("no-calendar", "slas[0].hours"),
    ]
    assert "counts day and night for 'free'" in found[1].message
    for given in ("slas:", "calendar: office\nslas:"), ("within:", "calendar: office\n    within:"):
        assert len(issues(workspace, *given, people=people)) == (2 if given[1] == given[0] else 1)
    assert len(issues(workspace, "within:", "hours: calendar\n    within:", people=people)) == 1


def test_a_calendar_on_which_nobody_works(workspace: Make) -> None:
    issue = the_issue(workspace, "slas:", "calendar: empty\nslas:")
    assert (issue.code, issue.file) == ("empty-calendar", "definitions/calendars.yaml")


def test_days_that_would_be_counted_in_hours(workspace: Make) -> None:
    steps = SOUND[SOUND.index("      - {after: 8") : SOUND.index("before_rejecting")]
    text = SOUND.replace(steps, "")
    issue = the_issue(workspace, slas=text.replace("within: 4 hours", "within: 3 days"))
    assert (issue.code, issue.level) == ("days-of-hours", Level.NOTE)
    assert "3 days are counted as 72 working hours" in issue.message
    days = "within: 3 days\n    hours: business_days"
    assert issues(workspace, slas=text.replace("within: 4 hours", days)) == []


def test_a_handoff_document_lacks_what_is_not_in_it() -> None:
    agreement = Agreement.model_validate(
        {"name": "x", "from": "a", "to": "b", "content": {"goals": "The goals", "risks": "Risks"}}
    )
    assert agreement.missing({"goals": "Grow", "risks": ""}) == ("Risks",)


def test_conditions_are_told_with_their_place(workspace: Make) -> None:
    slas = load_catalog(workspace(**FILES, slas=SOUND))[0].slas
    assert list(slas.conditions()) == [
        ("slas[0].applies_to", "total >= 50 AND account.employees > 10")
    ]
    assert list(slas.activity_conditions()) == [("slas[0].stops[0].where", "campaign IS NULL")]


def test_what_the_page_shows_is_sound(workspace: Make) -> None:
    page = (Path(__file__).parents[2] / "docs/slas.md").read_text(encoding="utf-8")
    shown = page.split("```yaml\n")[1].split("```")[0]
    calendars = FILES["calendars"].replace("office", "new_york")
    people = FILES["people"].replace("office", "new_york")
    assert issues(workspace, slas=shown, calendars=calendars, people=people) == []


# ---- The shipped promises -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Catalog]:
    loaded: dict[str, Catalog] = {}

    def load(motion: str) -> Catalog:
        if motion not in loaded:
            folder = tmp_path_factory.mktemp("slas") / "workspace"
            init_workspace(folder, motion)
            loaded[motion] = load_catalog(folder)[0]
        return loaded[motion]

    return load


def lengths(catalog: Catalog) -> dict[str, tuple[str, str, list[str]]]:
    """Of each service level its length, what it counts, and when its steps are taken."""
    return {
        sla.name: (
            str(sla.within or sla.by),
            sla.hours,
            [str(step.after or step.at) for step in sla.escalations],
        )
        for sla in catalog.slas.slas
    }


@pytest.mark.parametrize("motion", ["enterprise", "full", "mid-market", "playbook", "plg"])
def test_the_three_tables_and_both_chains(shipped: Callable[[str], Catalog], motion: str) -> None:
    chain = ["12:00:00", "1 day, 0:00:00", "2 days, 0:00:00"]
    minutes = ["start", "breach", "0:15:00", "0:30:00", "1:00:00"]
    assert lengths(shipped(motion)) == {
        "speed_to_lead": ("0:05:00", "business", minutes),
        "tier_1": ("1:00:00", "business", ["start", "breach"]),
        "tier_2": ("4:00:00", "business", ["breach"]),
        "tier_3": ("close_of_business", "business", ["breach"]),
        "queue": ("1:00:00", "business", ["breach"]),
        "first_contact": ("4:00:00", "business", ["breach", "6:00:00", "8:00:00"]),
        "mql_worked": ("2 days, 0:00:00", "calendar", chain),
        "qualification": ("2 days, 0:00:00", "calendar", ["breach"]),
        "meeting_scheduled": ("5 days, 0:00:00", "business_days", ["breach"]),
        "discovery_call": ("3 days, 0:00:00", "business_days", ["breach"]),
        "opportunity_created": ("5 days, 0:00:00", "business_days", ["breach"]),
        "proposal_delivered": ("5 days, 0:00:00", "business_days", ["breach"]),
        "deal_moves": ("90 days, 0:00:00", "calendar", ["breach"]),
        "forecast_review": ("1 day, 0:00:00", "business_days", ["start", "breach"]),
    }  # fmt: skip
    (effort,) = shipped(motion).slas.before_rejecting
    assert (effort.codes, effort.touches) == (("ENG-01",), 3)
    assert {sla.target for sla in shipped(motion).slas.slas} == {90.0}


def test_the_three_documents(shipped: Callable[[str], Catalog]) -> None:
    slas = shipped("universal").slas
    assert lengths(shipped("universal")) == {
        "routed": ("0:05:00", "calendar", ["breach"]),
        "five_minutes": ("0:05:00", "business", ["start", "breach", "0:30:00"]),
        "fifteen_minutes": ("0:15:00", "business", ["start", "breach", "0:30:00"]),
        "named_account": ("0:30:00", "business", ["start", "breach"]),
        "response_time": ("4:00:00", "business", ["breach"]),
        "accepted_or_rejected": ("4:00:00", "business", ["breach"]),
        "dispositioned": ("2 days, 0:00:00", "calendar", ["breach"]),
        "rejection_reason": ("2 days, 0:00:00", "calendar", ["breach"]),
        "first_meeting": ("2 days, 0:00:00", "calendar", ["breach"]),
        "handoff_document": ("1 day, 0:00:00", "calendar", ["start", "breach"]),
        "intro_email": ("1 day, 0:00:00", "calendar", ["breach"]),
        "joint_kickoff": ("5 days, 0:00:00", "business_days", ["breach"]),
        "handoff_acknowledged": ("4:00:00", "business", ["start", "breach"]),
        "welcome_email": ("1 day, 0:00:00", "calendar", ["breach"]),
        "kickoff_scheduled": ("2 days, 0:00:00", "calendar", ["breach"]),
    }
    (effort,) = slas.before_rejecting
    assert (effort.touches, effort.over, effort.codes) == (6, 14 * DAY, ())
    assert [agreement.name for agreement in slas.agreements] == [
        "Marketing to sales",
        "Sales to marketing",
        "Sales to customer success",
        "Customer success to sales",
    ]
    assert len(slas.agreements[2].content) == 6


@pytest.mark.parametrize("motion", ["enterprise", "full", "plg", "universal"])
def test_what_routing_promises_is_defined(shipped: Callable[[str], Catalog], motion: str) -> None:
    routing = shipped(motion).routing
    named = {rule.sla for rule in routing.rules} | {queue.sla for queue in routing.queues.values()}
    promised = {sla.name for sla in shipped(motion).slas.slas if sla.starts.promised}
    assert named - {None} <= promised


def a_lead_of_dina(
    *spells: Spell, sla: str | None = None, acts: tuple[Activity, ...] = ()
) -> Timeline:
    handed = (Assignment(at("03-02 15:00"), "dina", sla),)
    return Timeline("c1", spells, handed, acts)


def test_the_chain_of_minutes_by_the_rep_s_own_hours(shipped: Callable[[str], Catalog]) -> None:
    catalog = shipped("full")
    rules = Rules(catalog.slas, catalog.people, catalog.calendars)
    late = Timeline("c1", (), (Assignment(at("03-02 22:20"), "dina", "speed_to_lead"),))
    (clock,) = clocks(rules, Lead("c1"), late, at("03-02 22:21"))
    # New York works until 22:30 UTC, and from 14:00 UTC.
    assert clock.due_at == at("03-02 22:25")
    assert clock.step_ats == tuple(
        at(each)
        for each in ("03-02 22:20", "03-02 22:25", "03-03 14:05", "03-03 14:20", "03-03 14:50")
    )


def test_an_mql_of_the_playbook_from_first_to_last(shipped: Callable[[str], Catalog]) -> None:
    catalog = shipped("playbook")
    rules = Rules(catalog.slas, catalog.people, catalog.calendars)
    spells = (
        mql("03-02 15:00", "03-03 15:00", "accepted"),
        Spell("SQL", at("03-03 15:00"), at("03-12 15:00"), "advanced"),
        Spell("Opportunity", at("03-12 15:00")),
    )
    found = clocks(rules, Lead("c1"), a_lead_of_dina(*spells), at("03-13 15:00"))
    assert {clock.sla: (clock.state, clock.is_done) for clock in found} == {
        "first_contact": (State.BREACHED, True),  # accepted a day later, never called before
        "mql_worked": (State.MET, True),
        "qualification": (State.MET, True),
        "meeting_scheduled": (State.BREACHED, True),  # after 7 business days
        "discovery_call": (State.BREACHED, True),
        "opportunity_created": (State.BREACHED, True),
        "deal_moves": (State.RUNNING, False),
    }


def test_a_handoff_counts_when_the_document_is_complete(
    shipped: Callable[[str], Catalog],
) -> None:
    catalog = shipped("universal")
    rules = Rules(catalog.slas, catalog.people, catalog.calendars)
    index = [sla.name for sla in catalog.slas.slas].index("handoff_document")
    ack = [sla.name for sla in catalog.slas.slas].index("handoff_acknowledged")
    complete = frozenset({f"slas.slas[{index}].stops[0].where", f"slas.slas[{ack}].starts.where"})
    acts = (
        Activity(at("03-02 18:00"), "handoff_document"),
        Activity(at("03-03 18:00"), "handoff_document", holds=complete),
        Activity(at("03-03 19:00"), "handoff_acknowledged"),
        call("03-02 15:30"),
    )
    won = a_lead_of_dina(Spell("Closed Won", at("03-02 15:00")), acts=acts)
    found = {each.sla: each for each in clocks(rules, Lead("c1"), won, at("03-04 15:00"))}
    assert found["handoff_document"].state is State.BREACHED
    assert found["handoff_document"].stopped_at == at("03-03 18:00")
    assert found["handoff_acknowledged"].state is State.MET
