"""Random companies: contacts, accounts, activities and the history of fields."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from scoring_oracle.definitions import EVENTS, NUMBERS, TEXTS, durations
from scoring_oracle.oracle import (
    AccountResult,
    Result,
    duration,
    in_force,
    is_inbound,
    score_account,
    score_contact,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Fields = dict[str, Any]
Rows = list[Fields]

INSTANTS = tuple(
    datetime.fromisoformat(text)
    for text in ("2026-03-01 12:00:00", "2026-03-29 01:30:00", "2024-03-01 00:00:00.000001")
)
MICROSECOND = timedelta(microseconds=1)
EMAILS = ("x@a.io", "y@A.IO", "no-at", '"z@q"@日本.jp', "z@b.io")
PLANS = ("a", "VP Sales", "Ä", "5")


@dataclass(frozen=True)
class Company:
    """Rows by kind of record, as in canonical files; histories also say `seq`."""

    accounts: Rows = field(default_factory=list)
    contacts: Rows = field(default_factory=list)
    activities: Rows = field(default_factory=list)
    contact_history: Rows = field(default_factory=list)
    account_history: Rows = field(default_factory=list)

    def shuffled(self, seed: int) -> Company:
        """The same rows in another order."""
        shuffle = random.Random(seed).sample
        return Company(
            *(shuffle(rows, len(rows)) for rows in (self.accounts, self.contacts, self.activities)),
            contact_history=self.contact_history,
            account_history=self.account_history,
        )

    def until(self, instant: datetime) -> Company:
        """Without the activities after an instant."""
        return replace(
            self, activities=[each for each in self.activities if each["occurred_at"] <= instant]
        )

    def scores(
        self, definition: Fields, lists: dict[str, tuple[str, ...]], as_of: datetime
    ) -> dict[str, Result]:
        """The oracle's result of every contact that is scored, by its id."""
        results = {
            each["id"]: self._score(each, definition, lists, as_of) for each in self.contacts
        }
        return {key: result for key, result in results.items() if result is not None}

    def account_scores(
        self, definition: Fields, lists: dict[str, tuple[str, ...]], as_of: datetime
    ) -> dict[str, AccountResult]:
        """The oracle's result of every account that a scored contact names, by its id."""
        members: dict[str, list[Result]] = {}
        for contact_id, result in self.scores(definition, lists, as_of).items():
            contact = next(each for each in self.contacts if each["id"] == contact_id)
            account_id = self._account_id(contact, as_of)
            if account_id is not None:
                members.setdefault(account_id, []).append(result)
        settings = definition.get("accounts", {})
        return {key: score_account(settings, each, as_of) for key, each in members.items()}

    def _score(
        self,
        contact: Fields,
        definition: Fields,
        lists: dict[str, tuple[str, ...]],
        as_of: datetime,
    ) -> Result | None:
        account = self._account(contact, as_of)
        return score_contact(
            definition,
            contact,
            account,
            [each for each in self.activities if each["contact_id"] == contact["id"]],
            contact_history=_of(self.contact_history, contact),
            account_history=_of(self.account_history, account) if account else (),
            lists=lists,
            as_of=as_of,
        )

    def _account(self, contact: Fields, as_of: datetime) -> Fields | None:
        """The account a contact names, or only its derived field if there is no such record."""
        account_id = self._account_id(contact, as_of)
        if account_id is None:
            return None
        found = next((each for each in self.accounts if each["id"] == account_id), None)
        engaged = {"engaged_contacts": self._engaged(account_id, as_of)}
        return {"id": account_id, **(found or {}), **engaged}

    def _engaged(self, account_id: str, as_of: datetime) -> int:
        """How many of an account's contacts were active, inbound, in the last 30 days."""
        members = {x["id"] for x in self.contacts if self._account_id(x, as_of) == account_id}
        active = {
            each["contact_id"]
            for each in self.activities
            if is_inbound(each) and as_of - timedelta(days=30) < each["occurred_at"] <= as_of
        }
        return len(members & active)

    def _account_id(self, contact: Fields, as_of: datetime) -> str | None:
        account_id: str | None = in_force(contact, _of(self.contact_history, contact), as_of).get(
            "account_id"
        )
        return account_id


def _of(history: Rows, record: Fields) -> Rows:
    return [each for each in history if each["record_id"] == record["id"]]


def _maybe(values: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.one_of(values, values, values, st.none())


texts = _maybe(st.sampled_from(TEXTS))
truths = _maybe(st.booleans())


@st.composite
def moments(draw: st.DrawFn, as_of: datetime) -> datetime:
    """A time at or before `as_of` that lies on or next to an edge, sometimes after it."""
    kind = draw(st.sampled_from(("now", "once", "twice", "twice", "later")))
    jitter = draw(st.sampled_from((0, 0, 1, -1))) * MICROSECOND
    if kind == "now":
        return as_of + jitter
    if kind == "later":
        return as_of + duration(draw(durations))
    ago = sum((duration(draw(durations)) for _ in range(1 + (kind == "twice"))), timedelta(0))
    return as_of - ago + jitter


def accounts(as_of: datetime) -> SearchStrategy[Fields]:
    return st.fixed_dictionaries(
        {
            "industry": texts,
            "icp_tier": texts,
            "employees": _maybe(st.sampled_from([n for n in NUMBERS if n == int(n)]).map(int)),
            "annual_revenue": _maybe(st.sampled_from(NUMBERS).map(float)),
            "named": truths,
            "fleet": _maybe(st.sampled_from((0, 3, 500))),
            "created_at": _maybe(moments(as_of)),
        }
    )


def contacts(as_of: datetime, account_ids: list[str]) -> SearchStrategy[Fields]:
    return st.fixed_dictionaries(
        {
            "email": _maybe(st.sampled_from(EMAILS)),
            "title": texts,
            "seniority": texts,
            "tier": texts,
            "nps": _maybe(st.sampled_from((0.1, 3.0, 500.0))),
            "account_id": st.sampled_from([*account_ids * 3, "unknown", None]),
            "opted_in": truths,
            "budget_authority": truths,
            "recycled_at": st.none() | st.none() | moments(as_of),
            "created_at": _maybe(moments(as_of)),
        }
    )


def activities(as_of: datetime, contact_ids: list[str]) -> SearchStrategy[Fields]:
    properties = st.fixed_dictionaries(
        {},
        optional={
            "plan": _maybe(st.sampled_from(PLANS)),
            "seats": _maybe(st.sampled_from((0, 1, 3, 2.5, "5", "many", True))),
        },
    )
    return st.fixed_dictionaries(
        {
            "contact_id": st.sampled_from([*contact_ids * 5, "unknown", None]),
            "type": st.sampled_from((*EVENTS, EVENTS[0], "other")),
            "occurred_at": moments(as_of),
            "direction": st.sampled_from((None, "inbound", "outbound")),
            "session_id": st.sampled_from((None, "1", "2")),
            "path": texts,
            "source": texts,
            "campaign": texts,
            "properties": _maybe(properties.map(lambda each: json.dumps(each, ensure_ascii=False))),
        }
    )


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


@st.composite
def histories(
    draw: st.DrawFn, as_of: datetime, ids: list[str], fields: dict[str, SearchStrategy[Any]]
) -> Rows:
    """Changes of fields; old, new and current values need not fit, as in real exports."""
    if not ids:
        return []
    changes = draw(
        st.lists(
            st.tuples(st.sampled_from(ids), st.sampled_from(tuple(fields)), moments(as_of)),
            unique=True,
            max_size=4,
        )
    )
    return [
        {
            "seq": seq,
            "record_id": record_id,
            "field": name,
            "changed_at": changed_at,
            "old_value": _as_text(draw(fields[name])),
            "new_value": _as_text(draw(fields[name])),
        }
        for seq, (record_id, name, changed_at) in enumerate(changes, 1)
    ]


@st.composite
def companies(draw: st.DrawFn, as_of: datetime, *, most: int = 32) -> Company:
    """A small company seen at `as_of`; ids are not in the order of time."""
    of_accounts = draw(st.lists(accounts(as_of), max_size=2))
    account_ids = [f"A{i}" for i in range(len(of_accounts))]
    people = draw(st.lists(contacts(as_of, account_ids), min_size=1, max_size=4))
    contact_ids = [f"c{i}" for i in range(len(people))]
    least = draw(st.sampled_from((0, most // 4, most // 2)))
    happened = draw(st.lists(activities(as_of, contact_ids), min_size=least, max_size=most))
    prefixes = draw(
        st.lists(st.sampled_from("abÄ"), min_size=len(happened), max_size=len(happened))
    )
    account_fields: dict[str, SearchStrategy[Any]] = {
        "industry": texts,
        "employees": _maybe(st.integers(499, 501)),
        "annual_revenue": _maybe(st.sampled_from(NUMBERS).map(float)),
        "named": truths,
        "fleet": _maybe(st.sampled_from((0, 3, 500))),
    }
    contact_fields: dict[str, SearchStrategy[Any]] = {
        "title": texts,
        "email": _maybe(st.sampled_from(EMAILS)),
        "opted_in": truths,
        "nps": _maybe(st.sampled_from((0.1, 3.0, 500.0))),
        "account_id": st.sampled_from([*account_ids, "unknown", None]),
        "recycled_at": _maybe(moments(as_of)),
    }
    return Company(
        [{"id": key, **each} for key, each in zip(account_ids, of_accounts, strict=True)],
        [{"id": key, **each} for key, each in zip(contact_ids, people, strict=True)],
        [
            {"id": f"{prefix}{i}", **each}
            for i, (prefix, each) in enumerate(zip(prefixes, happened, strict=True))
        ],
        draw(st.just([]) | histories(as_of, contact_ids, contact_fields)),
        draw(st.just([]) | histories(as_of, account_ids, account_fields)),
    )


def busy_company(as_of: datetime, *, contacts: int = 40, seed: int = 0) -> Company:
    """A fixed company with much going on in it, most of it on the edge of something."""
    pick = random.Random(seed).choice
    lengths = [duration(text) for text in ("1 hour", "90 minutes", "1 day", "1 week", "1 month")]

    def moment() -> datetime:
        ago = pick((timedelta(0), *lengths)) + pick((timedelta(0), *lengths))
        return as_of - ago * pick((1, 1, 1, 1, 1, 1, 1, -1)) + pick((-1, 0, 0, 1)) * MICROSECOND

    def text() -> str | None:
        return pick((*TEXTS, None))

    account_ids = [f"A{i}" for i in range(contacts // 4 + 1)]
    ids = [f"c{i}" for i in range(contacts)]
    return Company(
        [
            {
                "id": key,
                "industry": text(),
                "icp_tier": text(),
                "employees": pick((0, 3, 499, 500, 501, None)),
                "annual_revenue": pick((0.1, 0.3, 2.5, 1e6, None)),
                "named": pick((True, False, None)),
                "fleet": pick((0, 3, 500, None)),
                "created_at": pick((moment(), None)),
            }
            for key in account_ids
        ],
        [
            {
                "id": key,
                "email": pick((*EMAILS, None)),
                "title": text(),
                "seniority": text(),
                "tier": text(),
                "nps": pick((0.1, 3.0, 500.0, None)),
                "account_id": pick((*account_ids, "unknown", None)),
                "opted_in": pick((True, False, None)),
                "budget_authority": pick((True, False, None)),
                "recycled_at": pick((moment(), None, None, None)),
                "created_at": pick((moment(), None)),
            }
            for key in ids
        ],
        [
            {
                "id": f"{pick('abÄ')}{i}",
                "contact_id": pick((*ids, None)),
                "type": pick((*EVENTS, EVENTS[0], EVENTS[0], "other")),
                "occurred_at": moment(),
                "direction": pick((None, "inbound", "outbound")),
                "session_id": pick((None, "1", "2")),
                "path": text(),
                "source": text(),
                "campaign": text(),
                "properties": pick((None, '{"plan": "a"}', '{"plan": "Ä", "seats": 3}')),
            }
            for i in range(30 * contacts)
        ],
        [
            {
                "seq": seq,
                "record_id": pick(ids),
                "field": "title",
                "changed_at": as_of + seq * MICROSECOND,
                "old_value": text(),
                "new_value": text(),
            }
            for seq in range(-5, 6)
        ],
    )
