"""Carries actions into an outcome: new values, tasks, and messages for the outbox."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from revops.connectors.email.push import email_payload
from revops.connectors.slack.push import slack_payload
from revops.connectors.webhook.push import webhook_payload
from revops.engine.outcome import Task
from revops.engine.wording import link_to, name_of, recent_activity, with_late
from revops.kit.errors import RevopsError
from revops.kit.lazy import lazy
from revops.kit.texts import Form, nested, render, value_of
from revops.leads.recipes import Happening
from revops.records import FieldType
from revops.store.history import parse_text
from revops.store.outbox import Message, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from revops.definitions.actions import Action
    from revops.definitions.kinds import Definitions
    from revops.definitions.people import User
    from revops.engine.outcome import Outcome
    from revops.leads.lead import Lead
    from revops.leads.routing import Router
    from revops.store.outbox import Channel


_AS_TEXT = {FieldType.TEXT, FieldType.LIST, FieldType.JSON}
_RECENT = "recent_activity"


@dataclass(frozen=True)
class Told:
    """What an action is done with besides the lead.

    Attributes:
        key: Names the action for ever: the same decision gives the same key.
        because: Why it is done, in words.
        values: What texts may name further, such as the activity that set a recipe off.
        owner: Who `owner` is, if not the lead's.
        due_at: When a task is due that does not say so itself.
        chain: The recipes that led to it.
        late: By how much it comes too late, in words, such as after a standstill; '' if in time.
        record: The record beside the lead that it is about, such as `opportunity:42`, or ''.
    """

    key: str
    because: str
    values: Mapping[str, Any]
    owner: str | None = None
    due_at: datetime | None = None
    chain: tuple[str, ...] = ()
    late: str = ""
    record: str = ""

    @property
    def opportunity_id(self) -> str | None:
        """The deal that it is about: the record itself, or the one that the record names."""
        kind, _, record_id = self.record.partition(":")
        if kind == "opportunity":
            return record_id
        named: str | None = self.values.get(kind, {}).get("opportunity_id")
        return named


class Doer:
    """Does actions in a pass; asks nothing of the world and tells it nothing."""

    def __init__(
        self, definitions: Definitions, router: Router, zone: ZoneInfo, now: datetime
    ) -> None:
        self._definitions = definitions
        self._router = router
        self._zone = zone
        self._now = now

    # Made when first asked for, because most actions need none of it

    @lazy
    def _users(self) -> dict[str, User]:
        return {user.id: user for user in self._definitions.people.users}

    @lazy
    def _managers(self) -> dict[str, str | None]:
        return {team.name: team.manager for team in self._definitions.people.teams}

    @lazy
    def _kinds(self) -> dict[str, str]:
        return self._definitions.vocabulary.fields("contacts")

    @lazy
    def _default(self) -> dict[str, str]:
        names = self._definitions.automations.destinations
        return {each.channel: name for name, each in reversed(list(names.items()))}

    def do(self, outcome: Outcome, action: Action, told: Told) -> None:
        """Do one action."""
        try:
            getattr(self, f"_{action.kind}")(outcome, action.given, told)
        except RevopsError as error:
            outcome.notes += [issue.message for issue in error.issues]

    # What changes the lead

    def route(self, outcome: Outcome, because: str, chain: tuple[str, ...] = ()) -> None:
        """Give the lead an owner by the rules."""
        self._decided(outcome, self._router.route(self._as_is(outcome), self._now), because, chain)

    def _route(self, outcome: Outcome, given: Any, told: Told) -> None:
        if given.keep_owner and outcome.owner:
            return
        if given.rotate is None:
            self.route(outcome, told.because, told.chain)
            return
        not_to = {outcome.owner} if outcome.owner else set()
        lead = self._as_is(outcome)
        decision = self._router.rotate(lead, self._now, given.rotate, not_to)
        self._decided(outcome, decision, told.because, told.chain)

    def _decided(
        self, outcome: Outcome, decision: Any, because: str, chain: tuple[str, ...]
    ) -> None:
        outcome.decisions.append(decision)
        if decision.owner is not None:
            self._change(outcome, "owner", decision.owner, f"{because}: {decision.reason}", chain)

    def _assign(self, outcome: Outcome, given: str, told: Told) -> None:
        for user in self._people(outcome, given, told):
            self._change(outcome, "owner", user.id, told.because, told.chain)
            return
        outcome.notes.append(f"nobody is '{given}'")

    def _set(self, outcome: Outcome, given: Mapping[str, Any], told: Told) -> None:
        for name, value in given.items():
            typed = self._typed(outcome, name, value, told) if isinstance(value, str) else value
            if typed is not None or value is None:
                self._change(outcome, name, typed, told.because, told.chain)

    def _typed(self, outcome: Outcome, name: str, text: str, told: Told) -> Any:
        """A filled text as the field's type; None, and a note, where it is not one."""
        filled = self._filled(outcome, text, told, Form.VALUE)
        kind = FieldType(self._kinds.get(name, "text"))
        value = parse_text(filled, kind)
        if kind in _AS_TEXT or not isinstance(value, str):
            return value
        outcome.notes.append(f"'{filled[:40]}' is not of the type of '{name}' ({kind})")
        return None

    def _stage(self, outcome: Outcome, given: str, told: Told) -> None:
        self._change(outcome, "lifecycle_stage", given, told.because, told.chain)

    def _change(
        self, outcome: Outcome, name: str, value: Any, because: str, chain: tuple[str, ...]
    ) -> None:
        before = outcome.value(name)
        if before == value:
            return
        outcome.fields[name] = (value, because)
        details = {"change": {"field": name, "from": _plain(before), "to": _plain(value)}}
        outcome.happened.append(
            Happening("changed", outcome.lead.contact_id, self._now, details, chain=chain)
        )

    def _as_is(self, outcome: Outcome) -> Lead:
        changed = {name: value for name, (value, _) in outcome.fields.items()}
        return replace(outcome.lead, fields={**outcome.lead.fields, **changed})

    # What it comes into

    def _tag(self, outcome: Outcome, given: str, _: Told) -> None:
        outcome.memberships["tag", given] = True

    def _untag(self, outcome: Outcome, given: str, _: Told) -> None:
        outcome.memberships["tag", given] = False

    def _enroll(self, outcome: Outcome, given: str, _: Told) -> None:
        if outcome.is_in("suppressed", given):
            outcome.notes.append(f"it is kept out of the sequence '{given}'")
            return
        outcome.memberships["sequence", given] = True

    def _suppress(self, outcome: Outcome, given: str, _: Told) -> None:
        outcome.memberships["sequence", given] = False
        outcome.memberships["suppressed", given] = True

    def _audience(self, outcome: Outcome, given: str, _: Told) -> None:
        outcome.memberships["audience", given] = True

    # What people are to do

    def _task(self, outcome: Outcome, given: Any, told: Told) -> None:
        due = self._now + given.due if given.due is not None else told.due_at
        people: list[User | None] = [*self._people(outcome, given.owner, told)]
        for user in people or [None]:
            self._add_task(outcome, given.subject, given.priority, due, user, told)

    def _approve(self, outcome: Outcome, given: Any, told: Told) -> None:
        for user in self._people(outcome, given.by, told):
            self._add_task(outcome, f"Approve: {given.subject}", "high", told.due_at, user, told)

    def _enrich(self, outcome: Outcome, given: Any, told: Told) -> None:
        missing = ", ".join(given.fields) or "what is not known"
        subject = f"Find out {missing} of {{{{ contact.email }}}}"
        self._add_task(outcome, subject, "normal", told.due_at, None, told)

    def _add_task(
        self,
        outcome: Outcome,
        subject: str,
        priority: str,
        due: datetime | None,
        user: User | None,
        told: Told,
    ) -> None:
        who = user.id if user else None
        text = self._filled(outcome, subject, told, Form.LINE)
        if not told.record and outcome.is_asked(text, who):
            outcome.notes.append(f"{who or 'somebody'} has an open task '{text}' already")
            return
        key = key_of(told.key, "task", who or "")
        subject = with_late(text, told.late)
        outcome.tasks.append(Task(key, subject, who, priority, due, told.opportunity_id))

    # What people are told

    def _email(self, outcome: Outcome, given: Any, told: Told) -> None:
        subject = self._filled(outcome, given.subject, told, Form.LINE)
        body = self._filled(outcome, given.body, told, Form.PLAIN)
        if given.to != "contact":
            body = with_late(body, told.late, "\n\n")
        for address in self._addresses(outcome, given.to, told):
            payload = email_payload(address, subject, body)
            self._send(outcome, "email", self._default.get("email"), payload, told, address)

    def _slack(self, outcome: Outcome, given: Any, told: Told) -> None:
        text = with_late(self._filled(outcome, given.text, told, Form.SLACK), told.late)
        to = [given.to] if given.to.startswith("#") else self._addresses(outcome, given.to, told)
        for each in to:
            payload = slack_payload(each, text)
            self._send(outcome, "slack", self._default.get("slack"), payload, told, each)

    def _webhook(self, outcome: Outcome, given: Any, told: Told) -> None:
        further = {
            name: value_of(text, self._values(outcome, told, text))
            for name, text in given.payload.items()
        }
        late = {"late": told.late} if told.late else {}
        data = {
            "contact_id": outcome.lead.contact_id, "because": told.because, **late, **further
        }  # fmt: skip
        payload = webhook_payload(given.event, self._now, data)
        self._send(outcome, "webhook", given.destination, payload, told, given.destination)

    def _send(
        self,
        outcome: Outcome,
        channel: Channel,
        destination: str | None,
        payload: Mapping[str, Any],
        told: Told,
        to: str,
    ) -> None:
        if destination is None:
            outcome.notes.append(f"no destination for {channel} is defined in automations.yaml")
            return
        key = key_of(told.key, channel, to)
        contact_id = outcome.lead.contact_id
        outcome.messages.append(
            Message(key, channel, destination, payload, contact_id, told.because)
        )

    # Who is meant, and what is said

    def _people(self, outcome: Outcome, to: str, told: Told) -> list[User]:
        return [self._users[each] for each in self._ids(outcome, to, told) if each in self._users]

    def _ids(self, outcome: Outcome, to: str, told: Told) -> Iterator[str]:
        owner = told.owner or outcome.owner or ""
        kind, _, name = to.partition(":")
        match kind:
            case "owner":
                yield owner
            case "previous_owner":
                yield outcome.lead.fields.get("owner") or ""
            case "manager":
                yield (self._managers.get(name) if name else self._manager(owner)) or ""
            case "team":
                yield from (user.id for user in self._users.values() if user.team == name)
            case "user":
                yield name

    def _manager(self, user_id: str) -> str | None:
        user = self._users.get(user_id)
        return (user.manager or self._managers.get(user.team or "")) if user else None

    def _addresses(self, outcome: Outcome, to: str, told: Told) -> list[str]:
        if "@" in to:
            return [to]
        if to == "contact":
            return [outcome.lead.fields["email"]] if outcome.lead.fields.get("email") else []
        found = [user.email for user in self._people(outcome, to, told) if user.email]
        if not found:
            outcome.notes.append(f"nobody with an address is '{to}'")
        return found

    def _filled(self, outcome: Outcome, text: str, told: Told, form: Form) -> str:
        return render(text, self._values(outcome, told, text), form=form, zone=self._zone)

    def _card(self, user_id: str | None) -> dict[str, Any]:
        user = self._users.get(user_id or "")
        return user.model_dump() if user else {}

    def _values(self, outcome: Outcome, told: Told, text: str) -> dict[str, Any]:
        """What the places of a text stand for; what the lead did of late is told if asked."""
        lead = self._as_is(outcome)
        own = {name: value for name, value in lead.fields.items() if "." not in name}
        accounts = {name: value for name, value in lead.fields.items() if "." in name}
        contact = {"name": name_of(own) or lead.contact_id, **own, "id": lead.contact_id}
        return {
            **nested(accounts),
            "contact": contact,
            "link": link_to(contact, self._definitions.settings.lead_link),
            "owner": self._card(told.owner or outcome.owner),
            "score": {
                "fit": lead.fit,
                "engagement": lead.engagement,
                "total": lead.total,
                "band": lead.band,
            },
            "reason": told.because,
            "company": self._definitions.settings.company,
            "now": self._now,
            "today": self._now.astimezone(self._zone).date(),
            "manager": self._card(self._manager(told.owner or outcome.owner or "")),
            "previous_owner": self._card(outcome.lead.fields.get("owner")),
            **self._recent(outcome, text),
            **told.values,
        }

    def _recent(self, outcome: Outcome, text: str) -> dict[str, str]:
        if _RECENT not in text:
            return {}
        return {_RECENT: recent_activity(outcome.activities, self._now, self._zone)}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
