"""Contacts with their fields between the moments at which any of these changes.

A *version* is a contact between two such moments. Versions that look back equally far (to the same
recycling) are one *lead*, because what its activities amount to does not depend on the fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.leads.scoring.course.pieces import query
from revops.leads.scoring.expressions import column
from revops.leads.scoring.people import ACCOUNT, email_domain, field_column, sql_type_of
from revops.leads.scoring.steps import WANTED, Role, Step
from revops.records import RECORDS
from revops.store.forms import name as quoted
from revops.store.forms import text as literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from revops.definitions.scope import Vocabulary
    from revops.leads.scoring.people import Past

LONG_AGO = -(1 << 62)
ENGAGED_FIELD = "account.engaged_contacts"


@dataclass(frozen=True)
class Versions:
    """How to see contacts with their fields.

    Attributes:
        fields: The fields asked for, as conditions name them.
        vocabulary: Their types.
        past: What history there is.
        start, end: The first and the last moment, in microseconds since 1970.
        created_after: How long after its creation anything about a contact changes.
    """

    fields: frozenset[str]
    vocabulary: Vocabulary
    past: Past
    start: int
    end: int
    created_after: Collection[int] = ()

    @property
    def has_engaged(self) -> bool:
        """Whether it is asked how many colleagues were active."""
        return ENGAGED_FIELD in self.fields

    @property
    def contact(self) -> set[str]:
        """The columns of contacts that are needed."""
        own = {name for name in self.fields if not name.startswith(ACCOUNT)}
        own = {"email" if name == "email_domain" else name for name in own}
        return own | {"account_id", "created_at", "recycled_at"}

    @property
    def account(self) -> set[str]:
        """The columns of accounts that are needed."""
        names = {name.removeprefix(ACCOUNT) for name in self.fields if name.startswith(ACCOUNT)}
        return names - {"engaged_contacts"}

    def changed(self, plural: str) -> list[str]:
        """Of the columns needed, those that have a history."""
        needed = self.contact if plural == "contacts" else self.account
        if not self.past.has_recycles:
            needed = needed - {"recycled_at"}
        return sorted(needed & set(self.past.history.get(plural, ())))

    def steps(self) -> list[Step]:
        """Steps that end in `version` and `epoch`.

        `version`: lead, contact_id, begins, ends (not among it), account_id and each field as
        `contact.<name>` or `account.<name>`. `epoch`: lead, contact_id, begins, ends, and cutoff,
        the recycling since when activities count; both in microseconds, the ends not among them.
        """
        steps: list[Step] = []
        for plural in ("contacts", "accounts"):
            if self.changed(plural):
                steps += self._past_steps(plural)
        if self.changed("accounts") or self.has_engaged:
            steps.append(Step("employers", _union(self._employers())))
        return [
            *steps,
            Step("turning", _union(self._moments())),
            Step("turned", query(self._turned())),
            Step("placed", query(self._placed())),
            Step("told", self._told()),
            Step("cut", query(self._cut())),
            Step("version", query(self._version()), Role.KEPT),
            Step("epoch", query(_EPOCH), Role.KEPT),
        ]

    # When anything changes

    def _inside(self, moment: str) -> str:
        return f"{moment} > {self.start} AND {moment} <= {self.end}"

    def _employers(self) -> Iterator[str]:
        yield f"SELECT id AS contact_id, account_id FROM contacts WHERE id IN (FROM {WANTED})"
        if "account_id" in self.changed("contacts"):
            yield (
                "SELECT record_id, UNNEST([old_value, new_value]) FROM contact_history"
                f" WHERE field = 'account_id' AND record_id IN (FROM {WANTED})"
            )

    def _moments(self) -> Iterator[str]:
        yield f"SELECT contact_id, {self.start} AS at FROM {WANTED}"
        changed = "EPOCH_US(changed_at)"
        if fields := self.changed("contacts"):
            yield (
                f"SELECT record_id, {changed} FROM contact_history WHERE field IN ({_list(fields)})"
                f" AND record_id IN (FROM {WANTED}) AND {self._inside(changed)}"
            )
        if fields := self.changed("accounts"):
            yield (
                "SELECT e.contact_id, EPOCH_US(h.changed_at) FROM account_history AS h"
                " JOIN employers AS e ON e.account_id = h.record_id"
                f" WHERE h.field IN ({_list(fields)}) AND {self._inside('EPOCH_US(h.changed_at)')}"
            )
        if self.past.has_recycles:
            yield from self._recyclings()
        if self.has_engaged:
            yield (
                "SELECT e.contact_id, g.at FROM engaged_course AS g"
                " JOIN employers AS e ON e.account_id = g.account_id"
                f" WHERE {self._inside('g.at')}"
            )

    def _recyclings(self) -> Iterator[str]:
        """When each recycling begins to count, where that is dated ahead."""
        moment = "EPOCH_US(recycled_at)"
        yield (
            f"SELECT id, {moment} FROM contacts WHERE id IN (FROM {WANTED})"
            f" AND {self._inside(moment)}"
        )
        if "recycled_at" in self.changed("contacts"):
            yield (
                "SELECT record_id, EPOCH_US(moment) FROM (SELECT record_id,"
                " TRY_CAST(UNNEST([old_value, new_value]) AS TIMESTAMP) AS moment"
                " FROM contact_history WHERE field = 'recycled_at'"
                f" AND record_id IN (FROM {WANTED})) WHERE {self._inside('EPOCH_US(moment)')}"
            )

    # What holds then

    def _past_steps(self, plural: str) -> list[Step]:
        """Steps that end in `<plural>_past`: what each field with a history was, since when.

        Columns: record_id, at, and each field as a struct with its value `v`, NULL where the field
        of that record has no history. What held before the first change holds since ever.
        """
        history, fields = RECORDS[plural].history_name, self.changed(plural)
        mine = f"FROM {history} WHERE field IN ({_list(fields)})"
        if plural == "contacts":
            mine += f" AND record_id IN (FROM {WANTED})"
        moment = "EPOCH_US(changed_at)"
        # Within structs, which sort by their parts, because NULL is a value.
        then = _of_each(fields, "MAX({'a': changed_at, 's': seq, 'v': new_value})")
        first = _of_each(fields, "MIN({'a': changed_at, 's': seq, 'v': old_value})")
        taken = f"SELECT record_id, {moment} AS at, {then} {mine} GROUP BY record_id, {moment}"
        before = f"SELECT record_id, CAST({LONG_AGO} AS BIGINT), {first} {mine} GROUP BY record_id"
        filled = ", ".join(
            f"LAST_VALUE({quoted(each)} IGNORE NULLS) OVER w AS {quoted(each)}" for each in fields
        )
        past = (
            f"SELECT record_id, at, {filled} FROM {plural}_changes"
            " WINDOW w AS (PARTITION BY record_id ORDER BY at ROWS UNBOUNDED PRECEDING)"
        )
        return [
            Step(f"{plural}_changes", _union((taken, before), is_distinct=False)),
            Step(f"{plural}_past", query(past)),
        ]

    def _turned(self) -> str:
        """Each moment with the contact's own columns."""
        values, join = self._values("contacts", self.contact, "t.contact_id")
        return (
            f"SELECT t.contact_id, t.at{values} FROM turning AS t"
            f" JOIN contacts AS r ON r.id = t.contact_id{join}"
        )

    def _placed(self) -> str:
        """Besides, the columns of the account it was at, and how many were active there."""
        if not any(each.startswith(ACCOUNT) for each in self.fields):
            return "SELECT * FROM turned"
        values, join = self._values("accounts", self.account, "t.account_id")
        account = f" LEFT JOIN accounts AS r ON r.id = t.account_id{join}"
        if not self.has_engaged:
            return f"SELECT t.*{values} FROM turned AS t{account}"
        active = "CASE WHEN NOT t.account_id IS NULL THEN COALESCE(g.contacts, 0) END"
        return (
            f"SELECT t.*{values}, {active} AS engaged_contacts FROM turned AS t{account}"
            " ASOF LEFT JOIN engaged_course AS g ON g.account_id = t.account_id AND t.at >= g.at"
        )

    def _values(self, plural: str, names: Collection[str], key: str) -> tuple[str, str]:
        changed, absent = self.changed(plural), self.past.absent.get(plural, ())
        types = self.vocabulary.fields(plural)
        values, join = "", ""
        if changed:
            join = f" ASOF LEFT JOIN {plural}_past AS h ON h.record_id = {key} AND t.at >= h.at"
        for each in sorted(names):
            type_ = sql_type_of(types[each])
            now = f"CAST(NULL AS {type_})" if each in absent else f"r.{quoted(each)}"
            if each in changed:
                past = f"h.{quoted(each)}"
                then = f"{past}.v" if type_ == "text" else f"TRY_CAST({past}.v AS {type_})"
                now = f"CASE WHEN {past} IS NULL OR r.id IS NULL THEN {now} ELSE {then} END"
            values += f", {now} AS {quoted(('' if plural == 'contacts' else ACCOUNT) + each)}"
        return values, join

    def _told(self) -> exp.Select:
        """The columns by the names that conditions have for them."""
        told = exp.select(column("contact_id"), column("at"), column("account_id"))
        for each in sorted(self.fields | {"created_at", "recycled_at"}):
            value: exp.Expr = column("engaged_contacts" if each == ENGAGED_FIELD else each)
            if each == "email_domain":
                value = email_domain(column("email"))
            told = told.select(exp.alias_(value, field_column(each), quoted=True))
        return told.from_(exp.to_table("placed"))

    # Versions and leads

    def _cut(self) -> str:
        recycled = 'EPOCH_US("contact.recycled_at")'
        cutoff = f"CASE WHEN {recycled} <= at THEN {recycled} END"
        if not self.past.has_recycles:
            cutoff = "CAST(NULL AS BIGINT)"
        return f"SELECT *, {cutoff} AS cutoff FROM told"

    def _version(self) -> str:
        if self.is_still:
            return (
                "SELECT *, person AS lead, at AS begins,"
                f" CAST({self.end + 1} AS BIGINT) AS ends"
                " FROM (SELECT CAST(ROW_NUMBER() OVER () AS INT) AS person, * FROM cut)"
            )
        order = "PARTITION BY contact_id ORDER BY at"
        return (
            f"SELECT CAST(SUM(turns) OVER w AS INT) AS lead, CAST(SUM(CASE WHEN at = {self.start}"
            " THEN 1 ELSE 0 END) OVER w AS INT) AS person, * FROM (SELECT *, at AS begins,"
            f" LEAD(at, 1, {self.end + 1}) OVER ({order}) AS ends,"
            f" CASE WHEN at = {self.start} OR cutoff IS DISTINCT FROM LAG(cutoff) OVER ({order})"
            " THEN 1 ELSE 0 END AS turns FROM cut)"
            " WINDOW w AS (ORDER BY contact_id, at ROWS UNBOUNDED PRECEDING)"
        )

    @property
    def is_still(self) -> bool:
        """Whether nothing about contacts changes, but what they do."""
        changes = self.changed("contacts") or self.changed("accounts")
        return not (changes or self.past.has_recycles or self.has_engaged)

    def moments(self) -> Step:
        """The step `moment`: when a version begins, and when time since its creation tells."""
        texts = ["SELECT lead, begins AS at FROM version"]
        for length in self.created_after:
            at = f'EPOCH_US("contact.created_at") + {length}'
            texts.append(f"SELECT lead, {at} FROM version WHERE {at} > begins AND {at} < ends")
        return Step("moment", _union(texts))


_EPOCH = """
SELECT lead, ANY_VALUE(contact_id) AS contact_id, MIN(begins) AS begins, MAX(ends) AS ends,
    MIN(cutoff) AS cutoff
FROM version GROUP BY lead
"""


def _of_each(fields: Collection[str], found: str) -> str:
    """What is found among the changes of each field, by the field's name."""
    return ", ".join(
        f"{found} FILTER (WHERE field = {literal(each)}) AS {quoted(each)}" for each in fields
    )


def _list(names: Collection[str]) -> str:
    return ", ".join(map(literal, names))


def _union(texts: Collection[str] | Iterator[str], *, is_distinct: bool = True) -> exp.Query:
    parts = [query(each) for each in texts]
    found: exp.Query = parts[0]
    for part in parts[1:]:
        found = exp.union(found, part, distinct=is_distinct, copy=False)
    return found
