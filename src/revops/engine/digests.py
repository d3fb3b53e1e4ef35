"""Digests: who reads them, and the messages they become."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from revops.connectors.email.push import email_payload
from revops.connectors.slack.push import slack_payload
from revops.engine.digest_figures import Figures, Period
from revops.engine.wording import with_late
from revops.kit.texts import Form, render
from revops.leads.recipes import last_due, late_by, zone_of
from revops.store.outbox import Message, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, tzinfo

    from revops.definitions.automations import Digest
    from revops.definitions.kinds import Definitions
    from revops.definitions.people import User
    from revops.engine.world import World
    from revops.leads.recipes import Entry, Run
    from revops.store.facts import Facts
    from revops.store.outbox import Channel


@dataclass(frozen=True)
class Reader:
    """Whoever gets a digest.

    Attributes:
        channel: How.
        address: Where to.
        owners: Whose leads and deals it is about; None for all.
        user: The person, if it is one that is known.
    """

    channel: Channel
    address: str
    owners: frozenset[str] | None = None
    user: User | None = None

    @property
    def scope(self) -> list[str]:
        """Whose leads and deals, in order; nothing for all."""
        return sorted(self.owners or ())


def digest_messages(
    world: World,
    facts: Facts,
    entry: Entry,
    run: Run,
    due_at: datetime,
    last_at: datetime | None,
    now: datetime,
) -> list[Message]:
    """One message for each reader who has something to read.

    Args:
        world: Whose.
        facts: The facts.
        entry: The digest, in one zone.
        run: The time for which it is sent.
        due_at: When it was due first.
        last_at: When it was sent last, or None.
        now: The instant.
    """
    definitions = world.definitions
    index, digest = _digest(definitions, entry)
    since = last_at or last_due(digest.schedule, due_at, entry.zone)
    period = Period(since, run.at, run.next_at, entry.zone)
    moment = world.questions.at(now, facts, world.past)
    late = "; ".join(part for part in (late_by(now - run.at), run.note) if part)
    with closing(facts.glance()) as con:
        when = f"automations.digests[{index}].when"
        figures = Figures(con, world, moment, digest, when, period)
        figures.prepare()
        return [
            message
            for reader in _readers(definitions, digest, entry)
            if (told := figures.of(reader.owners)) is not None
            and (message := _message(definitions, digest, reader, period, told, late))
        ]


def _digest(definitions: Definitions, entry: Entry) -> tuple[int, Digest]:
    digests = enumerate(definitions.automations.digests)
    return next((index, each) for index, each in digests if each.name == entry.subject)


# Readers ------------------------------------------------------------------------------------------


def _readers(definitions: Definitions, digest: Digest, entry: Entry) -> list[Reader]:
    """Each once: people in whose zone it is due, and channels and addresses with the workspace."""
    found = {
        (reader.address, reader.owners): reader
        for to in digest.to
        for reader in _named(definitions, to)
        if _is_due_for(reader, entry)
    }
    return list(found.values())


def _is_due_for(reader: Reader, entry: Entry) -> bool:
    if entry.owners is None or reader.user is None:
        return entry.owners is None or entry.is_unowned
    return reader.user.id in entry.owners


def _named(definitions: Definitions, to: str) -> Iterator[Reader]:
    """The readers that a definition means, those who work here no more left out."""
    users = {user.id: user for user in definitions.people.users if user.active}
    kind, _, name = to.partition(":")
    if to.startswith("#"):
        yield Reader("slack", to)
    elif "@" in to:
        yield Reader("email", to)
    elif to == "owner":
        yield from (_person(user, {user.id}) for user in users.values())
    elif to == "manager":
        led = _led(definitions)
        yield from (_person(users[each], theirs) for each, theirs in led.items() if each in users)
    else:
        named = _named_people(definitions, kind, name)
        yield from (_person(users[each], None) for each in named if each in users)


def _named_people(definitions: Definitions, kind: str, name: str) -> list[str | None]:
    people = definitions.people
    match kind:
        case "manager":
            return [team.manager for team in people.teams if team.name == name]
        case "team":
            return [user.id for user in people.users if user.team == name]
        case "user":
            return [name]
    return []


def _person(user: User, owners: set[str] | None) -> Reader:
    return Reader("email", user.email, None if owners is None else frozenset(owners), user)


def _led(definitions: Definitions) -> dict[str, set[str]]:
    """The people of each manager: their own manager, or else that of their team."""
    managers = {team.name: team.manager for team in definitions.people.teams}
    led: dict[str, set[str]] = defaultdict(set)
    for user in definitions.people.users:
        if manager := user.manager or managers.get(user.team or ""):
            led[manager].add(user.id)
    return led


# Messages -----------------------------------------------------------------------------------------


def _message(
    definitions: Definitions,
    digest: Digest,
    reader: Reader,
    period: Period,
    told: Mapping[str, Any],
    late: str,
) -> Message | None:
    """What a reader is sent; None if there is no way to."""
    names = definitions.automations.destinations.items()
    destination = next((name for name, each in names if each.channel == reader.channel), None)
    if destination is None or not reader.address:
        return None
    zone = _zone(definitions, reader, period)
    values = {
        "owner": reader.user.model_dump() if reader.user else {},
        "company": definitions.settings.company,
        "today": period.until.astimezone(zone).date(),
        "since": period.since,
        "until": period.until,
        **told,
    }
    key = key_of("digest", digest.name, period.until.isoformat(), reader.address, *reader.scope)
    payload = _payload(digest, reader, values, zone, late)
    return Message(key, reader.channel, destination, payload, cause=f"digest {digest.name}")


def _payload(
    digest: Digest, reader: Reader, values: Mapping[str, Any], zone: tzinfo, late: str
) -> dict[str, Any]:
    form = Form.SLACK if reader.channel == "slack" else Form.PLAIN
    body = with_late(render(digest.body, values, form=form, zone=zone), late, "\n\n")
    if reader.channel == "email":
        subject = render(digest.subject, values, form=Form.LINE, zone=zone)
        return email_payload(reader.address, subject, body)
    title = render(digest.subject, values, form=Form.SLACK, zone=zone)
    return slack_payload(reader.address, f"*{title}*\n{body}")


def _zone(definitions: Definitions, reader: Reader, period: Period) -> tzinfo:
    """The reader's own; of a channel or an address, that of the schedule."""
    if reader.user is None:
        return period.zone
    workspace = ZoneInfo(definitions.settings.time_zone)
    return zone_of(reader.user, definitions.people, definitions.calendars, workspace)
