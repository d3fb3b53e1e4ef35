"""A scoring definition over the whole past, as steps of SQL.

The score of a contact changes only at known moments: when something is completed, at a step of a
decay, a silence or a window, when a field changes, at a recycling. Each of these is a step
function that is worked out by itself (`slots`, `pieces`); the sum of their changes up to a moment
gives all levels at it, and from these the arithmetic of scoring gives the score, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.condition import parse_condition
from revops.leads.scoring.answers import UNSCORED
from revops.leads.scoring.behaviour import Behaviour
from revops.leads.scoring.compile import fields_of_scoring, model_of
from revops.leads.scoring.course.engaged import engaged_steps
from revops.leads.scoring.course.model import NOW, CourseModel
from revops.leads.scoring.course.pieces import Span, columns, piece_steps, query
from revops.leads.scoring.course.slots import Slots, Value
from revops.leads.scoring.course.sources import Sources
from revops.leads.scoring.course.versions import ENGAGED_FIELD, Versions
from revops.leads.scoring.expressions import column, decayed, micros, micros_at, number
from revops.leads.scoring.people import Past, field_column
from revops.leads.scoring.steps import Role, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from revops.definitions.scope import Vocabulary
    from revops.definitions.scoring import Scoring, ScoringModel
    from revops.leads.scoring.asked import Asked

COURSE_COLUMNS = ("model", "fit", "engagement", "total", "band", "qualified", "reached")
COURSE = "course"
MASKS = 62


@dataclass(frozen=True)
class Course:
    """How to work out the past of scores.

    Attributes:
        shared: Steps about all contacts together, to be prepared once.
        steps: Steps about the contacts in `wanted`; they end in the view `course`.
    """

    shared: list[Step]
    steps: list[Step]


def compile_course(
    scoring: Scoring,
    vocabulary: Vocabulary,
    start: datetime,
    end: datetime,
    *,
    past: Past | None = None,
    asked: Asked | None = None,
) -> Course:
    """The steps that give the scores of the contacts in `wanted` at every moment of a time.

    `course`: contact_id, changed_at, model, fit, engagement, total, band, qualified, reached
    (names of the thresholds that hold): one row at `start` and one wherever anything of it
    changes, up to and including `end`; model and all else NULL, false or empty where no model
    accepts the contact. What a row says holds until the contact's next one.

    With `asked` there is a row wherever an answer changes or a field may, instead: contact_id,
    changed_at (in microseconds), fit, engagement, total, qualified, reached as a number (a bit for
    each of `thresholds_of`), `q0`, `q1`, ... (numbers with a bit for each condition, in order),
    and the fields asked for.

    Raises:
        ConditionError: A condition is wrong.
    """
    past = past or Past()
    behaviour = Behaviour(vocabulary, past.has_recycles)
    models = scoring.models
    if not any(each.applies_to is None for each in models):
        models = (*models, UNSCORED)
    for model in models:
        behaviour.add_model(model, scoring.accounts.committee_within)
        if asked is not None:
            asked.register(behaviour, model)
    told = asked.all_fields(vocabulary) if asked is not None else set()
    slots = Slots()
    parts = [
        CourseModel(i, each, behaviour, start, slots, has_scores=each is not UNSCORED)
        for i, each in enumerate(models)
    ]
    arithmetic = [step for part in parts for step in part.steps()]
    given = [_given(part, scoring, asked) for part in parts]
    begin, last = micros_at(start), micros_at(end)
    versions = Versions(
        frozenset(fields_of_scoring(scoring, vocabulary) | told),
        vocabulary, past, begin, last, _after_creation(models),
    )  # fmt: skip
    sources = Sources(behaviour, (slot.source for slot in slots.numbers), start, end)
    span = Span("begins", "ends")
    kept = Role.KEPT if len(models) > 1 else Role.PART
    steps = [
        *versions.steps(),
        *sources.steps(),
        versions.moments(),
        *piece_steps(slots, sources.names, span),
        Step("state", query(_state(slots))),
        Step("known", _known(models, vocabulary, versions.fields, slots), kept),
        *arithmetic,
        Step("given", _union(given)),
        Step(COURSE, _changes() if asked is None else _answers(asked, told), Role.ANSWER),
    ]
    shared = engaged_steps(past, begin, last) if ENGAGED_FIELD in versions.fields else []
    return Course(shared, steps)


def thresholds_of(scoring: Scoring) -> list[str]:
    """The names of all thresholds; the place of one is its bit in `reached`."""
    return list(dict.fromkeys(name for model in scoring.models for name in model.thresholds))


def _after_creation(models: Sequence[ScoringModel]) -> list[int]:
    """The ages at which contacts that never did anything become silent, in microseconds."""
    lengths = {each.inactive_for for model in models for each in model.negative}
    return sorted(micros(length) + 1 for length in lengths if length is not None)


def _state(slots: Slots) -> str:
    """The columns of levels, counts and sums at every moment."""
    sums = "".join(
        f", CAST(SUM({each}) OVER (PARTITION BY lead ORDER BY at ROWS UNBOUNDED PRECEDING)"
        f" AS BIGINT) AS {each}"
        for each in columns(slots)
    )
    return f"SELECT lead, at{sums} FROM change"


def _known(
    models: Sequence[ScoringModel],
    vocabulary: Vocabulary,
    fields: Collection[str],
    slots: Slots,
) -> exp.Select:
    """One row a moment: the model that scores the contact, its fields and its levels."""
    levels = [
        f"(s.w{word} >> {shift}) & {(1 << level.bits) - 1} AS l{slots.numbers[level]}"
        for level, (word, shift) in slots.places().items()
    ]
    others = [f"s.{name}" for name in columns(slots) if name.startswith("l")]
    texts = ["v.person", "v.contact_id", "v.account_id", f"s.at AS {NOW}", *levels, *others]
    joins = "".join(
        f" ASOF LEFT JOIN v{number} ON v{number}.lead = s.lead AND s.at >= v{number}.at"
        for number in slots.of(Value).values()
    )
    found = query(
        f"SELECT {', '.join(texts)} FROM state AS s JOIN version AS v ON v.lead = s.lead"
        f" AND s.at >= v.begins AND s.at < v.ends{joins}"
    )
    for slot, place in slots.of(Value).items():
        found = found.select(exp.alias_(_value(slot, place), f"l{place}"))
    names = {field_column(name) for name in {*fields, "created_at", "recycled_at"}}
    for name in sorted(names):
        found = found.select(column(name, "v"))
    scored = [each for each in models if each is not UNSCORED]
    index = model_of(scored, vocabulary, lambda name: column(field_column(name), "v"))
    unscored = exp.Literal.number(len(scored))
    return found.select(exp.alias_(exp.Coalesce(this=index, expressions=[unscored]), "model"))


def _value(slot: Value, place: int) -> exp.Expr:
    """The sum of what is left of each completion, in their order."""
    feature, ages = slot.source, column("ages", f"v{place}")
    each = exp.Lambda(
        this=decayed(feature.points or 0, feature.decay, exp.column("x")),
        expressions=[exp.to_identifier("x")],
    )
    plus = exp.Lambda(
        this=exp.Add(this=exp.column("sum"), expression=exp.column("x")),
        expressions=[exp.to_identifier("sum"), exp.to_identifier("x")],
    )
    left = exp.Transform(this=ages, expression=each)
    summed = exp.Reduce(this=left, initial=number(0), merge=plus)
    return exp.Coalesce(this=summed, expressions=[number(0)])


def _given(part: CourseModel, scoring: Scoring, asked: Asked | None) -> exp.Select:
    """What a model gives at each moment."""
    is_scored = part.model is not UNSCORED
    scores = [
        exp.alias_(column(each) if is_scored else exp.cast(exp.null(), "double"), each)
        for each in ("fit", "engagement", "total")
    ]
    found = exp.select(
        column("person"), column("contact_id"), column(NOW), *scores, column("qualified")
    )
    found = found.from_(exp.to_table(part.name))
    if asked is None:
        name = exp.Literal.string(part.model.name) if is_scored else exp.cast(exp.null(), "text")
        return found.select(exp.alias_(name, "model"), column("band"), column("reached"))
    bits = {name: i for i, name in enumerate(thresholds_of(scoring))}
    reached = [(part.threshold(name), bits[name]) for name in part.model.thresholds]
    found = found.select(exp.alias_(_mask(reached), "reached"))
    scope = part.behaviour.vocabulary.threshold()
    held = [part.bound(parse_condition(text, scope)) for text in asked.conditions.values()]
    for word in range(words_of(asked)):
        some = held[word * MASKS : (word + 1) * MASKS]
        found = found.select(
            exp.alias_(_mask([*zip(some, range(MASKS), strict=False)]), f"q{word}")
        )
    return found


def _mask(held: Sequence[tuple[exp.Expr, int]]) -> exp.Expr:
    """A number with a bit for each condition that holds."""
    bits = [f"{1 << bit}" for _, bit in held]
    tree: exp.Expr = exp.cast(exp.Literal.number(0), "bigint")
    for (condition, _), bit in zip(held, bits, strict=True):
        given = exp.Case(
            ifs=[exp.If(this=condition, true=exp.Literal.number(bit))],
            default=exp.Literal.number(0),
        )
        tree = exp.Add(this=tree, expression=given)
    return exp.paren(tree)


def _changes() -> exp.Select:
    """The rows in which something is other than in the contact's row before."""
    texts = [f'"{each}"' for each in COURSE_COLUMNS]
    return query(
        f"SELECT contact_id, MAKE_TIMESTAMP({NOW}) AS changed_at, {', '.join(texts)} FROM given"
        f" QUALIFY {_is_other(COURSE_COLUMNS)} WINDOW w AS (PARTITION BY person ORDER BY {NOW})"
    )


def _answers(asked: Asked, told: Collection[str]) -> exp.Select:
    """The rows in which an answer is other than in the row before, or a field may be.

    Fields change with versions only, and are joined to these few rows, because to look back at
    many columns of all rows takes long.
    """
    watched = [f'"{each}"' for each in _watched(asked)]
    texts = [*(f"c.{each}" for each in ("fit", "engagement", "total", *watched)),
             *(f'v."{field_column(each)}" AS "{each}"' for each in sorted(told))]  # fmt: skip
    begun = (
        f"SELECT g.* FROM given AS g LEFT JOIN version AS v"
        f" ON v.person = g.person AND v.begins = g.{NOW}"
        f" QUALIFY NOT v.begins IS NULL OR {_is_other(_watched(asked), 'g.')}"
        f" WINDOW w AS (PARTITION BY g.person ORDER BY g.{NOW})"
    )
    return query(
        f"SELECT c.contact_id, c.{NOW} AS changed_at, {', '.join(texts)}"
        f" FROM ({begun}) AS c JOIN version AS v"
        f" ON v.person = c.person AND c.{NOW} >= v.begins AND c.{NOW} < v.ends"
    )


def _is_other(names: Collection[str], of: str = "") -> str:
    """Whether one of these columns is other than in the row before, or there is none before."""
    columns_ = [f'{of}"{each}"' for each in names]
    changed = " OR ".join(f"LAG({each}) OVER w IS DISTINCT FROM {each}" for each in columns_)
    return f"ROW_NUMBER() OVER w = 1 OR {changed}"


def _watched(asked: Asked) -> list[str]:
    """The columns of answers."""
    return ["qualified", "reached", *(f"q{word}" for word in range(words_of(asked)))]


def words_of(asked: Asked) -> int:
    """How many numbers the answers take."""
    return -(-len(asked.conditions) // MASKS)


def _union(parts: Sequence[exp.Select]) -> exp.Query:
    found: exp.Query = parts[0]
    for part in parts[1:]:
        found = exp.union(found, part, distinct=False, copy=False)
    return found
