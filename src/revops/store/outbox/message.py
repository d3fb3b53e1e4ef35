"""Puts messages into the outbox, within the transaction of the decision that causes them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level
from revops.store.engine_tables import OUTBOX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from revops.store.outbox.letter import Channel

MOST_BYTES = 256 * 1024
_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}")
_KEYS_AT_ONCE = 1000
_CONTENT = ("channel", "destination", "payload")


@dataclass(frozen=True)
class Message:
    """An effect on the world, to be told to someone.

    Attributes:
        key: Names this effect for ever; see `key_of`.
        channel: How it is delivered.
        destination: The name of the receiver, as the definitions have it.
        payload: What is said: values that JSON has.
        contact_id: Whom it is about.
        cause: Why it was written, for whoever looks into it.
    """

    key: str
    channel: Channel
    destination: str
    payload: Mapping[str, Any]
    contact_id: str | None = None
    cause: str | None = None


def key_of(*parts: str | int) -> str:
    """A key made from whatever tells one effect from all others, such as clock and step.

    The same parts give the same key; it is safe in a header and in a Message-ID.
    """
    return f"msg_{sha256(json.dumps(parts).encode()).hexdigest()[:32]}"


def put(connection: sa.Connection, messages: Iterable[Message], now: datetime) -> int:
    """Put messages into the outbox; a key that is there already, with the same content, is left.

    Args:
        connection: The decision's transaction.
        messages: They are due at once.
        now: When the decision was made.

    Returns:
        How many were new.

    Raises:
        RevopsError: All that is wrong: a payload that is too large (`message-size`) or not JSON
            (`message-payload`), a key that is not one (`message-key`), or one that stands for
            something else already (`message-conflict`). The transaction must be rolled back.
    """
    rows, issues = _rows(messages, now)
    if issues:
        raise RevopsError.of(issues)
    if not rows:
        return 0
    new = _insert(connection, list(rows.values()))
    if new < len(rows) and (conflicts := list(_conflicts(connection, rows))):
        raise RevopsError.of(conflicts)
    return new


def _rows(
    messages: Iterable[Message], now: datetime
) -> tuple[dict[str, dict[str, Any]], list[Issue]]:
    """Rows by key, and what is wrong with the messages."""
    rows: dict[str, dict[str, Any]] = {}
    issues: list[Issue] = []
    for message in messages:
        try:
            row = _row(message, now)
        except RevopsError as error:
            issues += error.issues
            continue
        if _content(rows.setdefault(message.key, row)) != _content(row):
            issues.append(_conflict(message.key))
    return rows, issues


def _row(message: Message, now: datetime) -> dict[str, Any]:
    if not _KEY.fullmatch(message.key):
        raise RevopsError(
            "message-key",
            f"'{message.key[:40]}' is not a key: 1 to 128 letters, digits, '_' and '-'",
            "make it with key_of",
        )
    return {
        "key": message.key,
        "channel": message.channel,
        "destination": message.destination,
        "payload": _payload(message),
        "contact_id": message.contact_id,
        "cause": message.cause,
        "state": "pending",
        "created_at": now,
        "next_at": now,
        "attempts": 0,
    }


def _payload(message: Message) -> str:
    """The one text that stands for the payload, whatever the order of its keys."""
    what = f"the payload of message '{message.key}' to '{message.destination}'"
    try:
        text = json.dumps(
            message.payload,
            sort_keys=True,
            ensure_ascii=False,
            allow_nan=False,
            separators=(",", ":"),
        )
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as fault:
        raise RevopsError("message-payload", f"{what} is not JSON: {fault}") from None
    if size > MOST_BYTES:
        raise RevopsError(
            "message-size",
            f"{what} has {size:,} bytes, more than {MOST_BYTES:,}",
            "send less, or a link to where the rest can be read",
        )
    return text


def _insert(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> int:
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
    adding = insert(OUTBOX).on_conflict_do_nothing(index_elements=["key"])
    done = connection.execute(adding.execution_options(preserve_rowcount=True), rows)
    return done.rowcount


def _conflicts(connection: sa.Connection, rows: Mapping[str, dict[str, Any]]) -> Iterator[Issue]:
    keys = list(rows)
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        among = OUTBOX.c.key.in_(keys[start : start + _KEYS_AT_ONCE])
        columns = (OUTBOX.c.key, *(OUTBOX.c[name] for name in _CONTENT))
        for stored in connection.execute(sa.select(*columns).where(among)).mappings():
            if _content(stored) != _content(rows[stored["key"]]):
                yield _conflict(stored["key"])


def _content(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    """What a receiver would notice."""
    return tuple(row[name] for name in _CONTENT)


def _conflict(key: str) -> Issue:
    return Issue(
        "",
        0,
        "",
        "message-conflict",
        Level.ERROR,
        f"the key '{key}' stands for another message already",
        "a message never changes; give another effect another key",
    )
