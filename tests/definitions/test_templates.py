"""The shipped workspaces: they are sound, and they carry the figures of their tables."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import jsonschema
import pytest
from ruamel.yaml import YAML
from sqlglot import exp

from revops.definitions.catalog import Catalog, load_catalog
from revops.definitions.json_schema import json_schemas, schema_line
from revops.definitions.lints.ranges import score_ranges
from revops.definitions.scoring import Decay
from revops.definitions.templates import MOTIONS, template_files
from revops.kit.condition import bind, parse_condition
from revops.kit.duration import parse_duration
from revops.services.init import init_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from revops.definitions.scoring import ScoringModel
    from revops.kit.condition import Scope
    from revops.kit.issue import Issue

    Load = Callable[[str], tuple[Catalog, list[Issue]]]

ALTERNATIVES = ("plg", "enterprise", "mid-market")
TEMPLATES = (*MOTIONS, *(f"{motion} alternative" for motion in ALTERNATIVES))


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Loads a template once: a motion, or a motion with its alternative in place."""
    loaded: dict[str, tuple[Catalog, list[Issue]]] = {}

    def _load(template: str) -> tuple[Catalog, list[Issue]]:
        if template not in loaded:
            motion, _, alternative = template.partition(" ")
            folder = tmp_path_factory.mktemp("templates") / "workspace"
            init_workspace(folder, motion)
            if alternative:
                shutil.copy(folder / "alternatives/scoring.yaml", folder / "definitions")
            loaded[template] = load_catalog(folder)
        return loaded[template]

    return _load


@pytest.fixture
def catalog(template: str, load: Load) -> Catalog:
    return load(template)[0]


@pytest.fixture
def model(catalog: Catalog) -> ScoringModel:
    (only,) = catalog.scoring.models
    return only


def holds(text: str, scope: Scope, fields: dict[str, Any], *, happened: bool = False) -> bool:
    """Whether a condition holds for these fields; all others are unknown."""
    types = {"integer": "bigint", "decimal": "double", "boolean": "boolean"}

    def value(name: str) -> exp.Expression:
        kind = types.get(scope.type_of(name) or "", "varchar")
        return exp.cast(exp.convert(fields.get(name)), kind)

    bound = bind(parse_condition(text, scope), value, lambda *_: exp.convert(happened))
    ((answer,),) = duckdb.execute(f"SELECT {bound.sql(dialect='duckdb')}").fetchall()
    return answer is True


# ---- Every template is sound --------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_is_wrong_with_it(template: str, load: Load) -> None:
    assert [str(issue) for issue in load(template)[1]] == []


@pytest.mark.parametrize("motion", MOTIONS)
def test_an_editor_finds_the_schema_and_agrees(motion: str) -> None:
    schemas = json_schemas()
    checked = 0
    for path, text in template_files(motion).items():
        if path.endswith(".yaml"):
            stem = path.rpartition("/")[2].removesuffix(".yaml")
            assert text.startswith(schema_line(stem) + "\n"), path
            plain = json.loads(json.dumps(YAML(typ="safe").load(text)))
            jsonschema.Draft202012Validator(schemas[stem]).validate(plain)
            checked += 1
    assert checked >= len(schemas)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_threshold_can_be_reached(catalog: Catalog, model: ScoringModel) -> None:
    greatest = {name: most for name, (_, most) in score_ranges(model).items()}
    person = {
        "account.engaged_contacts": 3,
        "email_domain": "competitor-one.example",
        **greatest,
    }
    unreached = {
        name
        for name, text in model.thresholds.items()
        if not holds(text, catalog.vocabulary.threshold(), person, happened=True)
    }
    assert unreached <= {"existing_customer"}  # a competitor is no customer


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("missing", ["fit", "engagement"])
def test_an_mql_needs_both_fit_and_engagement(
    catalog: Catalog, model: ScoringModel, missing: str
) -> None:
    scores = {"fit": 100, "engagement": 100, "total": 100}
    scope = catalog.vocabulary.threshold()
    assert holds(model.thresholds["mql"], scope, scores, happened=True)
    assert not holds(model.thresholds["mql"], scope, {**scores, missing: 0}, happened=True)


@pytest.mark.parametrize("template", TEMPLATES)
def test_customers_and_competitors_never_qualify(catalog: Catalog, model: ScoringModel) -> None:
    scope = catalog.vocabulary.contact()
    won = "Closed Won" if catalog.lifecycle.stages[-1].name == "Closed Lost" else "Customer"
    for person in (
        {"lifecycle_stage": won},
        {"email_domain": "customer-one.example"},
        {"email_domain": "competitor-one.example"},
    ):
        assert any(holds(each.when, scope, person) for each in model.suppress), person
    lead = {"lifecycle_stage": "Lead", "email_domain": "somebody.example"}
    assert not any(holds(each.when, scope, lead) for each in model.suppress)


# ---- Shares and thresholds ----------------------------------------------------------------------

MODELS = {  # fit and engagement in percent of the total, MQL threshold, review
    "plg": (30, 70, 60, "monthly"),
    "enterprise": (60, 40, 75, "quarterly"),
    "mid-market": (50, 50, 65, "quarterly"),
    "plg alternative": (40, 60, 65, "monthly"),
    "enterprise alternative": (60, 40, 70, "quarterly"),
    "mid-market alternative": (50, 50, 60, "quarterly"),
    "full": (50, 50, 65, "quarterly"),
    "universal": (40, 60, 50, "quarterly"),
}


@pytest.mark.parametrize("template", MODELS)
def test_shares_threshold_and_review(template: str, model: ScoringModel) -> None:
    fit, engagement, mql, review = MODELS[template]
    ranges = score_ranges(model)
    assert model.recalibrate == review
    assert f"total >= {mql} " in model.thresholds["mql"]
    # The enterprise model's 95 points of fit are near enough to 100: its shares are its weights.
    slack = 3.01 if template == "enterprise" else 0.01
    assert model.fit.weight * ranges["fit"][1] == pytest.approx(fit, abs=slack)
    assert model.engagement.weight * ranges["engagement"][1] == pytest.approx(engagement, abs=0.01)
    assert ranges["total"][1] == pytest.approx(100, abs=slack)


@pytest.mark.parametrize("template", ["enterprise"])
def test_enterprise_weights_are_the_shares(model: ScoringModel) -> None:
    assert (model.fit.weight, model.engagement.weight) == (0.6, 0.4)


# ---- Points and decay ---------------------------------------------------------------------------

NEVER = None
WEEK, TWO_WEEKS, MONTH = "1 week", "2 weeks", "1 month"

FIT = {  # the points of the tiers, in order
    "full": {
        "company_size": (5, 10, 15, 20, 25, 15),
        "industry": (20, 10),
        "revenue": (5, 10, 15, 20),
        "geography": (10, 5),
        "job_title": (25, 20, 15, 10, 5),
        "department": (15, 5),
        "seniority": (20, 10, 5),
        "tech_stack": (20, 15, 10),
        "tech_maturity": (10, 5),
    },
    "plg": {"company_size": (15,), "industry": (10,), "role": (10,), "complementary_tool": (10,)},
    "enterprise": {
        "company_size": (20,),
        "revenue": (15,),
        "industry": (15,),
        "title": (20,),
        "decision_maker": (15,),
        "competitor_tool": (10,),
    },
    "mid-market": {
        "company_size": (15,),
        "industry": (10,),
        "title": (15,),
        "geography": (10,),
        "complementary_tool": (10,),
    },
    "plg alternative": {
        "company_size": (15, 20),
        "industry": (10,),
        "decision_maker": (15,),
        "complementary_tool": (10,),
    },
    "enterprise alternative": {
        "company_size": (20,),
        "industry": (15,),
        "title": (20,),
        "budget_authority": (15,),
        "competitor_tool": (10,),
    },
    "mid-market alternative": {
        "company_size": (15,),
        "industry": (10,),
        "title": (15,),
        "geography": (10,),
    },
    "universal": {
        "industry": (15,),
        "company_size": (10,),
        "decision_maker": (10,),
        "geography": (5,),
    },
}


@pytest.mark.parametrize("template", FIT)
def test_fit_points(template: str, model: ScoringModel) -> None:
    points = {each.name: tuple(tier.points for tier in each.tiers) for each in model.fit.attributes}
    assert points == FIT[template]


SIGNALS: dict[str, dict[str, Any]] = {  # points, and what is lost how often
    "full": {
        "demo_request": (30, NEVER),
        "pricing_page": (20, (5, WEEK)),
        "trial_signup": (25, NEVER),
        "contact_sales": (30, NEVER),
        "case_studies": (15, (5, TWO_WEEKS)),
        "comparison_page": (15, (5, WEEK)),
        "roi_calculator": (20, (5, TWO_WEEKS)),
        "webinar_registration": (10, (5, MONTH)),
        "webinar_attendance": (15, (5, MONTH)),
        "whitepaper": (10, (5, MONTH)),
        "blog_week": (10, (5, TWO_WEEKS)),
        "email_click": (5, (2, MONTH)),
        "email_opens": (5, (2, MONTH)),
        "social": (5, (2, MONTH)),
        "blog_visit": (2, (2, MONTH)),
        "newsletter_open": (2, (1, MONTH)),
        "email_open": (1, (1, MONTH)),
        "homepage": (1, (1, WEEK)),
        "created_account": (15, NEVER),
        "completed_onboarding": (20, NEVER),
        "core_feature_used": (25, (5, MONTH)),
        "invited_member": (25, NEVER),
        "hit_limit": (20, (10, MONTH)),
        "exported_data": (10, (5, MONTH)),
        "connected_integration": (15, NEVER),
        "active_days": (20, (10, TWO_WEEKS)),
    },
    "plg": {
        "created_account": (15, NEVER),
        "completed_onboarding": (20, NEVER),
        "core_feature_used": (25, (5, MONTH)),
        "invited_member": (25, NEVER),
        "hit_limit": (20, (10, MONTH)),
        "pricing_page": (15, (5, WEEK)),
    },
    "enterprise": {
        "demo_request": (30, NEVER),
        "stakeholders": (20, NEVER),
        "executive_webinar": (15, (5, MONTH)),
        "roi_guide": (10, (5, MONTH)),
        "pricing_page_repeat": (15, (5, WEEK)),
        "contact_sales": (30, NEVER),
        "trial_signup": (25, NEVER),
        "roi_calculator": (20, (5, TWO_WEEKS)),
        "case_studies": (15, (5, TWO_WEEKS)),
        "comparison_page": (15, (5, WEEK)),
        "webinar_attendance": (15, (5, MONTH)),
        "webinar_registration": (10, (5, MONTH)),
        "whitepaper": (10, (5, MONTH)),
        "blog_week": (10, (5, TWO_WEEKS)),
        "sales_email": (10, (5, MONTH)),
        "email_click": (5, (2, MONTH)),
        "email_opens": (5, (2, MONTH)),
        "social": (5, (2, MONTH)),
    },
    "mid-market": {
        "demo_or_trial": (25, NEVER),
        "pricing_page": (15, (5, WEEK)),
        "case_study": (10, (5, TWO_WEEKS)),
        "webinar_attendance": (10, (5, MONTH)),
        "email_clicks": (10, (2, MONTH)),
        "blog_pages": (10, (5, TWO_WEEKS)),
    },
    "plg alternative": {
        "created_account": (15, NEVER),
        "completed_onboarding": (20, NEVER),
        "core_feature_used": (25, (5, MONTH)),
        "invited_member": (20, NEVER),
        "hit_limit": (15, (10, MONTH)),
        "pricing_page": (10, (5, WEEK)),
    },
    "enterprise alternative": {
        "demo_request": (25, NEVER),
        "webinar_attendance": (10, (5, MONTH)),
        "whitepaper": (10, (5, MONTH)),
        "pricing_page_repeat": (15, (5, WEEK)),
        "sales_email": (10, (2, MONTH)),
    },
    "mid-market alternative": {
        "demo_request": (25, NEVER),
        "trial_signup": (20, NEVER),
        "pricing_page": (10, (5, WEEK)),
        "downloads": (10, (5, MONTH)),
        "email_clicks": (10, (2, MONTH)),
        "webinar_attendance": (10, (5, MONTH)),
    },
    "universal": {
        "pricing_page": (15, (5, WEEK, "14 days")),
        "download": (10, NEVER),
        "webinar_attendance": (12, NEVER),
        "demo_request": (25, NEVER),
        "email_opens": (8, NEVER),
        "long_visit": (10, NEVER),
        "returned": (8, NEVER),
        "chat": (5, NEVER),
    },
}


@pytest.mark.parametrize("template", SIGNALS)
def test_signal_points_and_decay(template: str, model: ScoringModel) -> None:
    signals = {
        each.name: (each.points, each.decay) for each in model.engagement.signals if each.points
    }
    assert signals == {
        name: (
            points,
            decay and Decay(**dict(zip(("points", "every", "after"), decay, strict=False))),
        )
        for name, (points, decay) in SIGNALS[template].items()
    }


COUNTS = {  # how many, within how long, of what different, in one visit
    ("full", "case_studies"): (2, None, None, None),
    ("full", "blog_week"): (3, WEEK, None, None),
    ("full", "email_opens"): (3, None, None, None),
    ("full", "core_feature_used"): (3, None, None, None),
    ("full", "active_days"): (5, "7 days", "occurred_on", None),
    ("plg", "core_feature_used"): (3, None, None, None),
    ("enterprise", "pricing_page_repeat"): (2, "30 days", None, None),
    ("enterprise", "blog_week"): (3, WEEK, None, None),
    ("enterprise", "email_opens"): (3, "7 days", None, None),
    ("mid-market", "email_clicks"): (3, None, None, None),
    ("mid-market", "blog_pages"): (5, None, "path", None),
    ("plg alternative", "core_feature_used"): (3, None, None, None),
    ("enterprise alternative", "pricing_page_repeat"): (2, None, None, None),
    ("mid-market alternative", "downloads"): (2, None, None, None),
    ("mid-market alternative", "email_clicks"): (3, None, None, None),
    ("universal", "email_opens"): (3, "7 days", None, None),
    ("universal", "long_visit"): (5, None, "path", "session"),
    ("universal", "returned"): (2, "7 days", "session_id", None),
    ("universal", "two_downloads"): (2, None, None, None),
    ("universal", "pricing_twice"): (2, "7 days", None, None),
}


@pytest.mark.parametrize(("template", "name"), COUNTS)
def test_signal_counts(template: str, name: str, model: ScoringModel) -> None:
    count, within, distinct, same = COUNTS[template, name]
    (signal,) = (each for each in model.engagement.signals if each.name == name)
    assert (signal.count, signal.distinct, signal.same) == (count, distinct, same)
    assert signal.within == (within and parse_duration(within))


NEGATIVES = {
    "full": {
        "competitor": -50,
        "student_email": -30,
        "personal_email": -10,
        "unsubscribed": -20,
        "hard_bounce": -50,
        "spam_complaint": -100,
        "student_or_intern": -25,
        "consultant": -10,
        "no_visit": -15,
        "invalid_phone": -10,
        "careers_only": -30,
    },
    "plg": {"personal_email": -10, "no_login": -15, "competitor": -50},
    "enterprise": {
        "too_small": -30,
        "individual_contributor": -15,
        "competitor": -50,
        "unsubscribed": -20,
    },
    "mid-market": {
        "personal_email": -10,
        "quiet": -10,
        "competitor": -50,
        "student_or_intern": -25,
    },
    "playbook": {
        "competitor": -100,
        "student_title": -50,
        "student_email": -30,
        "personal_email": -10,
        "unsubscribed": -20,
    },
    "universal": {"competitor": -100, "student_email": -30, "unsubscribed": -20, "quiet": -15},
}
SILENCES = {("full", "no_visit"): 90, ("plg", "no_login"): 14, ("mid-market", "quiet"): 30} | {
    ("universal", "quiet"): 30
}


@pytest.mark.parametrize("template", NEGATIVES)
def test_negative_points(template: str, model: ScoringModel) -> None:
    assert {each.name: each.points for each in model.negative} == NEGATIVES[template]
    assert {each.name: each.inactive_for.days for each in model.negative if each.inactive_for} == {
        name: days for (of, name), days in SILENCES.items() if of == template
    }


# ---- The sales-led playbook ---------------------------------------------------------------------


@pytest.mark.parametrize("template", ["playbook"])
class TestPlaybook:
    def test_both_subtotals_run_to_100(self, model: ScoringModel) -> None:
        assert score_ranges(model) == {"fit": (0, 100), "engagement": (0, 100), "total": (0, 100)}

    def test_thresholds(self, model: ScoringModel) -> None:
        assert model.thresholds["mql"] == "fit >= 50 AND engagement >= 25"
        assert model.thresholds["sql"].startswith("total >= 75 AND (happened('demo_request', ")
        assert "mql_override" not in model.thresholds  # both minimums, always

    def test_named_points(self, model: ScoringModel) -> None:
        points = {each.name: each.points for each in model.engagement.signals}
        assert points["demo_request"] == 50
        assert points["pricing_page"] == 30
        assert points["case_study"] == 20
        assert points["blog_visit"] == 5
        industry = next(each for each in model.fit.attributes if each.name == "industry")
        assert [tier.points for tier in industry.tiers] == [20, 10]

    def test_awareness_gives_little_and_only_intent_gives_much(self, model: ScoringModel) -> None:
        points = {each.name: each.points for each in model.engagement.signals}
        assert all(points[name] <= 10 for name in ("blog_visit", "email_click", "email_opens"))
        much = {name for name, each in points.items() if each >= 20}
        assert much == {"demo_request", "contact_sales", "pricing_page", "case_study"}

    def test_a_month_of_silence_takes_a_quarter(self, model: ScoringModel) -> None:
        inactivity = model.engagement.inactivity
        assert inactivity is not None
        assert (inactivity.percent, inactivity.every.days) == (25, 30)
        assert all(signal.decay is None for signal in model.engagement.signals)  # not twice

    def test_bands(self, model: ScoringModel) -> None:
        assert [(band.name, band.from_) for band in model.bands] == [
            ("hot", 76),
            ("warm", 51),
            ("developing", 26),
            ("cold", 0),
        ]
        hours = [band.sla and band.sla.total_seconds() / 3600 for band in model.bands]
        assert hours == [1, 24, None, None]

    def test_everything_is_assumed_until_it_is_confirmed(self, model: ScoringModel) -> None:
        criteria = (*model.fit.attributes, *model.engagement.signals, *model.negative)
        assert {each.status for each in criteria} == {"ASSUMED"}

    def test_a_competitor_ends_at_0_and_a_silent_perfect_fit_is_not_hot(
        self, model: ScoringModel
    ) -> None:
        competitor = next(each for each in model.negative if each.name == "competitor")
        assert competitor.from_ == "total"
        assert score_ranges(model)["total"][1] + competitor.points <= 0
        assert model.fit.weight * 100 < 76

    def test_a_committee_is_three(self, catalog: Catalog) -> None:
        assert catalog.scoring.accounts.committee_contacts == 3


# ---- Other models' particulars ------------------------------------------------------------------


@pytest.mark.parametrize("template", ["universal"])
def test_universal_caps_and_thresholds(model: ScoringModel) -> None:
    assert (model.fit.max, model.engagement.max) == (40, 60)
    assert model.thresholds["hot"] == "total >= 75"


@pytest.mark.parametrize("template", ["universal"])
def test_universal_mql_wants_one_of_three_behaviours(catalog: Catalog, model: ScoringModel) -> None:
    scope, scores = catalog.vocabulary.threshold(), {"fit": 40, "engagement": 60, "total": 100}
    assert not holds(model.thresholds["mql"], scope, scores, happened=False)


@pytest.mark.parametrize("template", ["plg", "full"])
def test_pql(catalog: Catalog, model: ScoringModel) -> None:
    for event, days in (("onboarding_completed", "10 years"), ("login", "7 days")):
        assert f"happened('{event}', '{days}')" in model.thresholds["pql"]
    features = next(each for each in model.engagement.signals if each.name == "two_features")
    assert (features.event, features.count, features.distinct) == (
        "feature_used",
        2,
        "properties.feature",
    )
    scope = catalog.vocabulary.threshold()
    for users, is_pql in ((2, False), (3, True)):
        person = {"account.engaged_contacts": users}
        assert holds(model.thresholds["pql"], scope, person, happened=True) is is_pql
    stages = [stage.name for stage in catalog.lifecycle.stages]
    assert stages.index("Lead") < stages.index("PQL") < stages.index("SQL")


@pytest.mark.parametrize("template", ["enterprise"])
def test_enterprise_is_a_realistic_load(model: ScoringModel) -> None:
    signals = [signal for signal in model.engagement.signals if signal.event]
    assert len(signals) >= 15
    assert sum(signal.count > 1 and signal.within is not None for signal in signals) >= 3


# ---- Conditions mean what their rows say --------------------------------------------------------

PEOPLE = [  # template, attribute, fields, points
    *(
        ("full", "company_size", {"account.employees": employees}, points)
        for employees, points in (
            (0, 0), (1, 5), (10, 5), (11, 10), (50, 10), (51, 15), (200, 15), (201, 20),
            (1000, 20), (1001, 15), (90000, 15), (None, 0),
        )
    ),
    ("full", "company_size", {"account.employees": 1001, "account.named": True}, 25),
    ("full", "company_size", {"account.employees": 1000, "account.named": True}, 20),
    *(
        ("full", "revenue", {"account.annual_revenue": revenue}, points)
        for revenue, points in (
            (999_999, 5), (1_000_000, 10), (9_999_999, 10), (10_000_000, 15), (99_999_999, 15),
            (100_000_000, 20), (None, 0),
        )
    ),
    ("full", "industry", {"account.industry": "SaaS"}, 20),
    ("full", "industry", {"account.industry": "IT Services"}, 10),
    ("full", "industry", {"account.industry": "Fishing"}, 0),
    ("full", "geography", {"country": "United States"}, 10),
    ("full", "geography", {"account.country": "Germany"}, 5),
    ("full", "geography", {"country": "Germany", "account.country": "United States"}, 5),
    ("full", "geography", {"country": "Japan"}, 0),
    *(
        ("full", "job_title", {"title": title}, points)
        for title, points in (
            ("CEO", 25), ("cto", 25), ("Chief Marketing Officer", 25), ("Founder", 25),
            ("VP Sales", 20), ("SVP Marketing", 20), ("Vice President, Finance", 20),
            ("Director of IT", 15), ("Head of Growth", 15), ("Marketing Manager", 10),
            ("Coordinator", 5), ("Doctor", 5), (None, 0),
        )
    ),
    ("full", "job_title", {"seniority": "director"}, 15),
    ("full", "department", {"department": "Marketing"}, 15),
    ("full", "department", {"department": "IT"}, 5),
    ("full", "department", {"department": "Catering"}, 0),
    ("full", "seniority", {"buying_role": "decision_maker"}, 20),
    ("full", "seniority", {"buying_role": "influencer"}, 10),
    ("full", "seniority", {"buying_role": "end_user"}, 5),
    ("full", "tech_stack", {"account.technologies": "Slack;Competitor-One"}, 15),
    ("full", "tech_stack", {"account.technologies": "Competitor-One"}, 10),
    ("full", "tech_stack", {"account.technologies": "Slack;Legacy-CRM"}, 20),
    ("full", "tech_maturity", {"account.technologies": "AWS"}, 10),
    ("full", "tech_maturity", {"account.technologies": "Mainframe"}, 5),
    ("plg", "company_size", {"account.employees": 9}, 0),
    ("plg", "company_size", {"account.employees": 10}, 15),
    ("plg", "company_size", {"account.employees": 501}, 0),
    ("plg", "role", {"title": "Product Manager"}, 10),
    ("plg", "role", {"title": "Engineer"}, 0),
    ("enterprise", "company_size", {"account.employees": 500}, 20),
    ("enterprise", "company_size", {"account.employees": 499}, 0),
    ("enterprise", "revenue", {"account.annual_revenue": 50_000_000}, 15),
    ("enterprise", "title", {"title": "VP Operations"}, 20),
    ("enterprise", "title", {"title": "Director of Operations"}, 0),
    ("mid-market", "company_size", {"account.employees": 50}, 15),
    ("mid-market", "company_size", {"account.employees": 1001}, 0),
    ("mid-market", "title", {"title": "Sales Manager"}, 15),
    ("mid-market", "title", {"title": "VP Sales"}, 15),
    ("mid-market", "title", {"title": "CEO"}, 0),
    ("plg alternative", "company_size", {"account.employees": 500}, 15),
    ("plg alternative", "company_size", {"account.employees": 5000}, 20),
    ("enterprise alternative", "budget_authority", {"budget_authority": True}, 15),
    ("enterprise alternative", "budget_authority", {"budget_authority": False}, 0),
    ("playbook", "industry", {"account.industry": "SaaS"}, 20),
    ("playbook", "industry", {"account.industry": "Tech"}, 10),
    ("playbook", "industry", {"account.industry": "Retail"}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("template", "name", "fields", "points"), PEOPLE)
def test_tiers(
    catalog: Catalog, model: ScoringModel, name: str, fields: dict[str, Any], points: float
) -> None:
    (attribute,) = (each for each in model.fit.attributes if each.name == name)
    scope = catalog.vocabulary.contact()
    given = (tier.points for tier in attribute.tiers if holds(tier.when, scope, fields))
    assert next(given, 0) == points


DISQUALIFIED = [
    *(
        ("full", "student_or_intern", {"title": title}, expected)
        for title, expected in (
            ("Student", True), ("Marketing Intern", True), ("intern", True),
            ("Intern, Sales", False), ("International Manager", False), (None, False),
            ("Internal Auditor", False),
        )
    ),
    ("full", "student_or_intern", {"seniority": "intern"}, True),
    ("full", "student_email", {"email_domain": "cs.example.edu"}, True),
    ("full", "student_email", {"email_domain": "student.example.org"}, True),
    ("full", "student_email", {"email_domain": "education.example"}, False),
    ("full", "personal_email", {"email_domain": "gmail.com"}, True),
    ("full", "competitor", {"email_domain": "competitor-two.example"}, True),
    ("full", "consultant", {"title": "Senior Consultant"}, True),
    ("full", "invalid_phone", {"phone_status": "invalid"}, True),
    ("enterprise", "too_small", {"account.employees": 99}, True),
    ("enterprise", "too_small", {"account.employees": 100}, False),
    ("enterprise", "individual_contributor", {"title": "Accountant"}, True),
    ("enterprise", "individual_contributor", {"title": "Accounting Manager"}, False),
    ("enterprise", "individual_contributor", {}, False),
]  # fmt: skip


@pytest.mark.parametrize(("template", "name", "fields", "expected"), DISQUALIFIED)
def test_negatives(
    catalog: Catalog, model: ScoringModel, name: str, fields: dict[str, Any], expected: bool
) -> None:
    (negative,) = (each for each in model.negative if each.name == name)
    assert negative.when is not None
    assert holds(negative.when, catalog.vocabulary.contact(), fields) is expected


# ---- Lifecycles ---------------------------------------------------------------------------------

STAGES = {
    "enterprise": ["Subscriber", "Lead", "MQL", "SQL", "Opportunity", "Customer", "Evangelist"],
    "plg": ["Subscriber", "Lead", "PQL", "MQL", "SQL", "Opportunity", "Customer", "Evangelist"],
    "universal": [
        "Visitor", "Known", "MQL", "SAL", "SQL", "Opportunity", "Proposal", "Closed Won",
        "Closed Lost",
    ],
}  # fmt: skip
REJECTIONS = {  # what is done, and after how many days it comes back
    "enterprise": {
        "FIT-01": ("nurture", None),
        "FIT-02": ("archive", None),
        "FIT-03": ("nurture", None),
        "ENG-01": ("recycle", 90),
        "ENG-02": ("recycle", 60),
        "QUAL-01": ("recycle", 90),
        "QUAL-02": ("recycle", None),
        "QUAL-03": ("archive", None),
    },
    "universal": {
        "BAD-CONTACT": ("nurture", None),
        "NOT-DECISION-MAKER": ("nurture", None),
        "WRONG-ICP": ("archive", None),
        "DUPLICATE": ("archive", None),
        "COMPETITOR": ("archive", None),
    },
}
PROMISES = {
    ("enterprise", "MQL"): "4 business hours",
    ("enterprise", "SQL"): "3 business days",
    ("enterprise", "Opportunity"): "5 business days",
    ("universal", "MQL"): "5 minutes",
    ("universal", "SAL"): "4 business hours",
    ("universal", "SQL"): "48 hours",
    ("universal", "Closed Won"): "48 hours",
}


@pytest.mark.parametrize("template", STAGES)
def test_stages_and_their_owners(template: str, catalog: Catalog) -> None:
    assert [stage.name for stage in catalog.lifecycle.stages] == STAGES[template]
    assert all(stage.owner and stage.definition for stage in catalog.lifecycle.stages)


@pytest.mark.parametrize("template", ["enterprise", "plg"])
def test_stages_say_when_one_enters_and_leaves_and_what_is_done(catalog: Catalog) -> None:
    for stage in catalog.lifecycle.stages:
        assert stage.entry.criteria, stage.name
        assert stage.exit.criteria, stage.name
        assert len(stage.actions) >= 2, stage.name


@pytest.mark.parametrize("template", REJECTIONS)
def test_rejection_reasons(template: str, catalog: Catalog) -> None:
    found = {
        each.code: (each.action, each.after and each.after.days)
        for each in catalog.lifecycle.rejection_reasons
    }
    assert found == REJECTIONS[template]


@pytest.mark.parametrize(("template", "name"), PROMISES)
def test_promises(template: str, name: str, catalog: Catalog) -> None:
    (stage,) = (each for each in catalog.lifecycle.stages if each.name == name)
    assert PROMISES[template, name] in stage.sla


def test_the_product_led_lifecycle_is_the_usual_one_with_pql(load: Load) -> None:
    usual, product_led = (load(each)[0].lifecycle for each in ("enterprise", "plg"))
    without = tuple(stage for stage in product_led.stages if stage.name != "PQL")
    assert product_led.model_copy(update={"stages": without}) == usual


# ---- Lists --------------------------------------------------------------------------------------


def test_lists_can_be_compared_with_lowered_fields(load: Load) -> None:
    lists = load("full")[0].lists
    for name, values in lists.items():
        assert all(value == value.lower().strip() for value in values), name
        assert len(set(values)) == len(values), name
    assert len(lists["personal_domains"]) > 80
    assert not set(lists["personal_domains"]) & set(lists["disposable_domains"])
