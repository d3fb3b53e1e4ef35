"""Random scoring definitions, with conditions as trees; simple ones first, so that they shrink."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from scoring_oracle import conditions as c

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import SearchStrategy

    Conditions = SearchStrategy[c.Node]

# The values that data is drawn from too, so that conditions hold for some of it.
TEXTS = ("a", "A", "VP Sales", "vp sales", "Ä", "日本 😀", "a%b", "o'b", "")
NUMBERS = (0, 1, 3, 499, 500, 501, 0.1, 0.3, 2.5, 1e6)
EVENTS = ("page_view", "chat", "demo_request", "login")
DURATIONS = ("1 day", "1 hour", "90 minutes", "6 hours", "2 days", "1 week", "14 days", "1 month")
LISTS = {"letters": ("a", "Ä", "VP Sales"), "domains": ("a.io", "日本.jp"), "empty": ()}
CUSTOM = {"contacts": {"nps": "decimal", "tier": "text"}, "accounts": {"fleet": "integer"}}
MOMENTS = tuple(
    datetime.fromisoformat(text)
    for text in ("2026-03-01 12:00:00", "2026-02-15 00:00:00.000001", "2024-02-29 23:59:59")
)
PIECES = ("%", "_", "a", "A", "Ä", "ä", "b", "VP", "日", "😀", " ", "'")

# Sums of these are exact in binary, so that a score at a threshold is at it for everyone.
POINTS = st.sampled_from((10, 1, 5, 12.5, 20, 33.25, 60, -10))
LOSSES = st.sampled_from((-10, -1, -12.5, -100))
CAPS = st.sampled_from((10, 25, 50, 100, 7.5))
WEIGHTS = st.sampled_from((1, 0.5, 0, 2, 0.25))
LIMITS = st.sampled_from((10, 0, 5, 12.5, 20, 25, 50, 75, 100))
durations = st.sampled_from(DURATIONS)
texts = st.sampled_from(TEXTS)
numbers = st.sampled_from(NUMBERS)
comparisons = st.sampled_from(("=", "<>", "<", "<=", ">", ">="))
Fields = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]
CONTACT_FIELDS: Fields = (
    ("title", "seniority", "email", "email_domain", "tier", "account.industry", "account.icp_tier"),
    (
        "account.employees",
        "account.annual_revenue",
        "account.fleet",
        "nps",
        "account.engaged_contacts",
    ),
    ("opted_in", "budget_authority", "account.named"),
    ("created_at", "account.created_at"),
)
ACTIVITY_FIELDS: Fields = (
    ("path", "source", "campaign", "session_id", "direction", "type"),
    (),
    (),
    ("occurred_at",),
)


def conditions(fields: Fields, *, max_leaves: int = 4) -> Conditions:
    """Conditions over text, number, truth and time fields."""
    leaves = st.one_of(st.sampled_from([c.Literal(True), c.Literal(False)]), *_leaves(fields))  # noqa: FBT003 - a literal of the condition language
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(c.Not),
            st.lists(inner, min_size=2, max_size=3).map(tuple).map(c.And),
            st.lists(inner, min_size=2, max_size=3).map(tuple).map(c.Or),
        ),
        max_leaves=max_leaves,
    )


def _leaves(fields: Fields) -> list[Conditions]:
    text_fields, number_fields, truth_fields, time_fields = fields
    is_activity = fields is ACTIVITY_FIELDS
    plain: Conditions = st.sampled_from([c.Field(name) for name in text_fields])
    number: Conditions = st.sampled_from([c.Field(name) for name in number_fields])
    if is_activity:
        plain = st.one_of(plain, st.just(c.Property("plan")))
        number = st.just(c.Property("seats", is_number=True))
    any_field: Conditions = st.sampled_from([c.Field(name) for each in fields for name in each])
    any_field |= plain
    leaves = [
        *_of_text(plain),
        *_of_numbers(number, literal_only=is_activity),
        st.builds(c.IsNull, any_field, st.booleans()),
        st.builds(c.InList, st.sampled_from(text_fields), st.sampled_from(tuple(LISTS))),
        *_of_times(time_fields, is_activity=is_activity),
    ]
    if truth_fields:
        truth: Conditions = st.sampled_from([c.Field(name) for name in truth_fields])
        leaves += [
            truth,
            st.builds(c.Compare, truth, st.just("="), st.builds(c.Literal, st.booleans())),
        ]
    return leaves


def _of_text(plain: Conditions) -> list[Conditions]:
    text = st.one_of(
        plain,
        st.builds(c.Cased, st.sampled_from(("LOWER", "UPPER")), plain),
        st.builds(lambda a, b: c.Coalesce((a, b)), plain, plain | texts.map(c.Literal)),
    )
    literals = st.lists(texts, min_size=1, max_size=3).map(tuple)
    patterns = st.lists(st.sampled_from(PIECES), max_size=4).map("".join) | texts
    return [
        st.builds(c.Compare, text, comparisons, texts.map(c.Literal) | plain),
        st.builds(c.In, text, literals, st.booleans()),
        st.builds(c.Like, text, patterns, st.booleans(), st.booleans()),
        st.builds(c.Between, text, texts.map(c.Literal), texts.map(c.Literal)),
    ]


def _of_numbers(field: Conditions, *, literal_only: bool) -> list[Conditions]:
    literal = numbers.map(c.Literal)
    number = st.one_of(
        field,
        st.builds(c.Negative, field),
        st.builds(c.Arithmetic, field, st.sampled_from(("+", "-", "*", "/", "%")), field | literal),
        st.builds(lambda a, b: c.Coalesce((a, b)), field, literal),
    )
    literals = st.lists(numbers, min_size=1, max_size=3).map(tuple)
    # Two properties are compared as text: only beside a number are they numbers.
    other = literal if literal_only else literal | number
    return [
        st.builds(c.Compare, number, comparisons, other),
        st.builds(c.In, number, literals, st.booleans()),
        st.builds(c.Between, number, literal, other),
    ]


def _of_times(names: Sequence[str], *, is_activity: bool) -> list[Conditions]:
    field: Conditions = st.sampled_from([c.Field(name) for name in names])
    moment = st.sampled_from(MOMENTS).map(c.Moment)
    day = st.sampled_from(MOMENTS).map(lambda each: c.Day(each.date()))
    return [
        *([st.builds(c.Compare, st.just(c.Field("occurred_on")), comparisons, day)] * is_activity),
        st.builds(c.Compare, field, comparisons, moment),
        st.builds(c.Between, field, moment, moment),
    ]


ON_CONTACT = conditions(CONTACT_FIELDS)
HAPPENED = st.builds(c.Happened, st.sampled_from(EVENTS), durations)
ON_ACTIVITY = conditions(ACTIVITY_FIELDS, max_leaves=3)
events = st.sampled_from(EVENTS) | st.lists(
    st.sampled_from(EVENTS), min_size=1, max_size=3, unique=True
)
decays = st.one_of(
    st.fixed_dictionaries(
        {"points": st.sampled_from((5, 1, 2.5)), "every": durations},
        optional={"after": durations},
    ),
    st.fixed_dictionaries({"percent": st.sampled_from((25, 50, 10, 100)), "every": durations}),
    st.fixed_dictionaries({"half_life": durations}),
)
WHERE = {"where": ON_ACTIVITY}
WINDOW = {"count": st.sampled_from((2, 1, 3, 4)), "within": durations}
COUNTED = {
    **WHERE,
    **WINDOW,
    "distinct": st.sampled_from(("path", "source", "session_id", "properties.plan")),
    "same": st.just("session"),
}


def _named(prefix: str, things: SearchStrategy[dict[str, Any]], *, least: int, most: int) -> Any:
    """A list of things with names that differ, some of them hard to quote."""
    strange = ("", " it's", ' "ü"', " 日本")

    def name(drawn: list[tuple[dict[str, Any], str]]) -> list[dict[str, Any]]:
        return [{"name": f"{prefix}{i}{end}", **each} for i, (each, end) in enumerate(drawn)]

    return st.lists(st.tuples(things, st.sampled_from(strange)), min_size=least, max_size=most).map(
        name
    )


def _signals() -> SearchStrategy[dict[str, Any]]:
    counted = {"event": events, "points": POINTS}
    each = {**counted, "per": st.just("occurrence")}
    decay = {"decay": decays}
    state = st.fixed_dictionaries({"points": POINTS, "when": ON_CONTACT})
    # Few conditions at a time, so that signals are often completed, and sometimes all.
    return st.one_of(
        *(
            st.fixed_dictionaries(kind, optional={**decay, **ways, **cap})
            for ways in (WHERE, WINDOW, COUNTED)
            for kind, cap in ((counted, {}), (each, {"max": CAPS}))
        ),
        state,
    )


def _negatives() -> SearchStrategy[dict[str, Any]]:
    part = {"from": st.sampled_from(("total", "engagement", "fit"))}
    return st.one_of(
        st.fixed_dictionaries({"when": ON_CONTACT | HAPPENED, "points": LOSSES}, optional=part),
        st.fixed_dictionaries({"event": events, "points": LOSSES}, optional={**part, **COUNTED}),
        st.fixed_dictionaries(
            {"inactive_for": durations, "points": LOSSES},
            optional={**part, "of": st.sampled_from(EVENTS)},
        ),
    )


def _thresholds(signals: list[dict[str, Any]]) -> Conditions:
    happenings = (*EVENTS, *(each["name"] for each in signals if "event" in each))
    happened = st.builds(c.Happened, st.sampled_from(happenings), durations)
    leaf = st.one_of(
        happened,
        st.builds(
            c.Compare,
            st.sampled_from([c.Field(name) for name in ("fit", "engagement", "total")]),
            comparisons,
            LIMITS.map(c.Literal),
        ),
        *_leaves(CONTACT_FIELDS)[:3],
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            inner.map(c.Not),
            st.tuples(inner, inner).map(c.And),
            st.tuples(inner, inner).map(c.Or),
        ),
        max_leaves=3,
    )


tiers = st.lists(
    st.fixed_dictionaries({"when": ON_CONTACT | HAPPENED, "points": POINTS}),
    min_size=1,
    max_size=3,
)
bands = st.lists(LIMITS, unique=True, min_size=1, max_size=4).map(
    lambda limits: [{"name": f"from {limit}", "from": limit} for limit in limits]
)


@st.composite
def models(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One model; parts that are not drawn are left out of it."""
    shared = {"weight": WEIGHTS, "max": CAPS}
    attributes = _named("a", st.fixed_dictionaries({"tiers": tiers}), least=0, most=3)
    signals = _named("s", _signals(), least=1, most=5) | st.just([])
    inactivity = st.fixed_dictionaries(
        {"percent": st.sampled_from((25, 50, 100, 10)), "every": durations}
    )
    fit = draw(st.fixed_dictionaries({"attributes": attributes}, optional=shared))
    engagement = draw(
        st.fixed_dictionaries({"signals": signals}, optional={**shared, "inactivity": inactivity})
    )
    threshold = _thresholds(engagement["signals"])
    suppress = st.fixed_dictionaries({"name": st.just("suppressed"), "when": ON_CONTACT})
    optional = {
        "applies_to": ON_CONTACT,
        "negative": _named("n", _negatives(), least=1, most=4),
        "suppress": st.lists(suppress, max_size=1),
        "thresholds": st.fixed_dictionaries(
            {}, optional={"mql": threshold, "mql_override": threshold}
        ),
        "bands": bands,
    }
    rest: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=optional))
    return {"name": name, "fit": fit, "engagement": engagement, **rest}


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """A whole definition: one to three models and, sometimes, the settings of accounts."""
    count = draw(st.sampled_from((1, 1, 2, 3)))
    accounts = st.fixed_dictionaries(
        {}, optional={"committee_contacts": st.integers(2, 3), "committee_within": durations}
    )
    return {
        "models": [draw(models(f"model {i}")) for i in range(count)],
        "accounts": draw(accounts),
    }


@st.composite
def many_conditions(draw: st.DrawFn, *, on_contact: int, on_activity: int) -> dict[str, Any]:
    """One model that asks many conditions at once (at most 40, and 8 of activities).

    Each has a binary digit of the fit, or five of the engagement, to itself: a contact's two sums
    tell which conditions held, and how often.
    """
    asked = draw(st.lists(ON_CONTACT, min_size=on_contact, max_size=on_contact))
    wheres = draw(st.lists(ON_ACTIVITY, min_size=on_activity, max_size=on_activity))
    attributes = [
        {"name": f"a{i}", "tiers": [{"when": when, "points": 2.0 ** (i - 24)}]}
        for i, when in enumerate(asked)
    ]
    signals = [
        {
            "name": f"s{i}",
            "event": list(EVENTS),
            "where": where,
            "points": 2.0 ** (5 * i - 24),
            "per": "occurrence",
        }
        for i, where in enumerate(wheres)
    ]
    model = {
        "name": "m",
        "fit": {"attributes": attributes},
        "engagement": {"signals": signals},
    }
    return {"models": [model]}
