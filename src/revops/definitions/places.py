"""Which places a text may have to fill in, by where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from revops.definitions.actions import (
    Action,
    ApprovalAction,
    EmailAction,
    SlackAction,
    TaskAction,
    WebhookAction,
)
from revops.definitions.record_figures import record_scope
from revops.kit.texts import places_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.scope import Vocabulary
    from revops.definitions.triggers import Trigger

_PERSON = ("id", "name", "email")
_OF_LEAD = {
    *(f"{who}.{what}" for who in ("owner", "manager", "previous_owner") for what in _PERSON),
    *(f"score.{what}" for what in ("fit", "engagement", "total", "band")),
    *("contact.name", "company", "link", "now", "today", "recent_activity"),
}
CLOCK_PLACES = frozenset({"clock.sla", "clock.step", "clock.started_at", "clock.due_at"})
"""What is known of the clock that a step or a recipe is about."""
_ITEMS = {
    "lead_activity": (
        "leads",
        (
            "name",
            "account",
            "stage",
            "score",
            "pages",
            "downloads",
            "emails_opened",
            "emails_clicked",
            "last_at",
            "link",
        ),
    ),
    "mqls": ("rows", ("by", "name", "mqls", "accepted", "rejected", "acceptance_percent")),
    "scoring_health": ("checks", ("light", "name", "evidence", "limit", "mend")),
    "pipeline": (
        "closing",
        ("name", "account", "owner", "stage", "amount", "close_date"),
    ),
}
_FIGURES = {
    "lead_activity": ("count",),
    "mqls": ("count", "accepted", "rejected", "undecided", "acceptance_percent"),
    "scoring_health": ("count", "red", "amber"),
    "pipeline": (
        "total_value",
        "weighted_value",
        "open_deals",
        "new_deals",
        "new_value",
        "stale_deals",
        "stale_value",
        "won_deals",
        "won_value",
        "lost_deals",
        "closing_deals",
        "closing_value",
        "currency",
    ),
}


def lead_places(vocabulary: Vocabulary) -> frozenset[str]:
    """What is known of any lead, whatever a text is about."""
    named = {
        *(f"contact.{name}" for name in vocabulary.fields("contacts")),
        *(f"account.{name}" for name in vocabulary.fields("accounts")),
    }
    return frozenset(_OF_LEAD | named)


def recipe_places(vocabulary: Vocabulary, trigger: Trigger) -> frozenset[str]:
    """What the texts of a recipe may name: the lead, and what set the recipe off."""
    known = {*lead_places(vocabulary), "recipe"}
    record = trigger.record
    if record is not None:
        known |= {f"{record}.{name}" for name in record_scope(vocabulary, record).fields}
    match trigger.kind:
        case "changed":
            known |= {"change.field", "change.from", "change.to"}
        case "entered" | "left":
            known |= {"stage.name"}
        case "clock":
            known |= CLOCK_PLACES
    return frozenset(known)


def digest_places(what: str) -> frozenset[str]:
    """What the texts of a digest may name."""
    items, names = _ITEMS[what]
    common = {"owner.id", "owner.name", "owner.email", "company", "today", "since", "until"}
    return frozenset({*common, *_FIGURES[what], *(f"{items}[].{name}" for name in names)})


def fields_named(part: object) -> Iterator[str]:
    """Fields of contacts and accounts that the actions in a definition tell of or set.

    They are called as conditions call them: `title`, `account.employees`.
    """
    for action in actions_in(part):
        yield from action.set or ()
        for _, text in texts_of(action):
            for place in places_in(text):
                whose, _, name = place.name.partition(".")
                if whose in {"contact", "account"} and name:
                    yield name if whose == "contact" else place.name


def actions_in(part: object) -> Iterator[Action]:
    """Every action, wherever it stands."""
    match part:
        case Action():
            yield part
        case BaseModel():
            for name in type(part).model_fields:
                yield from actions_in(getattr(part, name))
        case tuple():
            for each in part:
                yield from actions_in(each)


def texts_of(action: Action) -> Iterator[tuple[str, str]]:
    """The texts of an action with places to fill in, by their path in it.

    Text values of `set` are texts too: `{mql_on: "{{ today }}"}`.
    """
    match action.given:
        case TaskAction(subject=subject) | ApprovalAction(subject=subject):
            yield f"{action.kind}.subject", subject
        case EmailAction(subject=subject, body=body):
            yield "email.subject", subject
            yield "email.body", body
        case SlackAction(text=text):
            yield "slack.text", text
        case WebhookAction(payload=payload):
            yield from ((f"webhook.payload.{name}", text) for name, text in payload.items())
        case dict() as values:
            yield from (
                (f"set.{name}", value) for name, value in values.items() if isinstance(value, str)
            )


def recipients_of(action: Action) -> Iterator[tuple[str, str]]:
    """Whom an action names, by the path in it; channels of Slack are left out."""
    match action.given:
        case TaskAction(owner=who):
            yield "task.owner", who
        case EmailAction(to=who):
            yield "email.to", who
        case SlackAction(to=who) if not who.startswith("#"):
            yield "slack.to", who
        case ApprovalAction(by=who):
            yield "approve.by", who
        case str() as who if action.kind == "assign":
            yield "assign", who
