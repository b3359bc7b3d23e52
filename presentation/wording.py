"""How Diarchy's values read in English: levels, categories, dates, windows, grades and confidence.

Times are given in UTC and say so. A level is always written out or given in letters, never by
colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from domain.analysis import Rating, Timeline
from domain.clearance import ConfidentialityLevel
from domain.knowledge import Domain, KnowledgeCategory
from domain.sentences import shortened
from domain.sessions import ERASED, Message, MessageStatus, Route, RoutingDecision
from domain.summary import TimeHorizon

_LEVEL_LETTERS = {
    ConfidentialityLevel.PUBLIC: "P",
    ConfidentialityLevel.INTERNAL: "I",
    ConfidentialityLevel.CONFIDENTIAL: "C",
    ConfidentialityLevel.RESTRICTED: "R",
    ConfidentialityLevel.TOP_SECRET: "TS",
}

_TIMELINES = {
    Timeline.IMMEDIATE: "now",
    Timeline.THIS_MONTH: "this month",
    Timeline.THIS_QUARTER: "this quarter",
    Timeline.THIS_YEAR: "this year",
}

_RATINGS = {
    Rating.HIGH: "high",
    Rating.MEDIUM: "medium",
    Rating.LOW: "low",
    Rating.UNKNOWN: "unknown: nothing was found to grade it by",
}

_ANSWERERS = {
    Route.SOPHIA: "Sophia",
    Route.ARTEMIS: "Artemis",
    Route.BOTH: "Sophia and Artemis",
    Route.KNOWLEDGE: "Knowledge",
    None: "A question back",
}

_CONFIDENCE_MEANINGS = (
    (0.75, "strong", "recent sources that bear on the question and agree cover most of it"),
    (0.5, "fair", "the evidence carries the main points; check those that decide the matter"),
    (0.25, "limited", "part of the question is covered; treat this as a starting point"),
    (0.000_001, "slight", "little evidence, or old, or at odds with itself"),
    (0.0, "none", "no evidence bears on the question"),
)


def words(member: StrEnum) -> str:
    """Return an enumeration's member as words: `risk_management` as `Risk management`."""
    return member.value.replace("_", " ").capitalize()


def level_name(level: ConfidentialityLevel) -> str:
    return words(level)


def level_banner(level: ConfidentialityLevel) -> str:
    """Return the level as a banner carries it: `TOP SECRET`."""
    return words(level).upper()


def level_letters(level: ConfidentialityLevel) -> str:
    """Return the level in the letters of a citation mark: P, I, C, R or TS."""
    return _LEVEL_LETTERS[level]


def timeline_words(timeline: Timeline) -> str:
    return _TIMELINES[timeline]


def rating_words(rating: Rating) -> str:
    return _RATINGS[rating]


def category_names(categories: Iterable[KnowledgeCategory]) -> str:
    """Return the categories as a list within a sentence."""
    return enumerated(words(category).lower() for category in categories)


def decided(decision: RoutingDecision) -> str:
    """Return who answers and how sure that is: `Sophia, 0.82`."""
    return f"{_ANSWERERS[decision.route]}, {decision.confidence:.2f}"


def why_unanswered(message: Message) -> str | None:
    """Return why a reader's message has no answer; None where it has one."""
    if message.status is MessageStatus.RECEIVED:
        return "Not answered yet."
    if message.status is not MessageStatus.FAILED:
        return None
    if message.failure == ERASED:
        return "The answer was erased with an item that it was made from; ask again."
    return f"Not answered: {(message.failure or 'it failed').rstrip('.')}."


def domain_name(domain: Domain) -> str:
    return words(domain)


def enumerated(parts: Iterable[str]) -> str:
    """Return `a`, `a and b` or `a, b and c`."""
    items = list(parts)
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return `1 source` or `1,204 sources`."""
    noun = singular if number == 1 else plural or f"{singular}s"
    return f"{number:,} {noun}"


def day(moment: date) -> str:
    """Return `3 November 2026`."""
    return f"{moment.day} {moment:%B} {moment.year}"


def minute(moment: datetime) -> str:
    """Return `3 November 2026, 07:00 UTC`."""
    return f"{day(moment)}, {moment:%H:%M} UTC"


def window(start: datetime, end: datetime) -> str:
    """Return the days from *start* to *end* without saying a month or a year twice."""
    if start.year != end.year:
        return f"{day(start)} to {day(end)}"
    if start.month != end.month:
        return f"{start.day} {start:%B} to {day(end)}"
    return f"{start.day} to {day(end)}"


def horizon_title(horizon: TimeHorizon, end: datetime) -> str:
    """Return `The week to 22 November 2026`."""
    return f"The {horizon.value} to {day(end)}"


def confidence_words(confidence: float) -> str:
    """Return the figure, its grade and what that grade means."""
    grade, meaning = _confidence_band(confidence)
    return f"{confidence:.2f} — {grade}: {meaning}"


def confidence_grade(confidence: float) -> str:
    """Return the grade alone: strong, fair, limited, slight or none."""
    return _confidence_band(confidence)[0]


def confidence_meaning(confidence: float) -> str:
    """Return what the grade means, without the grade."""
    return _confidence_band(confidence)[1]


def _confidence_band(confidence: float) -> tuple[str, str]:
    return next(
        (grade, meaning) for least, grade, meaning in _CONFIDENCE_MEANINGS if confidence >= least
    )


def excerpt(text: str, *, limit: int) -> str:
    """Return *text* with white space evened out, cut where a reader would cut, and saying so."""
    return _cut(" ".join(text.split()), limit)


def passage(text: str, *, limit: int) -> str:
    """Return *text* with its line ends, cut where a reader would cut, and saying so."""
    return _cut(text.strip(), limit)


def _cut(text: str, limit: int) -> str:
    cut = shortened(text, limit=limit)
    return cut if cut == text or cut.endswith("…") else f"{cut} […]"
