"""`lifecycle.yaml`: the stages a lead passes, what moves it on, and what a rejection does."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, model_validator

from revops.definitions.actions import Actions
from revops.definitions.model import Condition, Definition, Duration, Name
from revops.definitions.scoring import Suppression

if TYPE_CHECKING:
    from collections.abc import Iterator

Sentence = Annotated[str, Field(min_length=1, max_length=1000)]
QUALIFIED = "qualified"
"""In `reaches`: an MQL by scoring, whichever threshold makes it one, and not suppressed there."""
OF_DEAL = "opportunity."
"""Before a required field: it is the deal's."""


def _as_criteria(value: Any) -> Any:
    # Strict validation goes on with what this returns, and knows lists as tuples.
    parts = {"criteria": value} if isinstance(value, list) else value
    if not isinstance(parts, dict):
        return parts
    return {k: tuple(each) if isinstance(each, list) else each for k, each in parts.items()}


class Criteria(Definition):
    """What must hold: sentences for people, and what the engine can decide.

    A plain list of sentences may stand for it. Of `when`, `reaches` and `deal`, all that are
    given must hold.
    """

    criteria: Annotated[tuple[Sentence, ...], Field(description="What must hold, in words")] = ()
    helpful: Annotated[
        tuple[Sentence, ...], Field(description="What speaks for it without being needed")
    ] = ()
    when: Annotated[
        Condition | None,
        Field(description="The same as a condition on the contact and its scores"),
    ] = None
    reaches: Annotated[
        Name | tuple[Name, ...],
        Field(
            description="One of these thresholds of scoring is reached; `qualified` is an MQL "
            "by any of them that nothing suppresses"
        ),
    ] = ()
    deal: Annotated[
        Literal["open", "won", "lost"] | None,
        Field(description="The contact is on a deal that is so; lost only if none goes on"),
    ] = None
    deal_stages: Annotated[
        tuple[Name, ...], Field(description="The deal is in one of these pipeline stages")
    ] = ()

    @model_validator(mode="after")
    def _stages_of_a_deal(self) -> Self:
        if self.deal_stages and self.deal is None:
            raise ValueError("`deal_stages` needs `deal`, such as deal: open")
        return self

    @property
    def thresholds(self) -> tuple[str, ...]:
        """The thresholds of which one must be reached."""
        return (self.reaches,) if isinstance(self.reaches, str) else self.reaches

    @property
    def is_decidable(self) -> bool:
        """Whether there is anything that the engine can decide."""
        return bool(self.when or self.thresholds or self.deal)


class Exit(Criteria):
    """When a contact leaves a stage for an earlier one; on, it moves by the entry of later ones."""

    to: Annotated[
        Name | None,
        Field(description="Where to: an earlier stage, or that of recycling or the archive; "
              "without it, the stage it came from"),
    ] = None  # fmt: skip


class Acceptance(Definition):
    """What it means that sales takes a lead over."""

    stage: Annotated[Name, Field(description="The stage that the contact enters")]
    required_fields: Annotated[
        tuple[Name, ...], Field(description="Fields that must be filled to accept")
    ] = ()


Listed = Annotated[
    Criteria,
    BeforeValidator(_as_criteria, json_schema_input_type=(Criteria | tuple[Sentence, ...])),
]
ListedExit = Annotated[
    Exit, BeforeValidator(_as_criteria, json_schema_input_type=(Exit | tuple[Sentence, ...]))
]


class Stage(Definition):
    """One stage of the lifecycle."""

    name: Annotated[Name, Field(description="As records name it, such as MQL")]
    label: Annotated[str, Field(description="The name in full")] = ""
    definition: Annotated[str, Field(description="What being in the stage means")] = ""
    owner: Annotated[str, Field(description="Who is responsible, in words")] = ""
    by: Annotated[
        Literal["rule", "person"] | None,
        Field(
            description="Whether the entry condition is enough, or a person decides and the "
            "condition must hold besides; by rule where there is a condition"
        ),
    ] = None
    entry: Annotated[Listed, Field(description="When a contact enters")] = Criteria()
    only_from: Annotated[
        tuple[Name, ...],
        Field(description="Stages from which the rule takes it here; without them, all earlier"),
    ] = ()
    exit: Annotated[ListedExit, Field(description="When a contact leaves")] = Exit()
    qualifies: Annotated[
        bool,
        Field(
            description="Whether sales is to work who is here: then nobody suppressed, barred or "
            "cooling down enters"
        ),
    ] = False
    recycles: Annotated[
        bool,
        Field(
            description="Whether it is an end, such as a lost deal, after which engagement starts "
            "anew and the contact may qualify again"
        ),
    ] = False
    actions: Annotated[
        tuple[Sentence, ...], Field(description="What is done when a contact enters, in words")
    ] = ()
    on_enter: Annotated[Actions, Field(description="Done when a contact enters")] = ()
    on_exit: Annotated[Actions, Field(description="Done when a contact leaves")] = ()
    sla: Annotated[str, Field(description="What is promised, in words")] = ""
    required_fields: Annotated[
        tuple[Name, ...],
        Field(
            description="Fields that must be filled to enter: the contact's, `account.` or, on "
            "the deal that `entry` asks for, `opportunity.`"
        ),
    ] = ()
    acceptance: Annotated[
        Acceptance | None, Field(description="What happens when sales accepts here")
    ] = None
    rejection_reasons: Annotated[
        tuple[Name, ...], Field(description="Codes with which sales may reject here")
    ] = ()

    @property
    def is_by_rule(self) -> bool:
        """Whether the entry condition alone brings a contact here."""
        return self.by == "rule" or (self.by is None and self.entry.is_decidable)


class Gate(NamedTuple):
    """The way into a stage or out of it, made ready because it is asked of every lead.

    Attributes:
        stage: The name of the stage.
        criteria: What must hold.
        thresholds: Those of which one must be reached.
        when: The path of the condition in the file; '' if there is none.
        is_decidable: Whether there is anything that the engine can decide.
    """

    stage: str
    criteria: Criteria
    thresholds: tuple[str, ...]
    when: str
    is_decidable: bool


class RejectionReason(Definition):
    """Why sales sends a lead back, and what happens to it then."""

    code: Name
    reason: Annotated[Sentence, Field(description="What the code says")]
    action: Annotated[
        Literal["nurture", "recycle", "archive"],
        Field(
            description="Nurture until something changes, recycle after a time, or archive for good"
        ),
    ] = "nurture"
    after: Annotated[Duration | None, Field(description="Time until the lead comes back")] = None
    until: Annotated[
        Condition | None, Field(description="What must hold before it may qualify again")
    ] = None
    stage: Annotated[
        Name | None, Field(description="Instead of the stage of recycling or of the archive")
    ] = None
    on_reject: Annotated[Actions, Field(description="Done besides")] = ()
    note: Annotated[str, Field(description="What to watch for")] = ""

    @model_validator(mode="after")
    def _archived_for_good(self) -> Self:
        if self.action == "archive" and self.after is not None:
            raise ValueError("an archived lead does not come back; remove `after`")
        return self


class Recycling(Definition):
    """What happens to a rejected lead; its engagement starts anew and its fit is kept."""

    stage: Annotated[Name, Field(description="The stage a rejected lead is put in")] = "Recycled"
    on_enter: Annotated[Actions, Field(description="Done when a lead is recycled")] = ()
    frequency: Annotated[str, Field(description="How often nurture writes, in words")] = ""
    content: Annotated[tuple[Sentence, ...], Field(description="What nurture writes")] = ()
    back_to: Annotated[
        Name | None, Field(description="The stage it comes back to when its time is over")
    ] = None
    archive_after: Annotated[
        Duration | None, Field(description="Time without engagement after which it is archived")
    ] = None
    trigger: Annotated[str, Field(description="What brings it back to sales, in words")] = ""


class Requalification(Definition):
    """What must have passed before a lead that was sent back qualifies again."""

    cool_down: Annotated[
        Duration | None, Field(description="Time from leaving, however high the score")
    ] = None
    unless: Annotated[
        Condition | None,
        Field(description="What ends every wait, such as a demo request since then"),
    ] = None


class Archive(Definition):
    """Where leads go that nobody works any more."""

    stage: Annotated[Name, Field(description="The stage they are put in")] = "Archived"
    until: Annotated[
        Condition | None,
        Field(
            description="What brings back who was archived for silence; who was rejected comes "
            "back by the `until` of the rejection reason only"
        ),
    ] = None
    on_enter: Annotated[Actions, Field(description="Done when a lead is archived")] = ()


class Lifecycle(Definition):
    """The whole of `lifecycle.yaml`; stages in the order in which leads pass them."""

    stages: tuple[Stage, ...] = ()
    suppress: Annotated[
        tuple[Suppression, ...],
        Field(description="Who never enters a stage that `qualifies`, such as competitors"),
    ] = ()
    rejection_reasons: tuple[RejectionReason, ...] = ()
    recycling: Recycling | None = None
    requalify: Requalification = Requalification()
    archive: Archive = Archive()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("stage", Counter(stage.name for stage in self.stages)),
            ("suppression", Counter(each.name for each in self.suppress)),
            ("rejection code", Counter(reason.code for reason in self.rejection_reasons)),
        ):
            twice = [name for name, count in names.items() if count > 1]
            if twice:
                raise ValueError(f"the {what} '{twice[0]}' is given twice")
        return self

    @cached_property
    def nurture(self) -> Recycling:
        """What happens to a rejected lead, also where nothing is said."""
        return self.recycling or Recycling()

    @cached_property
    def ranks(self) -> dict[str, int]:
        """The place of each stage in the order, by name."""
        return {stage.name: rank for rank, stage in enumerate(self.stages)}

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Every stage a contact can be in: in order, then that of recycling and the archive."""
        return tuple(dict.fromkeys((*self.ranks, self.nurture.stage, self.archive.stage)))

    @cached_property
    def floor(self) -> int:
        """The rank of the first stage that qualifies: where who was sent back comes in again."""
        return next((rank for rank, stage in enumerate(self.stages) if stage.qualifies), 0)

    @cached_property
    def worked(self) -> frozenset[str]:
        """The stages in which sales has a lead, and those after them that are no end."""
        late = self.stages[self.floor :]
        return frozenset(stage.name for stage in late if not stage.recycles)

    @cached_property
    def by_rule(self) -> tuple[int, ...]:
        """The ranks of the stages that a rule alone leads to, the latest first."""
        ranks = reversed(range(len(self.stages)))
        return tuple(rank for rank in ranks if self.stages[rank].is_by_rule)

    @cached_property
    def entries(self) -> tuple[Gate, ...]:
        """The way into each stage, by rank."""
        return tuple(_gate(stage.name, stage.entry, f"stages[{rank}].entry")
                     for rank, stage in enumerate(self.stages))  # fmt: skip

    @cached_property
    def exits(self) -> tuple[Gate, ...]:
        """The way out of each stage, by rank."""
        return tuple(_gate(stage.name, stage.exit, f"stages[{rank}].exit")
                     for rank, stage in enumerate(self.stages))  # fmt: skip

    @cached_property
    def reasons(self) -> dict[str, tuple[int, RejectionReason]]:
        """Each rejection reason with its place in the file, by code."""
        return {reason.code: (i, reason) for i, reason in enumerate(self.rejection_reasons)}

    @cached_property
    def _readings(self) -> dict[str, str]:
        labels = {stage.label.casefold(): stage.name for stage in self.stages if stage.label}
        names = {place.casefold(): place for place in self.places}
        return {**labels, **names, **{place: place for place in self.places}}

    def place(self, recorded: str | None) -> str | None:
        """The stage that a record means, by name or label in any case; None for no known one."""
        if recorded is None:
            return None
        return self._readings.get(recorded) or self._readings.get(recorded.strip().casefold())

    def conditions(self) -> Iterator[tuple[str, str]]:
        """Every condition on a lead: its path in the file, and its text.

        A required field is one: that it is known. Those of deals are not asked of leads.
        """
        for i, stage in enumerate(self.stages):
            yield from _given(f"stages[{i}].entry.when", stage.entry.when)
            yield from _given(f"stages[{i}].exit.when", stage.exit.when)
            yield from _filled(f"stages[{i}]", stage.required_fields)
            if stage.acceptance:
                yield from _filled(f"stages[{i}].acceptance", stage.acceptance.required_fields)
        for i, suppression in enumerate(self.suppress):
            yield f"suppress[{i}].when", suppression.when
        for i, reason in enumerate(self.rejection_reasons):
            yield from _given(f"rejection_reasons[{i}].until", reason.until)
        yield from _given("requalify.unless", self.requalify.unless)
        yield from _given("archive.until", self.archive.until)


def _gate(stage: str, criteria: Criteria, path: str) -> Gate:
    when = f"{path}.when" if criteria.when else ""
    return Gate(stage, criteria, criteria.thresholds, when, criteria.is_decidable)


def _given(path: str, text: str | None) -> Iterator[tuple[str, str]]:
    if text is not None:
        yield path, text


def _filled(path: str, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for i, name in enumerate(names):
        if not name.startswith(OF_DEAL):
            yield f"{path}.required_fields[{i}]", f"{name} IS NOT NULL"
