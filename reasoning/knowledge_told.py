"""What the knowledge base says to a question: the sentences that bear on it, the kind that is asked for first.

"When" wants a date, "how much" a figure, "who" a name: what states one comes before what does not, and it is
said where nothing does. An item bears on a question when it holds enough of what the question names, weighed by
rarity among the items found, or is near by meaning; its sentences are ranked by the same terms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from domain.evidence import RetrievedItem
from domain.knowledge import ItemKey
from reasoning.answer_text import AnswerText
from reasoning.antecedents import CONTINUING
from reasoning.asked import MONTHS, Asked, asked_for, asks_ahead, states
from reasoning.bearing import with_antecedent
from reasoning.contradictions import contradictions_in
from reasoning.placing import stands_alone
from reasoning.quoting import Quote, quotable_sentences
from reasoning.requests import gist_of
from reasoning.terms import term_weights, terms_of
from reasoning.wording import readable, says_the_same

_MOST_ITEMS = 4
_MOST_OF_THE_FIRST = 2
_SECOND_SENTENCE = 0.6
_SHARE_OF_BEST = 0.6
_LEAST_COVERED, _LEAST_RELEVANT = 0.33, 0.2
_CLOSE_BY_MEANING = 0.4
_SAYS_HARDLY_ANY = 0.2
_COVERAGE, _AT_ONCE, _STATED = 0.1, 0.35, 0.4
_HEAD = 0.5
_FIRST = 0.3
"""What stating the kind of thing that is asked for is worth in the order of the items."""
_STATES_IT, _NAMED_BESIDE = 1.6, 0.4
_OPENS_THE_ITEM = 0.1
_FEWEST_WORDS, _FEWEST_OF_A_SECOND = 4, 6
_ALIKE, _ENDING = 6, 3
"""Letters that two terms share at least, and how many more one may have: complain, complaint."""
_MOST_CONCLUDED = 2


_TIME = re.compile(rf"\b(?:20\d\d|{MONTHS})\b", re.IGNORECASE)
_ORDERS = terms_of(
    "summarise summarize tell show find quote search explain remind latest status information news overview"
)
"""What a question asks to be done with the knowledge, which no item needs to hold."""


@dataclass(frozen=True)
class NothingBears:
    """Nothing that was given answers the question."""

    sentence: str


@dataclass(frozen=True)
class ItemTold:
    """What one item says to the question, the best sentence first."""

    item: RetrievedItem
    quotes: tuple[Quote, ...]
    worth: float
    covered: float
    """How much of what the question names it holds, in [0, 1]."""
    states_it: bool
    """Whether it states the kind of thing that is asked for beside what it is asked of."""

    @property
    def in_order(self) -> ItemTold:
        """The same with its sentences in the order of the text."""
        return replace(self, quotes=tuple(sorted(self.quotes, key=lambda quote: quote.start)))


@dataclass(frozen=True)
class LookedUp:
    """What bears on a question, the answer first."""

    asked: Asked
    told: tuple[ItemTold, ...]

    @property
    def is_only_close(self) -> bool:
        """Whether hardly any word of the question is held and these are close by meaning alone."""
        return all(one.covered < _SAYS_HARDLY_ANY for one in self.told)

    def tell(self, text: AnswerText) -> None:
        """Write it down."""
        first, *others = self.told
        if self.is_only_close:
            text.paragraph("Nothing says so in these words. Closest to it:")
        elif self.asked is not Asked.OTHER and not any(one.states_it for one in self.told):
            text.paragraph(f"What you may read states {self.asked} for this. What is known:")
        text.paragraph(_said(first.in_order if self.asked is Asked.OTHER else first, text))
        if others:
            text.paragraph("Also:")
            text.bullets([_said(one, text) for one in others])
        for finding in contradictions_in([one.item for one in self.told]):
            marks = text.marks(finding.evidence)
            text.paragraph(f"**These do not agree.** {text.plain(finding.statement)}{marks}")

    def tell_besides(self, text: AnswerText) -> None:
        """Write down what other items than those cited already say."""
        cited = {source.key for source in text.cited}
        others = [one for one in self.told if one.item.key not in cited]
        if others:
            text.paragraph("A search for it brings up:")
            text.bullets([_said(_only_first_sentence(one), text) for one in others])

    @property
    def conclusion(self) -> str | None:
        """What is worth remembering: the first item's title with its sentences; None where nothing answers.

        Where a date, a sum or the like was asked for, the sentence that states it alone.
        """
        if self.is_only_close:
            return None
        first = self.told[0]
        most = 1 if first.states_it else _MOST_CONCLUDED
        said = " ".join(readable(quote.text) for quote in first.quotes[:most])
        return f"{readable(first.item.title).rstrip('.')}: {said}"


def looked_up(
    question: str, evidence: Sequence[RetrievedItem], *, now: datetime | None
) -> LookedUp | NothingBears:
    """Return what of *evidence* bears on *question*; *now* tells what is ahead, where it matters."""
    if not evidence:
        return NothingBears(
            "Nothing that you may read bears on this, so nothing is known about it."
        )
    wanted = _Wanted.of(question, evidence, now)
    told = [wanted.told(item) for item in evidence if wanted.is_borne_on_by(item)]
    if not told:
        return NothingBears("Nothing that you may read answers this.")
    told.sort(key=lambda one: (-one.worth - _FIRST * one.states_it, one.item.knowledge_id))
    least = _SHARE_OF_BEST * max(one.worth for one in told)
    kept = [one for one in told if one.worth >= least][:_MOST_ITEMS]
    shortened = [_only_first_sentence(one) for one in kept[1:]]
    return LookedUp(wanted.asked, (kept[0], *shortened))


@dataclass(frozen=True)
class _Wanted:
    """What a question names and the kind of thing that it asks for."""

    asked: Asked
    ahead_of: date | None
    """What is asked for lies after this day; None where it may lie anywhere."""
    terms: frozenset[str]
    weights: Mapping[str, float]
    """By rarity among the items found; a term that none holds is the rarest."""
    total: float
    held: Mapping[ItemKey, frozenset[str]]
    """The question's terms that each item holds."""

    @classmethod
    def of(cls, question: str, evidence: Sequence[RetrievedItem], now: datetime | None) -> _Wanted:
        own = question.partition(f" {CONTINUING}")[0]
        question = gist_of(question)
        texts = {item.key: _terms_of(item) for item in evidence}
        known = term_weights(texts.values())
        rarest = max(known.values(), default=1.0)
        terms = _terms_in(question) - _ORDERS
        held = {key: _held(terms, texts[key]) for key in texts}
        found = frozenset().union(*held.values())
        weights = {
            term: 1 + (known.get(term, min(known.values())) if term in found else rarest)
            for term in sorted(terms)
        }
        return cls(
            asked=asked_for(own),
            ahead_of=now.date() if now and asks_ahead(own) else None,
            terms=terms,
            weights=weights,
            total=sum(weights.values()),
            held=held,
        )

    def covered(self, item: RetrievedItem) -> float:
        """Return how much of what the question names *item* holds, in [0, 1]; 1 where it names nothing."""
        return self._share(self.held[item.key]) if self.total else 1.0

    def is_borne_on_by(self, item: RetrievedItem) -> bool:
        """Whether *item* is near by meaning, or holds enough of what is named and not only its time."""
        if item.relevance_score >= _CLOSE_BY_MEANING:
            return True
        held = self.held[item.key]
        names_more = any(_TIME.fullmatch(term) is None for term in self.terms)
        if names_more and all(_TIME.fullmatch(term) for term in held):
            return False
        return item.relevance_score >= _LEAST_RELEVANT and self.covered(item) >= _LEAST_COVERED

    def told(self, item: RetrievedItem) -> ItemTold:
        """Return what *item* says: its best sentences, the best first."""
        head = _held(self.terms, _terms_in(item.title))
        ranked = sorted(
            ((self._worth_of(quote, place, head), quote) for place, quote in _whole_quotes(item)),
            key=lambda one: (-one[0], one[1].start),
        )
        best = ranked[0][0] if ranked else 0.0
        quotes = _distinct([quote for worth, quote in ranked if worth >= _SECOND_SENTENCE * best])
        covered = self.covered(item)
        beside = [(self._named_in(quote, head), quote) for quote in quotes]
        stated = [
            named for named, quote in beside if self._states(quote.text) or self._states(item.title)
        ]
        worth = item.relevance_score + _COVERAGE * covered
        worth += _AT_ONCE * max((named for named, _ in beside), default=0.0)
        worth += _STATED * max(stated, default=0.0)
        states_it = max(stated, default=0.0) >= _NAMED_BESIDE
        return ItemTold(item, tuple(quotes), worth, covered, states_it)

    def _named_in(self, quote: Quote, head: frozenset[str]) -> float:
        """Return how much of what the question names the sentence holds, and by half the title, in [0, 1]."""
        own = _held(self.terms, _terms_in(quote.text))
        return self._share(own) + _HEAD * self._share(head - own)

    def _worth_of(self, quote: Quote, place: int, head: frozenset[str]) -> float:
        share = self._named_in(quote, head)
        if self._states(quote.text) and self.terms & _terms_in(quote.text):
            share *= _STATES_IT
        near = (
            passage.relevance
            for passage in quote.item.passages
            if _holds(passage.start, len(passage.text), quote)
        )
        return share + max(near, default=0.0) / 2 + (_OPENS_THE_ITEM if place == 0 else 0)

    def _states(self, text: str) -> bool:
        return states(self.asked, text, self.ahead_of)

    def _share(self, terms: frozenset[str]) -> float:
        return self._weight(terms) / self.total if self.total else 0.0

    def _weight(self, terms: frozenset[str]) -> float:
        return sum(self.weights[term] for term in sorted(terms))


def _whole_quotes(item: RetrievedItem) -> list[tuple[int, Quote]]:
    """Return the quotable sentences of *item* and their places, each with the one that it leans on."""
    whole: list[tuple[int, Quote]] = []
    before: Quote | None = None
    for place, quote in enumerate(quotable_sentences(item, fewest_words=_FEWEST_WORDS)):
        joined = with_antecedent(quote, before)
        if joined is not None and stands_alone(joined.text):
            whole.append((place, joined))
        before = quote
    return whole or list(enumerate(quotable_sentences(item)[:1]))


def _distinct(quotes: Sequence[Quote]) -> list[Quote]:
    """Return the first quotes that say different things, at most two, the best first."""
    kept: list[Quote] = []
    for quote in quotes:
        if kept and quote.length < _FEWEST_OF_A_SECOND:
            continue
        overlaps = any(quote.start < other.end and other.start < quote.end for other in kept)
        if not overlaps and not says_the_same(quote.words, [other.words for other in kept]):
            kept.append(quote)
    return kept[:_MOST_OF_THE_FIRST]


def _only_first_sentence(one: ItemTold) -> ItemTold:
    return replace(one, quotes=one.quotes[:1])


def _holds(start: int, length: int, quote: Quote) -> bool:
    return start <= quote.start and quote.end <= start + length


def _terms_of(item: RetrievedItem) -> frozenset[str]:
    said = " ".join([item.title, *item.tags, *(passage.text[:20_000] for passage in item.passages)])
    return _terms_in(said.replace("-", " "))


def _terms_in(text: str) -> frozenset[str]:
    """Return the terms of *text* and the months and years that it names."""
    return terms_of(text) | frozenset(match.group().lower() for match in _TIME.finditer(text))


def _held(wanted: frozenset[str], terms: frozenset[str]) -> frozenset[str]:
    """Return those of *wanted* that are among *terms* or differ from one of them in the ending alone."""
    return frozenset(
        term
        for term in wanted
        if term in terms or (len(term) >= _ALIKE and any(_is_alike(term, other) for other in terms))
    )


def _is_alike(term: str, other: str) -> bool:
    return (
        len(other) >= _ALIKE
        and abs(len(term) - len(other)) <= _ENDING
        and (term.startswith(other) or other.startswith(term))
    )


def _said(one: ItemTold, text: AnswerText) -> str:
    said = " ".join(f"“{text.plain(readable(quote.text))}”" for quote in one.quotes)
    return f"**{text.plain(one.item.title)}**{text.marks_of([one.item.key])}: {said}"
