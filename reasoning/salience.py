"""Which sentence of an item says the most, and how it reads outside its text.

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
from domain.sentences import shortened
from reasoning.cues import Role, says_closed
from reasoning.grading import stated_likelihood, stated_severity
from reasoning.quoting import READ_PER_PASSAGE, Quote, as_evidence, quotable_sentences
from reasoning.wording import says_the_same, significant_words

_LEANS = re.compile(
    r"[\"“']?(?:it|its|it['’]s|this|that|these|those|they|their|them|he|she|his|her|both|neither|none|such|also|then"
    r"|there(?! is| are| was| were)|here"
    r"|but|and|so|or|yet|still|instead|therefore|hence|thus|otherwise|however|second|third|finally|my"
    r"|what (?:remains|is left|they|it|the two)"
    r"|why|how|without it|with the|for the (?:first|last) time"
    r"|the (?:other|former|latter|same|rest|answer)"
    r"|of (?:these|those|them)|in (?:this|that|both)|by that|to be"
    r"|every one|each|nobody|somebody|someone|a threat)\b",
    re.IGNORECASE,
)
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
_LONGEST_TITLE = 90
_LONGEST_NAME = 40
_SHORTEST_NAME = 6
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


def stands_alone(text: str) -> bool:
    """Whether a sentence is understood without the one before it; what begins in lower case is not."""
    return _LEANS.match(text) is None and not text[0].islower()


def attributed(quote: Quote) -> str:
    """Return the sentence of *quote* as a statement, after what its item is called where it needs that.

    It does when it leans on what came before or shares no word with the title.
    """
    if not needs_title(quote):
        return quote.statement
    return f"{_short_title(quote.item.title)} – {quote.statement}"


def titled(quote: Quote, sentence: str | None = None) -> str:
    """Return the sentence of *quote*, or *sentence* in its place, after the whole title of its item."""
    statement = quote.statement if sentence is None else sentence
    return f"{shortened(quote.item.title, limit=_LONGEST_TITLE)} – {statement}"


def needs_title(quote: Quote) -> bool:
    """Whether the sentence of *quote* is hard to place without its item's title."""
    shares = bool(significant_words(quote.item.title) & quote.words)
    return not (shares and stands_alone(quote.text))


def _short_title(title: str) -> str:
    """Return what the title names before its colon ("Project Keel"), or the title where that is too little."""
    name, colon, _ = title.partition(": ")
    if colon and _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
        return name
    return shortened(title, limit=_LONGEST_TITLE)


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
    if _LABEL.match(quote.text):
        score += _LEAD
    if _ASIDE.search(quote.text):
        score += _PLAIN
    return score
