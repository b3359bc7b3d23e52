"""What kind of thing a question asks for, and whether a text states one: a date, a sum, a figure, a person."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from reasoning.dates import dates_in
from reasoning.figures import FigureKind, figures_in
from reasoning.wording import folded, pattern_of


class Asked(StrEnum):
    """What kind of thing a question asks for; the value is what is missing where nothing states it."""

    WHEN = "no date"
    SUM = "no sum"
    HOW_MUCH = "no figure"
    WHO = "no name"
    OTHER = ""


_ASKED = (
    (
        Asked.WHEN,
        pattern_of(r"""
            when; what (?:date|day|time); which (?:day|date|month|year|quarter); deadline; how soon
        """),
    ),
    (
        Asked.SUM,
        pattern_of(r"""
            how much .{0,60}(?:pay|paid|costs?|spen[dt]|earn|charge|worth|lose|save|price|fees?|penalty|
            revenue|budget);
            what (?:would|does|do|will|did) .{1,60} (?:cost|charge|pay|earn);
            what(?:'s|s| is| was| are| were) (?:the |our )?(?:\w{1,14} ){0,3}(?:price|costs?|revenue|penalty|
            budget|fees?)
        """),
    ),
    (
        Asked.HOW_MUCH,
        pattern_of(r"""
            how (?:much|many|high|large|big|long|old|often|far);
            what(?:'s|s| is| was| are| were) (?:the |our )?(?:\w{1,14} ){0,3}(?:rate|margin|limit|cap|share|
            figure|score|availability|turnover|headcount|size)
        """),
    ),
    (Asked.WHO, pattern_of("who; whom; whose")),
)
_AHEAD = pattern_of(r"when (?:is|are|will|does|do|can); next; deadline; upcoming")
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAY = re.compile(rf"\b\d{{1,2}} (?:{MONTHS})\b|\b\d{{1,2}}:\d\d\b")
_NUMBER = re.compile(
    r"(?<![\w.-])\d[\d.,]*\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
)
_SUMS = frozenset({FigureKind.MONEY, FigureKind.SHARE})
_PERSON = re.compile(
    r"\b[A-ZÀ-ÖØ-Þ][\w'’-]+ (?:van |de |von )?[A-ZÀ-ÖØ-Þ][\w'’-]+\b|\b(?:Mr|Ms|Dr) [A-ZÀ-ÖØ-Þ]"
)


def asked_for(question: str) -> Asked:
    """Return what *question* asks for."""
    text = folded(question)
    return next((kind for kind, pattern in _ASKED if pattern.search(text)), Asked.OTHER)


def asks_ahead(question: str) -> bool:
    """Whether *question* asks for what is yet to come: "when is", "the next"."""
    return _AHEAD.search(folded(question)) is not None


def states(asked: Asked, text: str, ahead_of: date | None) -> bool:
    """Whether *text* states a thing of that kind; with *ahead_of*, only a date from that day on counts."""
    if asked is Asked.WHEN:
        if ahead_of is None:
            return bool(_DAY.search(text) or dates_in(text))
        return any(mention.last >= ahead_of for mention in dates_in(text, ahead_of))
    if asked is Asked.SUM:
        return any(figure.kind in _SUMS for figure in figures_in(text))
    if asked is Asked.HOW_MUCH:
        return bool(figures_in(text) or _NUMBER.search(text))
    return asked is Asked.WHO and _PERSON.search(text) is not None
