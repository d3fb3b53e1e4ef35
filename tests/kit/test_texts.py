from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.kit.texts import Form, TextError, check_text, nested, places_in, render, value_of
from revops.kit.texts.filling import CUT, MOST_FILLED, MOST_VALUE

KNOWN = {"contact.first_name", "contact.title", "activity.properties.*", "leads[].name", "count"}
VALUES = {
    "contact": {"first_name": "Ann", "title": None},
    "score": {"total": 65.0, "fit": 12.345},
    "leads": [{"name": "Bo"}, {"name": "Cy"}],
}


class TestPlaces:
    @pytest.mark.parametrize(
        ("text", "filled"),
        [
            ("Hello {{ contact.first_name }}!", "Hello Ann!"),
            ("{{ contact.title }}|{{ contact.nothing.at.all }}|{{ nobody.name }}", "||"),
            ("{{ contact.title | default('no title') }}", "no title"),
            ("{{ contact.items | default('no items') }}", "no items"),
            ("{{ nobody.name | default(contact.first_name) }}", "Ann"),
            ("{{ score.total }} {{ score.fit }} {{ score.fit | round(1) }}", "65 12.35 12.3"),
            ("{{ contact.first_name | upper }}-{{ 'A  b&C' | slug }}", "ANN-a-b-c"),
            ("?q={{ 'a b&c' | url }}", "?q=a%20b%26c"),
            ("{% if score.total > 50 %}hot{% else %}cold{% endif %}", "hot"),
            ("{% for each in leads %}\n- {{ each.name }}\n{% endfor %}", "- Bo\n- Cy"),
            ("{% for each in nobody %}x{% endfor %}", ""),
            ("100% of { this } stays", "100% of { this } stays"),
        ],
    )
    def test_filled(self, text: str, filled: str) -> None:
        assert render(text, VALUES) == filled

    def test_times_are_of_the_readers_zone_and_values_of_none(self) -> None:
        at = datetime(2026, 7, 1, 12, tzinfo=UTC)
        values = {"at": at, "on": date(2026, 7, 1), "yes": True}
        zone = ZoneInfo("Europe/Berlin")
        assert (
            render("{{ at }}, {{ on }}", values, zone=zone) == "2026-07-01 14:00 CEST, 2026-07-01"
        )
        assert render("{{ at }}", values, form=Form.VALUE, zone=zone) == "2026-07-01T12:00:00+00:00"
        assert render("{{ at | day }} {{ yes }}", values) == "2026-07-01 yes"

    def test_names_with_dots_are_nested(self) -> None:
        flat = {"contact.name": "Ann", "account": "x", "account.name": "Acme", "link": "L"}
        values = nested(flat)
        assert values == {"contact": {"name": "Ann"}, "account": {"name": "Acme"}, "link": "L"}


class TestValues:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("{{ score.total }}", 65.0),
            (" {{ score.fit | round(1) }} ", 12.3),
            ("{{ count }}", 3),
            ("{{ is_open }}", True),
            ("{{ contact.title }}", None),
            ("{{ nobody.name }}", None),
            ("{{ contact.title | default(0) }}", 0),
            ("{{ contact.first_name }}", "Ann"),
            ("{{ contact }}", ""),
            ("{{ on }}", "2026-07-01"),
            ("{{ score.total }} points", "65 points"),
            ("{{ score.total }}{{ count }}", "653"),
            ("{{ count }} }} {{ 1 }}", "3 }} 1"),
            ("score.total", "score.total"),
            ("{{ 'a' if count else 'b' }}", "a"),
            ("", ""),
        ],
    )
    def test_a_place_alone_keeps_its_kind(self, text: str, value: object) -> None:
        values = {**VALUES, "count": 3, "is_open": True, "on": date(2026, 7, 1)}
        found = value_of(text, values)
        assert (found, type(found)) == (value, type(value))

    @given(st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=50)))
    def test_no_value_is_read_as_a_text(self, value: object) -> None:
        found = value_of("{{ it }}", {"it": value})
        assert found == (value.strip() if isinstance(value, str) else value)


class TestHarmless:
    @given(st.text(max_size=200))
    def test_a_value_is_never_read_as_a_text(self, value: str) -> None:
        assert render("[{{ x }}]", {"x": value}) == f"[{value}]"

    @given(st.text(max_size=100))
    def test_a_subject_is_one_line(self, value: str) -> None:
        line = render("Re: {{ x }}", {"x": value}, form=Form.LINE)
        assert len(line.splitlines()) == 1

    def test_nobody_is_mentioned_by_a_value_in_slack(self) -> None:
        filled = render("*New* <https://x|x> {{ x }}", {"x": "<!channel> & co"}, form=Form.SLACK)
        assert filled == "*New* <https://x|x> &lt;!channel&gt; &amp; co"

    @pytest.mark.parametrize(
        "place",
        [
            "x.__class__",
            "x.upper",
            "d.items",
            "d.keys",
            "f.__globals__",
            "d",
            "f",
            "_zone",
            "o",
            "x.upper | lower",
            "d.keys | slug",
            "o | title",
            "f | url",
            "x.upper | default(o)",
        ],
    )
    def test_only_what_mappings_hold_is_reached(self, place: str) -> None:
        values: dict[str, Any] = {"x": "text", "d": {"a": 1}, "f": print, "o": object()}
        assert render(f"[{{{{ {place} }}}}]", values) == "[]"

    def test_a_field_may_be_called_as_a_method_of_mappings_is(self) -> None:
        assert render("{{ d.items }} {{ d.values }}", {"d": {"items": "a", "values": 2}}) == "a 2"

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{% set x = 1 %}", "assign"),
            ("{% include 'x' %}", "include"),
            ("{% macro m() %}{% endmacro %}", "macro"),
            ("{{ range(9) }}", "call"),
            ("{{ x[0] }}", "getitem"),
            ("{{ 'a' * 1000000000 }}", "mul"),
            ("{{ x is defined }}", "test"),
            ("{{ ''.__class__ }}", "const"),
            ("{% for a in range(9) %}{% endfor %}", "call"),
            ("{% for a, b in x %}{% endfor %}", "for"),
            ("{{ x | attr('y') }}", "no filter 'attr'"),
            ("{{ x", "cannot be read"),
            ("{% if x %}", "cannot be read"),
            ("{{ " + "9" * 5000 + " }}", "huge number"),
            ("{{ " + "(" * 3000, "too deeply"),
            ("{{ " + "a and " * 3000 + "a }}", "too deeply"),
            ("x" * 20_001, "longer than 20000"),
            ("{% for a in x %}" * 3 + "{% endfor %}" * 3, "2 loops"),
        ],
    )
    def test_refused(self, text: str, says: str) -> None:
        with pytest.raises(TextError, match=says):
            render(text, {"x": "y"})
        (error,) = check_text(text, {"x"})
        assert says in error.message


class TestLimits:
    def test_a_long_value_is_cut(self) -> None:
        filled = render("{{ x }}|", {"x": "y" * 2_000_000})
        assert filled == "y" * (MOST_VALUE - len(CUT)) + CUT + "|"

    def test_a_long_text_is_cut(self) -> None:
        filled = render("{% for each in many %}{{ each.x }}{% endfor %}", {
            "many": [{"x": "y" * 1_000}] * 100_000,
        })  # fmt: skip
        assert len(filled) == MOST_FILLED
        assert filled.endswith(CUT)


class TestCheck:
    @pytest.mark.parametrize(
        "text",
        [
            "nothing to fill in",
            "{{ contact.title }} {{ activity.properties.starts_at }} {{ count | default(0) }}",
            "{% for lead in leads %}{{ lead.name }}{% endfor %}",
        ],
    )
    def test_fine(self, text: str) -> None:
        assert list(check_text(text, KNOWN)) == []

    @pytest.mark.parametrize(
        ("text", "message", "mend", "line"),
        [
            ("{{ contact.titel }}", "no place 'contact.titel'", "'contact.title'", 1),
            ("a\n{{ company.name }}", "no place 'company.name'", "lists the places", 2),
            ("{% for x in lead %}{% endfor %}", "no list 'lead'", "did you mean", 1),
            ("{% for lead in leads %}{{ lead.nam }}{% endfor %}", "'leads.nam'", "'leads.name'", 1),
            ("{{ count | defalt(1) }}", "no filter 'defalt'", "'default'", 1),
        ],
    )
    def test_told(self, text: str, message: str, mend: str, line: int) -> None:
        (error,) = check_text(text, KNOWN)
        assert message in error.message
        assert mend in error.mend
        assert error.line == line

    def test_each_place_once_and_all_of_them(self) -> None:
        found = list(check_text("{{ a.b }} {{ a.b }}\n{{ c.d }}", KNOWN))
        assert sorted(error.line for error in found) == [1, 2]

    def test_places(self) -> None:
        text = "{{ a.b | default(c) }}{% for x in l.m %}{{ x.y }}{% endfor %}"
        assert [place.name for place in places_in(text)] == ["a.b", "c", "l.m[]", "l.m[].y"]
