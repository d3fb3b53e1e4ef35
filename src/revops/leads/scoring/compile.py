"""Compile a scoring definition to steps of SQL: one pass over the activities, then arithmetic."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.definitions.scope import Vocabulary, conditions
from revops.kit.condition import bind, fields_of, parse_condition
from revops.leads.scoring.account import account_scores
from revops.leads.scoring.activity import Seen, latest, moments_of, see
from revops.leads.scoring.answers import UNSCORED, answers
from revops.leads.scoring.behaviour import ENGAGED, Behaviour
from revops.leads.scoring.expressions import DAY, case, column, micros_at, total, whole
from revops.leads.scoring.marking import has_bit
from revops.leads.scoring.model import LINE_COLUMNS, SCORE_COLUMNS, ModelSteps
from revops.leads.scoring.people import Past, employer_steps, field_column, people_steps
from revops.leads.scoring.questions import questions
from revops.leads.scoring.steps import Role, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from revops.definitions.scoring import Scoring, ScoringModel
    from revops.leads.scoring.asked import Asked

ENGAGED_CONTACTS = "account.engaged_contacts"
ENGAGED_DAYS = 30
_SCORES = {"fit", "engagement", "total"}


def compile_scoring(
    scoring: Scoring,
    vocabulary: Vocabulary,
    as_of: datetime,
    *,
    past: Past | None = None,
    only_some: bool = False,
    asked: Asked | None = None,
) -> list[Step]:
    """The steps that score contacts as of an instant: `scores`, `lines`, `account_scores`.

    They read the facts `contacts`, `accounts`, `activities`, `contact_history` and
    `account_history` (the histories only where `past` names fields). The meaning of every number
    is that of the scoring reference; nothing after `as_of` is looked at.

    `scores`: contact_id, account_id, model, fit, engagement, total, band, qualified, reached
    (names of the thresholds that hold), last_activity_at; one row a contact that a model accepts.
    `lines`: contact_id, dimension (fit, engagement or total), signal, points, raw_points, count,
    last_at; the points of a contact's lines add up to its total, those of a dimension's lines
    to its subtotal.
    `account_scores`: see `account_scores`. With `only_some` there is, for explanations,
    `model<index>_asked` of each model besides; see `questions`. With `asked` there is `answers`.

    Args:
        scoring: The definition; its conditions must have been checked.
        vocabulary: Lists, custom fields and zone of the workspace.
        as_of: The instant.
        past: What history there is.
        only_some: Whether to score only the contacts in the table `wanted` (contact_id).
        asked: What is to be told of every contact besides, whether a model accepts it or not.

    Raises:
        ConditionError: A condition is wrong.
    """
    past = past or Past()
    behaviour = Behaviour(vocabulary, past.has_recycles, tells_next=asked is not None)
    models = scoring.models if asked is None else (*scoring.models, UNSCORED)
    for model in models:
        behaviour.add_model(model, scoring.accounts.committee_within)
        if asked is not None:
            asked.register(behaviour, model)
    told = asked.all_fields(vocabulary) if asked is not None else set()
    fields = fields_of_scoring(scoring, vocabulary) | told
    has_engaged = ENGAGED_CONTACTS in fields
    if has_engaged:
        behaviour.add(ENGAGED, timedelta(days=ENGAGED_DAYS))
    steps = people_steps(fields, vocabulary, past, as_of, only_some=only_some)
    if past.has_recycles:
        steps.append(Step("recycle", _recycle(as_of)))
    kept = {"gathered"} if has_engaged and (asked is not None or not only_some) else set()
    if only_some and asked is not None:
        kept.add("fresh")  # else its maps are looked up anew for every bit of the masks
    seen = see(behaviour, as_of, only_some=only_some, kept=kept)
    steps += seen.steps
    if has_engaged:
        steps += _employers_of_few() if only_some else employer_steps(vocabulary, past, as_of)
        steps.append(Step("engaged", _engaged(behaviour, as_of)))
    known = _known(
        models, vocabulary, seen, fields, has_engaged=has_engaged, tells_next=asked is not None
    )
    steps.append(Step("known", known, Role.KEPT if len(models) > 1 else Role.PART))
    whole = only_some or asked is not None
    every = [
        ModelSteps(i, each, behaviour, as_of, is_whole=whole, has_scores=each is not UNSCORED)
        for i, each in enumerate(models)
    ]
    parts = [part for part in every if part.has_scores]
    for part in every:
        steps += part.steps()
    if asked is not None:
        steps.append(
            Step("answers", _all_of([answers(each, asked, told) for each in every]), Role.ANSWER)
        )
    if only_some:
        steps += [questions(part) for part in parts]
    scores = _union([part.scores() for part in parts], SCORE_COLUMNS)
    steps.append(Step("scores", scores, Role.ANSWER))
    lines = [line for part in parts for line in part.lines()]
    steps.append(Step("lines", _union(lines, LINE_COLUMNS), Role.ANSWER))
    accounts = account_scores(scoring.accounts, as_of)
    return [*steps, Step("account_scores", accounts, Role.ANSWER)]


def fields_of_scoring(scoring: Scoring, vocabulary: Vocabulary) -> set[str]:
    """Every field of contacts and accounts that the definition needs."""
    found = {"created_at", "recycled_at"}
    for placed in conditions(scoring, vocabulary):
        if not placed.path.endswith(".where"):
            names = fields_of(placed.parse())
            found |= names - _SCORES if ".thresholds." in placed.path else names
    return found


def _recycle(as_of: datetime) -> exp.Select:
    """When each contact was last recycled; those that never were have no row."""
    recycled = exp.UnixMicros(this=column("contact.recycled_at"))
    return (
        exp.select(column("contact_id"), exp.alias_(recycled, "recycled"))
        .from_(exp.to_table("person"))
        .where(recycled.copy() <= whole(micros_at(as_of)))
    )


def _employers_of_few() -> list[Step]:
    """The step `employer` of a few contacts: reading `person` twice is quicker than the facts."""
    ids = exp.alias_(column("contact_id"), "id")
    return [Step("employer", exp.select(ids, column("account_id")).from_(exp.to_table("person")))]


def _engaged(behaviour: Behaviour, as_of: datetime) -> exp.Select:
    """How many contacts of each account were active of late, and when the first of them was."""
    since = whole(micros_at(as_of) - ENGAGED_DAYS * DAY)
    last: exp.Expr
    active: list[exp.Expr] = []
    if behaviour.has_own_pass(ENGAGED):
        source, last = f"f{behaviour.features[ENGAGED]}", column(behaviour.at(ENGAGED), "s")
    else:
        source, last = "gathered", latest(moments_of(behaviour, ENGAGED.match))
        active = [has_bit(behaviour.bits[ENGAGED.match])]
    if not active or behaviour.reaches[ENGAGED.match] > timedelta(days=ENGAGED_DAYS):
        active.append(last > since)
    query = exp.select(
        column("account_id", "p"), exp.alias_(exp.Count(this=exp.Star()), "contacts")
    )
    if behaviour.tells_next:
        query = query.select(exp.alias_(exp.Min(this=last.copy()), "first"))
    query = query.from_(exp.alias_(exp.to_table("employer"), "p")).join(
        exp.alias_(exp.to_table(source), "s"),
        on=column("contact_id", "s").eq(column("id", "p")),
    )
    return query.where(*active).group_by(column("account_id", "p"))


def _known(
    models: Sequence[ScoringModel],
    vocabulary: Vocabulary,
    seen: Seen,
    fields: Collection[str],
    *,
    has_engaged: bool,
    tells_next: bool,
) -> exp.Select:
    """One row a contact: the model that scores it, its fields and its behaviour."""
    fields_now = [
        exp.alias_(_field(name), field_column(name), quoted=True) for name in sorted(fields)
    ]
    query = exp.select(
        column("contact_id", "p"),
        column("account_id", "p"),
        *fields_now,
        *seen.columns,
        exp.alias_(model_of(models, vocabulary, _field), "model"),
    )
    query = query.from_(exp.alias_(exp.to_table("moments"), "p"))
    for name in seen.joins:
        same = column("contact_id", name).eq(column("contact_id", "p"))
        query = query.join(exp.to_table(name), on=same, join_type="left")
    if tells_next:
        fewer_at = total([column("first", "e"), whole(ENGAGED_DAYS * DAY)])
        never = exp.cast(exp.null(), "bigint")
        query = query.select(exp.alias_(fewer_at if has_engaged else never, "engaged_next"))
    if has_engaged:
        query = query.join(
            exp.alias_(exp.to_table("engaged"), "e"),
            on=column("account_id", "e").eq(column("account_id", "p")),
            join_type="left",
        )
    return query


def _field(name: str) -> exp.Expr:
    if name != ENGAGED_CONTACTS:
        return column(field_column(name), "p")
    nobody = exp.Coalesce(this=column("contacts", "e"), expressions=[whole(0)])
    has_account = exp.Not(this=exp.Is(this=column("account_id", "p"), expression=exp.null()))
    return case([(has_account, nobody)], None)


def model_of(
    models: Sequence[ScoringModel], vocabulary: Vocabulary, field: Callable[[str], exp.Expr]
) -> exp.Expr:
    """The place of the first model that accepts the contact, or NULL."""
    scope = vocabulary.contact(may_ask_happened=False)
    pairs: list[tuple[exp.Expr, exp.Expr]] = []
    for index, model in enumerate(models):
        if model.applies_to is None:
            return case(pairs, whole(index))
        pairs.append((bind(parse_condition(model.applies_to, scope), field), whole(index)))
    return case(pairs, exp.cast(exp.null(), "int"))


def _union(parts: Sequence[exp.Select], columns: Sequence[str]) -> exp.Query:
    """All rows of all parts; without parts, no rows of these columns."""
    if not parts:
        empty = [exp.alias_(exp.cast(exp.null(), "text"), name) for name in columns]
        return exp.select(*empty).where(exp.false())
    return _all_of(parts)


def _all_of(parts: Sequence[exp.Select]) -> exp.Query:
    query: exp.Query = parts[0]
    for part in parts[1:]:
        query = exp.union(query, part, distinct=False, copy=False)
    return query
