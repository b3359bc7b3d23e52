"""The figures of a statement against those of its evidence: value, unit, period, and what they belong to.

Every number counts, in digits or in words, with or without a unit; a day is a number with its month. Two
figures are the same when their values are equal and their units do not differ. Where the evidence holds
several figures of one unit, the words around decide which one the statement speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from reasoning.dates import dates_in
from reasoning.grounded_wording import clauses_of, content_words

_SMALL = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
"""
_TEN_AND_MORE = "ten twenty thirty forty fifty sixty seventy eighty ninety hundred"
_WORDS = {
    **{name: 10 * number for number, name in enumerate(_TEN_AND_MORE.split(), start=1)},
    **{name: number for number, name in enumerate(_SMALL.split())},
}
_TENS = "|".join(name for name, number in _WORDS.items() if number in range(20, 100, 10))
_UNITS = "|".join(name for name, number in _WORDS.items() if 0 < number < 10)  # noqa: PLR2004 -- digits
_WORD_NUMBER = rf"(?:(?:{_TENS})-(?:{_UNITS})|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_CURRENCIES = {
    "€": "EUR",
    "$": "USD",
    "us$": "USD",
    "£": "GBP",
    "euro": "EUR",
    "euros": "EUR",
    "dollar": "USD",
    "dollars": "USD",
    "pound": "GBP",
    "pounds": "GBP",
}
_CODES = "EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|JPY|CAD|AUD"
_SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "millions": 1e6,
    "bn": 1e9,
    "b": 1e9,
    "billion": 1e9,
    "trillion": 1e12,
}
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
_PERIODS = "second|minute|hour|day|week|month|quarter|year"
_MEASURES = (
    rf"(?:{_PERIODS})s?|ms|milliseconds?|bytes|[kmgt]b|km|kilomet(?:re|er)s?|met(?:re|er)s?|mm|cm|tonnes?"
    r"|kg|degrees|basis points|points|times"
)
_FIGURE = re.compile(
    rf"(?P<before>US\$|[€$£]|\b(?:{_CODES})\b)?[ \u00a0]?"
    rf"(?:(?<![\w.,])(?P<digits>\d{{1,3}}(?:[,\u00a0\u202f’']\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"|(?<![\w-])(?P<word>{_WORD_NUMBER})(?![\w]))"
    rf"(?:st|nd|rd|th)?(?:[ \u00a0-]?(?P<scale>thousand|millions?|billion|trillion|mn|bn|[kmb])(?!\w))?"
    rf"(?:[ \u00a0]?(?P<percent>%|per ?cent\b|percent\b)"
    rf"|[ \u00a0](?:of )?(?P<month>{_MONTHS})\b"
    rf"|[ \u00a0]?(?P<after>€|(?:{_CODES}|euros?|dollars?|pounds?)\b)"
    rf"|[ \u00a0-]?(?P<measure>{_MEASURES})\b)?"
    rf"(?:[ \u00a0](?:a|an|per|each|every)[ ](?P<period>{_PERIODS})\b)?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(rf"\b({_MONTHS})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d)", re.IGNORECASE)
_MONTHS_LETTERS = 3
_TO = re.compile(r"\s*(?:a|per|to|and)?\s*\bto\s+(?:about |roughly )?$|\s*[–-]\s*$")


class StatedFigure(NamedTuple):
    """A number as a text states it, at `text[start:end]`, with the content words of its clause."""

    value: float
    unit: str
    period: str
    about: frozenset[str]
    start: int
    end: int

    def agrees_with(self, other: StatedFigure) -> bool:
        """Whether *other* is the same number of the same unit, where both say their unit."""
        units_agree = self.unit == other.unit or not (self.unit and other.unit)
        if self.unit.startswith("date:") or other.unit.startswith("date:"):
            units_agree = self.unit == other.unit
        periods_agree = self.period == other.period or not self.period
        tolerance = 1e-9 * max(1.0, abs(self.value))
        return abs(self.value - other.value) <= tolerance and units_agree and periods_agree


@lru_cache(maxsize=4_096)
def stated_figures(text: str) -> tuple[StatedFigure, ...]:
    """Return every figure of *text*, as it comes."""
    plain = with_plain_dates(text)
    found: list[StatedFigure] = []
    for clause, offset in clauses_of(plain):
        about = content_words(clause)
        for match in _FIGURE.finditer(clause):
            if match["word"] and match["word"].lower() == "one" and not _has_unit(match):
                continue
            value = _value(match)
            found.append(
                StatedFigure(
                    value,
                    _unit(match),
                    (match["period"] or "").lower(),
                    about,
                    offset + match.start(),
                    offset + match.end(),
                )
            )
    return tuple(found)


def missing_figures(statement: str, quotes: Sequence[str]) -> bool:
    """Whether *statement* states a figure that none of *quotes* does."""
    given = [figure for quote in quotes for figure in stated_figures(quote)]
    return any(
        not any(figure.agrees_with(other) for other in given)
        for figure in stated_figures(statement)
    )


def misplaced_figures(statement: str, quotes: Sequence[str]) -> bool:
    """Whether *statement* gives a figure to another thing than *quotes* do, or turns a range round."""
    own = stated_figures(statement)
    given = [figure for quote in quotes for figure in stated_figures(quote)]
    if any(_belongs_to_another(figure, own, given) for figure in own):
        return True
    turned = {(second[0], first[0]) for quote in quotes for first, second in _ranges(quote)}
    return any((first[0], second[0]) in turned for first, second in _ranges(statement))


def with_plain_dates(text: str) -> str:
    """Return *text* with ISO dates and "June 30" written as "30 June", and "Q2" as "second quarter"."""
    for mention in reversed(dates_in(text)):
        words = text[mention.start : mention.end]
        if re.fullmatch(r"\d{4}-\d\d-\d\d", words):
            day = f"{mention.first.day} {mention.first:%B %Y}"
            text = f"{text[: mention.start]}{day}{text[mention.end :]}"
    text = _MONTH_FIRST.sub(r"\2 \1", text)
    return re.sub(
        r"\bQ([1-4])\b",
        lambda match: ("first", "second", "third", "fourth")[int(match[1]) - 1] + " quarter",
        text,
    )


def _belongs_to_another(
    figure: StatedFigure, own: Sequence[StatedFigure], given: Sequence[StatedFigure]
) -> bool:
    """Whether the words around *figure* stand in the evidence around another one, left out beside it."""
    beside = [one for one in own if one.about == figure.about]
    same = [len(figure.about & one.about) for one in given if figure.agrees_with(one)]
    others = [
        len(figure.about & one.about)
        for one in given
        if one.unit == figure.unit and not any(other.agrees_with(one) for other in beside)
    ]
    return bool(same) and max(others, default=0) > max(same)


def _ranges(text: str) -> list[tuple[StatedFigure, StatedFigure]]:
    figures = stated_figures(text)
    plain = with_plain_dates(text)
    return [
        (first, second)
        for first, second in pairwise(figures)
        if first.value != second.value and _TO.search(plain[first.end : second.start])
    ]


def _has_unit(match: re.Match[str]) -> bool:
    return any(match[name] for name in ("scale", "percent", "month", "before", "after", "measure"))


def _value(match: re.Match[str]) -> float:
    if match["digits"]:
        number = float(re.sub(r"[,\u00a0\u202f’']", "", match["digits"]))
    else:
        number = float(sum(_WORDS[part] for part in match["word"].lower().split("-")))
    return number * _SCALES.get((match["scale"] or "").lower(), 1.0)


def _unit(match: re.Match[str]) -> str:
    currency = match["before"] or match["after"]
    if currency:
        return _CURRENCIES.get(currency.lower(), currency.upper())
    if match["percent"]:
        return "percent"
    if match["month"]:
        return f"date:{match['month'].lower()[:_MONTHS_LETTERS]}"
    measure = (match["measure"] or "").lower()
    return measure.removesuffix("s") if measure not in {"ms", "bytes"} else measure
