"""What the knowledge base says to a question: the sentences that bear on it, the kind that is asked for first.

"When" wants a date, "how much" a figure, "who" a name: a sentence or a title that states one comes before one that
does not, and it is said where none does. An item answers when it holds enough of what the question names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.clearance import ConfidentialityLevel
from domain.evidence import RetrievedItem
from domain.knowledge import ItemKey
from reasoning.answer_text import AnswerText
from reasoning.bearing import Point, points_for
from reasoning.contradictions import contradictions_in
from reasoning.dates import dates_in
from reasoning.figures import figures_in
from reasoning.quoting import Quote, best_quotes
from reasoning.requests import AnalysisRequest
from reasoning.terms import term_weights, terms_of
from reasoning.wording import folded, readable, says_the_same

_MOST_ITEMS = 4
_MOST_OF_AN_ITEM = 2
_SHARE_OF_BEST = 0.45
_STATES_WHAT_IS_ASKED = 1.7
_TITLE_STATES_IT = 1.3
_LEAST_COVERED = 0.4
_CLOSE_BY_MEANING = 0.4
_MOST_CLOSE = 2
_MOST_CONCLUDED = 2


class Asked(StrEnum):
    """What kind of thing a question asks for; the value is what is missing where nothing states it."""

    WHEN = "no date"
    HOW_MUCH = "no figure"
    WHO = "no name"
    OTHER = ""


_ASKED = (
    (Asked.WHEN, re.compile(r"\b(?:when|what date|which (?:day|date|month|year)|deadline|until when|since when|by when)\b")),
    (Asked.HOW_MUCH, re.compile(r"\b(?:how (?:much|many|high|large|big|long|old|often)|what (?:is|was|are|were) (?:the |our )?(?:\w+ ){0,3}(?:price|cost|rate|revenue|margin|limit|cap|share|fee|figure|penalty|budget|nps|availability)|what would .{1,60} cost)\b")),
    (Asked.WHO, re.compile(r"\b(?:who|whom|whose)\b")),
)  # fmt: skip
_DAY = re.compile(
    r"\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)\b|\b\d{1,2}:\d\d\b"
)
_NUMBER = re.compile(
    r"(?<![\w.-])\d[\d.,]*\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
)
_PERSON = re.compile(
    r"\b[A-ZÀ-ÖØ-Þ][\w'’-]+ (?:van |de |von )?[A-ZÀ-ÖØ-Þ][\w'’-]+\b|\b(?:CEO|CFO|CTO|COO|CIO|CISO|Mr|Ms|Dr)\b"
)


@dataclass(frozen=True)
class NothingBears:
    """Nothing that was given answers the question."""

    sentence: str


@dataclass(frozen=True)
class _Told:
    """What one item says to the question, the sentence that says most first."""

    item: RetrievedItem
    quotes: tuple[Quote, ...]
    weight: float
    states_it: bool
    """Whether its title or a sentence states the kind of thing that is asked for."""


@dataclass(frozen=True)
class LookedUp:
    """What bears on a question, the answer first."""

    asked: Asked
    told: tuple[_Told, ...]
    all_items: tuple[RetrievedItem, ...]
    is_only_close: bool = False
    """Whether nothing shares the question's words and these are close by meaning alone."""

    def tell(self, text: AnswerText) -> None:
        """Write it down."""
        first, *others = self.told
        if self.is_only_close:
            text.paragraph("Nothing says so in these words. Closest to it:")
        elif self.asked is not Asked.OTHER and not any(one.states_it for one in self.told):
            text.paragraph(f"What I can read states {self.asked.value} for this. What is known:")
        text.paragraph(_told(first, text))
        if others:
            text.paragraph("Also:")
            text.bullets([_told(one, text) for one in others])
        keys = {one.item.key for one in self.told}
        for finding in contradictions_in([one.item for one in self.told]):
            if any(quote.key in keys for quote in finding.evidence):
                marks = text.marks(finding.evidence)
                text.paragraph(f"**These do not agree.** {text.plain(finding.statement)}{marks}")

    @property
    def conclusion(self) -> str | None:
        """What is worth remembering: the first item's title and sentences; None where nothing was found."""
        if self.is_only_close:
            return None
        first = self.told[0]
        said = " ".join(readable(quote.text) for quote in first.quotes[:_MOST_CONCLUDED])
        return f"{readable(first.item.title).rstrip('.')}: {said}"


def looked_up(
    question: str, evidence: Sequence[RetrievedItem], *, now: datetime
) -> LookedUp | NothingBears:
    """Return what of *evidence* bears on *question*; *now* completes dates without a year."""
    if not evidence:
        return NothingBears(
            "Nothing that you may read bears on this, so nothing is known about it."
        )
    asked = _asked_for(question)
    request = AnalysisRequest(
        requirement=question, requirement_level=ConfidentialityLevel.PUBLIC, asked_at=now
    )
    points = points_for(request, {"question": tuple(evidence)})
    covered = _covered(question, evidence)
    told = _by_item(
        [point for point in points if covered[point.item.key] >= _LEAST_COVERED], asked, now
    )
    if told:
        return LookedUp(asked, told, tuple(evidence))
    close = [item for item in evidence if item.relevance_score >= _CLOSE_BY_MEANING][:_MOST_CLOSE]
    if close:
        wanted = terms_of(question)
        only = tuple(
            _Told(item, tuple(best_quotes(item, wanted, 1)), item.relevance_score, False)
            for item in close
        )
        return LookedUp(asked, only, tuple(evidence), is_only_close=True)
    return NothingBears("Nothing that you may read answers this.")


def _asked_for(question: str) -> Asked:
    text = folded(question.partition(" (continuing: ")[0])
    return next((kind for kind, pattern in _ASKED if pattern.search(text)), Asked.OTHER)


def _states(asked: Asked, text: str, now: datetime) -> bool:
    if asked is Asked.WHEN:
        return bool(_DAY.search(text) or dates_in(text, now.date()))
    if asked is Asked.HOW_MUCH:
        return bool(figures_in(text) or _NUMBER.search(text))
    if asked is Asked.WHO:
        return bool(_PERSON.search(text))
    return False


def _covered(question: str, evidence: Sequence[RetrievedItem]) -> dict[ItemKey, float]:
    """Return how much of what the question names each item holds, weighed by rarity, in [0, 1]."""
    texts = {item.key: _terms_of(item) for item in evidence}
    weights = term_weights(texts.values())
    rarest = max(weights.values(), default=1.0)
    wanted = terms_of(question)
    total = sum(weights.get(term, rarest) for term in wanted)
    return {
        key: sum(weights[term] for term in wanted & terms) / total if total else 1.0
        for key, terms in texts.items()
    }


def _terms_of(item: RetrievedItem) -> frozenset[str]:
    said = " ".join([item.title, *item.tags, *(passage.text[:20_000] for passage in item.passages)])
    return terms_of(said.replace("-", " "))


def _by_item(points: Sequence[Point], asked: Asked, now: datetime) -> tuple[_Told, ...]:
    weighed: dict[ItemKey, list[tuple[float, bool, Point]]] = {}
    for point in points:
        states = _states(asked, point.quote.text, now)
        weight = point.weight * (_STATES_WHAT_IS_ASKED if states else 1)
        weighed.setdefault(point.item.key, []).append((weight, states, point))
    told: list[_Told] = []
    for same in weighed.values():
        same.sort(key=lambda one: (-one[0], one[2].quote.start))
        item = same[0][2].item
        in_title = _states(asked, item.title, now)
        weight = same[0][0] * (_TITLE_STATES_IT if in_title and not same[0][1] else 1)
        quotes = [point.quote for one, _, point in same if one >= _SHARE_OF_BEST * same[0][0]]
        states_it = in_title or same[0][1]
        told.append(_Told(item, tuple(_distinct(quotes)), weight, states_it))
    told.sort(key=lambda one: (-one.weight, one.item.knowledge_id))
    kept = [one for one in told if one.weight >= _SHARE_OF_BEST * told[0].weight]
    return tuple(kept[:_MOST_ITEMS])


def _distinct(quotes: Sequence[Quote]) -> list[Quote]:
    kept: list[Quote] = []
    for quote in quotes:
        overlaps = any(quote.start < other.end and other.start < quote.end for other in kept)
        if not overlaps and not says_the_same(quote.words, [other.words for other in kept]):
            kept.append(quote)
    return kept[:_MOST_OF_AN_ITEM]


def _told(one: _Told, text: AnswerText) -> str:
    quotes = sorted(one.quotes, key=lambda quote: quote.start)
    said = " ".join(f"“{text.plain(readable(quote.text))}”" for quote in quotes)
    marks = text.marks_of([one.item.key])
    return f"**{text.plain(one.item.title)}**{marks}: {said}"
