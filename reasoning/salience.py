"""Which sentence of an item says the most.

A sentence says more when it holds a figure, asks for a decision, sets a limit or a date, opens the item or
speaks of what the title names; it says less when it leans on the sentence before it. Nothing is ranked by
chance: ties go by priority, recency, id, level and place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from domain.evidence import Evidence, RetrievedItem
from reasoning.cues import Role, says_closed
from reasoning.grading import stated_likelihood, stated_severity
from reasoning.placing import stands_alone
from reasoning.quoting import READ_PER_PASSAGE, Quote, as_evidence, quotable_sentences
from reasoning.wording import says_the_same, significant_words

_LABEL = re.compile(
    r"(?:main |top |key )?(?:risk|threat|downside|opportunity|upside|decision|goal|priority)\b[^:.]{0,30}:\s",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\b(?:I|me|my|is the name (?:of|for))\b")
_STATUS = re.compile(
    r"^\W{0,4}status\W{1,4}(?:closed|resolved|settled|withdrawn|done)\b",
    re.IGNORECASE | re.MULTILINE,
)
_WEIGHTS = {
    Role.DECISION: 3,
    Role.METRIC: 2,
    Role.RISK: 2,
    Role.CONFLICT: 2,
    Role.OPPORTUNITY: 2,
    Role.SUPPORT: 1,
    Role.DEPENDENCY: 1,
    Role.STRENGTH: 1,
    Role.WEAKNESS: 1,
    Role.TREND: 1,
    Role.PROGRESS: 0,
}
_MOST_FOR_ROLES = 6
_LEAD = 2
_PLAIN = -2
_NEAR_THE_TOP = 3
_MOST_FOR_TITLE_WORDS = 2
_LEANING = -4
_SHORT_WORDS = 5
_FEWEST_WORDS = 4
_LONG_CHARACTERS = 260
_EDGE = 2


@dataclass(frozen=True)
class Reading:
    """An item as read: its quotable sentences in order."""

    item: RetrievedItem

    @cached_property
    def quotes(self) -> tuple[Quote, ...]:
        """The sentences that can be quoted, in the order of the text."""
        return tuple(quotable_sentences(self.item))

    @cached_property
    def by_salience(self) -> tuple[Quote, ...]:
        """The same sentences, the one that says the most first."""
        title = significant_words(self.item.title)
        ranked = sorted(
            enumerate(self.quotes),
            key=lambda entry: (-_salience(entry[1], entry[0], title), entry[0]),
        )
        return tuple(quote for _, quote in ranked)

    def saying(self, *roles: Role) -> tuple[Quote, ...]:
        """The sentences that have one of *roles*, the one that says the most first."""
        wanted = frozenset(roles)
        return tuple(quote for quote in self.by_salience if quote.roles & wanted)

    def telling(self, *roles: Role) -> tuple[Quote, ...]:
        """Those of them that are understood on their own and are more than a few words."""
        return tuple(
            quote
            for quote in self.saying(*roles)
            if _LABEL.match(quote.text)
            or (stands_alone(quote.text) and len(quote.words) >= _FEWEST_WORDS)
        )

    @cached_property
    def grades(self) -> tuple[Quote, ...]:
        """The sentences that state a severity or a likelihood, fragments such as "Impact: major." too."""
        sentences = quotable_sentences(self.item, fewest_words=2)
        return tuple(
            quote
            for quote in sentences
            if stated_severity(quote.text) or stated_likelihood(quote.text)
        )

    @cached_property
    def is_closed(self) -> bool:
        """Whether the item says that its matter is over, and asks for nothing any more.

        A status line says it, or one of the first or last two sentences.
        """
        if any(_STATUS.search(passage.text[:READ_PER_PASSAGE]) for passage in self.item.passages):
            return True
        edges = (*self.quotes[:_EDGE], *self.quotes[-_EDGE:])
        return any(says_closed(quote.text) for quote in edges) and not self.saying(Role.DECISION)


def readings_of(items: Iterable[RetrievedItem]) -> tuple[Reading, ...]:
    """Return *items* as readings: highest priority first, then latest, then by id and level."""
    return tuple(Reading(item) for item in sorted(items, key=importance))


def importance(item: RetrievedItem) -> tuple[int, float, str, int]:
    """Return the sort key that puts the most important item first."""
    return (
        -item.strategic_priority,
        -item.updated_at.timestamp(),
        item.knowledge_id,
        item.confidentiality_level.rank,
    )


class Said:
    """What a result has said so far, so that nothing is said twice."""

    def __init__(self) -> None:
        self._places: set[tuple[str, str, int]] = set()
        self._words: list[frozenset[str]] = []

    def is_new(self, quote: Quote) -> bool:
        """Whether neither this sentence nor nearly the same words have been said."""
        return _place(as_evidence(quote)) not in self._places and not says_the_same(
            quote.words, self._words
        )

    def add(self, quote: Quote) -> None:
        """Remember that *quote* has been said."""
        self._places.add(_place(as_evidence(quote)))
        self._words.append(quote.words)

    def first_new(self, quotes: Sequence[Quote]) -> Quote | None:
        """Return the first of *quotes* that is new and remember it; None when all have been said."""
        for quote in quotes:
            if self.is_new(quote):
                self.add(quote)
                return quote
        return None


def _place(evidence: Evidence) -> tuple[str, str, int]:
    return evidence.knowledge_id, evidence.confidentiality_level, evidence.start


def _salience(quote: Quote, index: int, title: frozenset[str]) -> int:
    score = min(_MOST_FOR_ROLES, sum(_WEIGHTS[role] for role in quote.roles))
    score += min(_MOST_FOR_TITLE_WORDS, len(quote.words & title))
    if index == 0:
        score += _LEAD
    elif index < _NEAR_THE_TOP:
        score += 1
    if not quote.roles:
        score += _PLAIN
    if not stands_alone(quote.text):
        score += _LEANING
    if len(quote.words) < _SHORT_WORDS or len(quote.text) > _LONG_CHARACTERS:
        score -= 2
    if quote.text.endswith("?"):
        score -= 2
    if quote.is_rejected:
        score += _LEANING
    if _LABEL.match(quote.text):
        score += _LEAD
    if _ASIDE.search(quote.text):
        score += _PLAIN
    return score
