"""By when something must happen, read from the dates that companies write.

A date counts as a deadline only behind a word that makes it one: by, before, until, due, deadline,
expires. A period stands for its last day ("by end of January", "in Q1 2027"), except behind "before",
where a month, a quarter or a year stands for the day before it begins. Nothing is taken from dates that
only say when something was.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",),
            ("june", "jun"), ("july", "jul"), ("august", "aug"), ("september", "sept", "sep"),
            ("october", "oct"), ("november", "nov"), ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MARKER = (
    r"(?P<marker>(?:on or )?before|by|no later than|not later than|at the latest(?: by| on)?"
    r"|due(?: on| by| in)?"
    r"|deadline(?: is| of|:| for (?:\w{1,14} ){1,4}is)?|expir(?:es|y|ing)(?: on| at| in)?|lapses?(?: on| at)?"
    r"|ends?(?: on| at| in)?|closes(?: on)?|(?:open|valid|holds?|held|available|we have) until"
    r"|(?:decision|decided?|approve|meets?) (?:on|in|at|until)|needed (?:by|before|on))"
)
_PERIOD_END = r"(?P<end>(?:the )?(?:close|end) of )?"
_DATE = (
    r"(?:(?P<iso>\d{4}-\d{2}-\d{2})"
    rf"|(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b\.?(?:,? (?P<year>\d{{4}}))?"
    rf"|(?P<month_first>{_MONTH})\b\.? (?P<day_second>\d{{1,2}})(?:st|nd|rd|th)?\b"
    rf"(?:,? (?P<year_third>\d{{4}}))?"
    rf"|(?P<month_only>{_MONTH})\b\.?(?: (?P<month_year>\d{{4}}))?"
    r"|q(?P<quarter>[1-4])\b(?:[ /](?P<quarter_year>\d{4}))?"
    r"|(?P<year_quarter>\d{4})[- ]q(?P<quarter_last>[1-4])"
    r"|(?P<quarter_word>first|second|third|fourth|last) quarter(?: of)?(?: (?P<word_year>\d{4}))?"
    r"|h(?P<half>[12])\b(?: (?P<half_year>\d{4}))?"
    r"|(?P<this>year[- ]?end|the (?:year|quarter|month)|(?:this|next|the coming) (?:year|quarter|month|week))"
    rf"|(?P<weekday>{'|'.join(_WEEKDAYS)})|(?P<year_only>20\d{{2}})(?![-\d]))"
)
_DEADLINE = re.compile(
    rf"\b{_MARKER}(?: (?:on|in|at|the board meeting on|the))? ?{_PERIOD_END}(?:the )?{_DATE}"
)
_ANY_DAY = re.compile(rf"\b{_DATE}")
_GRACE = timedelta(days=31)
"""A date without a year is the next such day, or the last one if that is at most this long ago."""


def deadline_in(sentence: str, now: datetime) -> date | None:
    """Return the earliest day that *sentence* sets as a deadline, or None.

    *now* completes a date that is written without its year ("by 4 December"): pass when the sentence
    was written, where that is known. Impossible dates (31 April) are no deadline.
    """
    text = " ".join(sentence.lower().replace("*", "").split())
    return min(_deadlines(text, now.date()), default=None)


def first_day_named(sentence: str, now: datetime) -> date | None:
    """Return the first full date (day and month) in *sentence* that is not past, or None.

    For sentences that ask for a decision: a meeting's date binds without a "by".
    """
    text = " ".join(sentence.lower().replace("*", "").split())
    today = now.date()
    periods = (_period(match, today) for match in _ANY_DAY.finditer(text) if not match["weekday"])
    return min(
        (first for first, last in filter(None, periods) if first == last >= today), default=None
    )


def _deadlines(text: str, today: date) -> Iterator[date]:
    for match in _DEADLINE.finditer(text):
        period = _period(match, today)
        if period is None:
            continue
        first, last = period
        only_before = match["marker"] == "before" and match["end"] is None and first != last
        yield first - timedelta(days=1) if only_before else last


def _period(match: re.Match[str], today: date) -> tuple[date, date] | None:
    """Return the first and the last day that the matched words stand for."""
    try:
        if match["iso"]:
            day = date.fromisoformat(match["iso"])
            return day, day
        if match["day"] or match["day_second"]:
            return _day(match, today)
        return _longer_period(match, today)
    except ValueError:
        return None


def _day(match: re.Match[str], today: date) -> tuple[date, date]:
    month = _MONTHS[match["month"] or match["month_first"]]
    number = int(match["day"] or match["day_second"])
    year = match["year"] or match["year_third"]
    if year:
        day = date(int(year), month, number)
        return day, day
    day = date(today.year, month, number)
    if day < today - _GRACE:
        day = date(today.year + 1, month, number)
    elif date(today.year - 1, month, number) >= today - _GRACE:
        day = date(today.year - 1, month, number)
    return day, day


def _longer_period(match: re.Match[str], today: date) -> tuple[date, date]:
    if match["month_only"]:
        month = _MONTHS[match["month_only"]]
        return _months(match["month_year"], month, month, today)
    quarter = (
        match["quarter"] or match["quarter_last"] or _QUARTERS.get(match["quarter_word"] or "")
    )
    if quarter:
        year = match["quarter_year"] or match["year_quarter"] or match["word_year"]
        return _months(year, int(quarter) * 3 - 2, int(quarter) * 3, today)
    if match["half"]:
        return _months(
            match["half_year"], int(match["half"]) * 6 - 5, int(match["half"]) * 6, today
        )
    if match["weekday"]:
        ahead = (_WEEKDAYS.index(match["weekday"]) - today.weekday()) % 7
        return today + timedelta(days=ahead), today + timedelta(days=ahead)
    if match["year_only"]:
        return _months(match["year_only"], 1, 12, today)
    return _named_period(match["this"], today)


def _named_period(words: str, today: date) -> tuple[date, date]:
    if "week" in words:
        monday = today - timedelta(days=today.weekday())
        if not words.startswith("this"):
            monday += timedelta(days=7)
        return monday, monday + timedelta(days=6)
    if "year" in words:
        year = today.year + words.startswith(("next", "the coming"))
        return date(year, 1, 1), date(year, 12, 31)
    length = 3 if "quarter" in words else 1
    index = (today.month - 1) // length + words.startswith(("next", "the coming"))
    year, start = divmod(index * length, 12)
    return _months(str(today.year + year), start + 1, start + length, today)


def _months(year: str | None, first: int, last: int, today: date) -> tuple[date, date]:
    number = int(year) if year else today.year
    end = date(number, last, monthrange(number, last)[1])
    if year is None and end < today - _GRACE:
        number += 1
        end = date(number, last, monthrange(number, last)[1])
    return date(number, first, 1), end
