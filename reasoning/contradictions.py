"""Two figures for one thing: where items that a reader may see state different ones.

Kept strict, so that what is said holds. Either one item restates the other's figure and disputes it ("the
migration is at 38 per cent, not 61"), or two sentences with one figure each share most of their terms, name the
same dates and differ. A time series, a plan against its actual and a share against another share are no
contradiction.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from domain.analysis import Recommendation
from domain.evidence import Finding, RetrievedItem
from domain.knowledge import ItemKey, domain_of
from reasoning.figures import FigureKind
from reasoning.placing import short_title
from reasoning.quoting import Quote, Sentences, as_evidence
from reasoning.recommendations import impact_of, timeline_for
from reasoning.terms import terms_of
from reasoning.wording import overlap

MOST = 3
SETTLE = "Settle which figure holds"
_MOST_READ = 600
"""Figures of the most important items that are compared."""
_RATIO = re.compile(r"(?<![\w.,])(?P<number>\d{1,2}\.\d{1,2}) times\b")
_DISPUTE = re.compile(
    r"\b(?:wrong|incorrect|contradict\w*|mistaken|double[- ]count\w*|overstat\w+|understat\w+|misleading"
    r"|the difference (?:is|has|lies)|does not hold|not (?:the )?(?:true|right) )",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:from|target|plan(?:ned)?|budget\w*|against|instead|compared|up|down|last year|before|above|below"
    r"|prior|guidance|forecast|outlook|expect\w*|if|would|could|should"
    r"|at most|at least|least|most|more|less|than|option|case)\b",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*|\b20\d\d|\bq[1-4]\b|\b\w+ (?:quarter|half)\b"
    r"|\bthis (?:year|month|week)\b|\bhalf-year\b",
    re.IGNORECASE,
)
_FEWEST_SHARED = 3
_SAME_MATTER = 0.5
_TITLE_TERMS = 2
_APART = 0.02
_WITHIN = 4.0


class _Figure(NamedTuple):
    quote: Quote
    place: tuple[ItemKey, int]
    """The item and where in it the sentence begins."""
    unit: str
    value: float
    decimals: int
    words: str

    def restates(self, other: _Figure) -> bool:
        """Whether this is the other's figure, perhaps rounded."""
        return self.unit == other.unit and round(other.value, self.decimals) == self.value

    def differs(self, other: _Figure) -> bool:
        """Whether both could measure one thing and do not agree."""
        low, high = sorted((abs(self.value), abs(other.value)))
        return self.unit == other.unit and low > 0 and 1 + _APART < high / low < _WITHIN


def contradictions_in(
    items: Sequence[RetrievedItem], sentences: Sentences | None = None
) -> tuple[Finding, ...]:
    """Return at most three findings, each on two items of *items*, in the order of the items.

    *sentences* saves cutting again what was cut into sentences before.
    """
    cut = sentences or Sentences()
    figures: list[_Figure] = []
    for item in items:
        if len(figures) >= _MOST_READ:
            break
        figures += _figures_of(cut.of(item, fewest_words=2))
    found: list[Finding] = []
    paired: set[frozenset[object]] = set()
    for one, other in chain(_disputed(figures), _side_by_side(figures)):
        pair = frozenset((one.place[0], other.place[0]))
        if pair not in paired:
            paired.add(pair)
            found.append(_finding(one, other))
        if len(found) == MOST:
            break
    return tuple(found)


def to_settle(
    items: Sequence[RetrievedItem], now: datetime, *, ranked_after: int, limit: int
) -> tuple[Recommendation, ...]:
    """Return the contradictions of *items* as things to settle, at most *limit*."""
    by_key = {item.key: item for item in items}
    settled: list[Recommendation] = []
    for rank, finding in enumerate(contradictions_in(items)[: max(0, limit)], ranked_after + 1):
        cited = [by_key[quote.key] for quote in finding.evidence]
        priority = max(item.strategic_priority for item in cited)
        settled.append(
            Recommendation(
                statement=f"{SETTLE}: {finding.statement}",
                evidence=finding.evidence,
                owner_domain=domain_of(cited[-1].category),
                timeline=timeline_for(None, priority, now),
                impact=impact_of(priority),
                rank=rank,
            )
        )
    return tuple(settled)


def _figures_of(quotes: Sequence[Quote]) -> Iterator[_Figure]:
    if not quotes:
        return
    key = quotes[0].item.key
    for quote in quotes:
        text, place = quote.text, (key, quote.start)
        for figure in quote.figures:
            if figure.kind in {FigureKind.MONEY, FigureKind.SHARE}:
                words = text[figure.start : figure.end]
                value = figure.quantity.magnitude
                scale = 1e6 if figure.kind is FigureKind.MONEY else 1.0
                unit = figure.quantity.unit
                yield _Figure(quote, place, unit, value / scale, _decimals(words), words)
        for match in _RATIO.finditer(text):
            number = match["number"]
            yield _Figure(quote, place, "times", float(number), _decimals(number), match.group())


def _decimals(words: str) -> int:
    number = re.search(r"\d[\d,]*(?:\.(\d+))?", words)
    return len(number[1]) if number and number[1] else 0


def _disputed(figures: Sequence[_Figure]) -> Iterator[tuple[_Figure, _Figure]]:
    """Yield each disputed figure with what the item that disputes it states instead."""
    for repeated in figures:
        if not _is_disputed(repeated):
            continue
        for original in figures:
            if not repeated.restates(original) or original.place[0] == repeated.place[0]:
                continue
            if not _is_of_one_matter(repeated.quote.item, original.quote.item):
                continue
            if _is_disputed(original):
                continue
            instead = _stated_instead(repeated, original, figures)
            if instead is not None:
                yield original, instead


def _is_disputed(figure: _Figure) -> bool:
    """Whether the title, the sentence or the next one says that the figure does not hold."""
    quote = figure.quote
    number = re.search(r"\d[\d.,]*\d|\d", figure.words)
    title = rf"\bnot {re.escape(number.group())}(?![\d.])" if number else "$^"
    if re.search(title, quote.item.title) or _DISPUTE.search(quote.text):
        return True
    for passage in quote.item.passages:
        end = quote.end - passage.start
        if 0 < end <= len(passage.text):
            return _DISPUTE.search(passage.text, end, end + 60) is not None
    return False


def _stated_instead(
    repeated: _Figure, original: _Figure, figures: Sequence[_Figure]
) -> _Figure | None:
    """Return the item's own figure: the one that shares most with the disputed sentence, then the first."""
    own = [
        one
        for one in figures
        if one.place[0] == repeated.place[0]
        and one.place != repeated.place
        and one.differs(original)
        and not one.restates(original)
    ]
    about = original.quote.terms | terms_of(original.quote.item.title)
    return max(
        own,
        key=lambda one: (len(one.quote.terms & about), -one.quote.start),
        default=None,
    )


def _side_by_side(figures: Sequence[_Figure]) -> Iterator[tuple[_Figure, _Figure]]:
    """Yield figures of two sentences that say the same of the same time, but for the figure."""
    in_sentence = Counter((one.place, one.unit) for one in figures)
    alone = [
        (one, one.quote.terms, _moments(one.quote))
        for one in figures
        if in_sentence[one.place, one.unit] == 1 and not _COMPARES.search(one.quote.text)
    ]
    for index, (one, mine, when) in enumerate(alone):
        for other, theirs, then in alone[index + 1 :]:
            if when != then or not one.differs(other) or one.place[0] == other.place[0]:
                continue
            if len(mine & theirs) >= _FEWEST_SHARED and overlap(mine, theirs) >= _SAME_MATTER:
                yield one, other


def _moments(quote: Quote) -> frozenset[str]:
    text = f"{quote.item.title} {quote.text}"
    return frozenset(match.group().lower() for match in _WHEN.finditer(text))


def _is_of_one_matter(one: RetrievedItem, other: RetrievedItem) -> bool:
    if set(one.tags) & set(other.tags):
        return True
    return len(terms_of(one.title) & terms_of(other.title)) >= _TITLE_TERMS


def _finding(one: _Figure, other: _Figure) -> Finding:
    first, second = one.quote.item, other.quote.item
    tag = next((tag for tag in second.tags if tag in first.tags), "")
    of_what = f" for {tag.replace('-', ' ')}" if tag else ""
    return Finding(
        statement=f"Two figures{of_what}: {one.words} by “{short_title(first.title)}”, "
        f"{other.words} by “{short_title(second.title)}”.",
        evidence=(as_evidence(one.quote), as_evidence(other.quote)),
    )
