"""Dates, quarters and durations as a text states them.

A quarter, a month or a year is a stretch of days: its first day is when something can start, its
last day is when something due in it must be done. A quarter without a year ("Q1 results") is not placed
in time and is left alone; so is a day without a year, unless it is known from when on to look.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple


class DateMention(NamedTuple):
    """A day, month, quarter or year, and where it stands: `text[start:end]`."""

    first: date
    last: date
    start: int
    end: int


class PeriodMention(NamedTuple):
    """A duration and where it stands; `weeks` is the duration in weeks, not rounded."""

    duration: timedelta
    start: int
    end: int

    @property
    def weeks(self) -> float:
        """The duration in weeks."""
        return self.duration / timedelta(weeks=1)


_MONTHS = {
    **{name.lower(): number for number, name in enumerate(calendar.month_name) if name},
    **{name.lower(): number for number, name in enumerate(calendar.month_abbr) if name},
    "sept": 9,
}
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_YEAR = r"20\d\d"
_DATE = re.compile(
    rf"\b(?:(?P<iso_year>{_YEAR})-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)"
    rf"|(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\.?,? (?P<year>{_YEAR})"
    rf"|(?P<us_month>{_MONTH})\.? (?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<us_year>{_YEAR})"
    rf"|(?:(?P<part>end|close|start|beginning|middle) of )?(?:the )?"
    rf"(?:Q(?P<quarter>[1-4])(?:[ /-]|, | of )?|(?P<word>first|second|third|fourth"
    rf"|last) quarter(?: of|,)? )"
    rf"(?P<quarter_year>{_YEAR})"
    rf"|(?P<half_word>H[12]|(?:first|second) half of)[ /-]?(?P<half_year>{_YEAR})"
    rf"|(?P<only_month>{_MONTH})\.?,? (?P<month_year>{_YEAR})"
    rf"|(?P<year_part>end|close|start|beginning|middle) of (?:the year )?(?P<part_year>{_YEAR})"
    rf"|(?P<only_year>{_YEAR}))\b(?![,.]?\d|-\d)",
    re.IGNORECASE,
)
_DAY_ONLY = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})"
    rf"|(?P<us_month>{_MONTH})\.? (?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?)\b(?!,? \d{{4}})",
    re.IGNORECASE,
)
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}
_COUNTS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "eighteen": 18,
    "twenty-four": 24,
}
_PERIOD = re.compile(
    rf"\b(?P<count>\d{{1,3}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})[ -]"
    r"(?:calendar |working |business )?(?P<unit>day|week|month|quarter|year)s?\b",
    re.IGNORECASE,
)
_DAYS_A_UNIT = {
    "day": 1.0,
    "week": 7.0,
    "month": 365.25 / 12,
    "quarter": 365.25 / 4,
    "year": 365.25,
}


def dates_in(text: str, since: date | None = None) -> tuple[DateMention, ...]:
    """Return the placed dates of *text* as they come; impossible ones (31 February) are left out.

    With *since*, a day and month without a year stand for the next such day from then on.
    """
    found = [] if since is None else list(_days_without_year(text, since))
    for match in _DATE.finditer(text):
        try:
            first, last = _days_of({name: value or "" for name, value in match.groupdict().items()})
        except ValueError:
            continue
        found.append(DateMention(first=first, last=last, start=match.start(), end=match.end()))
    return tuple(sorted(found, key=lambda mention: mention.start))


def _days_without_year(text: str, since: date) -> Iterator[DateMention]:
    for match in _DAY_ONLY.finditer(text):
        month = _MONTHS[(match["month"] or match["us_month"]).lower()]
        number = int(match["day"] or match["us_day"])
        for year in (since.year, since.year + 1):
            try:
                day = date(year, month, number)
            except ValueError:
                continue
            if day >= since:
                yield DateMention(first=day, last=day, start=match.start(), end=match.end())
                break


def periods_in(text: str) -> tuple[PeriodMention, ...]:
    """Return the durations of *text* as they come, in whole days."""
    found: list[PeriodMention] = []
    for match in _PERIOD.finditer(text):
        word = match["count"].lower()
        count = _COUNTS.get(word) or int(word)
        days = round(count * _DAYS_A_UNIT[match["unit"].lower()])
        if days:
            found.append(PeriodMention(timedelta(days=days), match.start(), match.end()))
    return tuple(found)


def _days_of(parts: dict[str, str]) -> tuple[date, date]:
    if parts["iso_year"]:
        day = date(int(parts["iso_year"]), int(parts["iso_month"]), int(parts["iso_day"]))
        return day, day
    if parts["day"]:
        day = date(int(parts["year"]), _MONTHS[parts["month"].lower()], int(parts["day"]))
        return day, day
    if parts["us_day"]:
        day = date(int(parts["us_year"]), _MONTHS[parts["us_month"].lower()], int(parts["us_day"]))
        return day, day
    return _stretch_of(parts)


def _stretch_of(parts: dict[str, str]) -> tuple[date, date]:
    part = (parts["part"] or parts["year_part"]).lower()
    if parts["quarter_year"]:
        quarter = int(parts["quarter"] or 0) or _QUARTERS[parts["word"].lower()]
        first, last = _months(int(parts["quarter_year"]), 3 * quarter - 2, 3 * quarter)
    elif parts["half_year"]:
        second = parts["half_word"].lower() in {"h2", "second half of"}
        first, last = _months(int(parts["half_year"]), 7 if second else 1, 12 if second else 6)
    elif parts["only_month"]:
        month = _MONTHS[parts["only_month"].lower()]
        first, last = _months(int(parts["month_year"]), month, month)
    else:
        first, last = _months(int(parts["part_year"] or parts["only_year"]), 1, 12)
    if part in {"start", "beginning"}:
        return first, first
    if part == "middle":
        middle = first + (last - first) / 2
        return middle, middle
    if part:
        return last, last
    return first, last


def _months(year: int, first: int, last: int) -> tuple[date, date]:
    return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])
