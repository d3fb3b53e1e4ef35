"""`calendars.yaml`: when people work, in which time zone, and on which days they do not."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal, Self, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, ConfigDict, Field, RootModel, model_validator

from revops.definitions.model import Definition, Name
from revops.kit.issue import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from revops.kit.calendar import BusinessCalendar

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


def _unknown(kind: str, name: str, known: Iterable[str]) -> ValueError:
    near = did_you_mean(name, known)
    return ValueError(f"there is no {kind} '{name}'" + (f"; {near}" if near else ""))


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        raise _unknown("time zone", name, _time_zones())
    return name


TimeZone = Annotated[
    str,
    AfterValidator(_time_zone),
    Field(description="IANA time zone", examples=["America/New_York", "Europe/Berlin", "UTC"]),
]
"""A time zone of the IANA database, such as `Europe/Berlin`."""


def _hours(text: str) -> str:
    from revops.kit.calendar import parse_spans

    parse_spans(text)
    return text


Hours = Annotated[
    str,
    AfterValidator(_hours),
    Field(examples=["09:00-17:30", "09:00-12:30, 13:30-17:00"]),
]
"""The spans of a working day, in order and with commas between them."""


class Holidays(Definition):
    """Days off: a country's public holidays and days of one's own."""

    country: Annotated[
        str | None, Field(description="ISO 3166 code of the country", examples=["US", "DE"])
    ] = None
    subdivision: Annotated[
        str | None, Field(description="State or region, by its code", examples=["CA", "BY"])
    ] = None
    dates: Annotated[tuple[date, ...], Field(description="Further days off")] = ()

    @model_validator(mode="after")
    def _are_known(self) -> Self:
        if self.country is None:
            if self.subdivision is not None:
                raise ValueError("a subdivision needs its country")
            return self
        import holidays

        try:
            holidays.country_holidays(self.country, self.subdivision)
        except NotImplementedError:
            countries = holidays.list_supported_countries(include_aliases=True)
            if self.country not in countries:
                raise _unknown("country with known holidays", self.country, countries) from None
            known = countries[self.country]
            raise _unknown(f"subdivision of {self.country}", str(self.subdivision), known) from None
        return self


class Calendar(Definition):
    """The working hours of some people."""

    time_zone: TimeZone = "UTC"
    hours: Annotated[
        dict[Weekday, Hours],
        Field(min_length=1, description="Hours of each working day; a day not named is off"),
    ]
    holidays: Holidays = Holidays()

    def business(self) -> BusinessCalendar:
        """The calendar as the clocks of service levels count on it."""
        from revops.kit.calendar import BusinessCalendar, parse_spans

        return BusinessCalendar(
            ZoneInfo(self.time_zone),
            tuple(parse_spans(self.hours.get(day, "")) for day in WEEKDAYS),
            self.holidays.country or "",
            self.holidays.subdivision or "",
            frozenset(self.holidays.dates),
        )


class Calendars(RootModel[dict[Name, Calendar]]):
    """The whole of `calendars.yaml`: the name of each calendar, and its hours."""

    model_config = ConfigDict(frozen=True)

    root: dict[Name, Calendar] = {}
