"""What a definition may have done: one action is one key and what belongs to it.

The same actions stand on entering a stage, in the steps of an escalation and in recipes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from revops.definitions.model import Definition, Duration, Name, exactly_one

Text = Annotated[str, Field(min_length=1, max_length=20_000)]
"""A text with places to fill in, such as `{{ contact.first_name }}`; see the message reference."""

Recipient = Annotated[
    str,
    Field(
        min_length=1,
        max_length=320,
        description="owner, manager (of the owner), previous_owner, contact, team:NAME, "
        "manager:TEAM, user:ID or an e-mail address",
        examples=["owner", "manager", "team:sales_development", "user:dina", "ops@example.com"],
    ),
]
FieldName = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Value = str | int | float | bool | None


def _as_subject(value: Any) -> Any:
    """Lets a plain text stand for the model with only its subject."""
    return {"subject": value} if isinstance(value, str) else value


class TaskAction(Definition):
    """A task for a person."""

    subject: Text
    owner: Recipient = "owner"
    due: Annotated[Duration | None, Field(description="Time until it is due")] = None
    priority: Literal["low", "normal", "high", "urgent"] = "normal"


class EmailAction(Definition):
    """An e-mail, in text and HTML made from the same text."""

    to: Recipient = "owner"
    subject: Text
    body: Text


class SlackAction(Definition):
    """A message in Slack, to a channel or to a person."""

    to: Annotated[
        str,
        Field(min_length=1, max_length=200, description="#channel, or a recipient as of e-mails"),
    ]
    text: Text


class WebhookAction(Definition):
    """A signed call to one of the `destinations`."""

    destination: Name
    event: Annotated[Name, Field(description="What the receiver is told has happened")]
    payload: Annotated[
        dict[Name, Text],
        Field(
            default_factory=dict,
            description="Further values, each a text with places to fill in; a place alone"
            " keeps its kind: a number stays a number, what is missing is null",
        ),
    ]


class RouteAction(Definition):
    """Give the contact an owner by the routing rules."""

    rotate: Annotated[
        Name | None, Field(description="Instead of the rules, take turns in this pool")
    ] = None
    keep_owner: Annotated[bool, Field(description="Leave an owner that there is")] = False


class ApprovalAction(Definition):
    """A request that a person must grant; a task until then."""

    by: Recipient = "manager"
    subject: Text


class EnrichAction(Definition):
    """Ask for what is not known of the contact and its account."""

    # Strict validation goes on with what the reading of an action returns, and knows no lists.
    fields: Annotated[
        tuple[FieldName, ...],
        BeforeValidator(
            lambda value: tuple(value) if isinstance(value, list) else value,
            json_schema_input_type=tuple[FieldName, ...],
        ),
    ] = ()


class Action(Definition):
    """One thing to be done: exactly one of its keys is given."""

    model_config = exactly_one()

    route: Annotated[
        RouteAction | None, Field(description="Assign an owner by the routing rules")
    ] = None
    assign: Annotated[Recipient | None, Field(description="Make this user the owner")] = None
    set: Annotated[
        dict[FieldName, Value] | None,
        Field(description="Set fields of the contact; one with `null` is cleared"),
    ] = None
    stage: Annotated[Name | None, Field(description="Move to this lifecycle stage")] = None
    task: Annotated[
        TaskAction | None,
        BeforeValidator(_as_subject, json_schema_input_type=(TaskAction | Text | None)),
        Field(description="A task for a person; its subject alone may stand for it"),
    ] = None
    email: EmailAction | None = None
    slack: SlackAction | None = None
    webhook: WebhookAction | None = None
    tag: Annotated[Name | None, Field(description="Put a tag on the contact")] = None
    untag: Annotated[Name | None, Field(description="Take a tag off the contact")] = None
    enroll: Annotated[Name | None, Field(description="Enrol in this sequence")] = None
    suppress: Annotated[
        Name | None, Field(description="Take out of this sequence, and keep out")
    ] = None
    audience: Annotated[Name | None, Field(description="Add to this advertising audience")] = None
    approve: Annotated[
        ApprovalAction | None,
        BeforeValidator(_as_subject, json_schema_input_type=(ApprovalAction | Text | None)),
        Field(description="A request; its subject alone may stand for it"),
    ] = None
    enrich: EnrichAction | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1 or self.given is None:
            given = ", ".join(sorted(self.model_fields_set)) or "nothing"
            raise ValueError(f"an action is exactly one key with its value, not {given}")
        return self

    @property
    def kind(self) -> str:
        """The key that is given."""
        return next(iter(self.model_fields_set))

    @property
    def given(self) -> Any:
        """What belongs to the key."""
        return getattr(self, self.kind)


def _one_word(value: Any) -> Any:
    return {value: {}} if value in ("route", "enrich") else value


ActionOrWord = Annotated[
    Action,
    BeforeValidator(_one_word, json_schema_input_type=(Action | Literal["route", "enrich"])),
]
"""An action; `route` and `enrich` may stand alone."""
Actions = tuple[ActionOrWord, ...]
