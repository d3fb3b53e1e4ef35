"""The whole past of scores against the ordinary scoring as of instants, on random data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from revops.definitions.scope import Vocabulary
from revops.definitions.scoring import Scoring
from revops.leads.scoring import WANTED, Past, Prepared, compile_scoring
from revops.leads.scoring.course import compile_course
from scoring_oracle.agreement import rows_agree
from scoring_oracle.company import INSTANTS, Company, busy_company, companies
from scoring_oracle.conditions import written
from scoring_oracle.definitions import CUSTOM, LISTS, definitions
from scoring_oracle.tables import history_fields, tables

if TYPE_CHECKING:
    from collections.abc import Iterable

Definition = dict[str, Any]
NOW = INSTANTS[0]
BUSY = busy_company(NOW, contacts=20)
MICROSECOND = timedelta(microseconds=1)
VOCABULARY = Vocabulary(LISTS, CUSTOM)
TOLD = "contact_id, model, fit, engagement, total, band, qualified, reached"
some = settings(
    max_examples=10,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Told:
    """A company's scores over a time."""

    def __init__(
        self, definition: Definition, company: Company, start: datetime, end: datetime
    ) -> None:
        self.scoring = Scoring.model_validate(written(definition))
        self.past = Past(history_fields(company))
        self.con = duckdb.connect(config={"threads": 1})
        for name, table in tables(company).items():
            self.con.register(name, table)
        self.con.execute(f"CREATE TEMP TABLE {WANTED} AS SELECT id AS contact_id FROM contacts")
        course = compile_course(self.scoring, VOCABULARY, _utc(start), _utc(end), past=self.past)
        Prepared(self.con, [*course.shared, *course.steps])
        self.con.execute("CREATE TEMP TABLE told AS FROM course")

    def moments(self) -> list[datetime]:
        rows = self.con.execute("SELECT DISTINCT changed_at FROM told ORDER BY 1").fetchall()
        return [each for (each,) in rows]

    def at(self, instant: datetime) -> list[dict[str, Any]]:
        """What the course says of an instant."""
        return self._rows(
            f"SELECT {TOLD} FROM told WHERE changed_at <= $1"
            " QUALIFY ROW_NUMBER() OVER (PARTITION BY contact_id ORDER BY changed_at DESC) = 1",
            instant,
        )

    def scored(self, instant: datetime) -> list[dict[str, Any]]:
        """What the ordinary scoring says of it."""
        steps = compile_scoring(self.scoring, VOCABULARY, _utc(instant), past=self.past)
        Prepared(self.con, steps)
        return self._rows(f"SELECT {TOLD} FROM scores")

    def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        result = self.con.execute(sql, values)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def agrees(self, instants: Iterable[datetime]) -> None:
        for instant in instants:
            note(str(instant))
            told = [each for each in self.at(instant) if each["model"] is not None]
            rows_agree(told, self.scored(instant), ["contact_id"])


def _utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC)


def around(moments: list[datetime], start: datetime, end: datetime) -> list[datetime]:
    """Right before, at, and right after each."""
    near = {each + k * MICROSECOND for each in moments for k in (-1, 0, 1)}
    return sorted(each for each in near if start <= each <= end)


@given(data=st.data(), definition=definitions(), end=st.sampled_from(INSTANTS))
@some
def test_agrees_with_scoring_as_of_each_moment(
    data: st.DataObject, definition: Definition, end: datetime
) -> None:
    company = data.draw(companies(end))
    start = end - timedelta(days=data.draw(st.sampled_from((60, 20, 3))))
    note(str(written(definition)))
    past = Told(definition, company, start, end)
    near = around(past.moments(), start, end)
    drawn = data.draw(st.lists(st.sampled_from(near), max_size=6, unique=True))
    past.agrees([start, *drawn, *data.draw(st.lists(st.datetimes(start, end), max_size=2)), end])


@given(data=st.data(), definition=definitions())
@settings(some, max_examples=8)
def test_agrees_where_much_is_going_on(data: st.DataObject, definition: Definition) -> None:
    start = NOW - timedelta(days=40)
    note(str(written(definition)))
    past = Told(definition, BUSY, start, NOW)
    near = around(past.moments(), start, NOW)
    drawn = data.draw(st.lists(st.sampled_from(near), max_size=5, unique=True))
    past.agrees([*drawn, data.draw(st.datetimes(start, NOW))])
